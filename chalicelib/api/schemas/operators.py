"""Owns the bodies with which operators publish."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.fields import Id, Instant, Label
from chalicelib.services.strict import Clean, Strict, absent


class PublishMerchant(Strict):
    """A merchant."""

    id: Id
    name: Label


class PublishStore(Strict):
    """A store of a merchant."""

    id: Id
    merchant_id: Id
    name: Label
    address: Clean = Field(min_length=1, max_length=120)


class PublishOffer(Strict):
    """A benefit for points, at stores of one merchant, between two instants."""

    id: Id
    merchant_id: Id
    store_ids: list[Id] = Field(min_length=1, max_length=50)
    title: Label
    scenario: Literal["衣", "食", "住", "行", "用"]
    points: int = Field(ge=1, le=1_000_000)
    stock: int = Field(ge=0, le=1_000_000)
    starts_at: Instant
    ends_at: Instant
    description: Annotated[Clean, Field(max_length=500)] = absent()
