"""Owns the look at single observations: whether the day is open and the methodology accepts them, and their full worth.

Must not write anything, nor read more than the registry of methodologies; `services.activities` records what passed,
and notes what did not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain.activities import Activity, Observation, Recorded
from chalicelib.domain.days import day_start, local_day
from chalicelib.domain.methodologies import Methodology, check_inputs, quantify
from chalicelib.domain.profiles import Profile
from chalicelib.domain.recording import Candidate, Plan
from chalicelib.domain.refusals import Refusal
from chalicelib.domain.sheets import Sheet, activity_id
from chalicelib.keys import keyed_digest
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import counting_ids, version_on

FUTURE_SKEW = timedelta(minutes=5)
OBSERVATIONS_MAX = 200
SECONDS_PER_DAY_MAX = 25 * 3600  # where clocks change, a day may have 25 hours
_IN_THE_FUTURE, _OUTSIDE_WINDOW = "in-the-future", "outside-window"


@dataclass(frozen=True, slots=True)
class Backfill:
    """An approved opening of days that have left the window, both ends included."""

    backfill_id: str
    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class CheckedDay:
    """One resident-day after the methodologies have looked: what may be added, and what is refused already.

    The notes of what is refused stand on the day itself or, when that is not open, on `noted_on`, today.
    """

    sheet: Sheet
    noted_on: date
    observations: Sequence[Observation]
    checked: Sequence[Candidate | Recorded]
    candidates: Sequence[Candidate]
    refusals: Sequence[Refusal]

    @property
    def own_refusals(self) -> Sequence[Refusal]:
        """Return what is noted on the sheet of the day itself."""
        return self.refusals if self.noted_on == self.sheet.on else ()

    @property
    def has_something(self) -> bool:
        """Say whether the sheet of the day itself has to be written."""
        return bool(self.candidates or self.own_refusals)

    def answers(self, plan: Plan | None) -> list[Recorded]:
        """Return one answer per observation, in order; `plan` answers for the candidates."""
        recorded = iter(plan.recorded if plan else ())
        return [c if isinstance(c, Recorded) else next(recorded) for c in self.checked]

    def refused_by(self, plan: Plan | None) -> list[Refusal]:
        """Return the notes of what had no room on the sheet any more."""
        if plan is None or all(one.outcome != "refused" for one in plan.recorded):
            return []
        answered = zip(self.observations, self.checked, self.answers(plan), strict=True)
        return [
            refusal_of(observation, one.reason)
            for observation, c, one in answered
            if isinstance(c, Candidate) and one.outcome == "refused" and one.reason
        ]


def check_day(
    account_id: str, on: date, observations: Sequence[Observation], now: datetime, opened: Backfill | None
) -> CheckedDay:
    """Return what each observation of one local day comes to before caps; at most 200 of them."""
    assert len(observations) <= OBSERVATIONS_MAX, "a sheet takes at most 200 observations at once"
    profile = current_profile()
    verdict = day_verdict(profile, on, now, opened)
    checked = [_check(profile, on, observation, now, verdict) for observation in observations]
    return CheckedDay(
        sheet=Sheet(account_id, on),
        noted_on=local_day(now, profile.tz) if verdict else on,
        observations=observations,
        checked=checked,
        candidates=[c for c in checked if isinstance(c, Candidate)],
        refusals=[
            refusal_of(observation, c.reason)
            for observation, c in zip(observations, checked, strict=True)
            if isinstance(c, Recorded) and c.reason
        ],
    )


def day_verdict(profile: Profile, on: date, now: datetime, opened: Backfill | None) -> str | None:
    """Return why nothing can be recorded on the day `on`, or None; an opened day counts like one in the window."""
    today = local_day(now, profile.tz)
    if on > local_day(now + FUTURE_SKEW, profile.tz):
        return _IN_THE_FUTURE
    in_window = on >= today - timedelta(days=profile.window_days)
    if in_window or (opened is not None and opened.from_on <= on <= opened.to_on):
        return None
    return _OUTSIDE_WINDOW


def event_key(observation: Observation) -> str:
    """Return the key of an event on its sheet: the same for every delivery by the same source."""
    return keyed_digest("event-key", observation.source, observation.source_event_id)


def refusal_of(observation: Observation, reason: str) -> Refusal:
    """Return the note of an observation that was refused for `reason`."""
    return Refusal(
        event_key=event_key(observation),
        methodology_id=observation.methodology_id,
        at_epoch_s=int(observation.occurred_at.timestamp()),
        inputs=observation.inputs,
        source=_shown_source(observation),
        evidence=observation.evidence,
        batch_id=observation.batch_id,
        reason=reason,
    )


def _shown_source(observation: Observation) -> str:
    return "self" if observation.source.startswith("self:") else observation.source


def _check(
    profile: Profile, on: date, observation: Observation, now: datetime, verdict: str | None
) -> Candidate | Recorded:
    key = event_key(observation)
    methodology = version_on(observation.methodology_id, on)
    reason = verdict or observation.refusal or _refusal(methodology, observation, now)
    if reason is not None:
        return Recorded(activity_id(on, key), "refused", 0, 0, reason)
    assert methodology is not None
    quantity = quantify(methodology, observation.inputs, observation.evidence)
    second = int((observation.occurred_at - day_start(on, profile.tz)).total_seconds())
    assert 0 <= second < SECONDS_PER_DAY_MAX, "an observation belongs to its local day"
    activity = Activity(
        event_key=key,
        methodology_ref=methodology.ref,
        second_of_day=second,
        inputs=tuple(observation.inputs[name] for name in sorted(methodology.inputs)),
        grams_co2e=quantity.grams_co2e,
        millipoints=quantity.millipoints,
        source=_shown_source(observation),
        evidence=observation.evidence,
        batch_id=observation.batch_id,
        duration_s=min(observation.duration_s, SECONDS_PER_DAY_MAX),
        asset=observation.asset,
    )
    return Candidate(
        activity,
        methodology.code,
        methodology.events_per_day_max,
        methodology.points_per_kg,
        methodology.needs_verification,
    )


def _refusal(methodology: Methodology | None, observation: Observation, now: datetime) -> str | None:
    if methodology is None:
        is_known = observation.methodology_id in counting_ids()
        return "methodology-not-valid" if is_known else "unknown-methodology"
    if observation.occurred_at > now + FUTURE_SKEW:
        return _IN_THE_FUTURE
    return check_inputs(methodology, observation.inputs, observation.evidence)
