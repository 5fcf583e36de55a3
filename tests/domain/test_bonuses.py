"""Bonus points: given without grams, taken back as far as they are left."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.domain.accounts import Account, Booking, points_available
from chalicelib.domain.auditing import Totals, audit_account
from chalicelib.domain.bonuses import grant_bonus, revoke_bonus
from chalicelib.domain.entries import entry_body
from chalicelib.domain.lots import Lot

NOW, TODAY = datetime(2026, 11, 21, 4, tzinfo=UTC), date(2026, 11, 21)
LOT = Lot(date(2027, 5, 20), 2026, 300, 0)
FACTS = {"star_id": "star_1", "reason": "第 1 名"}


def given() -> Booking:
    return grant_bonus(Booking(Account("res_a")), LOT, FACTS, NOW)


def findings(booking: Booking) -> list[str]:
    journal = [(entry_body(entry), digest) for entry, digest in booking.entries]
    return [one.detail for one in audit_account(booking.account, [], journal, Totals())]


def test_a_bonus_is_spendable_until_its_own_last_day_and_audits_clean() -> None:
    account = given().account
    assert (points_available(account, TODAY), points_available(account, date(2027, 5, 21))) == (300, 0)
    assert findings(given()) == []


def test_revoking_takes_what_is_left_and_never_makes_anybody_owe() -> None:
    from dataclasses import replace

    whole = revoke_bonus(given(), LOT, FACTS, TODAY, NOW)
    assert (whole.account.lots, whole.entries[-1][0].points) == ((), 300)
    assert findings(whole) == []
    spent = given()
    spent = replace(spent, account=replace(spent.account, lots=(replace(LOT, points=40),)))
    assert revoke_bonus(spent, LOT, FACTS, TODAY, NOW).entries[-1][0].points == 40
    late = revoke_bonus(given(), LOT, FACTS, date(2027, 6, 1), NOW)
    assert late.entries[-1][0].points == 0


def test_a_bonus_with_grams_is_a_mistake_of_the_caller_and_a_finding() -> None:
    from dataclasses import replace

    with pytest.raises(AssertionError, match="without grams"):
        grant_bonus(Booking(Account("res_a")), replace(LOT, grams_co2e=5), FACTS, NOW)
