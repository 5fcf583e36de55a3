"""Owns the bodies with which operators decide about offers."""

from pydantic import Field

from chalicelib.api.schemas.fields import Id
from chalicelib.api.schemas.offer_drafts import Reason
from chalicelib.services.strict import Clean, Strict

__all__ = ["AdmitMembers", "MakeAudience", "Reason"]


class MakeAudience(Strict):
    """A named set of residents, empty at first."""

    id: Id
    title: Clean = Field(min_length=1, max_length=60)


class AdmitMembers(Strict):
    """Residents to add to an audience."""

    account_ids: list[Id] = Field(min_length=1, max_length=1000)
