"""What the programme has borne: what the journal must repay, and when it does not."""

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.bearing import LOSSES_MAX, BorneFold, Loss, more_borne, repayment
from chalicelib.domain.entries import Entry
from chalicelib.domain.lots import Lot

LOT = Lot(date(2027, 12, 31), 2026, 10, 100)
SMALLER = replace(LOT, points=4, grams_co2e=40)


def entry(seq, kind, debit, credit, lots=(LOT,), **facts):
    return Entry("res_a", seq, "2026-11-24T04:00:00.000Z", kind, debit, credit, tuple(lots), facts)


def test_what_counts_at_night_instead_of_another_repays_what_was_borne_of_that_one():
    night, later = "recheck-20261124-counts-instead", "apl_1"
    for cause, is_due in ((night, True), (later, False)):
        fold = BorneFold()
        taken = {"correction": "reverse", "day": "2026-11-20", "key": "winner", "cause": "job_1"}
        given = {"correction": "restore", "day": "2026-11-20", "key": "loser", "cause": cause}
        assert fold.follow(entry(2, "adjust", "res_a", "sys_issuance", (), **taken))
        assert fold.follow(entry(3, "adjust", "sys_loss", "sys_issuance", (SMALLER,), **taken))
        assert fold.follow(entry(4, "adjust", "sys_issuance", "res_a", **given))
        assert bool(fold.due) == is_due


HOLD = entry(1, "hold", "res_a", "res_a/held", redemption_id="red_1")
LOSS = entry(2, "adjust", "sys_loss", "sys_issuance", (SMALLER,), correction="reverse")
VOID = entry(3, "void", "res_a/held", "res_a", redemption_id="red_1")
REPAY = entry(4, "repay", "res_a", "sys_loss", (SMALLER,), returned_by=3)


def taken(seq, key="k", lots=(LOT,)):
    return entry(
        seq, "adjust", "res_a", "sys_issuance", lots, day="2026-11-20", key=key, correction="reverse"
    )


def given(seq, key="k"):
    return entry(seq, "adjust", "sys_issuance", "res_a", day="2026-11-20", key=key, correction="restore")


def test_what_comes_back_repays_at_once_what_was_borne_of_its_vintage():
    fold = BorneFold()
    assert all(fold.follow(one) for one in (HOLD, LOSS, VOID, REPAY))
    assert (fold.borne, fold.due) == ((), ())
    assert fold.follow(replace(VOID, seq=5)) and fold.due == (), "nothing is borne any more"


@pytest.mark.parametrize(
    "third",
    [
        replace(REPAY, lots=(LOT,)),
        replace(REPAY, lots=(replace(SMALLER, points=3),)),
        replace(REPAY, facts={"returned_by": 1}),
        entry(4, "hold", "res_a", "res_a/held", redemption_id="red_2"),
    ],
)
def test_another_entry_than_the_repayment_due_is_found(third):
    fold = BorneFold()
    assert [fold.follow(one) for one in (HOLD, LOSS, VOID, third)] == [True, True, True, False]


def test_a_repayment_of_nothing_borne_is_found():
    assert not BorneFold().follow(REPAY)


def test_what_is_earned_or_is_of_another_vintage_repays_nothing():
    fold = BorneFold()
    earned = entry(3, "adjust", "sys_issuance", "res_a", day="2026-11-20", key="k", correction="confirm")
    older = replace(VOID, seq=4, lots=(replace(LOT, vintage=2025),))
    assert all(fold.follow(one) for one in (HOLD, LOSS, earned, older))
    assert (fold.borne, fold.due) == ((Loss(2, 2026, 4, 40),), ())


def test_what_left_after_the_loss_was_earned_after_it_and_repays_nothing():
    fold = BorneFold()
    later = [replace(HOLD, seq=3), replace(VOID, seq=4)]
    assert all(fold.follow(one) for one in (LOSS, *later)) and fold.due == ()


def test_a_voucher_held_again_left_when_it_was_held_last():
    fold = BorneFold()
    again = [replace(VOID, seq=2), replace(LOSS, seq=3), replace(HOLD, seq=4), replace(VOID, seq=5)]
    assert all(fold.follow(one) for one in (HOLD, *again)) and fold.due == ()


def test_what_is_restored_repays_its_own_loss_and_later_ones_but_none_from_before_it_was_taken():
    fold = BorneFold()
    others = [replace(LOSS, seq=1), taken(2), replace(LOSS, seq=3), taken(4, "other"), replace(LOSS, seq=5)]
    assert all(fold.follow(one) for one in (*others, given(6)))
    assert fold.due == (replace(LOT, points=8, grams_co2e=80),)
    assert fold.borne == (Loss(1, 2026, 4, 40),)


def test_what_is_restored_and_had_never_counted_is_earned():
    fold = BorneFold()
    assert all(fold.follow(one) for one in (LOSS, given(3, "told-twice"))) and fold.due == ()


def test_of_many_losses_the_newest_takes_in_the_next_so_that_none_is_given_out_again():
    borne = ()
    for seq in range(1, 8):
        borne = more_borne(borne, (SMALLER,), seq)
    assert [loss.seq for loss in borne] == [1, 2, 3, 7]
    assert sum(loss.points for loss in borne) == 7 * 4 and len(borne) == LOSSES_MAX
    due, left = repayment(borne, (replace(LOT, points=99, grams_co2e=990),), 3)
    assert ([(lot.points, lot.grams_co2e) for lot in due], left) == ([(16, 160)], borne[:3])
