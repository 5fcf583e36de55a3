"""Owns the shapes of what is published and exported for checking. Must not be needed to answer a request."""

from chalicelib.api.answers import (
    ANY,
    COUNT,
    DAY,
    INSTANT,
    TEXT,
    WHOLE,
    Shape,
    closed,
    list_of,
    page_of,
)

HASH: Shape = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TOTALS = {"activities": COUNT, "grams_co2e": COUNT, "millipoints": COUNT}
_GROUP = closed(
    "DayGroup", {"methodology_id": TEXT, "version": WHOLE, "scenario": TEXT, "residents": COUNT, **_TOTALS}
)
_OTHER = {
    **closed("DayOther", _TOTALS),
    "type": ["object", "null"],
    "description": "All groups under `residents_min` residents together; null when there are none.",
}
PUBLIC_DAY = closed(
    "PublicDay",
    {
        "format": TEXT,
        "profile": TEXT,
        "date": DAY,
        "as_of": INSTANT,
        "algorithms": {"type": "object", "additionalProperties": TEXT},
        "leaves": COUNT,
        "root": HASH,
        "previous": {
            **closed("PreviousDay", {"date": DAY, "root": HASH, "digest": HASH}),
            "type": ["object", "null"],
        },
        "groups": list_of(_GROUP),
        "other": _OTHER,
        "is_withheld": {"type": "boolean", "description": "Even together too few: nothing is said of them."},
        "residents_min": COUNT,
        "digest": HASH,
    },
)
_DAY_IN_LIST = closed(
    "PublicDayInList", {"date": DAY, "as_of": INSTANT, "root": HASH, "leaves": COUNT, "digest": HASH}
)
_METHODOLOGY = closed("ExportedMethodology", {"digest": HASH, "document": ANY})
EXPORT = closed(
    "Export",
    {
        "format": TEXT,
        "account_id": TEXT,
        "made_at": INSTANT,
        "account": closed(
            "ExportedAccount",
            {
                "seq": COUNT,
                "head_hash": HASH,
                "lots": list_of({"type": "array"}),
                "held": list_of(COUNT),
                "millipoints_carry": COUNT,
            },
            {"borne": list_of(list_of(COUNT))},
        ),
        "entries": list_of(closed("ExportedEntry", {"body": TEXT, "hash": HASH})),
        "sheets": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": TEXT},
            "description": "By day: the stored line of each activity by its key.",
        },
        "grants": {
            "type": "object",
            "additionalProperties": {"type": ["array", "null"], "items": TEXT},
            "description": "By seq of the grant: the keys of the activities that its sheet held then.",
        },
        "methodologies": {"type": "object", "additionalProperties": _METHODOLOGY},
        "day": {
            "type": ["object", "null"],
            "additionalProperties": True,
            "description": "The newest published day, as `PublicDay`.",
        },
        "inclusion": {
            **closed("Inclusion", {"seq": WHOLE, "index": COUNT, "path": list_of(HASH)}),
            "type": ["object", "null"],
        },
        "digest": HASH,
    },
)
PROOF_ANSWERS: dict[str, Shape] = {
    "PublicDay": PUBLIC_DAY,
    "PublicDays": page_of("PublicDays", _DAY_IN_LIST),
    "Export": EXPORT,
}
