"""Offers that are not for everyone: audiences, priority windows, rewards for what a resident did."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.services.audiences import admit, make_audience
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.eligibility import count_behaviour
from chalicelib.services.entries import list_entries
from chalicelib.services.offers_for_me import get_offer_for
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from chalicelib.store.entries import entries_of_party
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, record

RIDES = {"methodology_ids": ["szt-bus-ride", "szt-metro-trip"], "count": 5, "days": 30}
DAY = timedelta(days=1)


@pytest.fixture
def shop(tables):
    add_shop(points=1)
    record("res_a", "e1", "e2")


def refused(resident="res_a", now=NOW, number=9):
    with pytest.raises(Refused) as error:
        take_voucher(resident, f"red_{number}", "off_coat", now)
    return error.value


def test_an_offer_for_an_audience_is_taken_by_its_members_only(shop):
    make_audience("aud_1", "获奖居民", "op", NOW)
    add_offer("off_coat", points=1, audience_id="aud_1")
    assert refused().code == "offer-not-eligible"
    admit("aud_1", ["res_a", "res_b"])
    assert take_voucher("res_a", "red_1", "off_coat", NOW)["state"] == "open"


def test_a_priority_window_opens_to_everyone_at_its_end(shop):
    make_audience("aud_1", "获奖居民", "op", NOW)
    until = (NOW + DAY).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    add_offer("off_coat", points=1, audience_id="aud_1", priority_until=until)
    assert refused().facts["priority_until"] == until
    assert take_voucher("res_a", "red_1", "off_coat", NOW + DAY)["state"] == "open"


def test_an_audience_is_made_once_and_filled_in_any_number_of_steps(shop):
    made = make_audience("aud_1", "获奖居民", "op", NOW)
    assert make_audience("aud_1", "获奖居民", "op", NOW) == {**made, "_hit": True}
    with pytest.raises(Conflict, match="audience-exists"):
        make_audience("aud_1", "别的", "op", NOW)
    many = [f"res_{number}" for number in range(250)]
    assert admit("aud_1", [*many, *many])["admitted"] == 250
    assert admit("aud_1", many[:1])["admitted"] == 1
    with pytest.raises(NotFound, match="audience-unknown"):
        admit("aud_none", many)


def ride(days_ago, times=1, resident="res_b", now=NOW):
    at = now - days_ago * DAY
    events = (f"{days_ago}-{number}" for number in range(times))
    record(resident, *events, at=at, now=at, methodology_id="szt-bus-ride")


def test_a_reward_counts_what_the_resident_did_in_the_last_days(shop):
    add_offer("off_coat", points=0, behaviour=RIDES, limit_per_resident=1)
    for days_ago in (29, 10, 3, 1):
        ride(days_ago)
    error = refused("res_b")
    assert error.code == "offer-not-eligible"
    assert (error.facts["count_needed"], error.facts["count_found"]) == (5, 4)
    ride(0)
    assert take_voucher("res_b", "red_1", "off_coat", NOW)["points"] == 0
    assert refused("res_b").code == "offer-limit-per-resident"


def test_what_lies_before_the_period_or_over_a_cap_does_not_count(shop):
    ride(30)
    ride(2, times=9)
    assert count_behaviour("res_b", RIDES, NOW) == 6
    assert count_behaviour("res_b", {**RIDES, "methodology_ids": ["szt-metro-trip"]}, NOW) == 0
    assert count_behaviour("res_b", {**RIDES, "days": 2}, NOW) == 0


def test_a_reward_without_points_is_booked_like_any_other_redemption(shop):
    add_offer("off_coat", points=0, behaviour={**RIDES, "count": 1}, limit_per_resident=2)
    take_voucher("res_a", "red_1", "off_coat", NOW)
    token = voucher_token("res_a", "red_1", NOW)
    assert redeem_voucher(CASHIER, token, "sto_1", "scan_1", NOW)["state"] == "posted"
    assert refund_voucher(CASHIER, "red_1", "没有车", NOW)["state"] == "refunded"
    take_voucher("res_a", "red_2", "off_coat", NOW)
    void_voucher("res_a", "red_2", NOW)
    kinds = [(e["kind"], e["points"]) for e in list_entries("res_a", 10, None).items]
    assert [kind for kind, points in kinds if points == 0] == ["void", "hold", "refund", "post", "hold"]
    journal = [e for shard in range(16) for e in entries_of_party("mer_laundry", "2026-11-21", shard)]
    assert len(journal) == 2
    assert run_audit().findings == []


def test_a_resident_who_never_had_an_account_can_have_a_reward(shop):
    add_offer("off_coat", points=0, behaviour={**RIDES, "count": 1}, limit_per_resident=1)
    ride(1, resident="res_c")
    take_voucher("res_c", "red_1", "off_coat", NOW)
    token = voucher_token("res_c", "red_1", NOW)
    assert redeem_voucher(CASHIER, token, "sto_1", "scan_1", NOW)["state"] == "posted"
    assert read_balance("res_c", NOW)["points_held"] == 0
    assert run_audit().findings == []


@pytest.mark.parametrize(
    ("change", "why_not"),
    [
        ({}, None),
        ({"points": 5000}, "points-insufficient"),
        ({"stock": 0}, "offer-sold-out"),
        ({"audience_id": "aud_1"}, "offer-not-eligible"),
        ({"state": "ended"}, "offer-ended"),
    ],
)
def test_a_resident_sees_beforehand_whether_an_offer_can_be_taken(shop, change, why_not):
    make_audience("aud_1", "获奖居民", "op", NOW)
    add_offer("off_coat", **{"points": 1, **change})
    seen = get_offer_for("off_coat", "res_a", NOW)
    assert (seen["can_take"], seen["why_not"]) == (why_not is None, why_not)
    assert seen["points_available"] == 103
