"""Owns the body with which operators acknowledge what an audit has found."""

from pydantic import Field

from chalicelib.services.strict import Clean, Strict


class AcknowledgeFinding(Strict):
    """Why a difference is there, or what is done about it."""

    why: Clean = Field(min_length=5, max_length=500)
