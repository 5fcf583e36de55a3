"""Owns the bodies of webhooks."""

from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.api.schemas.fields import Id, Instant, NewId
from chalicelib.services.strict import Clean, Strict

EventKind = Literal[
    "voucher.posted",
    "charge.created",
    "charge.voided",
    "refund.created",
    "statement.closed",
    "dispute.decided",
]


class AddWebhook(Strict):
    """Where a merchant's system wants to be told, and of what."""

    webhook_id: NewId
    url: Annotated[Clean, Field(min_length=10, max_length=500, examples=["https://pos.example.com/tanhui"])]
    events: Annotated[list[EventKind], Field(min_length=1, max_length=6)]


class SwitchWebhook(Strict):
    """On or off."""

    state: Literal["on", "off"]


class TakeWebhook(Strict):
    """What a delivery says."""

    id: Clean
    type: EventKind
    merchant_id: Id
    at: Instant
    data: dict[str, Any]
