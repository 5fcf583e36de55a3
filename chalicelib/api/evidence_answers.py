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

_INSTANT_OR_NULL: Shape = {"type": ["string", "null"], "format": "date-time"}
_PENDING: dict[str, Any] = {
    "pending_id": TEXT,
    "activity_id": TEXT,
    "resident": {**TEXT, "description": "Stands for the resident, the same for all their activities."},
    "on": DAY,
    "occurred_at": INSTANT,
    "methodology_id": TEXT,
    "methodology_version": COUNT,
    "behaviour": TEXT,
    "inputs": {"type": "object", "additionalProperties": COUNT},
    "source": TEXT,
    "evidence": TEXT,
    "grams_co2e": {**COUNT, "description": "What it would be worth, before caps."},
    "outcome": {**TEXT, "description": "How it stands now: `pending`, `accepted`, `capped`, `rejected` …"},
}
_SAMPLED = closed(
    "SampledActivity",
    {
        "number": COUNT,
        **_PENDING,
        "result": {"type": ["string", "null"], "enum": ["ok", "not-ok", None]},
        "note": TEXT_OR_NULL,
        "judged_by": TEXT_OR_NULL,
        "judged_at": _INSTANT_OR_NULL,
    },
)
_BATCH: dict[str, Any] = {
    "batch_id": TEXT,
    "state": TEXT,
    "opened_at": INSTANT,
    "due_at": _INSTANT_OR_NULL,
    "methodology_id": TEXT,
    "source": TEXT,
    "from_on": DAY,
    "to_on": DAY,
    "sample_size": {**COUNT, "description": "How many were asked for; `drawn` is how many there were."},
    "seed": {
        **TEXT,
        "description": "Drawn are the activities with the lowest SHA-256 of `seed|activity_id`, hexadecimal.",
    },
    "opened_by": TEXT,
    "population": COUNT,
    "reason": TEXT_OR_NULL,
    "decided_by": TEXT_OR_NULL,
    "decided_at": _INSTANT_OR_NULL,
    "result": {
        **closed(
            "BatchResult",
            {
                **{name: COUNT for name in ("credited", "withheld", "rejected", "decided_before")},
                "no_room": {**COUNT, "description": "Not confirmed, their day holds no more: still pending."},
            },
        ),
        "type": ["object", "null"],
    },
    "drawn": COUNT,
    "judged": COUNT,
    "failures": COUNT,
}

EVIDENCE_ANSWERS: dict[str, Shape] = {
    "Accreditation": ACCREDITATION,
    "Accreditations": page_of("Accreditations", ACCREDITATION),
    "PhotoUpload": PHOTO_UPLOAD,
    "PhotoLink": closed("PhotoLink", {"photo_url": TEXT, "valid_s": COUNT}),
    "Project": PROJECT,
    "Projects": page_of("Projects", PROJECT),
    "ClaimedAssets": CLAIMED_ASSETS,
    "PendingActivities": page_of("PendingActivities", closed("PendingActivity", _PENDING)),
    "DecidedActivity": closed(
        "DecidedActivity",
        {
            "activity_id": TEXT,
            "state": {"type": "string", "enum": ["confirmed", "rejected"]},
            "grams_co2e": COUNT,
            "reason": {**TEXT, "description": "Why a confirmed one is worth less: a cap; else empty."},
        },
    ),
    "VerificationBatch": closed("VerificationBatch", {**_BATCH, "sample": list_of(_SAMPLED)}),
    "VerificationBatches": page_of("VerificationBatches", closed("VerificationBatchInList", _BATCH)),
    "PopulationLink": closed("PopulationLink", {"population_url": TEXT, "valid_s": COUNT}),
    "Sources": closed("Sources", {"items": list_of(closed("Source", {"name": TEXT, **_VALIDITY}))}),
}
