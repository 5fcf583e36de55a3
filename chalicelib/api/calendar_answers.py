"""Owns the shapes of scheduled work, of what is going to expire, of the city's pool. Must not be needed to answer."""

from chalicelib.api.answers import (
    COUNT,
    DAY,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    Shape,
    closed,
    list_of,
)

_ANY_OR_NULL: Shape = {"type": ["object", "null"], "additionalProperties": True}
_DAY_OR_NULL: Shape = {"type": ["string", "null"], "format": "date"}
_PROGRESS_FIELDS = closed("Progress", {"parts": COUNT, "parts_done": COUNT, "groups": COUNT})
_PROGRESS: Shape = {
    **_PROGRESS_FIELDS,
    "title": "ProgressOrNull",
    "type": ["object", "null"],
    "description": "Of work in parts: how many there are and are done, and how many items were visited.",
}
JOB = closed(
    "Job",
    {
        "job": TEXT,
        "about": TEXT_OR_NULL,
        "schedule": {**TEXT_OR_NULL, "description": "As EventBridge spells it, UTC; null: people begin it."},
        "next_run_at": INSTANT_OR_NULL,
        "last_success_at": INSTANT_OR_NULL,
        "done_for": {**INSTANT_OR_NULL, "description": "The newest instant of its schedule that is through."},
        "missed": {**COUNT, "description": "Instants that should have been through by now."},
        "failures": {
            **COUNT,
            "description": "Failed attempts since the last success, for the newest instant.",
        },
        "running_since": INSTANT_OR_NULL,
        "progress": _PROGRESS,
        "last_run": _ANY_OR_NULL,
    },
)
_AMOUNTS = {"points": COUNT, "grams_co2e": COUNT}
_ROW = closed(
    "ExpiryForecastRow",
    {
        "expires_on": DAY,
        "vintage": COUNT,
        "community_id": {
            **TEXT_OR_NULL,
            "description": "Null: none chosen; `others`: too many rows to tell apart.",
        },
        "accounts": COUNT,
        **_AMOUNTS,
    },
)
_RESULT = closed(
    "ExpiryForecastResult", {"accounts": COUNT, **_AMOUNTS, "failed": COUNT, "rows": list_of(_ROW)}
)
FORECAST = closed(
    "ExpiryForecast",
    {
        "state": {"type": "string", "enum": ["none", "running", "done"]},
        "from_on": _DAY_OR_NULL,
        "to_on": _DAY_OR_NULL,
        "computed_at": INSTANT_OR_NULL,
        "progress": _PROGRESS,
        "result": {**_RESULT, "type": ["object", "null"]},
    },
)
POOL = closed(
    "Pool",
    {
        **_AMOUNTS,
        "passed_on_through": {
            **_DAY_OR_NULL,
            "description": "What expired through this day is in the pool; null before the first.",
        },
        "vintages": list_of(closed("PoolVintage", {"vintage": COUNT, **_AMOUNTS})),
    },
)
CALENDAR_ANSWERS: dict[str, Shape] = {
    "Jobs": closed("Jobs", {"items": list_of(JOB)}),
    "ExpiryForecast": FORECAST,
    "Pool": POOL,
}
