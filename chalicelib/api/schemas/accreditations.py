"""Owns the bodies with which verifiers accredit sources."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Day, Id, PartnerId
from chalicelib.services.strict import Clean, Strict

_EXAMPLE: JsonDict = {
    "source": "szt",
    "methodologies": ["szt-bus-ride"],
    "evidence": "operator-signed",
    "valid_from": "2026-11-01",
    "valid_to": "2027-10-31",
    "document_ref": "核证报告 2026-117",
    "statement": "刷卡数据由运营企业签名交付，抽查 200 条，无差异。",
}


class AccreditSource(Strict):
    """What a verifier has found out about a source, and for how long it holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    source: PartnerId = Field(description="A data partner, `self` (residents' own word) or `platform`.")
    methodologies: list[Id] = Field(min_length=1, max_length=50)
    evidence: Literal["operator-signed", "third-party-matched", "platform-observed", "self-declared"]
    valid_from: Day
    valid_to: Day
    document_ref: Clean = Field(min_length=1, max_length=200)
    statement: Clean = Field(min_length=5, max_length=2000)


class RevokeAccreditation(Strict):
    """From which day on it no longer holds, and why."""

    from_on: Day
    reason: Clean = Field(min_length=5, max_length=500)
