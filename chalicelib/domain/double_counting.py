"""Owns the one rule by which, of what cannot both be true, one counts: over a day and the days beside it.

Must not read, nor correct anything; it says what must be reversed and what must be credited instead.

**The rule.** What an appeal gave back goes first, then the stronger evidence, then what counts already, then the
earlier start, then the key. Each counts unless it clashes with one before it. Recording keeps to what it can without
taking anything back: until the night the first to come counts. The night takes back what a stronger one beats, and
credits what no longer clashes with anything that counts, because its winner was reversed, rejected, or beaten itself.

What an appeal held to be an event of its own, after it was taken back or withheld as told twice, is decided: it does
not lose, and takes back nothing else. What a project claims keeps what it clashed with from being credited instead: the
event is sold elsewhere. What could not be paid, because a cap leaves no room, beats nobody: an event that two tell of
is paid once, never less than once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.domain.activities import OVERLAP, SAME_EVENT, Activity
from chalicelib.domain.clashes import ClashRules, clash_between, is_paid
from chalicelib.domain.correcting import credited_instead
from chalicelib.domain.corrections import REJECT, REPLACE, RESTORE, REVERSE, Correction
from chalicelib.domain.days import day_start
from chalicelib.domain.evidence import EVIDENCE_MARKS
from chalicelib.domain.methodologies import Methodology
from chalicelib.domain.night_causes import is_of_the_night, reason_in
from chalicelib.domain.projects import CLAIMED
from chalicelib.domain.recording import DayRules
from chalicelib.domain.sheets import Sheet, add_correction, worth_of

CLASHES = (SAME_EVENT, OVERLAP)
Days = Mapping[date, Sheet]
ByRef = Callable[[str], Methodology]
_STRENGTH = {evidence: rank for rank, evidence in enumerate(EVIDENCE_MARKS)}


class Judged(NamedTuple):
    """What must change: (day, key, why) to be reversed, and (day, key) to be credited, nothing barring it any more."""

    reversals: Sequence[tuple[date, str, str]] = ()
    credits: Sequence[tuple[date, str]] = ()


class _Past(NamedTuple):
    """What was decided about an activity: it lost to another, a project claims it, and what an appeal said of it."""

    has_lost: bool
    is_claimed: bool
    is_decided: bool
    is_given_back: bool


class _Contender(NamedTuple):
    """One activity that counts, or would if it did not clash; `day_s` is when its day begins."""

    on: date
    day_s: int
    activity: Activity
    counts: bool
    past: _Past

    @property
    def place(self) -> tuple[date, str]:
        return self.on, self.activity.event_key

    @property
    def is_fixed(self) -> bool:
        return self.past.is_claimed or (self.counts and self.past.is_decided)

    @property
    def is_barring(self) -> bool:
        return self.counts or self.is_fixed

    @property
    def rank(self) -> tuple[bool, int, bool, int, str]:
        strength, at_s = _STRENGTH[self.activity.evidence], self.day_s + self.activity.second_of_day
        return not self.past.is_given_back, strength, not self.counts, at_s, self.activity.event_key


def judge(days: Days, rules: DayRules, tz: ZoneInfo, by_ref: ByRef) -> Judged:
    """Return what the rule changes on neighbouring days as they stand; nothing when it is kept already."""
    everything = [
        one for on, sheet in days.items() for one in _contenders(sheet, int(_starts_s(on, tz)), rules.clashes)
    ]
    competing = sorted((one for one in everything if not one.is_fixed), key=lambda one: one.rank)
    winners: list[_Contender] = []
    reversals, credits = [], []
    for one in competing:
        why = next((why for other in winners if (why := _why(one, other, rules.clashes))), None)
        if one.counts and why is not None:
            reversals.append((*one.place, why))
        elif one.counts:
            winners.append(one)
        elif why is None:
            barring = [other for other in everything if other.is_barring and _why(one, other, rules.clashes)]
            if _may_count(one, barring, days[one.on], rules, by_ref):
                winners.append(one)
                credits += [] if barring else [one.place]
    return Judged(reversals, credits)


def reaches_out(sheet: Sheet, rules: ClashRules, tz: ZoneInfo) -> bool:
    """Say whether something on the sheet is so near midnight that it may clash with the day before or after.

    Also what counts no longer: something of another day may count instead.
    """
    length_s = _starts_s(sheet.on + timedelta(days=1), tz) - _starts_s(sheet.on, tz)
    for activity in sheet.activities.values():
        if not rules.group_of(activity.code):
            continue
        before_s, after_s = rules.reach_s(activity.code)
        ends_s = activity.second_of_day + max(after_s, activity.duration_s)
        if activity.second_of_day < before_s or ends_s >= length_s:
            return True
    return False


def _starts_s(on: date, tz: ZoneInfo) -> float:
    return day_start(on, tz).timestamp()


def _contenders(sheet: Sheet, day_s: int, rules: ClashRules) -> Iterator[_Contender]:
    """Yield what counts, has lost or is claimed, of the kinds that can clash."""
    for key, activity in sheet.activities.items():
        if not rules.group_of(activity.code):
            continue
        past, counts = _past_of(sheet, key), is_paid(sheet, key)
        if counts or past.has_lost or past.is_claimed:
            yield _Contender(sheet.on, day_s, activity, counts, past)


def _past_of(sheet: Sheet, event_key: str) -> _Past:
    has_lost, is_claimed = sheet.activities[event_key].reason in CLASHES, False
    is_decided = is_given_back = False
    for made in sheet.corrections.get(event_key, ()):
        if made.kind == REPLACE:
            continue
        if made.kind == RESTORE and not is_of_the_night(made.cause):
            is_decided, is_given_back = is_decided or has_lost, not has_lost
        is_taken = made.kind in (REVERSE, REJECT)
        has_lost = made.reason in CLASHES or (is_taken and reason_in(made.cause, CLASHES) is not None)
        is_claimed = is_taken and reason_in(made.cause, (CLAIMED,)) is not None
    return _Past(has_lost, is_claimed, is_decided, is_given_back)


def _why(one: _Contender, other: _Contender, rules: ClashRules) -> str | None:
    return clash_between(one.activity, other.activity, rules, other.day_s - one.day_s)


def _may_count(
    one: _Contender, barring: Sequence[_Contender], sheet: Sheet, rules: DayRules, by_ref: ByRef
) -> bool:
    """Say whether it would be paid once what bars it is taken back: that must be possible, and its caps have room."""
    if any(other.is_fixed for other in barring):
        return False
    for other in barring:
        if other.on == one.on:
            sheet = add_correction(sheet, _reversal(sheet, other.activity.event_key))
    ref = worth_of(sheet, one.activity.event_key).methodology_ref
    return credited_instead(sheet, one.activity, by_ref(ref), rules).grams_co2e > 0


def _reversal(sheet: Sheet, event_key: str) -> Correction:
    ref, number = worth_of(sheet, event_key).methodology_ref, len(sheet.corrections.get(event_key, ())) + 1
    return Correction(event_key, number, REVERSE, ref, 0, 0, "supposed")
