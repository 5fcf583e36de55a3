"""Owns how an activity is shown and explained: its inputs, factors and arithmetic in words a resident understands.

Must not compute anew what was recorded: it repeats the arithmetic and says so if the stored result differs.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain.activities import Activity
from chalicelib.domain.days import day_start, to_text
from chalicelib.domain.formulas import MEASURES, METRES_PER_KM, WH_PER_KWH
from chalicelib.domain.methodologies import Methodology, quantify
from chalicelib.domain.sheets import activity_id
from chalicelib.errors import NotFound
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import by_ref
from chalicelib.store.sheets import find_sheet

_REASONS = {"cap-per-day": "超过这种行为每天可计入的次数，这一次只记录，不计减排量和积分。"}
_EVIDENCE = {
    "operator-signed": "由运营企业提供并签名",
    "third-party-matched": "由第三方核对",
    "platform-observed": "由平台观察到",
    "self-declared": "由您本人申报",
}


def activity_view(on: date, activity: Activity, tz: ZoneInfo) -> dict[str, Any]:
    """Return one activity as lists show it."""
    methodology = by_ref(activity.methodology_ref)
    return {
        "activity_id": activity_id(on, activity.event_key),
        "on": on.isoformat(),
        "occurred_at": to_text(_occurred_at(on, activity, tz)),
        "methodology_id": methodology.id,
        "methodology_version": methodology.version,
        "scenario": methodology.document["scenario"],
        "behaviour": methodology.document["behaviour"]["zh"],
        "inputs": dict(zip(sorted(methodology.inputs), activity.inputs, strict=True)),
        "grams_co2e": activity.grams_co2e,
        "millipoints": activity.millipoints,
        "source": activity.source,
        "evidence": activity.evidence,
        "reason": activity.reason or None,
    }


def get_activity(account_id: str, wanted_id: str) -> dict[str, Any]:
    """Return one activity of a resident; NotFound `activity-unknown`, also for somebody else's."""
    on, activity = _find(account_id, wanted_id)
    return activity_view(on, activity, current_profile().tz)


def explain_activity(account_id: str, wanted_id: str) -> dict[str, Any]:
    """Return how one activity became grams and points: steps in words, factors with source and grade, digests.

    `recomputed` holds what the methodology gives today for the stored inputs; it equals the stored result unless a
    cap cut in, or something is wrong.
    """
    on, activity = _find(account_id, wanted_id)
    methodology = by_ref(activity.methodology_ref)
    inputs = dict(zip(sorted(methodology.inputs), activity.inputs, strict=True))
    again = quantify(methodology, inputs, activity.evidence)
    return {
        **activity_view(on, activity, current_profile().tz),
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
        "steps": _steps(methodology, activity, inputs, again.grams_co2e),
        "recomputed": {"grams_co2e": again.grams_co2e, "millipoints": again.millipoints},
    }


def _find(account_id: str, wanted_id: str) -> tuple[date, Activity]:
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
    return on, sheet.activities[key]


def _occurred_at(on: date, activity: Activity, tz: ZoneInfo) -> datetime:
    return day_start(on, tz) + timedelta(seconds=activity.second_of_day)


def _factor_view(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, **fields}


def _steps(methodology: Methodology, activity: Activity, inputs: dict[str, int], grams: int) -> list[str]:
    share = methodology.evidence_share_percent[activity.evidence]
    steps = [_FORMULA_WORDS[methodology.formula](methodology, inputs)]
    steps.append(f"{_EVIDENCE[activity.evidence]}，按 {share}% 计算，向下取整：{grams} 克二氧化碳当量。")
    if activity.reason:
        steps.append(_REASONS[activity.reason])
    whole, rest = divmod(activity.millipoints, 1000)
    points = f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
    worth = f"{activity.grams_co2e} 克得 {points} 积分"
    steps.append(f"每千克 {methodology.points_per_kg} 积分：{worth}，不足 1 分的部分累计到下次。")
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
