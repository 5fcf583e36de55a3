"""Owns the bodies about stars."""

from typing import Literal

from pydantic import Field

from chalicelib.services.strict import Clean, Strict

_REASON = Field(min_length=2, max_length=200, examples=["活动记录经核对有误"])


class ObjectToStar(Strict):
    """Why somebody should not be a star; only operators read it."""

    reason: Clean = _REASON


class DecideStar(Strict):
    """Why a star is declined, or revoked: then it is published."""

    reason: Clean = _REASON


class DecideObjection(Strict):
    """Whether an objection is right, and why; upheld, the reason is published with the revocation."""

    outcome: Literal["dismissed", "upheld"]
    reason: Clean = _REASON
