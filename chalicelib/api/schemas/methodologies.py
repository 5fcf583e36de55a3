"""Owns the bodies about methodology versions and corrections."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from chalicelib.api.schemas.fields import Label, NewId
from chalicelib.services.strict import Clean, Strict

Document = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "additionalProperties": True}),
    Field(
        description="The methodology as `GET /v1/methodologies/{id}` shows one, without what is derived; `approval` is "
        "written by the platform. Checked field by field."
    ),
]
Statement = Annotated[Clean, Field(min_length=4, max_length=2000)]
Reason = Annotated[Clean, Field(min_length=5, max_length=500)]


class SubmitProposal(Strict):
    """The next version of a methodology."""

    proposal_id: NewId
    document: Document


class Answer(Strict):
    """What the expert says to one warning of the linter."""

    pointer: Clean = Field(max_length=200)
    statement: Statement


class ReviewProposal(Strict):
    """An expert's review."""

    reviewer_name: Label
    organisation: Label
    verdict: Literal["recommended", "not-recommended"]
    statement: Statement
    answers: list[Answer] = Field(max_length=50, description="One for each warning; empty without warnings.")


class RejectProposal(Strict):
    """Why a proposal is turned down."""

    reason: Reason
