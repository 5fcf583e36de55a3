"""Owns the bodies of an operator's decisions about charges and residents."""

from typing import Annotated

from pydantic import Field

from chalicelib.services.strict import Clean, Strict


class Decide(Strict):
    """Why."""

    reason: Annotated[Clean, Field(min_length=1, max_length=200)]
