"""What a merchant may do in which state, and what may be done to it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain import merchants as rules
from chalicelib.domain.days import to_text
from chalicelib.errors import Conflict, Refused

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
HOUR = timedelta(hours=1)
PLAIN = {"id": "mer_1", "name": "锦绣洗衣"}


def closing(from_at=NOW - HOUR, open_vouchers="honour"):
    return {"from_at": to_text(from_at), "open_vouchers": open_vouchers, "reason": "r", "notice": "n"}


BY_STATE = {
    "active": PLAIN,
    "suspended": {**PLAIN, "suspension": closing()},
    "left": {**PLAIN, "suspension": closing(), "leaving": closing()},
}
MAY = {
    "active": {"suspend", "leave", "renew"},
    "suspended": {"reinstate", "leave", "renew"},
    "left": {"rejoin"},
}


@pytest.mark.parametrize("state", sorted(BY_STATE))
@pytest.mark.parametrize("action", ["suspend", "reinstate", "leave", "renew", "rejoin"])
def test_every_action_in_every_state_does_what_the_table_says(state, action):
    assert rules.state_of(BY_STATE[state], NOW) == state
    if action in MAY[state]:
        rules.check_may(BY_STATE[state], action, NOW)
        return
    with pytest.raises(Conflict, match="merchant-wrong-state"):
        rules.check_may(BY_STATE[state], action, NOW)


@pytest.mark.parametrize(
    ("change", "store", "code"),
    [
        ({}, None, None),
        ({}, {"id": "sto_1"}, None),
        ({}, {"id": "sto_1", "state": "closed"}, "store-closed"),
        ({"contract_from": "2026-11-20", "contract_to": "2026-11-20"}, None, None),
        ({"contract_from": "2026-11-21", "contract_to": "2027-11-20"}, None, "merchant-contract-over"),
        ({"contract_from": "2025-11-20", "contract_to": "2026-11-19"}, None, "merchant-contract-over"),
        ({"suspension": closing(NOW)}, None, "merchant-suspended"),
        ({"suspension": closing(NOW + HOUR)}, None, None),
        ({"leaving": closing(NOW)}, None, "merchant-left"),
        ({"leaving": closing(NOW + HOUR)}, None, None),
    ],
)
def test_something_new_is_given_only_by_an_open_merchant_under_contract(change, store, code):
    if code is None:
        rules.check_open({**PLAIN, **change}, store, NOW, TODAY)
        return
    with pytest.raises(Refused) as refused:
        rules.check_open({**PLAIN, **change}, store, NOW, TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contract_from": "2020-01-01", "contract_to": "2020-12-31"}, None),
        ({"suspension": closing()}, None),
        ({"suspension": closing(open_vouchers="release")}, "merchant-suspended"),
        ({"suspension": closing(NOW + HOUR, "release")}, None),
        ({"leaving": closing()}, None),
        ({"leaving": closing(open_vouchers="release")}, "merchant-left"),
        ({"suspension": closing(open_vouchers="release"), "leaving": closing()}, "merchant-left"),
    ],
)
def test_an_open_voucher_is_honoured_unless_it_is_being_released(change, code):
    if code is None:
        rules.check_honours({**PLAIN, **change}, NOW)
        return
    with pytest.raises(Refused) as refused:
        rules.check_honours({**PLAIN, **change}, NOW)
    assert refused.value.code == code
