"""The charge, state by state: what each action makes of it, or how it is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.charges import (
    STATES,
    Charge,
    blocked_charge,
    cancelled,
    charge_again,
    charge_document,
    check_owner,
    parse_charge,
    refunded,
    released,
    voided,
)
from chalicelib.domain.lots import Lot
from chalicelib.domain.refunds import Refund
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import TanhuiError

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
DRAWS = (Lot(date(2026, 12, 31), 2025, 30, 301), Lot(date(2027, 12, 31), 2026, 70, 699))
PART = Refund("refund-000001", 20, 20, "2026-11-21T04:00:00.000Z", "stf_1", "少一件")


def a_charge(state: str) -> Charge:
    if state == "blocked":
        return blocked_charge("chg_x", "charge-00001", "mer_1", NOW)
    due_at = "2026-11-24T04:00:00.000Z" if state == "in-review" else None
    parts = {"partly-refunded": (PART,), "refunded": (replace(PART, points=100, fen=100),)}.get(state, ())
    return Charge(
        "chg_x",
        "charge-00001",
        "mer_1",
        "charged" if state == "partly-refunded" else state,
        "2026-11-21T04:00:00.000Z",
        account_id="res_a",
        store_id="sto_1",
        staff_id="stf_1",
        bill_fen=500,
        fen=100,
        draws=DRAWS,
        digest="d",
        due_at=due_at,
        refunds=parts,
    )


ACTIONS = {
    "charge again": lambda c: charge_again(c, "d"),
    "charge other": lambda c: charge_again(c, "other"),
    "void": lambda c: voided(c, NOW, 120),
    "void late": lambda c: voided(c, NOW + timedelta(hours=3), 120),
    "refund part": lambda c: refunded(c, Refund("refund-000002", 0, 30, "", "stf_1", "x"), 30, NOW)[0],
    "refund all": lambda c: refunded(c, Refund("refund-000002", 0, 0, "", "stf_1", "x"), 30, NOW)[0],
    "refund late": lambda c: refunded(
        c, Refund("refund-000002", 0, 0, "", "stf_1", "x"), 30, NOW + timedelta(days=31)
    )[0],
    "refund too much": lambda c: refunded(c, Refund("refund-000002", 0, 101, "", "stf_1", "x"), 30, NOW)[0],
    "another merchant": lambda c: check_owner(c, Staff("stf_2", "mer_2", "cashier")) or c,
    "release": released,
    "cancel": lambda c: cancelled(c, "x", NOW),
}
ROWS = ("charged", "partly-refunded", "in-review", "voided", "cancelled", "refunded", "blocked")
# what becomes of it: the state afterwards, or the code of the refusal
TABLE = {
    "charge again": (
        "charged", "charged", "in-review", "charge-voided", "charge-voided", "charged", "charge-blocked",
    ),
    "charge other": (*["idempotency-key-reused"] * 6, "charge-blocked"),
    "void": ("voided", "charge-refunded", "cancelled", "voided", "cancelled", "charge-refunded", "blocked"),
    "void late": (
        "charge-void-too-late", "charge-refunded", "cancelled", "voided", "cancelled", "charge-refunded", "blocked",
    ),
    "refund part": ("charged", "charged", *["charge-not-refundable"] * 5),
    "refund all": ("refunded", "refunded", *["charge-not-refundable"] * 5),
    "refund late": ("refund-too-late", "refund-too-late", *["charge-not-refundable"] * 5),
    "refund too much": ("refund-above-charge", "refund-above-charge", *["charge-not-refundable"] * 5),
    "another merchant": ("charge-unknown",) * 7,
    "release": ("review-decided", "review-decided", "charged", *["review-decided"] * 4),
    "cancel": ("review-decided", "review-decided", "cancelled", *["review-decided"] * 4),
}  # fmt: skip


def outcome(state: str, action: str) -> str:
    try:
        return ACTIONS[action](a_charge(state)).state
    except TanhuiError as error:
        return error.code


@pytest.mark.parametrize("action", TABLE)
def test_every_action_in_every_state_does_what_the_table_says(action: str) -> None:
    assert [outcome(state, action) for state in ROWS] == list(TABLE[action])


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(ACTIONS)
    assert set(ROWS) - {"partly-refunded"} == set(STATES)
    assert all(len(row) == len(ROWS) for row in TABLE.values())


@pytest.mark.parametrize("state", ROWS)
def test_a_charge_is_read_as_it_was_written(state: str) -> None:
    assert parse_charge(charge_document(a_charge(state))) == a_charge(state)


def test_every_change_is_one_version_and_a_repeat_is_none() -> None:
    charge = a_charge("charged")
    assert voided(charge, NOW, 120).version == 2
    assert voided(voided(charge, NOW, 120), NOW, 120).version == 2
    part, _ = refunded(charge, Refund("r", 0, 30, "", "s", "x"), 30, NOW)
    whole, _ = refunded(part, Refund("q", 0, 0, "", "s", "x"), 30, NOW)
    assert (part.version, whole.version, whole.points_refunded, whole.fen_refunded) == (2, 3, 100, 100)
