"""Owns the shapes of what partners, and operators about partners, send.

Must not hold the shapes of answers (`api.partner_answers`).
"""

from chalicelib.api.requests import COUNT_MAX, DAY, ID, INSTANT, LABEL, LIST_QUERY, closed
from chalicelib.domain.adapters import ADAPTER_SHAPE
from chalicelib.domain.shapes import Shape

ROWS_MAX = 500
PARTNER_ID: Shape = {"type": "string", "pattern": "[a-z][a-z0-9-]{1,19}", "examples": ["szt"]}
_QUANTITIES: Shape = {
    "type": "object",
    "additionalProperties": {"type": "integer", "minimum": 0, "maximum": COUNT_MAX},
    "description": "Whole numbers by name, units last; `{}` for a ride.",
}
_ROW = closed(
    "PartnerActivity",
    {
        "event_id": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Unique with you."},
        "card_no": {"type": "string", "pattern": "[0-9A-Za-z]{4,32}", "examples": ["CBHGDEJAB"]},
        "methodology_id": ID,
        "occurred_at": INSTANT,
        "inputs": _QUANTITIES,
    },
)
SUBMIT_ACTIVITIES = closed(
    "SubmitActivities",
    {"rows": {"type": "array", "minItems": 1, "maxItems": ROWS_MAX, "items": _ROW}},
    examples=[
        {
            "rows": [
                {
                    "event_id": "20261120-231017343-000017",
                    "card_no": "CBHGDEJAB",
                    "methodology_id": "szt-bus-ride",
                    "occurred_at": "2026-11-20T08:30:00+08:00",
                    "inputs": {},
                }
            ]
        }
    ],
)
ANNOUNCE_FILE = closed(
    "AnnounceFile",
    {
        "file_name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "examples": ["taps-2026-11-20.csv"],
        },
        "size_bytes": {"type": "integer", "minimum": 1, "maximum": 2 * 1024**3},
        "sha256": {"type": "string", "pattern": "[0-9a-f]{64}"},
    },
    {"backfill_id": ID},
)
REGISTER_PARTNER = closed(
    "RegisterPartner",
    {
        "id": PARTNER_ID,
        "name": LABEL,
        "accreditation": {"type": "string", "minLength": 1, "maxLength": 500},
        "methodologies": {"type": "array", "minItems": 1, "maxItems": 50, "items": ID},
        "adapter": ADAPTER_SHAPE,
    },
)
REQUEST_BACKFILL = closed(
    "RequestBackfill",
    {
        "partner_id": PARTNER_ID,
        "from_on": DAY,
        "to_on": DAY,
        "reason": {"type": "string", "minLength": 5, "maxLength": 500},
    },
)
IMPORTS_QUERY: dict[str, Shape] = {
    "partner_id": {**PARTNER_ID, "description": "Without it, the newest of all partners on one page."},
    **LIST_QUERY,
}
