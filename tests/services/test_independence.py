"""Independence: whoever stands behind what lowered an activity does not decide over the objection to it."""

from datetime import date
from typing import Any

import pytest

from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Forbidden
from chalicelib.keys import asset_digest
from chalicelib.services.appeal_decisions import decide_appeal
from chalicelib.services.appeals import open_appeal
from chalicelib.services.corrections import reject_activity, replace_worth, restore_activity, reverse_activity
from chalicelib.services.independence import people_behind
from chalicelib.services.pending import decide_pending, list_pending, wanted_of
from chalicelib.services.projects import claim_assets, register_project
from chalicelib.services.rechecking import recheck_open_sheets
from chalicelib.store import cases
from chalicelib.store.cases import Case
from chalicelib.store.sheets import find_sheet
from tests.services.ledger import NOW, record, use_methodology
from tests.services.verifying import SUN, YESTERDAY, demand_verification, return_clothes

ME = "res_a"
REASON = "核对后成立"
UPHOLD = {"decision": "uphold", "reason": REASON}


@pytest.fixture(autouse=True)
def stored(tables: None) -> None:
    """Have tables."""


def sheet(on: date = YESTERDAY) -> Sheet:
    found = find_sheet(ME, on)
    assert found is not None
    return found


def key() -> str:
    (only,) = sheet().activities
    return only


def a_case(case_id: str, kind: str, **body: Any) -> str:
    """Store a case that a correction may name as its cause."""
    cases.add_case(Case(case_id, kind, "done", "x", "2026", "9999", body))
    return case_id


def appeal_about(event_key: str) -> str:
    wanted_id = f"{YESTERDAY:%Y%m%d}-{event_key}"
    asked = {"appeal_id": "appeal-000000001", "activity_id": wanted_id, "text": "这条记录是真的，请再核对。"}
    return str(open_appeal(ME, asked, NOW)["case_id"])


def test_the_verifier_who_rejected_an_activity_does_not_decide_over_the_objection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demand_verification(monkeypatch)
    return_clothes(ME, "bag-1")
    (waiting,) = list_pending(wanted_of(None, None, None, None, NOW), 9, None).items
    decide_pending(waiting["pending_id"], "reject", "没有回收单", SUN, NOW)
    case_id = appeal_about(key())
    for decision in ("uphold", "reject"):
        with pytest.raises(Forbidden, match="appeal-not-independent"):
            decide_appeal(case_id, {"decision": decision, "reason": REASON}, SUN.staff_id, NOW)
    assert decide_appeal(case_id, UPHOLD, "stf_li", NOW)["state"] == "proposed"
    with pytest.raises(Forbidden, match="appeal-not-independent"):
        decide_appeal(case_id, UPHOLD, SUN.staff_id, NOW)
    assert decide_appeal(case_id, UPHOLD, "stf_qian", NOW)["result"]["grams_co2e"] == 2560


def test_whoever_decided_a_batch_or_judged_its_sample_stands_behind_it() -> None:
    record(ME, "e1")
    sample = [{"judged_by": "stf_b"}, {"judged_by": None}]
    cause = a_case("ver_batch-1", "verification", decided_by="stf_a", sample=sample)
    reverse_activity(ME, YESTERDAY, key(), cause, NOW)
    assert people_behind(sheet(), key()) == {"stf_a", "stf_b"}


def test_whoever_proposed_or_approved_a_batch_of_corrections_stands_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(ME, "e1", methodology_id="szt-bus-ride")
    other: Methodology = use_methodology(
        monkeypatch, "szt-bus-ride", version=2, name={"zh": "又一版", "en": "x"}
    )
    cause = a_case("correction-0001", "correction", proposed_by="stf_a", approved_by="stf_b")
    replace_worth(ME, YESTERDAY, key(), other, cause, NOW)
    assert people_behind(sheet(), key()) == {"stf_a", "stf_b"}


def test_whoever_registered_the_project_stands_behind_what_it_claims() -> None:
    charging = {"methodology_id": "yc-ev-charging", "inputs": {"charged_wh": 20_000}, "source": "zhuang"}
    record(ME, "e1", asset=asset_digest("640104-0001"), **charging)
    asked = {
        "id": "prj_1",
        "name": "充电项目",
        "registry": "CCER",
        "from_on": "2026-01-01",
        "to_on": "2026-12-31",
    }
    register_project(asked, "stf_a", NOW)
    claim_assets("prj_1", 1, [{"kind": "charger", "number": "640104-0001"}], NOW)
    assert recheck_open_sheets(NOW, lambda: False).reversed == 1
    assert people_behind(sheet(), key()) == {"stf_a"}


def test_nobody_stands_behind_a_job_or_what_was_given() -> None:
    record(ME, "e1")
    reverse_activity(ME, YESTERDAY, key(), "recheck-20261121-overlap", NOW)
    restore_activity(ME, YESTERDAY, key(), a_case("apl_1", "appeal", decided_by="stf_a"), NOW)
    assert people_behind(sheet(), key()) == set()
    with pytest.raises(Exception, match="correction-not-possible"):
        reject_activity(ME, YESTERDAY, key(), "ver_1", NOW)
