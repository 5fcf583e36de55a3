"""The ledger under random histories: whatever happens in whatever order, the invariants hold and nothing is lost.

The model repeats caps, clashes and corrections in its own plain way; grams and points must agree with it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import moto
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.domain import accounts, adjusting
from chalicelib.domain.accounts import settle_sheets
from chalicelib.domain.days import day_start, local_day
from chalicelib.domain.lots import total_grams, total_points
from chalicelib.errors import Conflict, TanhuiError
from chalicelib.profiles import current_profile
from chalicelib.services import corrections
from chalicelib.services.activities import record_day
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.rechecking import recheck_open_sheets
from chalicelib.services.releasing import release_due_vouchers
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.spending import load
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import get_voucher, take_voucher, void_voucher, voucher_token
from chalicelib.store import catalogue
from chalicelib.store.entries import list_entries
from chalicelib.store.sheets import list_sheets
from chalicelib.store.tables import MODELS
from chalicelib.store.transactions import Transaction, TransactionLost
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, observation, use_methodology

RESIDENTS = st.sampled_from(["res_a", "res_b"])
KINDS = {
    "szt-metro-trip": (515, 4),
    "szt-bus-ride": (80, 6),
    "shared-bicycle": (200, 6),
    "own-cup": (40, 3),
    "clean-plate": (72, 3),
}
PENDING, TRIPS = "own-cup", ("szt-metro-trip", "szt-bus-ride", "shared-bicycle")
EVIDENCE = {("clean-plate", "szt"): "self-declared", ("clean-plate", "hlj"): "self-declared"}
EVIDENCE["shared-bicycle", "hlj"] = "platform-observed"  # 80 percent of what an operator signs
INPUTS = {"shared-bicycle": {"distance_m": 5000}}
PER_KG = {"clean-plate": 50}  # half of 144 grams, at 50 points per kg
LOST = ("same-event", "overlap")
CREDITED = ("", "cap-per-resident")
MILLIPOINTS_PER_DAY_MAX = 200_000
REAL_COMMIT = Transaction.commit


@dataclass
class Gone:
    """What left an account for good, (points, grams), and loss by loss what the programme bears of it.

    The model hears of losses from the journal, but of repayments never: it knows itself that what comes back covers
    the losses of its vintage that came after it had left, so that a loss issued again makes a difference, and so does
    taking for an old loss what was earned after it.
    """

    spent: tuple[int, int] = (0, 0)
    expired: tuple[int, int] = (0, 0)
    losses: list[tuple[int, int, list[int]]] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)

    def follow(self, who: str, entry: dict[str, Any]) -> None:
        kind, moved = entry["kind"], (entry["points"], entry["grams_co2e"])
        if kind == "expire":
            self.expired = added(self.expired, moved, 1)
        elif kind in ("post", "charge", "refund"):
            self.spent = added(self.spent, moved, -1 if kind == "refund" else 1)
        facts = entry["facts"]
        name = facts["day"] + facts["key"] if kind == "adjust" else facts.get("redemption_id")
        if kind in ("hold", "charge") or (kind == "adjust" and entry["debit"] == who):
            self.left[name] = entry["seq"]
        is_again = kind == "adjust" and facts["correction"] != "confirm" and entry["credit"] == who
        for vintage, _, *amounts in entry["lots"]:
            if entry["debit"] == "sys_loss":
                self._loses(entry["seq"], vintage, amounts)
            elif kind in ("void", "refund") or is_again:
                is_instead = str(facts.get("cause")).startswith("recheck-")
                self._covers(vintage, amounts, self.left.get(name, 0 if is_instead else entry["seq"]))

    def _loses(self, seq: int, vintage: int, amounts: list[int]) -> None:
        open_ones = [loss for loss in self.losses if loss[1] == vintage and any(loss[2])]
        if len(open_ones) == 4:
            self.losses.remove(open_ones[3])
            amounts = [had + more for had, more in zip(open_ones[3][2], amounts, strict=True)]
        self.losses.append((seq, vintage, list(amounts)))

    def _covers(self, vintage: int, amounts: list[int], left_at: int) -> None:
        for place, amount in enumerate(amounts):
            for seq, of, lost in self.losses:
                if of == vintage and seq > left_at:
                    covered = min(amount, lost[place])
                    lost[place] -= covered
                    amount -= covered

    @property
    def borne(self) -> list[int]:
        """Return (points, grams) still borne."""
        return [sum(lost[place] for _, _, lost in self.losses) for place in (0, 1)]


def added(one, other, sign):
    """Return the sum, or with sign -1 the difference, of two pairs."""
    return one[0] + sign * other[0], one[1] + sign * other[1]


@dataclass
class Told:
    """One activity as the model knows it. `full` and `per_kg` are what its version gives for it, uncut."""

    who: str
    on: date
    key: str
    kind: str
    second: int
    source: str
    full: int
    per_kg: int
    standing: str = ""
    grams: int = 0
    is_counted: bool = False
    was_withheld: bool = False
    is_lost: bool = False
    is_decided: bool = False
    is_given_back: bool = False
    causes: dict[str, str] = field(default_factory=dict)

    @property
    def millipoints(self) -> int:
        return self.grams * self.per_kg

    @property
    def rank(self) -> tuple[bool, bool, bool, int, str]:
        is_weaker = (self.kind, self.source) in EVIDENCE
        return not self.is_given_back, is_weaker, not self.grams, self.second, self.key

    def clashes(self, other: "Told") -> str:
        """Return why two trips cannot both count; they take no time, so a minute apart is apart."""
        apart = abs(other.second - self.second)
        if apart <= 120 and other.source != self.source:
            return "same-event"
        return "overlap" if apart < 60 else ""


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
        self.told: dict[tuple[str, date, str, str], Told] = {}
        self.patch = pytest.MonkeyPatch()
        self.versions = {kind: [current_profile().methodologies[kind]] for kind in KINDS}
        bus = self.versions["szt-bus-ride"][0].document
        for version, (value, per_kg) in enumerate((("60", 110), ("120", 90)), start=2):
            factors = {"reduction_per_event": {**bus["factors"]["reduction_per_event"], "value": value}}
            # nothing is recorded by it: it counts only where it replaces another
            changed = {"version": version, "factors": factors, "points_per_kg": per_kg}
            changed["valid_from"] = "2099-01-01"
            self.versions["szt-bus-ride"].append(use_methodology(self.patch, "szt-bus-ride", **changed))
        use_methodology(self.patch, PENDING, verification={"required": True})
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
        assert -report.totals.grams_by_party["sys_issuance"] == self.grams(), (
            "every gram that counts is booked"
        )
        assert report.totals.points_by_party["residents/held"] == 0, "no hold outlives its deadline"
        self.patch.undo()
        self.aws.stop()

    def grams(self) -> int:
        """Return what all activities are worth now, as the model knows."""
        return sum(one.grams for one in self.told.values())

    def of_day(self, who: str, on: date) -> Iterator[Told]:
        return (one for one in self.told.values() if (one.who, one.on) == (who, on))

    def room(self, one: Told) -> int:
        """Return the grams that the day of the resident has room for."""
        used = sum(other.millipoints for other in self.of_day(one.who, one.on) if other is not one)
        return max(MILLIPOINTS_PER_DAY_MAX - used, 0) // one.per_kg

    def is_cap_full(self, one: Told) -> bool:
        if one.is_counted:
            return self.uses(one, []) >= KINDS[one.kind][1]
        counted = sum(other.is_counted for other in self.of_day(one.who, one.on) if other.kind == one.kind)
        return counted >= KINDS[one.kind][1]

    def uses(self, one: Told, without: list[Told]) -> int:
        """Return how many of its kind use the room of its cap and still count, without some."""
        of_kind = (other for other in self.of_day(one.who, one.on) if other.kind == one.kind)
        still = (o for o in of_kind if o.is_counted and o.standing in CREDITED)
        return sum(all(o is not w for w in without) for o in still)

    def clash(self, one: Told) -> str:
        """Return why a new trip cannot be another one that counts."""
        if one.kind not in TRIPS:
            return ""
        others = (other for other in self.of_day(one.who, one.on) if other.kind in TRIPS and other.grams)
        why = {one.clashes(other) for other in others}
        return next((reason for reason in LOST if reason in why), "")

    def judged(self, who: str, on: date) -> tuple[dict[str, str], list[Told]]:
        """Return what the rule takes back on a day, why by key, and what it credits instead."""
        trips = [one for one in self.of_day(who, on) if one.kind in TRIPS and (one.grams or one.is_lost)]
        fixed = [one for one in trips if one.grams and one.is_decided]
        winners, losers, instead = [], {}, []
        for one in sorted((t for t in trips if all(t is not f for f in fixed)), key=lambda t: t.rank):
            why = next((why for other in winners if (why := one.clashes(other))), "")
            barring = [other for other in trips if other.grams and other is not one and one.clashes(other)]
            if one.grams and why:
                losers[one.key] = why
            elif one.grams:
                winners.append(one)
            elif not why and not any(one.clashes(other) for other in fixed) and self.is_room(one, barring):
                winners.append(one)
                instead += [] if barring else [one]
        return losers, instead

    def is_room(self, one: Told, barring: list[Told]) -> bool:
        used = sum(o.millipoints for o in self.of_day(one.who, one.on) if all(o is not b for b in barring))
        has_points = (MILLIPOINTS_PER_DAY_MAX - used) // one.per_kg > 0
        return has_points and self.uses(one, barring) < KINDS[one.kind][1]

    def rechecks(self) -> None:
        """Let the night take back what clashes, then credit what no longer does, on every day that is over."""
        today = local_day(self.now, current_profile().tz)
        for who, on in sorted({(one.who, one.on) for one in self.told.values() if one.on < today}):
            losers, _ = self.judged(who, on)
            for one in self.of_day(who, on):
                cause = f"recheck-{today:%Y%m%d}-{losers.get(one.key)}"
                if one.key in losers and one.causes.setdefault(cause, "") == "":
                    one.standing, one.grams, one.is_lost, one.causes[cause] = "reversed", 0, True, "reverse"
            for one in self.judged(who, on)[1]:
                cause = f"recheck-{today:%Y%m%d}-counts-instead"
                if cause in one.causes or all(one is not other for other in self.judged(who, on)[1]):
                    continue
                one.grams, one.is_lost, one.causes[cause] = min(one.full, self.room(one)), False, "restore"
                one.standing = "cap-per-resident" if one.grams < one.full else ""
                one.is_counted = one.is_counted or one.was_withheld

    def judge(self, one: Told) -> None:
        """Say how a new activity stands and what it is paid."""
        one.standing = "pending" if one.kind == PENDING else self.clash(one)
        one.was_withheld, one.is_lost = bool(one.standing), one.standing in LOST
        if not one.standing:
            self.credit(one)

    def credit(self, one: Told) -> None:
        """Pay an activity as far as its caps leave room."""
        if self.is_cap_full(one):
            one.standing, one.grams = "cap-per-day", 0
            return
        one.grams = min(one.full, self.room(one))
        one.standing = "cap-per-resident" if one.grams < one.full else ""
        one.is_counted = one.is_counted or (one.grams > 0 if one.was_withheld else not one.standing)

    @rule(
        who=RESIDENTS,
        event=st.integers(0, 12),
        kind=st.sampled_from(sorted(KINDS)),
        back=st.integers(0, 9),
        source=st.sampled_from(["szt", "hlj"]),
    )
    def records(self, who, event, kind, back, source):
        tz = current_profile().tz
        on = local_day(self.now - timedelta(days=back), tz)
        second = 30_000 + 50 * event
        at = day_start(on, tz) + timedelta(seconds=second)
        event_id = f"{who} {on} {event}"
        evidence, inputs = EVIDENCE.get((kind, source), "operator-signed"), INPUTS.get(kind, {})
        observed = observation(event_id, at, kind, source=source, evidence=evidence, inputs=inputs)
        (recorded,) = record_day(who, on, [observed], self.now)
        if (who, on, source, event_id) in self.told and back <= current_profile().window_days:
            assert recorded.outcome == "duplicate"
            return
        if back > current_profile().window_days:
            assert recorded.reason == "outside-window"
            return
        if at > self.now + timedelta(minutes=5):
            assert recorded.reason == "in-the-future"
            return
        key = recorded.activity_id.partition("-")[2]
        full = KINDS[kind][0] * 4 // 5 if evidence == "platform-observed" else KINDS[kind][0]
        one = Told(who, on, key, kind, second, source, full, PER_KG.get(kind, 100))
        self.judge(one)
        self.told[who, on, source, event_id] = one
        assert ((recorded.reason or ""), recorded.grams_co2e) == (one.standing, one.grams)
        assert recorded.millipoints == one.millipoints

    @rule(
        who=RESIDENTS,
        event=st.integers(0, 11),
        kind=st.sampled_from(sorted(TRIPS)),
        is_later=st.booleans(),
        is_weaker_first=st.booleans(),
    )
    def two_tell(self, who, event, kind, is_later, is_weaker_first):
        sources = ["hlj", "szt"] if is_weaker_first else ["szt", "hlj"]
        for number, source in enumerate(sources):
            self.records(who, event + number * is_later, kind, 1, source)

    @rule()
    def a_night_passes(self):
        self.time_passes(1)
        self.night_falls()

    @precondition(lambda self: any(one.is_lost for one in self.told.values()))
    @rule(data=st.data(), cause=st.integers(0, 2), kind=st.sampled_from(["reverse", "restore"]))
    def corrects_what_two_told(self, data, cause, kind):
        lost = data.draw(st.sampled_from(sorted(key for key, one in self.told.items() if one.is_lost)))
        one = self.told[lost]
        near = [
            key
            for key, other in sorted(self.told.items())
            if (other.who, other.on) == (one.who, one.on) and other.kind in TRIPS and one.clashes(other)
        ]
        self._corrects_one(self.told[data.draw(st.sampled_from([lost, *near]))], kind, cause, 0)

    @precondition(lambda self: self.told)
    @rule(
        data=st.data(),
        kind=st.sampled_from(["confirm", "reject", "reverse", "restore", "replace"]),
        cause=st.integers(0, 2),
        version=st.integers(0, 2),
    )
    def corrects(self, data, kind, cause, version):
        self._corrects_one(self.told[data.draw(st.sampled_from(sorted(self.told)))], kind, cause, version)

    def _corrects_one(self, one, kind, cause, version):
        name = f"c_{cause}"
        if (known := one.causes.get(name)) is not None:
            self._corrects_again(one, kind, name, known, version)
            return
        may = {
            "confirm": ("pending",),
            "reject": ("pending",),
            "reverse": ("", "cap-per-resident"),
            "restore": ("reversed", "rejected", "same-event", "overlap"),
        }
        if kind == "replace":
            self._replaces(one, name, version)
            return
        try:
            made = self._correct(one, kind, name, version)
        except Conflict as error:
            assert error.code == "correction-not-possible" and one.standing not in may[kind]
            return
        assert one.standing in may[kind]
        if kind == "restore":
            one.is_decided, one.is_given_back = one.is_decided or one.is_lost, not one.is_lost
        one.is_lost = False
        if kind in ("confirm", "restore"):
            self.credit(one)
        else:
            one.standing, one.grams = ("rejected" if kind == "reject" else "reversed"), 0
        one.causes[name] = kind
        assert (made.grams_co2e, made.millipoints) == (one.grams, one.millipoints)

    def _correct(self, one, kind, name, version):
        if kind == "replace":
            versions = self.versions[one.kind]
            methodology = versions[min(version, len(versions) - 1)]
            return corrections.replace_worth(one.who, one.on, one.key, methodology, name, self.now)
        act = getattr(corrections, f"{kind}_activity")
        return act(one.who, one.on, one.key, name, self.now)

    def _corrects_again(self, one, kind, name, known, version):
        before = self.grams()
        try:
            made = self._correct(one, kind, name, version)
        except Conflict:
            assert kind != known
        else:
            assert (kind, made.cause) == (known, name)
        assert self.grams() == before

    def _replaces(self, one, name, version):
        if one.kind != "szt-bus-ride":
            return
        made = self._correct(one, "replace", name, version)
        full, per_kg = ((80, 100), (60, 110), (120, 90))[version]
        if (one.full, one.per_kg) == (full, per_kg) or one.standing == "cap-per-day":
            assert made is None
            return
        had = one.millipoints
        one.full, one.per_kg, one.causes[name] = full, per_kg, "replace"
        if one.standing in ("", "cap-per-resident"):
            one.grams = min(full, max(self.room(one), had // per_kg))
            one.standing = "cap-per-resident" if one.grams < full else ""
        assert (made.grams_co2e, made.reason) == (one.grams, one.standing if one.grams else made.reason)

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
        gained = self._points(who) - before
        assert 0 <= gained <= answer["points_refunded"] - refunded_before, "less what it repays"

    @rule(days=st.sampled_from([1, 1, 1, 3, 15, 200, 400]))
    def time_passes(self, days):
        self.now += timedelta(days=days)

    @rule()
    def night_falls(self):
        recheck_open_sheets(self.now, lambda: False)
        self.rechecks()
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
        losses = report.totals.points_by_party["sys_loss"], report.totals.grams_by_party["sys_loss"]
        assert max(losses) <= 0, "the programme only ever bears"

    @invariant()
    def what_one_has_is_what_counts_less_what_is_gone_and_no_loss_is_issued_again(self):
        profile = current_profile()
        for who in ("res_a", "res_b"):
            gone = Gone()
            for body, _ in reversed(list_entries(who, None, 10**6)):
                gone.follow(who, json.loads(body))
            # every sheet, also those the window has passed by: nothing else reads them until night falls
            sheets = list_sheets(who, None, 10**6)
            stored = load(who, profile, self.now).booking()
            account = settle_sheets(
                stored, sheets, profile.expires_on, profile.scoring(self.now), self.now
            ).account
            has = (
                total_points(account.lots) + account.held_points,
                total_grams(account.lots) + account.held_grams_co2e,
            )
            counted = [one for one in self.told.values() if one.who == who]
            points, carry = divmod(sum(one.millipoints for one in counted), 1000)
            grams = sum(one.grams for one in counted)
            due = tuple(
                earned - spent - expired + lost
                for earned, spent, expired, lost in zip(
                    (points, grams), gone.spent, gone.expired, gone.borne, strict=True
                )
            )
            assert (has, account.millipoints_carry) == (due, carry)

    def _points(self, who):
        return read_balance(who, self.now)["points_available"]

    def _voucher(self, data):
        number = data.draw(st.sampled_from(sorted(self.owner_by_voucher)))
        return number, self.owner_by_voucher[number]


@pytest.mark.parametrize("is_repaid", [True, False])
def test_a_loss_that_is_issued_again_does_not_escape_the_histories(monkeypatch, is_repaid):
    if not is_repaid:
        for module in (accounts, adjusting):
            monkeypatch.setattr(module, "repay_losses", lambda booking, *_: booking)
    machine = Histories()
    machine.start()
    try:
        machine.records("res_a", 1, "szt-metro-trip", 1, "szt")
        machine.takes("res_a", 1, "off_coat")
        (one,) = machine.told.values()
        machine._correct(one, "reverse", "c_1", 0)
        one.grams = 0
        machine.what_one_has_is_what_counts_less_what_is_gone_and_no_loss_is_issued_again()
        void_voucher("res_a", "red_1", machine.now)
        check = machine.what_one_has_is_what_counts_less_what_is_gone_and_no_loss_is_issued_again
        if is_repaid:
            check()
        else:
            with pytest.raises(AssertionError):
                check()
    finally:
        Transaction.commit = REAL_COMMIT
        machine.patch.undo()
        machine.aws.stop()


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
