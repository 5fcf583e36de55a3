"""The effect of a proposed version: the last 30 days under both, by pseudonym, kept with the very document."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.proposals import PUBLISHED
from chalicelib.errors import Conflict
from chalicelib.services import methodology_effects
from chalicelib.services.activities import record_day
from chalicelib.services.methodology_effects import EFFECT, plan_effect, start_effect
from chalicelib.services.methodology_proposals import withdraw_proposal
from chalicelib.services.proposal_views import get_proposal
from chalicelib.services.sweeps import run_sweep_now, work_on
from chalicelib.store import queues
from chalicelib.store.accounts import scan_accounts
from tests.services.ledger import observation
from tests.services.proposing import AUTHOR, NOW, PROPOSAL, approve, faster_bicycle, review, submit

pytestmark = pytest.mark.usefixtures("tables")


def ride(account_id: str, event_id: str, days_ago: int, metres: int = 5_000, now: datetime = NOW):
    at = NOW - timedelta(days=days_ago)
    seen = observation(event_id, at, "shared-bicycle", inputs={"distance_m": metres})
    record_day(account_id, at.date(), [seen], min(now, at + timedelta(days=1)))


def compute(proposal_id: str = PROPOSAL, now: datetime = NOW):
    sweep_id, params = plan_effect(proposal_id, now)
    summary = run_sweep_now(replace(EFFECT, segments=2), sweep_id, params, now)
    table = get_proposal(proposal_id, now)["effect"]["table"]
    assert summary.items() <= table.items() and "by_day" not in summary
    return table


def test_the_effect_shows_both_versions_over_the_last_30_days_and_opens_the_way_to_approval():
    for number in range(1, 4):
        ride(f"res_{number}", "e1", days_ago=number, metres=1_000 * number)
    ride("res_1", "e2", days_ago=30)
    ride("res_1", "e3", days_ago=31)
    ride("res_1", "e4", days_ago=0)
    submit()
    table = compute()
    assert (table["residents"], table["activities"]) == (3, 4)
    assert (table["grams_co2e_old"], table["grams_co2e_new"]) == (40 + 80 + 120 + 200, 60 + 120 + 180 + 300)
    assert (table["millipoints_old"], table["millipoints_new"]) == (44_000, 66_000)
    assert [row["on"] for row in table["by_day"]] == ["2026-10-21", "2026-11-17", "2026-11-18", "2026-11-19"]
    shown = get_proposal(PROPOSAL, NOW)
    effect = shown["effect"]
    assert (effect["digest"], effect["from_on"], effect["to_on"]) == (
        shown["digest"],
        "2026-10-21",
        "2026-11-19",
    )
    assert shown["progress"]["parts_done"] == shown["progress"]["parts"]
    review()
    assert approve()["state"] == PUBLISHED


def test_residents_stand_in_the_table_by_pseudonyms_of_this_proposal_only():
    ride("res_secret", "e1", days_ago=1)
    submit()
    submit(proposal_id="prp_other_one")
    one, other = compute(), compute("prp_other_one")
    assert "res_secret" not in str(one) and one["winners"][0]["grams_co2e_change"] == 100
    assert one["winners"][0]["pseudonym"] != other["winners"][0]["pseudonym"]


def test_a_replay_under_the_same_factor_changes_nothing():
    for number in range(1, 10):
        ride("res_a", f"e{number}", days_ago=number, metres=700 * number)
    submit(faster_bicycle(points_per_kg=100) | {"factors": _factors()})
    table = compute()
    assert table["grams_co2e_change"] == table["millipoints_change"] == 0
    assert (table["activities"], table["winners"], table["losers"]) == (9, [], [])


def _factors():
    from chalicelib.services.methodologies import versions_of

    return versions_of("shared-bicycle")[0].document["factors"]


def test_an_account_that_cannot_be_read_is_counted_and_holds_up_nobody(monkeypatch):
    for name in ("res_a", "res_b"):
        ride(name, "e1", days_ago=1)
    submit()
    real = methodology_effects.parse_sheet

    def torn(item):
        if item["account_id"]["S"] == "res_a":
            raise ValueError("torn")
        return real(item)

    monkeypatch.setattr(methodology_effects, "parse_sheet", torn)
    table = compute()
    assert (table["residents"], table["failed"]) == (1, 1)


def test_computing_is_queued_once_a_day_and_changes_no_sheet(monkeypatch):
    ride("res_a", "e1", days_ago=1)
    submit()
    sent: list[dict] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: sent.append(body))
    before = list(scan_accounts())
    started = start_effect(PROPOSAL, NOW)
    assert (started["progress"]["parts_done"], started["effect"]) == (0, None)
    assert start_effect(PROPOSAL, NOW)["effect_run"] == started["effect_run"]
    for message in list(sent):
        work_on(EFFECT, message["sweep"], message["part"], NOW, lambda: False)
    assert get_proposal(PROPOSAL, NOW)["effect"]["table"]["residents"] == 1
    assert list(scan_accounts()) == before
    sent.clear()
    assert start_effect(PROPOSAL, NOW)["effect"] is not None and sent == []
    tomorrow = start_effect(PROPOSAL, NOW + timedelta(days=1))
    assert tomorrow["effect_run"] != started["effect_run"] and len(sent) == tomorrow["progress"]["parts"]


def test_an_effect_that_comes_after_the_proposal_was_closed_is_not_kept():
    submit()
    sweep_id, params = plan_effect(PROPOSAL, NOW)
    withdraw_proposal(PROPOSAL, AUTHOR, NOW)
    run_sweep_now(replace(EFFECT, segments=2), sweep_id, params, NOW)
    assert get_proposal(PROPOSAL, NOW)["effect"] is None
    with pytest.raises(Conflict, match="proposal-decided"):
        start_effect(PROPOSAL, NOW)


def test_an_older_effect_that_ends_late_does_not_replace_a_newer_one():
    ride("res_a", "e1", days_ago=0)
    submit()
    old_id, old_params = plan_effect(PROPOSAL, NOW)
    compute(now=NOW + timedelta(days=1))
    run_sweep_now(EFFECT, old_id, old_params, NOW)
    assert get_proposal(PROPOSAL, NOW)["effect"]["table"]["residents"] == 1
