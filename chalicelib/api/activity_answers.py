"""Owns the shapes of what a resident is told about activities that did not count.

Must not be needed to answer a request; the OpenAPI document and the tests read it.
"""

from chalicelib.api.answers import INSTANT, TEXT, TEXT_OR_NULL, WHOLE, Shape, closed, list_of

_REFUSAL = closed(
    "Refusal",
    {
        "activity_id": {**TEXT, "description": "The id it would have; it is not recorded."},
        "occurred_at": INSTANT,
        "methodology_id": TEXT,
        "behaviour": TEXT_OR_NULL,
        "inputs": {"type": "object", "additionalProperties": WHOLE},
        "source": TEXT,
        "evidence": TEXT,
        "outcome": {"type": "string", "enum": ["refused"]},
        "reason": TEXT,
        "text": TEXT,
    },
)

ACTIVITY_ANSWERS: dict[str, Shape] = {"Refusals": closed("Refusals", {"items": list_of(_REFUSAL)})}
