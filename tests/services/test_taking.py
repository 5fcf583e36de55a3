"""The limits of an offer as conditions of the take itself: never one too many, given back once, each its own reason."""

from datetime import timedelta

import moto
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.errors import NotFound, Refused, TanhuiError
from chalicelib.services import merchants
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import preview_voucher, redeem_voucher
from chalicelib.services.vouchers import get_voucher, take_voucher, void_voucher, voucher_token
from chalicelib.store import catalogue, transactions
from chalicelib.store.tables import MODELS
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, counter_of, record, taken_of

TOMORROW = NOW + timedelta(days=1)
REFUSALS = {"offer-sold-out", "offer-limit-per-day", "offer-budget-spent", "offer-limit-per-resident"}


@pytest.fixture
def shop(tables):
    add_shop(points=1, stock=100)
    for resident in ("res_a", "res_b"):
        record(resident, "e1", "e2")


def take(number, resident="res_a", now=NOW, offer_id="off_coat"):
    return take_voucher(resident, f"red_{number}", offer_id, now)


def refusal(*arguments, **named):
    with pytest.raises(Refused) as refused:
        take(*arguments, **named)
    return refused.value.code


def limited(**changes):
    add_offer("off_coat", **{"points": 1, "stock": 100, **changes})


def test_the_last_piece_is_taken_and_the_next_is_refused(shop):
    limited(stock=2)
    take(1), take(2)
    assert refusal(3) == "offer-sold-out"
    assert taken_of("off_coat") == 2


def test_a_resident_takes_no_more_than_their_share_and_others_still_can(shop):
    limited(limit_per_resident=2)
    take(1), take(2)
    assert refusal(3) == "offer-limit-per-resident"
    assert refusal(3, now=TOMORROW) == "offer-limit-per-resident"
    assert take(4, "res_b")["state"] == "open"


def test_a_resident_who_had_todays_share_comes_back_tomorrow(shop):
    limited(limit_per_resident_per_day=1)
    take(1)
    assert refusal(2) == "offer-limit-per-resident"
    assert take(2, now=TOMORROW)["state"] == "open"


def test_a_day_has_its_share_and_the_next_day_a_new_one(shop):
    limited(limit_per_day=2)
    take(1), take(2, "res_b")
    assert refusal(3, "res_b") == "offer-limit-per-day"
    take(3, now=TOMORROW)
    assert (counter_of("off_coat").day_on, counter_of("off_coat").day_taken) == ("2026-11-22", 1)


def test_the_day_of_a_limit_is_the_citys(shop):
    limited(limit_per_day=1)
    take(1, now=NOW + timedelta(hours=11, minutes=59))
    assert take(2, now=NOW + timedelta(hours=12))["state"] == "open"


def test_a_budget_is_spent_to_the_last_fen_and_not_beyond(shop):
    limited(value_fen=300, budget_fen=899)
    take(1), take(2)
    assert refusal(3) == "offer-budget-spent"
    assert counter_of("off_coat").fen == 600


@pytest.mark.parametrize("state", ["voided", "timed-out"])
def test_what_is_given_back_can_be_taken_again_under_every_limit(shop, state):
    limited(
        stock=1,
        limit_per_resident=1,
        limit_per_resident_per_day=1,
        limit_per_day=1,
        value_fen=5,
        budget_fen=5,
    )
    take(1)
    if state == "voided":
        void_voucher("res_a", "red_1", NOW)
        void_voucher("res_a", "red_1", NOW)
        now = NOW
    else:
        now = NOW + timedelta(days=14)
        release_due_vouchers(now, lambda: False)
        release_due_vouchers(now, lambda: False)
    assert (taken_of("off_coat"), counter_of("off_coat").fen) == (0, 0)
    record("res_a", "e9", at=now, now=now)
    assert take(2, now=now)["state"] == "open"
    assert refusal(3, now=now) == "offer-limit-per-resident"
    assert refusal(3, "res_b", now=NOW) == "offer-sold-out"


def test_a_take_of_yesterday_given_back_today_leaves_todays_count_alone(shop):
    limited(limit_per_day=1)
    take(1)
    take(2, "res_b", now=TOMORROW)
    void_voucher("res_a", "red_1", TOMORROW)
    assert refusal(3, now=TOMORROW) == "offer-limit-per-day"
    assert (taken_of("off_coat"), counter_of("off_coat").day_taken) == (1, 1)


def race(monkeypatch, act):
    """Let `act` happen between the read and the write of the next transaction."""
    real, raced = transactions.Transaction.commit, []

    def commit(self):
        if not raced:
            raced.append(True)
            act()
        return real(self)

    monkeypatch.setattr(transactions.Transaction, "commit", commit)


@pytest.mark.parametrize(
    ("limits", "resident", "code"),
    [
        ({"stock": 1}, "res_b", "offer-sold-out"),
        ({"limit_per_day": 1}, "res_b", "offer-limit-per-day"),
        ({"value_fen": 10, "budget_fen": 19}, "res_b", "offer-budget-spent"),
        ({"limit_per_resident": 1}, "res_a", "offer-limit-per-resident"),
        ({"limit_per_resident_per_day": 1}, "res_a", "offer-limit-per-resident"),
    ],
)
@pytest.mark.parametrize("is_first_of_day", [True, False])
def test_of_two_who_read_the_same_room_one_takes_it(
    shop, monkeypatch, limits, resident, code, is_first_of_day
):
    limited(**limits)
    if not is_first_of_day:
        take(0)
        void_voucher("res_a", "red_0", NOW)
    race(monkeypatch, lambda: take(1, resident))
    assert refusal(2, "res_a") == code
    assert taken_of("off_coat") == 1


def test_a_refused_take_moves_neither_points_nor_counters(shop):
    limited(stock=5, limit_per_resident=1, points=10_000)
    assert refusal(1) == "points-insufficient"
    assert taken_of("off_coat") == 0
    assert read_balance("res_a", NOW)["points_held"] == 0


def test_a_suspended_merchant_gives_no_voucher_and_honours_or_not_as_decided(shop):
    take(1), take(2)
    token = voucher_token("res_a", "red_1", NOW)
    terms = {"reason": "资质过期", "notice": "暂停服务", "open_vouchers": "honour"}
    merchants.suspend_merchant("mer_laundry", terms, "op", NOW)
    assert refusal(3) == "merchant-suspended"
    assert redeem_voucher(CASHIER, token, "sto_1", "scan_1", NOW)["state"] == "posted"
    merchants.reinstate_merchant("mer_laundry", "已换证", "op", NOW)
    merchants.suspend_merchant("mer_laundry", {**terms, "open_vouchers": "release"}, "op", NOW)
    token = voucher_token("res_a", "red_2", NOW)
    for act in (preview_voucher, lambda *a: redeem_voucher(*a[:3], "scan_2", NOW)):
        with pytest.raises(Refused, match="merchant-suspended"):
            act(CASHIER, token, "sto_1", NOW)
    assert get_voucher("res_a", "red_2", NOW)["state"] == "open"


def test_a_voucher_is_used_on_its_days_only_and_not_at_a_closed_store(shop):
    """NOW is a Saturday noon in the city."""
    limited(valid_hours=[{"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "18:00"}])
    take(1)
    token = voucher_token("res_a", "red_1", NOW)
    with pytest.raises(Refused, match="offer-not-today"):
        redeem_voucher(CASHIER, token, "sto_1", "scan_1", NOW)
    monday = NOW + timedelta(days=2)
    store = catalogue.get_document("store", "sto_1")
    catalogue.put_document("store", "sto_1", {**store, "state": "closed"}, replace=True)
    with pytest.raises(Refused, match="store-closed"):
        redeem_voucher(CASHIER, token, "sto_1", "scan_1", monday)
    catalogue.put_document("store", "sto_1", store, replace=True)
    assert redeem_voucher(CASHIER, token, "sto_1", "scan_1", monday)["state"] == "posted"


def test_later_limits_of_an_offer_do_not_touch_a_voucher_that_is_out(shop):
    limited(stock=5)
    take(1)
    limited(stock=1, limit_per_resident=1)
    assert refusal(2) == "offer-sold-out"
    assert void_voucher("res_a", "red_1", NOW)["state"] == "voided"
    assert take(2)["state"] == "open"


def test_an_offer_nobody_made_is_unknown(shop):
    with pytest.raises(NotFound, match="offer-unknown"):
        take(1, offer_id="off_none")


LIMITS = {"stock": 6, "limit_per_day": 3, "limit_per_resident": 4, "limit_per_resident_per_day": 2}
BUDGET = {"value_fen": 10, "budget_fen": 55}


class Takings(RuleBasedStateMachine):
    """Two residents, one limited offer, days that pass: the counters are the open and spent vouchers, always."""

    @initialize()
    def start(self):
        self.aws = moto.mock_aws()
        self.aws.start()
        catalogue._cache.clear()
        for model in MODELS:
            model.create_table(wait=False)
        add_shop(points=1, **LIMITS, **BUDGET)
        self.now, self.number, self.open = NOW, 0, {}
        self.taken = []
        for resident in ("res_a", "res_b"):
            record(resident, "e1", "e2")
        settle_open_sheets(NOW, lambda: False)

    @rule(resident=st.sampled_from(["res_a", "res_b"]))
    def takes(self, resident):
        self.number += 1
        day = self.now.date()
        counts = (
            len(self.taken) < 5,  # the budget covers five
            sum(on == day for _, on, _ in self.taken) < 3,
            sum(who == resident for who, _, _ in self.taken) < 4,
            sum((who, on) == (resident, day) for who, on, _ in self.taken) < 2,
        )
        try:
            take_voucher(resident, f"red_{self.number}", "off_coat", self.now)
        except TanhuiError as error:
            assert error.code in REFUSALS
            assert not all(counts)
            return
        assert all(counts)
        self.taken.append((resident, day, f"red_{self.number}"))

    @rule(data=st.data())
    def gives_back(self, data):
        if self.taken:
            one = data.draw(st.sampled_from(self.taken))
            void_voucher(one[0], one[2], self.now)
            self.taken.remove(one)

    @rule()
    def a_day_passes(self):
        self.now += timedelta(days=1)

    @rule()
    def deadlines_are_booked(self):
        self.taken = [one for one in self.taken if (self.now.date() - one[1]).days < 14]
        release_due_vouchers(self.now, lambda: False)

    @invariant()
    def the_counter_is_what_is_out(self):
        if hasattr(self, "taken"):
            kept = counter_of("off_coat")
            assert (kept.taken, kept.fen) == (len(self.taken), 10 * len(self.taken))

    def teardown(self):
        if hasattr(self, "aws"):
            assert run_audit().findings == []
            self.aws.stop()


TestTakings = Takings.TestCase
TestTakings.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
