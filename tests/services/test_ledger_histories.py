"""The ledger under random histories: whatever happens in whatever order, the invariants hold and nothing is lost."""

from collections import Counter
from datetime import timedelta

import moto
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.domain.days import local_day
from chalicelib.errors import TanhuiError
from chalicelib.profiles import current_profile
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import get_voucher, take_voucher, void_voucher, voucher_token
from chalicelib.store import catalogue
from chalicelib.store.tables import MODELS
from chalicelib.store.transactions import Transaction, TransactionLost
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, record

RESIDENTS = st.sampled_from(["res_a", "res_b"])
WORTH = {"szt-metro-trip": 515, "szt-bus-ride": 80}
CAPS = {"szt-metro-trip": 4, "szt-bus-ride": 6}
REAL_COMMIT = Transaction.commit


class Histories(RuleBasedStateMachine):
    """Two residents, two offers, a clock that only goes forward, and a database that sometimes says conflict."""

    @initialize()
    def start(self):
        self.aws = moto.mock_aws()
        self.aws.start()
        catalogue._cache.clear()
        for model in MODELS:
            model.create_table(wait=False)
        add_shop(points=50, stock=3)
        add_offer("off_small", points=7, stock=100)
        self.now = NOW
        self.recorded_grams = 0
        self.counted = Counter()
        self.seen = set()
        self.owner_by_voucher = {}
        self.conflicts_left = 0
        machine = self

        def commit(self):
            if machine.conflicts_left:
                machine.conflicts_left -= 1
                raise TransactionLost(frozenset({"account"}), conflict=True)
            REAL_COMMIT(self)

        Transaction.commit = commit

    def teardown(self):
        Transaction.commit = REAL_COMMIT
        if not hasattr(self, "aws"):
            return
        self.now += timedelta(days=20)
        self.conflicts_left = 0
        self.night_falls()
        report = run_audit()
        assert report.findings == []
        assert -report.totals.grams_by_party["sys_issuance"] == self.recorded_grams, (
            "every recorded gram is booked"
        )
        assert report.totals.points_by_party["residents/held"] == 0, "no hold outlives its deadline"
        self.aws.stop()

    @rule(
        who=RESIDENTS, event=st.integers(0, 12), kind=st.sampled_from(sorted(WORTH)), back=st.integers(0, 9)
    )
    def records(self, who, event, kind, back):
        at = self.now - timedelta(days=back)
        on = local_day(at, current_profile().tz)
        event_id = f"{who} {on} {event}"
        (recorded,) = record(who, event_id, at=at, now=self.now, methodology_id=kind)
        if back > current_profile().window_days:
            assert recorded.reason == "outside-window"
        elif event_id in self.seen:
            assert recorded.outcome == "duplicate"
        else:
            self.seen.add(event_id)
            is_capped = self.counted[who, on, kind] == CAPS[kind]
            assert recorded.outcome == ("capped" if is_capped else "accepted")
            self.counted[who, on, kind] += not is_capped
            self.recorded_grams += 0 if is_capped else WORTH[kind]

    @rule(who=RESIDENTS, number=st.integers(0, 5), offer=st.sampled_from(["off_coat", "off_small"]))
    def takes(self, who, number, offer):
        before = self._points(who)
        try:
            answer = take_voucher(who, f"red_{number}", offer, self.now)
        except TanhuiError as error:
            assert error.code in {
                "points-insufficient",
                "offer-sold-out",
                "offer-not-live",
                "offer-ended",
                "idempotency-key-reused",
                "account-frozen",
            }
            assert self._points(who) == before
            return
        self.owner_by_voucher[number] = who
        spent = 0 if answer.get("_hit") else answer["points"]
        assert self._points(who) == before - spent

    @precondition(lambda self: self.owner_by_voucher)
    @rule(data=st.data(), scan=st.sampled_from(["scan_1", "scan_2"]))
    def redeems(self, data, scan):
        number, who = self._voucher(data)
        try:
            token = voucher_token(who, f"red_{number}", self.now)
            redeem_voucher(CASHIER, token, "sto_1", scan, self.now)
        except TanhuiError as error:
            refusals = {"voucher-not-open", "voucher-already-redeemed", "voucher-expired", "account-frozen"}
            assert error.code in refusals

    @precondition(lambda self: self.owner_by_voucher)
    @rule(data=st.data())
    def voids(self, data):
        number, who = self._voucher(data)
        try:
            void_voucher(who, f"red_{number}", self.now)
        except TanhuiError as error:
            assert error.code == "voucher-not-open"

    @precondition(lambda self: self.owner_by_voucher)
    @rule(data=st.data())
    def refunds(self, data):
        number, who = self._voucher(data)
        before = self._points(who)
        refunded_before = get_voucher(who, f"red_{number}", self.now)["points_refunded"]
        try:
            answer = refund_voucher(CASHIER, f"red_{number}", "returned", self.now)
        except TanhuiError as error:
            assert error.code in {"voucher-not-redeemed", "refund-too-late"}
            return
        assert self._points(who) == before + answer["points_refunded"] - refunded_before

    @rule(days=st.sampled_from([1, 1, 1, 3, 15, 200, 400]))
    def time_passes(self, days):
        self.now += timedelta(days=days)

    @rule()
    def night_falls(self):
        settle_open_sheets(self.now, lambda: False)
        expire_due_lots(self.now, lambda: False)
        release_due_vouchers(self.now, lambda: False)

    @rule(times=st.integers(1, 3))
    def conflicts_come(self, times):
        self.conflicts_left = times

    @invariant()
    def the_stored_ledger_is_sound(self):
        report = run_audit()
        assert report.findings == []
        assert -report.totals.grams_by_party["sys_issuance"] <= self.recorded_grams

    def _points(self, who):
        return read_balance(who, self.now)["points_available"]

    def _voucher(self, data):
        number = data.draw(st.sampled_from(sorted(self.owner_by_voucher)))
        return number, self.owner_by_voucher[number]


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
