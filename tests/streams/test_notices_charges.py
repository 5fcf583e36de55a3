"""Payments at the till as residents hear of them: done, under review, cancelled, voided, refunded."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.domain.messages import is_charge
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.messages import list_messages
from chalicelib.services.reminders import send_reminders
from chalicelib.services.reviews import cancel_charge, release_charge
from chalicelib.store.charges import is_charge_id
from tests.services.paying import CASHIER, NOW, add_phone, charge, earn, open_shop
from tests.services.telling import queues
from tests.streams.events import journal_items
from tests.streams.test_notices import deliver

ID = "charge-00001"


@pytest.fixture
def shop(tables: None) -> Iterator[Any]:
    """A laundry, and a resident with 103 points."""
    yield from queues()


def told() -> list[dict[str, Any]]:
    """Deliver the whole journal and return the inbox, newest first."""
    deliver(journal_items())
    return list_messages("res_a", False, "zh-CN", 20, None).items


def pay(**phone: Any) -> dict[str, Any]:
    open_shop()
    earn()
    return charge(add_phone(**phone), points=60)


def test_a_payment_names_the_shop_the_bill_and_the_points(shop: Any) -> None:
    paid = pay()
    newest = told()[0]
    assert newest["body"] == "您在锦绣洗衣解放街店付款 100.00 元，用去60 积分。"
    assert newest["link"] == {"kind": "charge", "id": paid["redemption_id"]}
    assert is_charge(paid) and is_charge_id(paid["redemption_id"]), "both know a payment by its id"


def test_a_payment_taken_back_is_a_refund_of_a_payment(shop: Any) -> None:
    pay()
    refund_charge(CASHIER, ID, "refund-000001", 30, "x", NOW)
    void = told()
    assert [m["kind"] for m in void[:2]] == ["points-refunded", "points-charged"]
    assert void[0]["body"].startswith("商户退回了这笔付款，")


def test_a_voided_payment_gives_everything_back(shop: Any) -> None:
    pay()
    void_charge(CASHIER, ID, NOW)
    assert told()[0]["title"] == "退款60 积分"


def test_a_payment_under_review_is_told_at_once_and_so_is_its_end(shop: Any) -> None:
    paid = pay(works_at=("mer_laundry",))
    assert paid["state"] == "in-review"
    assert told()[0]["kind"] == "charge-in-review"
    assert "正在人工核实，先留存60 积分" in told()[0]["body"]
    release_charge(paid["redemption_id"], "op_1", "真实消费", NOW)
    assert told()[0]["kind"] == "points-charged"


def test_a_payment_that_is_refused_returns_the_points_in_words(shop: Any) -> None:
    paid = pay(works_at=("mer_laundry",))
    cancel_charge(paid["redemption_id"], "op_1", "不符", NOW)
    newest = told()[0]
    assert (newest["kind"], newest["title"]) == ("charge-cancelled", "付款未完成，60 积分已退回")


def test_a_payment_under_review_is_no_voucher_that_is_due(shop: Any) -> None:
    pay(works_at=("mer_laundry",))
    result = send_reminders(NOW, lambda: False)
    assert (result.vouchers, result.failed) == (0, 0)
