"""Owns the shapes of what audits find and of what residents object to. Must not be needed to answer a request."""

from chalicelib.api.answers import (
    COUNT,
    INSTANT,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    WHOLE,
    Shape,
    closed,
    page_of,
)

FINDING = closed(
    "Finding",
    {
        "finding_id": TEXT,
        "state": {"type": "string", "enum": ["open", "acknowledged"]},
        "invariant": WHOLE,
        "account_id": {
            **TEXT_OR_NULL,
            "description": "Null when the difference is one of all accounts together.",
        },
        "detail": TEXT,
        "found_at": INSTANT,
        "found_again_at": INSTANT,
        "times": COUNT,
        "audit_id": TEXT,
        "acknowledged_at": INSTANT_OR_NULL,
        "acknowledged_by": TEXT_OR_NULL,
        "why": TEXT_OR_NULL,
    },
)
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
    "description": "What the activity is worth again; null when there was nothing to restore.",
}
_APPEAL = {
    "appeal_id": TEXT,
    "case_id": TEXT,
    "state": {"type": "string", "enum": ["open", "upheld", "rejected"]},
    "state_text": TEXT,
    "activity_id": TEXT_OR_NULL,
    "entry_seq": {"type": ["integer", "null"]},
    "text": TEXT,
    "opened_at": INSTANT,
    "due_at": {**INSTANT, "description": "The end of the last day on which it has to be decided."},
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
        "is_overdue": {"type": "boolean"},
        "decided_by": TEXT_OR_NULL,
        "is_cut_off": {"type": "boolean", "description": "Upheld, but not finished: uphold it again."},
    },
)
AUDIT_ANSWERS: dict[str, Shape] = {
    "Finding": FINDING,
    "Findings": page_of("Findings", FINDING),
    "Appeal": APPEAL,
    "Appeals": page_of("Appeals", APPEAL),
    "AppealCase": APPEAL_CASE,
    "AppealCases": page_of("AppealCases", APPEAL_CASE),
}
