"""Owns how an activity is shown and explained: its inputs, factors and arithmetic in words a resident understands.

Must not compute anew what was recorded: it repeats the arithmetic and says so if the stored result differs.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.activities import CAPS, Activity
from chalicelib.domain.corrections import REPLACE, Correction
from chalicelib.domain.days import day_start, to_text
from chalicelib.domain.formulas import MEASURES, METRES_PER_KM, WH_PER_KWH
from chalicelib.domain.methodologies import Methodology, Quantity, quantify
from chalicelib.domain.sheets import Sheet, activity_id, standing_of, worth_of
from chalicelib.errors import NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import by_ref
from chalicelib.services.wording import correction_words, points_words, reason_words
from chalicelib.store.sheets import find_sheet

_EVIDENCE = {
    "operator-signed": "由运营企业提供并签名",
    "third-party-matched": "由第三方核对",
    "platform-observed": "由平台观察到",
    "self-declared": "由您本人申报",
}


def activity_view(sheet: Sheet, event_key: str, tz: ZoneInfo) -> dict[str, Any]:
    """Return one activity as lists show it: what it is worth now, how it stands and what was decided about it.

    `cut` is what a cap took of its worth, null when none did; `reason` says why it is worth less or nothing.
    """
    activity = sheet.activities[event_key]
    worth, standing = worth_of(sheet, event_key), standing_of(sheet, event_key)
    methodology, inputs, full = _quantified(sheet, activity)
    return {
        "activity_id": activity_id(sheet.on, event_key),
        "on": sheet.on.isoformat(),
        "occurred_at": to_text(_occurred_at(sheet.on, activity, tz)),
        "duration_s": activity.duration_s,
        "methodology_id": methodology.id,
        "methodology_version": methodology.version,
        "scenario": methodology.document["scenario"],
        "behaviour": methodology.document["behaviour"]["zh"],
        "inputs": inputs,
        "outcome": standing.outcome,
        "grams_co2e": worth.grams_co2e,
        "millipoints": worth.millipoints,
        "cut": _cut_view(full, worth.grams_co2e, worth.millipoints) if standing.reason in CAPS else None,
        "source": activity.source,
        "evidence": activity.evidence,
        "reason": standing.reason or None,
        "corrections": [_correction_view(made) for made in sheet.corrections.get(event_key, ())],
    }


def get_activity(account_id: str, wanted_id: str) -> dict[str, Any]:
    """Return one activity of a resident; NotFound `activity-unknown`, also for somebody else's."""
    sheet, event_key = find_activity(account_id, wanted_id)
    return activity_view(sheet, event_key, current_profile().tz)


def full_millipoints(account_id: str, wanted_id: str) -> int:
    """Return what an activity gives before caps by the version that counts; NotFound `activity-unknown`."""
    sheet, event_key = find_activity(account_id, wanted_id)
    return _quantified(sheet, sheet.activities[event_key])[2].millipoints


def explain_activity(account_id: str, wanted_id: str) -> dict[str, Any]:
    """Return how one activity became grams and points: steps in words, factors with source and grade, digests.

    `recomputed` holds what the methodology that counts gives today for the stored inputs; it equals the worth unless a
    cap cut in, something else was decided, or something is wrong.
    """
    sheet, event_key = find_activity(account_id, wanted_id)
    activity = sheet.activities[event_key]
    methodology, inputs, again = _quantified(sheet, activity)
    corrections = [_explained(made) for made in sheet.corrections.get(event_key, ())]
    return {
        **activity_view(sheet, event_key, current_profile().tz),
        "corrections": corrections,
        "methodology": {
            "id": methodology.id,
            "version": methodology.version,
            "name": methodology.document["name"]["zh"],
            "class": methodology.document["class"],
            "digest": methodology.digest,
            "is_demo": methodology.demo,
            "notes": methodology.document["notes"]["zh"],
        },
        "factors": [_factor_view(name, fields) for name, fields in methodology.document["factors"].items()],
        "steps": _steps(sheet, activity, methodology, inputs, again, corrections),
        "recomputed": {"grams_co2e": again.grams_co2e, "millipoints": again.millipoints},
    }


def _quantified(sheet: Sheet, activity: Activity) -> tuple[Methodology, dict[str, int], Quantity]:
    """Return the version that counts, the inputs by name, and what it gives for them."""
    methodology = by_ref(worth_of(sheet, activity.event_key).methodology_ref)
    inputs = dict(zip(sorted(methodology.inputs), activity.inputs, strict=True))
    return methodology, inputs, quantify(methodology, inputs, activity.evidence)


def _cut_view(full: Quantity, grams_co2e: int, millipoints: int) -> dict[str, int]:
    return {"grams_co2e": full.grams_co2e - grams_co2e, "millipoints": full.millipoints - millipoints}


def _correction_view(made: Correction) -> dict[str, Any]:
    methodology = by_ref(made.methodology_ref)
    return {
        "number": made.number,
        "kind": made.kind,
        "methodology_version": methodology.version,
        "grams_co2e": made.grams_co2e,
        "millipoints": made.millipoints,
        "cause": made.cause,
        "reason": made.reason or None,
        "text": correction_words(made, methodology.version),
    }


def _explained(made: Correction) -> dict[str, Any]:
    """Return a correction with the reason that was given for it, where a batch of corrections made it."""
    view = _correction_view(made)
    if made.kind != REPLACE:
        return {**view, "why": None}
    from chalicelib.services.correction_batches import reason_of

    why = reason_of(made.cause)
    return {**view, "why": why, "text": f"{view['text']}理由：{why}。" if why else view["text"]}


def find_activity(account_id: str, wanted_id: str) -> tuple[Sheet, str]:
    """Return the sheet and key of a resident's activity; NotFound `activity-unknown`, also for somebody else's."""
    day, _, key = wanted_id.partition("-")
    try:
        on = date.fromisoformat(day)
        if len(day) != 8:
            raise ValueError(day)
    except ValueError:
        raise NotFound("activity-unknown", "you have no such activity") from None
    sheet = find_sheet(account_id, on)
    if sheet is None or key not in sheet.activities:
        raise NotFound("activity-unknown", "you have no such activity")
    return sheet, key


def _occurred_at(on: date, activity: Activity, tz: ZoneInfo) -> datetime:
    return day_start(on, tz) + timedelta(seconds=activity.second_of_day)


def _factor_view(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, **fields}


def _steps(
    sheet: Sheet,
    activity: Activity,
    methodology: Methodology,
    inputs: dict[str, int],
    full: Quantity,
    corrections: Sequence[Mapping[str, Any]],
) -> list[str]:
    share = methodology.evidence_share_percent[activity.evidence]
    steps = [_FORMULA_WORDS[methodology.formula](methodology, inputs)]
    steps.append(
        f"{_EVIDENCE[activity.evidence]}，按 {share}% 计算，向下取整：{full.grams_co2e} 克二氧化碳当量。"
    )
    if activity.reason:
        steps.append(reason_words(activity.reason, activity.grams_co2e, activity.millipoints))
    steps += [made["text"] for made in corrections]
    worth = worth_of(sheet, activity.event_key)
    points = points_words(worth.millipoints)
    steps.append(
        f"每千克 {methodology.points_per_kg} 积分：{worth.grams_co2e} 克得 {points} 积分，不足 1 分的部分累计到下次。"
    )
    return steps


def _km(inputs: dict[str, int]) -> str:
    return f"{inputs['distance_m'] / METRES_PER_KM:g} 公里"


def _per_event_words(methodology: Methodology, inputs: dict[str, int]) -> str:
    factor = methodology.factors["reduction_per_event"]
    unit = methodology.document["unit"]["zh"]
    behaviour = methodology.document["behaviour"]["zh"]
    return f"{behaviour}：1 {unit} × {factor.value} 克/{unit}（{factor.place}，{factor.year} 年）。"


def _per_quantity_words(methodology: Methodology, inputs: dict[str, int]) -> str:
    ((name, amount),) = inputs.items()
    factor = methodology.factors["grams_per_unit"]
    unit = methodology.document["unit"]["zh"]
    quantity = Decimal(amount) / MEASURES[name].inputs_per_unit
    return (
        f"{methodology.document['behaviour']['zh']}：{quantity:f} {unit} × {factor.value} 克/{unit}"
        f"（{factor.place}，{factor.year} 年）。"
    )


def _per_km_on_grid_words(methodology: Methodology, inputs: dict[str, int]) -> str:
    f = methodology.factors
    there, here, used = f["grid_there"], f["grid_here"], f["kwh_per_km"]
    base = f["reduction_per_km_there"]
    return (
        f"{_km(inputs)} × [{base.value} 克/公里（{base.place}，{base.year} 年）− {used.value} 千瓦时/公里 × "
        f"（{here.place}电网 {here.value} − {there.place}电网 {there.value} 克/千瓦时）]。"
    )


def _per_kwh_charged_words(methodology: Methodology, inputs: dict[str, int]) -> str:
    car, reach, grid = (methodology.factors[n] for n in ("baseline_per_km", "km_per_kwh", "grid_here"))
    charged_kwh = Decimal(inputs["charged_wh"]) / WH_PER_KWH
    return (
        f"{charged_kwh:f} 千瓦时 × [汽油车 {car.value} 克/公里（{car.place}，{car.year} 年）× "
        f"{reach.value} 公里/千瓦时 − {grid.place}电网 {grid.value} 克/千瓦时]。"
    )


_FORMULA_WORDS = {
    "per_event": _per_event_words,
    "per_quantity": _per_quantity_words,
    "per_km_on_grid": _per_km_on_grid_words,
    "per_kwh_charged": _per_kwh_charged_words,
}
