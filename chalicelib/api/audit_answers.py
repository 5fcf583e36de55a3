"""Owns the shapes of what audits find. Must not be needed to answer a request."""

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
AUDIT_ANSWERS: dict[str, Shape] = {
    "Finding": FINDING,
    "Findings": page_of("Findings", FINDING),
}
