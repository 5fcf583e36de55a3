"""What an offer must say, by its kind, and when it can be taken and used."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain import offers as rules
from chalicelib.domain.days import zone
from chalicelib.errors import Refused

START, END = "2026-11-01T00:00:00.000Z", "2026-12-31T00:00:00.000Z"
PLAIN = {
    "id": "off_1",
    "kind": "item-for-points",
    "points": 50,
    "stock": 3,
    "starts_at": START,
    "ends_at": END,
    "state": "live",
}
BEHAVIOUR = {"methodology_ids": ["own-cup"], "count": 3, "days": 30}


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({}, []),
        ({"kind": "amount-off"}, ["/amount_off_fen"]),
        ({"kind": "amount-off", "amount_off_fen": 500}, []),
        ({"kind": "amount-off", "amount_off_fen": 500, "bill_min_fen": 499}, ["/bill_min_fen"]),
        ({"kind": "top-up"}, ["/top_up_fen"]),
        ({"kind": "service"}, []),
        ({"kind": "coupon"}, []),
        ({"kind": "low-carbon-goods"}, ["/points_normal"]),
        ({"kind": "low-carbon-goods", "points_normal": 50}, ["/points_normal"]),
        ({"kind": "low-carbon-goods", "points_normal": 51}, []),
        ({"kind": "frequent-traveller"}, ["/behaviour", "/limit_per_resident"]),
        ({"kind": "frequent-traveller", "behaviour": BEHAVIOUR, "limit_per_resident": 1, "points": 0}, []),
        ({"kind": "priority-window"}, ["/audience_id"]),
        ({"points": 0}, ["/points"]),
        ({"priority_until": "2026-11-08T00:00:00.000Z"}, ["/audience_id"]),
        ({"priority_until": END, "audience_id": "a"}, ["/priority_until"]),
        ({"budget_fen": 500}, ["/value_fen"]),
        ({"budget_fen": 500, "value_fen": 501}, ["/value_fen"]),
        ({"budget_fen": 500, "value_fen": 500}, []),
        ({"ends_at": START}, ["/ends_at"]),
        (
            {"valid_hours": [{"weekdays": [1], "opens": "12:00", "closes": "11:00"}]},
            ["/valid_hours/0/closes"],
        ),
    ],
)
def test_every_wrong_field_of_an_offer_is_named(change, pointers):
    assert [fault["pointer"] for fault in rules.faults_in({**PLAIN, **change})] == pointers


@pytest.mark.parametrize(
    ("change", "at", "code"),
    [
        ({}, START, None),
        ({}, "2026-10-31T23:59:59.999Z", "offer-not-live"),
        ({}, END, "offer-ended"),
        ({"state": "ended"}, START, "offer-ended"),
        ({"state": "draft"}, START, "offer-not-live"),
    ],
)
def test_an_offer_is_taken_from_its_start_until_just_before_its_end(change, at, code):
    now = datetime.fromisoformat(at)
    if code is None:
        rules.check_live({**PLAIN, **change}, now)
        return
    with pytest.raises(Refused) as refused:
        rules.check_live({**PLAIN, **change}, now)
    assert refused.value.code == code


def test_a_priority_opens_to_everyone_at_its_end():
    offer = {**PLAIN, "audience_id": "a", "priority_until": "2026-11-08T00:00:00.000Z"}
    assert rules.is_for_audience_only(offer, datetime(2026, 11, 7, tzinfo=UTC))
    assert not rules.is_for_audience_only(offer, datetime(2026, 11, 8, tzinfo=UTC))
    assert not rules.is_for_audience_only(PLAIN, datetime(2026, 11, 7, tzinfo=UTC))


def test_a_voucher_is_used_in_the_hours_of_its_offer_only():
    weekend = {**PLAIN, "valid_hours": [{"weekdays": [6, 7], "opens": "09:00", "closes": "18:00"}]}
    city = zone("Asia/Shanghai")
    rules.check_usable_now(weekend, datetime(2026, 11, 21, 4, tzinfo=UTC), city)
    with pytest.raises(Refused, match="offer-not-today"):
        rules.check_usable_now(weekend, datetime(2026, 11, 20, 4, tzinfo=UTC), city)
