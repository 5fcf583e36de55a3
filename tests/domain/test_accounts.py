"""Accounts: what each decision books, and what it must not."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.domain.accounts import (
    Account,
    Booking,
    expire_lots,
    forget_settled,
    hold_points,
    points_available,
    post_hold,
    refund_post,
    settle_sheets,
    void_hold,
)
from chalicelib.domain.entries import chain_hash, entry_body, parse_entry
from chalicelib.domain.lots import Lot
from chalicelib.domain.scores import Scoring
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Refused

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
TODAY = date(2026, 11, 21)
YESTERDAY = date(2026, 11, 20)
SCORING = Scoring(TODAY, 7)


def expires_on(vintage):
    return date(vintage + 1, 12, 31)


def sheet(grams=515, millipoints=51_500, on=YESTERDAY):
    return Sheet("res_a", on, grams_co2e=grams, millipoints=millipoints)


def settled(*sheets):
    return settle_sheets(Booking(Account("res_a")), sheets, expires_on, SCORING, NOW)


def test_settling_books_what_a_sheet_holds_and_carries_the_fraction_of_a_point():
    booking = settled(sheet())
    entry, _ = booking.entries[0]
    assert (entry.kind, entry.points, entry.grams_co2e) == ("grant", 51, 515)
    assert booking.account.millipoints_carry == 500
    assert booking.account.lots == (Lot(date(2027, 12, 31), 2026, 51, 515),)


def test_carried_fractions_become_a_point_later():
    booking = settled(sheet(), sheet(on=TODAY))
    assert [entry.points for entry, _ in booking.entries] == [51, 52]
    assert booking.account.millipoints_carry == 0


def test_settling_the_same_sheet_again_books_nothing():
    booking = settled(sheet())
    assert settle_sheets(booking, [sheet()], expires_on, SCORING, NOW) == booking


def test_settling_a_sheet_that_grew_books_the_difference():
    booking = settle_sheets(
        settled(sheet()), [sheet(grams=600, millipoints=60_000)], expires_on, SCORING, NOW
    )
    assert [(e.points, e.grams_co2e) for e, _ in booking.entries] == [(51, 515), (9, 85)]


def test_settled_totals_may_live_on_the_sheet_instead_of_the_account():
    booking = forget_settled(settled(sheet()), [sheet()])
    assert booking.account.settled == {}
    written_back = replace(sheet(), settled_grams_co2e=515, settled_millipoints=51_500)
    assert settle_sheets(booking, [written_back], expires_on, SCORING, NOW) == booking


def test_a_sheet_that_lost_something_is_our_own_mistake():
    with pytest.raises(AssertionError):
        settle_sheets(settled(sheet()), [sheet(grams=1)], expires_on, SCORING, NOW)


def test_a_hold_moves_points_aside_and_a_post_burns_them():
    booking, draws = hold_points(settled(sheet()), 50, {}, TODAY, NOW)
    assert (points_available(booking.account, TODAY), booking.account.held_points) == (1, 50)
    posted = post_hold(booking, draws, "mer_1", {}, NOW)
    assert (points_available(posted.account, TODAY), posted.account.held_points) == (1, 0)
    entry, _ = posted.entries[-1]
    assert (entry.kind, entry.debit, entry.credit, entry.grams_co2e) == (
        "post",
        "res_a/held",
        "mer_1",
        515 * 50 // 51,
    )
    assert entry.counterparty == "mer_1"


def test_a_hold_beyond_the_balance_is_refused_with_the_numbers():
    with pytest.raises(Refused) as refused:
        hold_points(settled(sheet()), 52, {}, TODAY, NOW)
    assert refused.value.facts == {"points_requested": 52, "points_available": 51}


def test_a_void_gives_back_what_the_hold_took():
    before = settled(sheet())
    held, draws = hold_points(before, 50, {}, TODAY, NOW)
    after = void_hold(held, draws, {}, TODAY, 30, NOW, left_at=0)
    assert (after.account.lots, after.account.held_points) == (before.account.lots, 0)


def test_a_void_after_the_lot_expired_gets_the_grace_days():
    held, draws = hold_points(settled(sheet()), 51, {}, TODAY, NOW)
    after = void_hold(held, draws, {}, date(2028, 1, 1), 30, NOW, left_at=0)
    assert after.account.lots == (Lot(date(2028, 1, 31), 2026, 51, 515),)


def test_a_refund_takes_points_and_grams_from_the_merchant():
    held, draws = hold_points(settled(sheet()), 51, {}, TODAY, NOW)
    refunded = refund_post(
        post_hold(held, draws, "mer_1", {}, NOW), draws, "mer_1", {}, TODAY, 30, NOW, left_at=0
    )
    entry, _ = refunded.entries[-1]
    assert (entry.kind, entry.debit, entry.credit) == ("refund", "mer_1", "res_a")
    assert refunded.account.lots == (Lot(date(2027, 12, 31), 2026, 51, 515),)


def test_expiry_books_due_lots_in_one_entry_and_only_once():
    after = expire_lots(settled(sheet()), date(2028, 1, 1), NOW)
    entry, _ = after.entries[-1]
    assert (entry.kind, entry.points, entry.grams_co2e, after.account.lots) == ("expire", 51, 515, ())
    assert expire_lots(after, date(2028, 1, 1), NOW) == after


def test_held_points_do_not_expire():
    held, _ = hold_points(settled(sheet()), 51, {}, TODAY, NOW)
    assert expire_lots(held, date(2028, 1, 1), NOW) == held


def test_entries_are_chained_by_their_bodies():
    booking = settled(sheet(), sheet(on=TODAY))
    (first, first_hash), (second, second_hash) = booking.entries
    assert (first.seq, second.seq, booking.account.seq) == (1, 2, 2)
    assert second_hash == chain_hash(first_hash, entry_body(second)) == booking.account.head_hash
    assert parse_entry(entry_body(second)) == second
