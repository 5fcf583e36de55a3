"""Owns a resident's scores for the boards: grams settled by week, month and year of the day on which they were earned.

Must not know boards, communities or who agreed to be shown. A change counts for every period that is open when it is
booked: the scores are the fold of the journal, whatever comes late, twice or in another order. They stand in the
account and are written with it, at no further write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.domain.periods import bounds_of, period_before, periods_of
from chalicelib.domain.sheets import Sheet

KEPT_DAYS = 7
"""A closed period is remembered so much longer, for the job that closes its board."""
_SECONDS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Scoring:
    """What decides whether a change still counts: the city's day, and how many days after its last a period closes."""

    today: date
    closes_days: int


@dataclass(frozen=True, slots=True)
class Score:
    """Grams of one period, and when they were reached: the mark (`mark_of`) of the last activity among them."""

    grams_co2e: int = 0
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by period. `version` rises with every change that boards must hear of, and guards their projection."""

    version: int = 0
    by_period: Mapping[str, Score] = field(default_factory=dict)


NO_SCORES = Scores()


def closes_on(period: str, closes_days: int) -> date:
    """Return the last local day on which a booking counts for `period`: the night after its window is settled then.

    >>> closes_on("2026-11", 7)
    datetime.date(2026, 12, 8)
    """
    return bounds_of(period)[1] + timedelta(days=closes_days + 1)


def open_periods(scoring: Scoring) -> list[str]:
    """Return the periods for which something may still count today: the current ones first, then those before.

    >>> open_periods(Scoring(date(2026, 12, 3), 7))
    ['2026-W49', '2026-12', '2026', '2026-W48', '2026-11']
    """
    found = list(periods_of(scoring.today))
    for period in found:
        before = period_before(period)
        if is_open(before, scoring):
            found.append(before)
    return found


def is_open(period: str, scoring: Scoring) -> bool:
    """Tell whether a change that is booked today counts for `period`."""
    return scoring.today <= closes_on(period, scoring.closes_days)


def mark_of(sheet: Sheet) -> int:
    """Return when the last activity of a sheet began, as a number that grows with time: for ties, nothing else."""
    seconds = max((activity.second_of_day for activity in sheet.activities.values()), default=0)
    return sheet.on.toordinal() * _SECONDS_MAX + seconds


def count_day(scores: Scores, sheet: Sheet, grams_co2e: int, scoring: Scoring) -> Scores:
    """Return the scores after `grams_co2e` more (or less) of a day were booked; nothing booked, nothing changed."""
    if grams_co2e == 0:
        return scores
    counted = {
        period: _sum(scores.by_period.get(period, Score()), grams_co2e, mark_of(sheet))
        for period in periods_of(sheet.on)
        if is_open(period, scoring)
    }
    if not counted:
        return scores
    return Scores(scores.version + 1, _kept({**scores.by_period, **counted}, scoring))


def bumped(scores: Scores) -> Scores:
    """Return the same scores as news for the boards: something else about the account has changed for them."""
    return Scores(scores.version + 1, scores.by_period)


def recounted(
    scores: Scores, booked: Iterable[tuple[Sheet, int]], scoring: Scoring
) -> tuple[Scores, list[str]]:
    """Return the scores as the sheets with what is booked of each say, and the open periods that were wrong.

    Of a closed period nothing is said. Nothing wrong, nothing changed.
    """
    said: dict[str, Score] = {}
    for sheet, grams_co2e in booked:
        if grams_co2e:
            for period in periods_of(sheet.on):
                said[period] = _sum(said.get(period, Score()), grams_co2e, mark_of(sheet))
    known = scores.by_period
    wrong = sorted(
        period
        for period in {*said, *known}
        if is_open(period, scoring)
        and known.get(period, Score()).grams_co2e != said.get(period, Score()).grams_co2e
    )
    if not wrong:
        return scores, []
    mended = {period: said.get(period, Score()) for period in wrong}
    return Scores(scores.version + 1, _kept({**known, **mended}, scoring)), wrong


def _sum(score: Score, grams_co2e: int, mark: int) -> Score:
    return Score(max(score.grams_co2e + grams_co2e, 0), max(score.reached, mark))


def _kept(by_period: Mapping[str, Score], scoring: Scoring) -> dict[str, Score]:
    late = Scoring(scoring.today - timedelta(days=KEPT_DAYS), scoring.closes_days)
    return {period: score for period, score in by_period.items() if is_open(period, late)}
