"""Owns the shapes of appeals: as their resident sees them, as operators do, and what anybody may know of all.

Must not be needed to answer a request; the OpenAPI document and the tests read it.
"""

from chalicelib.api.answers import (
    COUNT,
    DAY,
    INSTANT,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    Shape,
    closed,
    list_of,
    page_of,
)

_COUNT_OR_NULL: Shape = {"type": ["integer", "null"], "minimum": 0}
_BOOLEAN: Shape = {"type": "boolean"}
_RESTORED = {
    **closed(
        "RestoredWorth",
        {
            "grams_co2e": COUNT,
            "millipoints": COUNT,
            "reason": {**TEXT, "description": "Why it is less than it was: a cap, `sheet-full`; else empty."},
        },
    ),
    "type": ["object", "null"],
    "description": "What the activity is worth now; null when there was nothing to restore or record.",
}
_MISSING = {
    **closed("MissingClaim", {"methodology_id": TEXT, "on": DAY, "occurred_at": INSTANT}),
    "type": ["object", "null"],
    "description": "The behaviour that the resident cannot find among their records.",
}
_RECORD = {
    **closed(
        "MissingRecord", {"inputs": {"type": "object", "additionalProperties": COUNT}, "evidence": TEXT}
    ),
    "type": ["object", "null"],
    "description": "What is recorded of a missing behaviour when it is upheld.",
}
_SAID = closed(
    "AppealMessage",
    {
        "message_id": TEXT,
        "by": {"type": "string", "enum": ["resident", "operator"]},
        "text": TEXT,
        "photos": list_of(TEXT),
        "at": INSTANT,
    },
)
_APPEAL = {
    "appeal_id": TEXT,
    "case_id": TEXT,
    "state": {
        "type": "string",
        "enum": ["open", "asked", "proposed", "upheld", "rejected", "withdrawn"],
        "description": "`asked` waits for the resident, `proposed` for a second operator.",
    },
    "state_text": TEXT,
    "activity_id": TEXT_OR_NULL,
    "entry_seq": {"type": ["integer", "null"]},
    "missing": _MISSING,
    "text": TEXT,
    "photos": list_of(TEXT),
    "messages": list_of(_SAID),
    "opened_at": INSTANT,
    "due_at": {**INSTANT, "description": "The end of the last working day on which it has to be decided."},
    "answer_by": {
        **INSTANT_OR_NULL,
        "description": "Until when the resident may answer; null when not asked.",
    },
    "decided_at": INSTANT_OR_NULL,
    "reason": TEXT_OR_NULL,
    "result": _RESTORED,
}
APPEAL = closed("Appeal", _APPEAL)
APPEAL_CASE = closed(
    "AppealCase",
    {
        **_APPEAL,
        "account_id": TEXT,
        "outcome": {**TEXT_OR_NULL, "description": "How the activity stood when the resident objected."},
        "is_urgent": {**_BOOLEAN, "description": "Few working days are left."},
        "is_overdue": {**_BOOLEAN, "description": "The deadline has passed: the regulator may decide too."},
        "proposed_reason": {
            **TEXT_OR_NULL,
            "description": "What the first operator wrote; a second decides.",
        },
        "record": _RECORD,
        "decided_by": TEXT_OR_NULL,
        "seconded_by": TEXT_OR_NULL,
        "is_cut_off": {**_BOOLEAN, "description": "Upheld, but not finished: uphold it again."},
    },
)
_MONTH = closed(
    "AppealMonth",
    {
        "month": {**TEXT, "examples": ["2026-11"]},
        "is_small": {**_BOOLEAN, "description": "Fewer than ten appeals: nothing else is told."},
        "received": _COUNT_OR_NULL,
        "upheld": _COUNT_OR_NULL,
        "rejected": _COUNT_OR_NULL,
        "withdrawn": _COUNT_OR_NULL,
        "waiting": _COUNT_OR_NULL,
        "overdue": {**_COUNT_OR_NULL, "description": "Decided late, or waiting past their deadline."},
        "days_median": {**_COUNT_OR_NULL, "description": "Working days from opening to decision."},
        "days_max": _COUNT_OR_NULL,
        "counted_at": INSTANT,
    },
)
APPEAL_ANSWERS: dict[str, Shape] = {
    "Appeal": APPEAL,
    "Appeals": page_of("Appeals", APPEAL),
    "AppealCase": APPEAL_CASE,
    "AppealCases": page_of("AppealCases", APPEAL_CASE),
    "AppealMonths": closed("AppealMonths", {"items": list_of(_MONTH)}),
}
