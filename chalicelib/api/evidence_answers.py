"""Owns the shapes of what is answered about evidence: accreditations, photos, verification, registered projects.

Must not be needed to answer a request; the OpenAPI document and the tests read it.
"""

from typing import Any

from chalicelib.api.answers import COUNT, DAY, INSTANT, TEXT, TEXT_OR_NULL, Shape, closed, list_of, page_of

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

PHOTO_UPLOAD = closed(
    "PhotoUpload",
    {
        "photo_id": TEXT,
        "upload_url": TEXT,
        "content_type": {**TEXT, "description": "The `Content-Type` that the PUT must carry."},
        "valid_s": COUNT,
    },
)

PROJECT = closed(
    "Project",
    {
        "id": TEXT,
        "name": TEXT,
        "registry": TEXT,
        "from_on": DAY,
        "to_on": DAY,
        "registered_by": TEXT,
        "registered_at": INSTANT,
        "assets": {**COUNT, "description": "How many assets it claims."},
        "batches": COUNT,
    },
)
CLAIMED_ASSETS = closed(
    "ClaimedAssets",
    {
        "project_id": TEXT,
        "batch_no": COUNT,
        "claimed": {**COUNT, "description": "Claimed by this project now."},
        "claimed_elsewhere": {
            **list_of(COUNT),
            "description": "Positions in the list of assets that another project claims already.",
        },
    },
)

EVIDENCE_ANSWERS: dict[str, Shape] = {
    "Accreditation": ACCREDITATION,
    "Accreditations": page_of("Accreditations", ACCREDITATION),
    "PhotoUpload": PHOTO_UPLOAD,
    "PhotoLink": closed("PhotoLink", {"photo_url": TEXT, "valid_s": COUNT}),
    "Project": PROJECT,
    "Projects": page_of("Projects", PROJECT),
    "ClaimedAssets": CLAIMED_ASSETS,
    "Sources": closed("Sources", {"items": list_of(closed("Source", {"name": TEXT, **_VALIDITY}))}),
}
