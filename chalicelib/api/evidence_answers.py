"""Owns the shapes of what is answered about evidence: accreditations, photos, verification, registered projects.

Must not be needed to answer a request; the OpenAPI document and the tests read it.
"""

from typing import Any

from chalicelib.api.answers import DAY, INSTANT, TEXT, TEXT_OR_NULL, Shape, closed, list_of, page_of

_DAY_OR_NULL: Shape = {"type": ["string", "null"], "format": "date"}
_STATE: Shape = {"type": "string", "enum": ["not-yet", "valid", "expired", "revoked"]}
_VALIDITY: dict[str, Any] = {
    "source": TEXT,
    "methodologies": list_of(TEXT),
    "evidence": TEXT,
    "valid_from": DAY,
    "valid_to": DAY,
    "revoked_from": {**_DAY_OR_NULL, "description": "The first day on which it no longer holds."},
    "state": _STATE,
    "document_ref": TEXT,
}
ACCREDITATION = closed(
    "Accreditation",
    {
        "id": TEXT,
        **_VALIDITY,
        "statement": TEXT,
        "accredited_by": TEXT,
        "accredited_at": INSTANT,
        "revoked_reason": TEXT_OR_NULL,
    },
)

EVIDENCE_ANSWERS: dict[str, Shape] = {
    "Accreditation": ACCREDITATION,
    "Accreditations": page_of("Accreditations", ACCREDITATION),
    "Sources": closed("Sources", {"items": list_of(closed("Source", {"name": TEXT, **_VALIDITY}))}),
}
