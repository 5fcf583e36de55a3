"""The voucher, state by state: what each action makes of it, or how it is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.lots import Lot
from chalicelib.domain.refunds import Refund
from chalicelib.domain.vouchers import (
    STATES,
    Staff,
    Voucher,
    closed_unspent,
    parse_voucher,
    redeemed,
    refunded,
    voucher_document,
)
from chalicelib.errors import TanhuiError

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
AFTER_DEADLINE = NOW + timedelta(days=14)
OFFER = {"id": "off_1", "merchant_id": "mer_1", "store_ids": ["sto_1"], "title": "干洗大衣", "ends_at": "9"}
DRAWS = (Lot(date(2026, 12, 31), 2025, 30, 301), Lot(date(2027, 12, 31), 2026, 20, 199))
CASHIER, STRANGER = Staff("stf_1", "mer_1", "cashier"), Staff("stf_2", "mer_2", "cashier")
PART = Refund("refund-000001", 20, 0, "2026-11-21T04:00:00.000Z", "stf_1", "x")


def a_voucher(state: str) -> Voucher:
    closed_at = None if state == "open" else "2026-11-21T04:00:00.000Z"
    voucher = Voucher(
        "red_1",
        "res_a",
        "off_1",
        OFFER,
        DRAWS,
        "posted" if state == "partly-refunded" else state,
        taken_at="2026-11-20T04:00:00.000Z",
        due_at="2026-11-30T04:00:00.000Z",
        closed_at=closed_at,
    )
    return replace(voucher, refunds=(PART,)) if state == "partly-refunded" else voucher


def redeem(voucher: Voucher, at: datetime = NOW, staff: Staff = CASHIER, store_id: str = "sto_1", **more):
    return redeemed(voucher, staff, store_id, "scan_1", at, **more)


def refund(voucher: Voucher, points: int, at: datetime = NOW, staff: Staff = CASHIER):
    return refunded(voucher, staff, Refund("refund-000002", points, 0, "", "stf_1", "x"), 30, at)[0]


ACTIONS = {
    "redeem": redeem,
    "redeem late": lambda v: redeem(v, AFTER_DEADLINE),
    "redeem late, scanned in time": lambda v: redeem(v, AFTER_DEADLINE, scanned_at=NOW),
    "redeem, scanned before it was taken": lambda v: redeem(v, scanned_at=NOW - timedelta(days=2)),
    "redeem at another store": lambda v: redeem(v, store_id="sto_2"),
    "redeem at another merchant": lambda v: redeem(v, staff=STRANGER),
    "void": lambda v: closed_unspent(v, "voided", "by-resident", NOW),
    "void late": lambda v: closed_unspent(v, "voided", "by-resident", AFTER_DEADLINE),
    "time out": lambda v: closed_unspent(v, "timed-out", "deadline", NOW),
    "refund part": lambda v: refund(v, 10),
    "refund all": lambda v: refund(v, 0),
    "refund too much": lambda v: refund(v, 51),
    "refund late": lambda v: refund(v, 0, NOW + timedelta(days=31)),
    "refund by another merchant": lambda v: refund(v, 0, staff=STRANGER),
}
ROWS = ("open", "posted", "partly-refunded", "voided", "timed-out", "refunded")
USED, NOT_OPEN, NOT_REDEEMED = "voucher-already-redeemed", "voucher-not-open", "voucher-not-redeemed"
EXPIRED = "voucher-expired"
TABLE = {
    "redeem": ("posted", USED, USED, NOT_OPEN, EXPIRED, NOT_OPEN),
    "redeem late": (EXPIRED, USED, USED, NOT_OPEN, EXPIRED, NOT_OPEN),
    "redeem late, scanned in time": ("posted", USED, USED, NOT_OPEN, "posted", NOT_OPEN),
    "redeem, scanned before it was taken": (
        "scanned-before-taken",
        USED,
        USED,
        *["scanned-before-taken"] * 3,
    ),
    "redeem at another store": ("voucher-wrong-store", USED, USED, NOT_OPEN, EXPIRED, NOT_OPEN),
    "redeem at another merchant": ("voucher-of-other-merchant",) * 6,
    "void": ("voided", *[NOT_OPEN] * 5),
    "void late": ("voided", *[NOT_OPEN] * 5),
    "time out": ("timed-out", *[NOT_OPEN] * 5),
    "refund part": (NOT_REDEEMED, "posted", "posted", *[NOT_REDEEMED] * 3),
    "refund all": (NOT_REDEEMED, "refunded", "refunded", *[NOT_REDEEMED] * 3),
    "refund too much": (NOT_REDEEMED, "refund-above-charge", "refund-above-charge", *[NOT_REDEEMED] * 3),
    "refund late": (NOT_REDEEMED, "refund-too-late", "refund-too-late", *[NOT_REDEEMED] * 3),
    "refund by another merchant": ("voucher-of-other-merchant",) * 6,
}


def outcome(state: str, action: str) -> str:
    try:
        return ACTIONS[action](a_voucher(state)).state
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
def test_a_voucher_is_read_as_it_was_written_and_old_ones_too(state: str) -> None:
    document = voucher_document(a_voucher(state))
    assert parse_voucher(document) == a_voucher(state)
    if state == "open":
        for added in ("refunds", "version"):
            del document[added]
        assert parse_voucher(document) == a_voucher(state)


def test_a_voucher_that_cost_nothing_can_be_taken_back() -> None:
    free = replace(a_voucher("posted"), draws=())
    assert refund(free, 0).state == "refunded"


def test_settlement_counts_a_voucher_once_and_its_refunds_take_exactly_that_back() -> None:
    worth = replace(a_voucher("open"), offer={**OFFER, "value_fen": 1001})
    spent = redeem(worth)
    assert (worth.settled_fen, spent.settled_fen) == (0, 1001)
    parts, voucher = [], spent
    for number, points in enumerate((20, 7, 0)):
        wanted = Refund(f"refund-00000{number}", points, 0, "", "stf_1", "x")
        voucher, _ = refunded(voucher, CASHIER, wanted, 30, NOW)
        parts.append(voucher.refunds[-1].fen)
    assert (parts, voucher.fen_refunded, voucher.state) == ([400, 140, 461], 1001, "refunded")


def test_a_voucher_spent_before_settlement_counted_any_takes_nothing_back() -> None:
    spent = replace(a_voucher("posted"), offer={**OFFER, "value_fen": 1000})
    assert refund(spent, 10).refunds[-1].fen == 0


@pytest.mark.parametrize(
    ("terms", "fen"),
    [({}, 0), ({"value_fen": 9}, 9), ({"amount_off_fen": 8}, 8), ({"top_up_fen": 7}, 7)],
)
def test_what_a_voucher_counts_for_is_what_its_offer_says(terms: dict[str, int], fen: int) -> None:
    assert redeem(replace(a_voucher("open"), offer=OFFER | terms)).settled_fen == fen
