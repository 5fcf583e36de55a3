"""What waits for a verifier: seen without a name, decided once, the decision finished whatever cuts it short."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound
from chalicelib.services import pending, verification_runs
from chalicelib.services.accreditations import Verifier
from chalicelib.services.balances import read_balance
from chalicelib.services.corrections import reject_activity
from chalicelib.services.pending import decide_pending, list_pending, wanted_of
from chalicelib.services.sealing import Reference, pseudonym_of, seal, unseal
from chalicelib.services.verification_runs import finish_decisions
from chalicelib.store import cases
from tests.services.ledger import NOW, record
from tests.services.verifying import SUN, YESTERDAY, demand_verification, return_clothes


@pytest.fixture(autouse=True)
def verified(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    demand_verification(monkeypatch)


def waiting(limit: int = 100, cursor: str | None = None, **asked: Any) -> Any:
    fields = {"methodology_id": None, "source": None, "from_on": None, "to_on": None, **asked}
    return list_pending(wanted_of(now=NOW, **fields), limit, cursor)


def only_one() -> str:
    """Record one bag and return the id under which it waits."""
    return_clothes("res_a", "bag-1")
    return str(waiting().items[0]["pending_id"])


def balance() -> tuple[int, int]:
    found = read_balance("res_a", NOW)
    return found["points_available"], found["grams_co2e"]


def test_what_waits_is_shown_without_saying_whose_it_is() -> None:
    recorded = return_clothes("res_a", "bag-1")[0]
    record("res_a", "ride-1")
    (shown,) = waiting().items
    assert shown["activity_id"] == recorded.activity_id
    assert (shown["grams_co2e"], shown["outcome"], shown["inputs"]) == (2560, "pending", {"clothes_g": 2000})
    assert shown["resident"] == pseudonym_of("res_a")
    assert "res_a" not in str(shown)


def test_the_list_is_narrowed_by_methodology_source_and_days() -> None:
    return_clothes("res_a", "bag-1")
    return_clothes("res_b", "bag-2", source="other", at=NOW - timedelta(days=3))
    found = {
        name: len(waiting(**asked).items)
        for name, asked in {
            "all": {},
            "source": {"source": "other"},
            "methodology": {"methodology_id": "walking"},
            "days": {"from_on": YESTERDAY, "to_on": YESTERDAY},
            "older": {"to_on": YESTERDAY - timedelta(days=1)},
        }.items()
    }
    assert found == {"all": 2, "source": 1, "methodology": 0, "days": 1, "older": 1}
    for wrong in ({"methodology_id": "flying"}, {"from_on": date(2026, 11, 21), "to_on": YESTERDAY}):
        with pytest.raises(InvalidInput):
            waiting(**wrong)


def test_pages_follow_each_other_without_gap_or_repeat_and_their_cursors_name_nobody() -> None:
    for number in range(7):
        return_clothes(f"res_{number}", f"bag-{number}")
    seen, cursor, pages = [], None, 0
    while True:
        page = waiting(limit=2, cursor=cursor)
        seen += [one["activity_id"] for one in page.items]
        cursor, pages = page.cursor, pages + 1
        if cursor is None:
            break
        assert "res_" not in cursor
    assert len(seen) == len(set(seen)) == 7
    assert pages >= 3


def test_a_confirmed_activity_is_credited_once_and_the_repeat_says_so() -> None:
    pending_id = only_one()
    assert balance() == (0, 0)
    first = decide_pending(pending_id, "confirm", "核对回收单", SUN, NOW)
    assert (first["state"], first["grams_co2e"], first["_hit"]) == ("confirmed", 2560, False)
    paid = balance()
    assert paid[1] == 2560
    assert decide_pending(pending_id, "confirm", "核对回收单", SUN, NOW) == first | {"_hit": True}
    assert balance() == paid
    assert waiting().items == []


def test_a_rejected_activity_is_worth_nothing_and_stays_so() -> None:
    pending_id = only_one()
    assert decide_pending(pending_id, "reject", "没有回收单", SUN, NOW)["grams_co2e"] == 0
    with pytest.raises(Conflict, match="verification-decided"):
        decide_pending(pending_id, "confirm", "", SUN, NOW)
    assert balance() == (0, 0)


def test_of_two_verifiers_who_decide_differently_at_once_the_first_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pending_id = only_one()
    add, calls = cases.add_case, []

    def overtaken(case: cases.Case) -> bool:
        calls.append(case)
        if len(calls) == 1:
            decide_pending(pending_id, "reject", "", Verifier("stf_li", "hezheng"), NOW)
        return add(case)

    monkeypatch.setattr(cases, "add_case", overtaken)
    with pytest.raises(Conflict, match="verification-decided"):
        decide_pending(pending_id, "confirm", "", SUN, NOW)
    assert balance() == (0, 0)


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


@pytest.mark.parametrize("step", ["confirm_activity", "_close"])
@pytest.mark.parametrize("finish", ["repeat", "night"])
def test_a_decision_cut_short_is_finished_by_its_repeat_or_by_the_night(
    monkeypatch: pytest.MonkeyPatch, step: str, finish: str
) -> None:
    def kill(*_: Any) -> None:
        raise Killed

    pending_id = only_one()
    where = pending if step == "_close" else pending.corrections
    with monkeypatch.context() as patched:
        patched.setattr(where, step, kill)
        with pytest.raises(Killed):
            decide_pending(pending_id, "confirm", "", SUN, NOW)
    if finish == "repeat":
        decide_pending(pending_id, "confirm", "", SUN, NOW)
    else:
        assert finish_decisions(NOW) == 1
    assert balance()[1] == 2560
    assert finish_decisions(NOW) == 0


def test_what_somebody_else_has_decided_meanwhile_is_a_conflict() -> None:
    pending_id = only_one()
    reference = unseal(pending_id)
    reject_activity(*reference, "ver_of_a_batch", NOW)
    with pytest.raises(Conflict, match="activity-not-pending"):
        decide_pending(pending_id, "confirm", "", SUN, NOW)
    assert balance() == (0, 0)


def test_a_decision_that_comes_too_late_in_the_last_moment_is_closed_as_overtaken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pending_id = only_one()
    add = cases.add_case

    def overtaken(case: cases.Case) -> bool:
        reject_activity(*unseal(pending_id), "ver_of_a_batch", NOW)
        return add(case)

    monkeypatch.setattr(cases, "add_case", overtaken)
    with pytest.raises(Conflict, match="activity-not-pending"):
        decide_pending(pending_id, "confirm", "", SUN, NOW)
    assert len(cases.list_cases(pending.KIND, "overtaken", 9).items) == 1


def test_the_night_finishes_all_decisions_page_after_page_and_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def kill(*_: Any) -> None:
        raise Killed

    return_clothes("res_a", *(f"bag-{number}" for number in range(5)))
    with monkeypatch.context() as patched:
        patched.setattr(pending.corrections, "confirm_activity", kill)
        for one in waiting().items:
            with pytest.raises(Killed):
                decide_pending(one["pending_id"], "confirm", "", SUN, NOW)
    monkeypatch.setattr(verification_runs, "PAGE_CASES", 2)
    looks = iter([False, False, False, True])
    assert finish_decisions(NOW, looks.__next__) == 3
    assert finish_decisions(NOW) == 2
    assert waiting().items == []


def test_who_verifies_for_no_organisation_verifies_nothing() -> None:
    pending_id = only_one()
    with pytest.raises(Forbidden, match="verifier-without-organisation"):
        decide_pending(pending_id, "confirm", "", Verifier("stf_x"), NOW)
    assert balance() == (0, 0)


def test_the_source_does_not_verify_itself() -> None:
    pending_id = only_one()
    with pytest.raises(Forbidden, match="verifier-is-source"):
        decide_pending(pending_id, "confirm", "", Verifier("stf_x", "huishou"), NOW)


@pytest.mark.parametrize("wrong", ["x" * 40, "", "é", "AAAA"])
def test_an_id_that_we_did_not_give_out_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="pending_id"):
        decide_pending(wrong, "confirm", "", SUN, NOW)


def test_an_id_of_nothing_is_unknown_and_a_name_hides_all_of_its_reference() -> None:
    name = seal(Reference("res_a", YESTERDAY, "nothing"))
    assert "res_a" not in name
    assert unseal(name) == ("res_a", YESTERDAY, "nothing")
    assert seal(Reference("res_a", YESTERDAY, "nothing")) == name
    with pytest.raises(NotFound, match="activity-unknown"):
        decide_pending(name, "confirm", "", SUN, NOW)
