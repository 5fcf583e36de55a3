"""Till, phone and clock together under random histories: codes count once, nothing is lost, nobody gains."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from chalicelib.domain.days import to_text
from chalicelib.domain.vouchers import Staff
from chalicelib.domain.wallet_codes import step_at
from chalicelib.errors import TanhuiError
from chalicelib.services import charges, freezing, reviews
from chalicelib.services.auditing import run_audit
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.exports import export_account
from chalicelib.services.offline import upload_vouchers
from chalicelib.services.payments import pay
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import refund_voucher
from chalicelib.services.vouchers import voucher_token
from chalicelib.services.wallet import revoke_device
from tests.services.ledger import CASHIER
from tests.services.paying import add_phone
from tests.services.proving import checked
from tests.services.test_ledger_histories import RESIDENTS, Histories

TILLS = st.sampled_from([CASHIER, Staff("stf_own", "mer_laundry", "cashier", account_id="res_b")])
IDS = st.integers(0, 9).map(lambda number: f"charge-0000{number}")
OF_CODES = {"wallet-code-expired", "wallet-code-ahead", "wallet-code-used", "wallet-device-revoked"}
OF_CHARGES = {
    "points-insufficient",
    "idempotency-key-reused",
    "charge-blocked",
    "charge-voided",
    "account-frozen",
}
OF_CHANGES = {
    "charge-unknown",
    "charge-refunded",
    "charge-void-too-late",
    "charge-not-refundable",
    "refund-too-late",
    "refund-above-charge",
    "refund-too-small",
    "idempotency-key-reused",
}


class TillHistories(Histories):
    """Charges by two tills, phones whose clocks go wrong, posters, reviews, refunds in parts, amid all the rest."""

    @initialize()
    def start(self):
        super().start()
        from chalicelib.services.merchant_codes import add_code, own_store

        self.phones = {who: add_phone(who, f"phone-{who}-1") for who in ("res_a", "res_b")}
        self.poster = add_code(own_store("mer_laundry", "sto_1"), "1 号", self.now)["text"]
        self.codes_taken = set()
        self.made = {}
        self.in_review = set()

    def teardown(self):
        if hasattr(self, "aws"):
            for who in ("res_a", "res_b"):
                checked(export_account(who, self.now))
        super().teardown()

    @rule(
        who=RESIDENTS,
        till=TILLS,
        charge_id=IDS,
        points=st.sampled_from([2, 7, 30]),
        late_s=st.integers(0, 90),
    )
    def charges(self, who, till, charge_id, points, late_s):
        phone = self.phones[who]
        shown_at = self.now
        self.now += timedelta(seconds=late_s)
        body = {
            "charge_id": charge_id,
            "code": phone.code(shown_at),
            "store_id": "sto_1",
            "bill_fen": 10_000,
            "points": points,
        }
        before = self._points(who)
        try:
            made = charges.charge(till, body, self.now)
        except TanhuiError as error:
            assert error.code in OF_CODES | OF_CHARGES
            assert self._points(who) == before
            return
        if made.pop("_hit"):
            assert self._points(who) == before
            assert made["redemption_id"] == self.made[charge_id][1]
            return
        step = step_at(shown_at + timedelta(seconds=phone.off_s))
        assert (who, phone.handle, step) not in self.codes_taken, "a code counts once"
        assert abs(step - step_at(self.now)) <= 1, "a code of another time never counts"
        self.codes_taken.add((who, phone.handle, step))
        assert self._points(who) == before - points
        self.made[charge_id] = (who, made["redemption_id"])
        if made["state"] == "in-review":
            assert who == "res_b"
            self.in_review.add(made["redemption_id"])

    @rule(who=RESIDENTS, number=st.integers(0, 4), points=st.sampled_from([2, 20]))
    def pays_at_the_poster(self, who, number, points):
        before = self._points(who)
        body = {
            "payment_id": f"payment-{number:04d}",
            "merchant_code": self.poster,
            "bill_fen": 1000,
            "points": points,
        }
        try:
            made = pay(who, (), body, self.now)
        except TanhuiError as error:
            assert error.code in OF_CHARGES
            assert self._points(who) == before
            return
        assert self._points(who) == before - (0 if made["_hit"] else points)
        self.made[made["redemption_id"]] = (who, made["redemption_id"])

    @rule(data=st.data(), charge_id=IDS)
    def voids_a_charge(self, data, charge_id):
        asked = self._charge(data, charge_id)
        try:
            void_charge(CASHIER, asked, self.now)
        except TanhuiError as error:
            assert error.code in OF_CHANGES

    @precondition(lambda self: self.made)
    @rule(data=st.data(), fen=st.sampled_from([None, 1, 5, 13]), number=st.integers(0, 3))
    def refunds_a_charge(self, data, fen, number):
        asked = data.draw(st.sampled_from(sorted(self.made)))
        who = self.made[asked][0]
        before = self._points(who)
        known = charges.get_charge(CASHIER, asked)
        try:
            after = refund_charge(CASHIER, asked, f"refund-0000{number}", fen, "x", self.now)
        except TanhuiError as error:
            assert error.code in OF_CHANGES
            assert self._points(who) == before
            return
        gained = after["points_refunded"] - known["points_refunded"]
        assert self._points(who) == before + gained
        assert 0 <= after["points_refunded"] <= after["points"]

    @precondition(lambda self: self.owner_by_voucher)
    @rule(data=st.data(), points=st.sampled_from([1, 3, 40]), number=st.integers(0, 3))
    def refunds_a_part_of_a_voucher(self, data, points, number):
        voucher, who = self._voucher(data)
        before = self._points(who)
        try:
            refund_voucher(CASHIER, f"red_{voucher}", "x", self.now, f"refund-0000{number}", points)
        except TanhuiError as error:
            assert error.code in OF_CHANGES | {"voucher-not-redeemed"}
            assert self._points(who) == before

    @precondition(lambda self: self.owner_by_voucher)
    @rule(data=st.data(), scan=st.integers(0, 3), hours=st.sampled_from([0, 1, 30]))
    def uploads_a_scan(self, data, scan, hours):
        voucher, who = self._voucher(data)
        try:
            token = voucher_token(who, f"red_{voucher}", self.now)
        except TanhuiError:
            return
        scanned_at = to_text(self.now)
        self.now += timedelta(hours=hours)
        item = {"token": token, "scan_id": f"scan-{scan}", "store_id": "sto_1", "scanned_at": scanned_at}
        (result,) = upload_vouchers(CASHIER, [item], self.now)["results"]
        assert result["code"] in {
            None,
            "voucher-already-redeemed",
            "voucher-expired",
            "account-frozen",
            "too-busy",
        }

    @precondition(lambda self: self.in_review)
    @rule(data=st.data(), decide=st.sampled_from([reviews.release_charge, reviews.cancel_charge]))
    def an_operator_decides(self, data, decide):
        rid = data.draw(st.sampled_from(sorted(self.in_review)))
        try:
            decide(rid, "op_1", "x", self.now)
        except TanhuiError as error:
            assert error.code == "review-decided"

    @rule(who=RESIDENTS, off_s=st.sampled_from([0, 0, -25, 25, -600, 90]))
    def a_phones_clock_goes_wrong(self, who, off_s):
        self.phones[who].off_s = off_s

    @rule(who=RESIDENTS)
    def a_phone_is_replaced(self, who):
        try:
            self.phones[who] = add_phone(who, f"phone-{who}-{int(self.now.timestamp())}")
        except TanhuiError as error:
            assert error.code in {"devices-too-many", "device-exists"}

    @rule(who=RESIDENTS)
    def a_phone_is_lost(self, who):
        try:
            revoke_device(who, f"phone-{who}-1", self.now)
        except TanhuiError as error:
            assert error.code == "device-unknown"

    @rule(who=RESIDENTS, act=st.sampled_from([freezing.freeze, freezing.unfreeze, freezing.unfreeze]))
    def an_operator_freezes(self, who, act):
        self.now += timedelta(milliseconds=1)
        try:
            act(who, "op_1", "x", self.now)
        except TanhuiError as error:
            assert error.code == "account-empty"

    @rule(seconds=st.integers(1, 70))
    def moments_pass(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule()
    def sheets_are_settled(self):
        settle_open_sheets(self.now, lambda: False)
        assert run_audit().findings == []

    def _charge(self, data, charge_id):
        return data.draw(st.sampled_from(sorted({*self.made, charge_id})))


# Not shrunk: a shorter history takes minutes to find, and reading the one that failed takes less.
TestTillHistories = TillHistories.TestCase
TestTillHistories.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
