"""Owns the shapes of what partners, and operators about partners, are answered.

Must not be needed to answer a request; the OpenAPI document and the tests read it.
"""

from chalicelib.api.answers import (
    COUNT,
    DAY,
    INSTANT,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    WHOLE,
    Shape,
    closed,
    list_of,
    page_of,
)

_OUTCOMES = closed(
    "Outcomes",
    {"accepted": COUNT, "duplicate": COUNT, "skipped": COUNT, "rejected": COUNT, "unbound": COUNT},
    description="Every row or data line ends in exactly one of them.",
)
_RESULT = closed(
    "RowResult",
    {
        "event_id": TEXT,
        "outcome": {"type": "string", "enum": ["accepted", "duplicate", "skipped", "rejected", "unbound"]},
    },
    {
        "reason": TEXT,
        "field": {**TEXT, "description": "The field of the row that the reason is about, where it is one."},
        "activity_id": TEXT,
    },
)
SUBMITTED = closed("Submitted", {"results": list_of(_RESULT), "outcomes": _OUTCOMES})
_OR_NULL: dict[str, list[str]] = {"type": ["object", "null"]}
_IMPORT: dict[str, Shape] = {
    "import_id": TEXT,
    "state": {"type": "string", "enum": ["requested", "running", "done", "failed"]},
    "partner_id": TEXT,
    "file_name": TEXT,
    "size_bytes": COUNT,
    "sha256": TEXT,
    "backfill_id": TEXT_OR_NULL,
    "requested_at": INSTANT,
    "begun_at": INSTANT_OR_NULL,
    "finished_at": INSTANT_OR_NULL,
    "adapter": {**closed("AdapterUsed", {"id": TEXT, "digest": TEXT}), **_OR_NULL},
    "date_shift": {
        **closed("DateShift", {"to": TEXT, "days": WHOLE}),
        **_OR_NULL,
        "description": "Declared by a demo adapter: by how many days every row was moved.",
    },
    "lines": {"type": ["integer", "null"], "description": "Data lines of the file, once it is read."},
    "lines_done": COUNT,
    "lines_per_s": {"type": ["integer", "null"]},
    "outcomes": _OUTCOMES,
    "reasons": {
        "type": "object",
        "additionalProperties": COUNT,
        "description": "Lines by `outcome/reason`.",
        "examples": [{"skipped/no-station": 12}],
    },
    "activities": COUNT,
    "grams_co2e": COUNT,
    "millipoints": COUNT,
    "cards_bound": COUNT,
    "failure": {**_OR_NULL, "additionalProperties": True, "description": "Why the file as a whole failed."},
}
IMPORT = closed("Import", _IMPORT)
_KEY = closed(
    "PartnerKey",
    {"key_id": TEXT, "partner_id": TEXT, "created_at": INSTANT, "revoked_at": INSTANT_OR_NULL},
)
_SECRET = closed("PartnerSecret", {"key_id": TEXT, "secret": {**TEXT, "description": "Shown only here."}})
_PARTNER: dict[str, Shape] = {
    "id": TEXT,
    "name": TEXT,
    "accreditation": TEXT,
    "methodologies": list_of(TEXT),
    "adapter": {"$ref": "#/components/schemas/AdapterDocument"},
    "adapter_digest": TEXT,
    "registered_at": INSTANT,
    "keys": list_of(_KEY),
}
PARTNER = closed("Partner", _PARTNER)
BACKFILL = closed(
    "Backfill",
    {
        "backfill_id": TEXT,
        "state": {"type": "string", "enum": ["requested", "approved", "expired"]},
        "partner_id": TEXT,
        "from_on": DAY,
        "to_on": DAY,
        "reason": TEXT,
        "requested_by": TEXT,
        "requested_at": INSTANT,
        "expires_at": INSTANT,
        "approved_by": TEXT_OR_NULL,
        "approved_at": INSTANT_OR_NULL,
    },
)

PARTNER_ANSWERS: dict[str, Shape] = {
    "Submitted": SUBMITTED,
    "Import": IMPORT,
    "AnnouncedImport": closed("AnnouncedImport", {**_IMPORT, "upload_url": TEXT}),
    "Imports": page_of("Imports", IMPORT),
    "ReportLink": closed("ReportLink", {"report_url": TEXT, "valid_s": COUNT}),
    "Partner": PARTNER,
    "RegisteredPartner": closed("RegisteredPartner", {**_PARTNER, "key": _SECRET}),
    "Partners": page_of("Partners", PARTNER),
    "MadeKey": closed("MadeKey", {"partner_id": TEXT, "key": _SECRET}),
    "Backfill": BACKFILL,
    "Backfills": page_of("Backfills", BACKFILL),
}
