"""A city that lives through years in minutes: residents act, nights fall, some nights are missed, the clock moves on.

Deterministic for its seed. The same life runs in process against moto, small, and against the local stack's database,
with a thousand residents (`tests.e2e.years`).
"""

import json
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.domain.days import day_start, from_text, local_day
from chalicelib.domain.schedules import SCHEDULES
from chalicelib.errors import Conflict, TanhuiError
from chalicelib.jobs import calendar, sweeping, work
from chalicelib.profiles import current_profile
from chalicelib.services.activities import record_day
from chalicelib.services.auditing import run_audit
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.entries import list_entries
from chalicelib.services.job_calendar import show_jobs
from chalicelib.services.pooling import passed_on_through, read_pool
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import get_voucher, take_voucher, void_voucher, voucher_token
from chalicelib.store import queues
from chalicelib.store.accounts import find_account
from tests.services.ledger import CASHIER, add_shop, observation

CUP, CUP_GRAMS, CUPS_PER_DAY_MAX = "own-cup", 40, 3
PRICE = 5
_ONE_DAY = timedelta(days=1)
# The jobs that a night runs; the audit costs most and has nights of its own.
NIGHTLY = ("pool", "recheck", "settle", "expire", "close", "remind")
OFTEN = ("release", "redeliver", "catch_up")


def never() -> bool:
    return False


def in_one_piece(patch: Any) -> None:
    """Let every index have one shard and every sweep one segment: the same work in fewer calls, for moto.

    `patch(place, value)` sets an attribute; begun before anything is stored.
    """
    for place in ("store.sheets", "store.entries", "services.reminders"):
        patch(f"chalicelib.{place}.SHARDS", 1)
    small = {name: replace(sweep, segments=1) for name, sweep in sweeping.SWEEPS.items()}
    patch("chalicelib.jobs.sweeping.SWEEPS", small)
    for module, name in (
        ("expiring", "expire"),
        ("pooling", "pool"),
        ("publishing", "publish"),
        ("auditing", "audit"),
    ):
        patch(f"chalicelib.jobs.{module}.{name.upper()}", small[name])


class Waiting:
    """Stands in for the queues: work waits here until the city drains it, as often as it was sent."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        # What the watch asks for after a gap of months, and this city does not do: a year's work for its own sake.
        self.unwanted: frozenset[str] = frozenset()

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": QueueName}

    def send_message(self, QueueUrl: str, MessageBody: str, **_: Any) -> None:
        if QueueUrl.endswith("-jobs") and json.loads(MessageBody).get("job") not in self.unwanted:
            self.jobs.append(MessageBody)


@dataclass
class City:
    """Residents with what they did, as a model knows it: grams by activity that counts now."""

    residents: int
    seed: int
    now: datetime = field(default_factory=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    counted: Counter[tuple[str, date]] = field(default_factory=Counter)
    activities: list[tuple[str, date, str]] = field(default_factory=list)
    reversed: dict[tuple[str, date, str], int] = field(default_factory=dict)
    open_vouchers: list[tuple[str, str]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    waiting: Waiting = field(default_factory=Waiting)
    jobs: tuple[str, ...] = NIGHTLY

    def begin(self, patch: Any) -> None:
        """Open the shop, and let this city's clock and queue be the product's; `patch(module, name, value)`."""
        self.waiting.unwanted = frozenset(SCHEDULES) - {*self.jobs, *OFTEN}
        patch(clock, "utc_now", lambda: self.now)
        patch(queues, "_sqs", lambda: self.waiting)
        patch(queues, "_queue_url", lambda name: f"x-{name}")
        self.random = random.Random(self.seed)
        add_shop(points=PRICE, stock=1_000_000, ends_at="2099-01-01T00:00:00.000Z")
        self.run_often()

    @property
    def today(self) -> date:
        return local_day(self.now, current_profile().tz)

    def live(self, on: date, share: float) -> None:
        """Let a share of the residents act around noon of a day."""
        for number in range(self.residents):
            if self.random.random() < share:
                self.now = day_start(on, current_profile().tz) + timedelta(hours=12, seconds=number)
                self._act(f"res_{number:04d}", on)

    def _act(self, who: str, on: date) -> None:
        chance = self.random.random
        self.record(who, on, self.random.randint(1, CUPS_PER_DAY_MAX))
        if chance() < 0.25:
            self.record(who, on - self.random.randint(1, 7) * _ONE_DAY, 1)
            self.seen["late"] += 1
        if chance() < 0.05:
            self.record(who, on - 9 * _ONE_DAY, 1)
        if chance() < 0.4:
            self.take(who)
        if self.open_vouchers and chance() < 0.5:
            self.resolve(self.open_vouchers.pop(self.random.randrange(len(self.open_vouchers))))
        if self.activities and chance() < 0.15:
            self.correct(self.random.choice(self.activities))

    def record(self, who: str, on: date, times: int) -> None:
        """Record some cups of one day; what the window or the cap refuses, the model leaves out."""
        at = day_start(on, current_profile().tz) + timedelta(hours=8)
        observed = [
            observation(f"{who}-{on}-{self.random.getrandbits(40):x}", at + timedelta(minutes=n), CUP)
            for n in range(times)
        ]
        for recorded in record_day(who, on, observed, self.now):
            if recorded.outcome == "accepted":
                self.counted[who, on] += recorded.grams_co2e
                self.activities.append((who, on, recorded.activity_id.partition("-")[2]))
            self.seen[recorded.reason or "recorded"] += 1

    def take(self, who: str) -> None:
        """Take a voucher, when the points suffice."""
        redemption_id = f"red_{who[4:]}_{self.random.getrandbits(48):x}"
        try:
            take_voucher(who, redemption_id, "off_coat", self.now)
        except TanhuiError as error:
            assert error.code == "points-insufficient", error
            return
        self.open_vouchers.append((who, redemption_id))
        self.seen["taken"] += 1

    def resolve(self, voucher: tuple[str, str]) -> None:
        """Spend a voucher, give it back, or leave it to its deadline."""
        who, redemption_id = voucher
        chosen = self.random.random()
        if get_voucher(who, redemption_id, self.now)["state"] != "open" or chosen > 0.8:
            self.seen["left"] += 1
        elif chosen < 0.5:
            redeem_voucher(
                CASHIER, voucher_token(who, redemption_id, self.now), "sto_1", redemption_id, self.now
            )
            self.seen["redeemed"] += 1
        else:
            void_voucher(who, redemption_id, self.now)
            self.seen["voided"] += 1

    def correct(self, activity: tuple[str, date, str]) -> None:
        """Reverse an activity, however old; restore one that is reversed."""
        who, on, key = activity
        cause = f"c{self.random.getrandbits(40):x}"
        act = restore_activity if activity in self.reversed else reverse_activity
        try:
            made = act(who, on, key, cause, self.now)
        except Conflict as error:
            assert error.code == "correction-not-possible", error
            return
        if act is restore_activity:
            self.counted[who, on] += made.grams_co2e
            del self.reversed[activity]
        else:
            self.counted[who, on] -= CUP_GRAMS
            self.reversed[activity] = CUP_GRAMS
        self.seen[act.__name__] += 1

    def night(self, before: date) -> None:
        """Let the night before a day fall: each job at its instant, what it hands on a minute later."""
        evening = day_start(before, current_profile().tz) + timedelta(hours=1)
        for job in sorted(self.jobs, key=lambda name: SCHEDULES[name].next(evening)):
            self.now = SCHEDULES[job].next(evening) + timedelta(seconds=1)
            self.run(job)
        self.now = evening + timedelta(hours=9)
        self.run_often()

    def run(self, job: str) -> str:
        """Run one job in its turn, and work off the queue."""
        run = calendar.run if job == "catch_up" else work._JOBS[job]
        state = calendar.in_turn(job, run, {}, self.now, never)
        self.drain()
        return state

    def run_often(self) -> None:
        """Run what runs every five minutes, once."""
        for job in OFTEN:
            self.run(job)

    def drain(self) -> None:
        """Work off the queue; a message leaves it when it is through."""
        while self.waiting.jobs:
            work.handle(self.waiting.jobs[0], self.now, never)
            self.waiting.jobs.pop(0)

    def end(self) -> None:
        """Let every voucher and every day of grace run out, and the last nights do their work."""
        for days in (16, 60, 61, 62):
            self.night(self.today + (days - (self.today - self._last_on).days) * _ONE_DAY)

    def mark_end(self) -> None:
        """Note the last day on which anybody did anything."""
        self._last_on = self.today

    def check(self) -> dict[str, Any]:
        """Hold everything stored to the model and the rules; return what was seen."""
        report = run_audit(segments=1)
        assert report.findings == [], report.findings[:3]
        grams, points = report.totals.grams_by_party, report.totals.points_by_party
        assert -grams["sys_issuance"] == sum(self.counted.values()), (
            "every gram that counts is booked, no other"
        )
        assert points["residents/held"] == 0, "no hold outlives its deadline"
        self._check_expiry()
        pool = read_pool()
        assert (pool["points"], pool["grams_co2e"]) == (points["sys_pool"], grams["sys_pool"])
        through = passed_on_through()
        assert through is not None
        if through >= self.today - _ONE_DAY:
            assert (points["sys_expired"], grams["sys_expired"]) == (0, 0), "all of it has gone to the pool"
        jobs = {job["job"]: job for job in show_jobs(self.now) if job["job"] in self.jobs}
        assert all((job["running_since"], job["missed"]) == (None, 0) for job in jobs.values())
        return {"seen": dict(self.seen), "pool": pool, "entries": report.totals.entries}

    def _check_expiry(self) -> None:
        profile = current_profile()
        for number in range(self.residents):
            who = f"res_{number:04d}"
            account = find_account(who)
            for lot in account.lots if account else ():
                assert lot.expires_on >= self.today, f"{who} still has a lot whose day has passed"
            for entry in list_entries(who, 10_000, None).items:
                if entry["kind"] == "expire":
                    self._check_entry(entry, local_day(from_text(entry["at"]), profile.tz))

    def _check_entry(self, entry: dict[str, Any], booked_on: date) -> None:
        profile = current_profile()
        for lot in entry["lots"]:
            last_on, rule_on = date.fromisoformat(lot["expires_on"]), profile.expires_on(lot["vintage"])
            assert last_on < booked_on, "nothing expires before its day is over"
            self.seen["expired in grace" if last_on > rule_on else "expired"] += 1
            assert last_on >= rule_on, "nobody's day comes earlier than the profile says"
