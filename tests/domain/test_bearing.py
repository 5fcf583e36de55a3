"""What the programme has borne: what the journal must repay, and when it does not."""

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.bearing import BorneFold
from chalicelib.domain.entries import Entry
from chalicelib.domain.lots import Lot

LOT = Lot(date(2027, 12, 31), 2026, 10, 100)
SMALLER = replace(LOT, points=4, grams_co2e=40)


def entry(seq, kind, debit, credit, lots=(LOT,), **facts):
    return Entry("res_a", seq, "2026-11-24T04:00:00.000Z", kind, debit, credit, tuple(lots), facts)


LOSS = entry(1, "adjust", "sys_loss", "sys_issuance", (SMALLER,), correction="reverse")
VOID = entry(2, "void", "res_a/held", "res_a")
REPAY = entry(3, "repay", "res_a", "sys_loss", (SMALLER,), returned_by=2)


def test_what_comes_back_repays_at_once_what_was_borne_of_its_vintage():
    fold = BorneFold()
    assert [fold.follow(one) for one in (LOSS, VOID, REPAY)] == [True, True, True]
    assert (fold.borne, fold.due) == ({}, ())
    assert fold.follow(replace(VOID, seq=4)) and fold.due == (), "nothing is borne any more"


@pytest.mark.parametrize(
    "third",
    [
        replace(REPAY, lots=(LOT,)),
        replace(REPAY, lots=(replace(SMALLER, points=3),)),
        replace(REPAY, facts={"returned_by": 1}),
        entry(3, "hold", "res_a", "res_a/held"),
    ],
)
def test_another_entry_than_the_repayment_due_is_found(third):
    fold = BorneFold()
    assert [fold.follow(one) for one in (LOSS, VOID, third)] == [True, True, False]


def test_a_repayment_of_nothing_borne_is_found():
    assert not BorneFold().follow(REPAY)


def test_what_is_earned_or_is_of_another_vintage_repays_nothing():
    fold = BorneFold()
    earned = entry(2, "adjust", "sys_issuance", "res_a", correction="confirm")
    older = entry(3, "void", "res_a/held", "res_a", (replace(LOT, vintage=2025),))
    assert all(fold.follow(one) for one in (LOSS, earned, older))
    assert (fold.borne, fold.due) == ({2026: (4, 40)}, ())
