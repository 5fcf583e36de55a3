"""Owns the bodies about consents."""

from pydantic import Field

from chalicelib.services.strict import Clean, Strict


class GiveConsent(Strict):
    """The version of the text that was shown."""

    text_version: Clean = Field(min_length=1, max_length=20, examples=["2026-11-01"])
