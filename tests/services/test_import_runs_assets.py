"""A file whose rows name chargers: what a project claims is refused in a file as it is in a batch."""

from typing import Any

import pytest

from chalicelib.domain.activities import SAME_EVENT
from chalicelib.keys import asset_digest
from chalicelib.services import projects
from chalicelib.services.refusals import list_refusals
from chalicelib.store.sheets import find_sheet
from tests.services import delivering
from tests.services.delivering import NOW, accredit, bind, file_of, import_file, outcomes_of
from tests.services.ledger import observation, record

HEADER = ("card", "at", "wh", "charger")
CARD, CHARGER = "CBHGDEJAB77", "640104-0012"
YESTERDAY = (NOW).date().replace(day=20)
ADAPTER = {
    "columns": {"card": "card", "at": "at", "wh": "wh", "asset": "charger"},
    "kinds": {"": {"as": "ride", "methodology_id": "yc-ev-charging", "inputs": {"charged_wh": "wh"}}},
    "event_id": ["card", "at", "wh"],
}
PROJECT = {
    "id": "ccer-1",
    "name": "充电站减排",
    "registry": "全国温室气体自愿减排",
    "from_on": "2026-01-01",
    "to_on": "2026-12-31",
}


@pytest.fixture(autouse=True)
def _charging(tables: None) -> None:
    """A company of chargers that delivers files, and a bound card."""
    delivering.add_bucket()
    changed = {**delivering.adapter(), **ADAPTER}
    del changed["trip"]
    document = {
        "id": "zhuang",
        "name": "充电",
        "accreditation": "演示数据",
        "methodologies": ["yc-ev-charging"],
        "adapter": changed,
    }
    delivering.partners.register_partner(document, NOW)
    accredit("zhuang", "yc-ev-charging")
    bind(CARD, account_id="res_a")


def imported(*rows: tuple[str, str], key: str = "key-00000001") -> dict[int, str]:
    """Import rows (time, charger) and return the outcome of each line."""
    lines = [(CARD, f"2026-11-20 {at}", "20000", charger) for at, charger in rows]
    done = import_file(file_of(lines, HEADER), key, partner_id="zhuang")
    assert done["state"] == "done", done
    return outcomes_of(done["import_id"], "zhuang")


def claim() -> None:
    projects.register_project(PROJECT, "stf_a", NOW)
    projects.claim_assets("ccer-1", 1, [{"kind": "charger", "number": CHARGER.lower()}], NOW)


def test_a_charger_that_a_project_claims_is_refused_in_a_file_and_the_resident_sees_why() -> None:
    claim()
    assert imported(("08:00:00", CHARGER), ("12:00:00", "640104-9999"), ("18:00:00", "")) == {
        2: "rejected/claimed-by-project",
        3: "accepted",
        4: "accepted/cap-per-resident",
    }
    assert [note["reason"] for note in list_refusals("res_a", NOW)] == ["claimed-by-project"]


def test_the_sheet_keeps_the_asset_as_a_digest() -> None:
    imported(("08:00:00", CHARGER))
    sheet = find_sheet("res_a", YESTERDAY)
    assert sheet is not None
    assert [a.asset for a in sheet.activities.values()] == [asset_digest(CHARGER)]


def test_a_charging_told_by_another_source_of_the_same_charger_is_the_same_event() -> None:
    imported(("08:00:00", CHARGER))
    told: Any = observation(
        "x1",
        NOW.replace(day=20, hour=1),
        "yc-ev-charging",
        source="che",
        inputs={"charged_wh": 19_900},
        asset=asset_digest(CHARGER),
    )
    (again,) = record(
        "res_a",
        "x1",
        at=told.occurred_at,
        methodology_id="yc-ev-charging",
        source="che",
        inputs=told.inputs,
        asset=told.asset,
    )
    assert (again.outcome, again.grams_co2e) == (SAME_EVENT, 0)


def test_a_cell_that_is_no_asset_number_is_rejected_by_name() -> None:
    assert imported(("08:00:00", "640104/0012"), ("12:00:00", CHARGER)) == {
        2: "rejected/bad-asset",
        3: "accepted",
    }


def test_a_file_without_a_claimed_asset_costs_one_read_a_slice_and_without_assets_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find, calls = projects.find_claims, []
    monkeypatch.setattr(projects, "find_claims", lambda digests: calls.append(1) or find(digests))
    imported(*((f"08:{minute:02d}:00", f"640104-{minute:04d}") for minute in range(30)))
    assert len(calls) == 1
    imported(("09:00:00", ""), key="key-00000002")
    assert len(calls) == 1
