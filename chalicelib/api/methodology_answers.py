"""Owns the shapes of answers about methodology versions, proposals, their effect and corrections, in JSON Schema.

Must not be needed to answer a request: nothing here is imported at run time.
"""

from typing import Any

from chalicelib.api.answers import (
    ANY,
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
from chalicelib.domain.proposals import STATES, VERDICTS

_DAY_OR_NULL: Shape = {"type": ["string", "null"], "format": "date"}
_VERSION_STATE: Shape = {
    "type": ["string", "null"],
    "enum": ["announced", "effective", "superseded", "ended", None],
    "description": "How the version stands today; null before it is published.",
}
_REVIEW: dict[str, Any] = {
    "reviewer_name": TEXT,
    "organisation": TEXT,
    "verdict": {"type": "string", "enum": list(VERDICTS)},
    "statement": TEXT,
    "answers": list_of(closed("WarningAnswer", {"pointer": TEXT, "statement": TEXT})),
    "reviewed_at": INSTANT,
}


def _or_null(shape: Shape) -> Shape:
    return {**shape, "type": ["object", "null"]}


METHODOLOGY: Shape = {
    "title": "Methodology",
    "type": "object",
    "properties": {
        "id": TEXT,
        "version": WHOLE,
        "class": TEXT,
        "formula": TEXT,
        "factors": ANY,
        "points_per_kg": COUNT,
        "grams_per_point": {**TEXT, "description": "A decimal: how many grams make one point."},
        "points_reason": {
            "type": ["object", "null"],
            "additionalProperties": TEXT,
            "description": "Why the points cost what they cost, in zh and en.",
        },
        "digest": TEXT,
        "ref": TEXT,
        "state": {
            **_VERSION_STATE,
            "type": "string",
            "enum": ["announced", "effective", "superseded", "ended"],
        },
        "first_on": DAY,
        "last_on": {**_DAY_OR_NULL, "description": "The last day it counts; null without an end."},
        "superseded_by": {"type": ["integer", "null"]},
        "publication": {
            "type": ["object", "null"],
            "additionalProperties": True,
            "description": "When it was published and what the expert said; null when shipped with the platform.",
        },
    },
    "required": [
        *(
            "id",
            "version",
            "class",
            "formula",
            "factors",
            "points_per_kg",
            "grams_per_point",
            "points_reason",
        ),
        *("digest", "ref", "state", "first_on", "last_on", "superseded_by", "publication"),
    ],
    "additionalProperties": True,
}
_SUMS: dict[str, Any] = {
    "residents": COUNT,
    "activities": COUNT,
    "refused": {**COUNT, "description": "Activities that the new version would not take."},
    "grams_co2e_old": COUNT,
    "grams_co2e_new": COUNT,
    "grams_co2e_change": WHOLE,
    "millipoints_old": COUNT,
    "millipoints_new": COUNT,
    "millipoints_change": WHOLE,
}
_LARGEST = closed(
    "LargestChange", {"pseudonym": TEXT, "millipoints_change": WHOLE, "grams_co2e_change": WHOLE}
)
_DAY_SUMS = {name: shape for name, shape in _SUMS.items() if name != "refused"}
EFFECT_TABLE = closed(
    "EffectTable",
    {
        **_SUMS,
        "failed": {**COUNT, "description": "Residents that could not be worked on; the log has the causes."},
        "by_day": list_of(closed("EffectOfDay", {"on": DAY, **_DAY_SUMS})),
        "winners": list_of(_LARGEST),
        "losers": list_of(_LARGEST),
    },
)
EFFECT = closed(
    "Effect",
    {
        "digest": {**TEXT, "description": "Of the document it was computed for."},
        "from_on": DAY,
        "to_on": DAY,
        "computed_at": INSTANT,
        "table": EFFECT_TABLE,
    },
)
PROGRESS = closed("SweepProgress", {"parts": COUNT, "parts_done": COUNT, "groups": COUNT})
_PROPOSAL: dict[str, Any] = {
    "proposal_id": TEXT,
    "state": {"type": "string", "enum": list(STATES)},
    "methodology_id": TEXT,
    "version": WHOLE,
    "valid_from": DAY,
    "version_state": _VERSION_STATE,
    "digest": TEXT,
    "ref": TEXT,
    "warnings": list_of(closed("Warning", {"pointer": TEXT, "reason": TEXT})),
    "submitted_by": TEXT,
    "submitted_at": INSTANT,
    "decide_before": {**INSTANT, "description": "After this it is too late for its first day."},
    "review": _or_null(closed("ExpertReview", {**_REVIEW, "reviewed_by": TEXT})),
    "approved_by": TEXT_OR_NULL,
    "closed_by": TEXT_OR_NULL,
    "closed_at": INSTANT_OR_NULL,
    "closing_reason": TEXT_OR_NULL,
    "effect_run": {**TEXT_OR_NULL, "description": "Of the sweep that computes its effect."},
}
PROPOSAL = closed(
    "Proposal",
    {**_PROPOSAL, "document": ANY, "effect": _or_null(EFFECT), "progress": _or_null(PROGRESS)},
)
_RESULT = closed("CorrectionTable", {"computed_at": INSTANT, "table": EFFECT_TABLE})
_PREVIEW = closed(
    "CorrectionPreview",
    {
        "computed_at": {**INSTANT, "description": "Good for approval for seven days; then preview again."},
        "table": EFFECT_TABLE,
        "digest": {**TEXT, "description": "Names what was seen; whoever approves sends it."},
        "run": TEXT,
    },
)
_CORRECTION: dict[str, Any] = {
    "correction_id": TEXT,
    "state": {"type": "string", "enum": ["proposed", "running", "done", "rejected"]},
    "methodology_id": TEXT,
    "from_on": DAY,
    "to_on": DAY,
    "old_versions": list_of(WHOLE),
    "old_refs": list_of(TEXT),
    "new_version": WHOLE,
    "new_ref": TEXT,
    "reason": TEXT,
    "proposed_by": TEXT,
    "proposed_at": INSTANT,
    "previews": COUNT,
    "preview_run": TEXT_OR_NULL,
    "approved_by": TEXT_OR_NULL,
    "approved_at": INSTANT_OR_NULL,
    "runs": COUNT,
    "run": TEXT_OR_NULL,
    "closed_by": TEXT_OR_NULL,
    "closed_at": INSTANT_OR_NULL,
    "closing_reason": TEXT_OR_NULL,
}
CORRECTION = closed(
    "CorrectionBatch",
    {
        **_CORRECTION,
        "preview": _or_null(_PREVIEW),
        "result": _or_null(_RESULT),
        "progress": _or_null(PROGRESS),
    },
)
METHODOLOGY_ANSWERS: dict[str, Shape] = {
    "Methodology": METHODOLOGY,
    "Methodologies": closed("Methodologies", {"items": list_of(METHODOLOGY)}),
    "Proposal": PROPOSAL,
    "Proposals": page_of("Proposals", closed("ProposalInList", _PROPOSAL)),
    "CorrectionBatch": CORRECTION,
    "CorrectionBatches": page_of("CorrectionBatches", closed("CorrectionBatchInList", _CORRECTION)),
}
