"""Owns what an offer says, field by field; drafts and direct publication share it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Id, Instant, Label
from chalicelib.services.strict import Clean, Strict, absent

FEN_MAX = 1_000_000_00
TIMES_MAX = 1_000_000
OfferId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{3,40}$", examples=["coat-cleaning"])]
Fen = Annotated[int, Field(ge=1, le=FEN_MAX)]
Times = Annotated[int, Field(ge=1, le=TIMES_MAX)]
Clock = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["09:00"])]
Weekday = Annotated[int, Field(ge=1, le=7)]
Scenario = Literal["衣", "食", "住", "行", "用", "其他"]
Kind = Literal[
    "item-for-points",
    "amount-off",
    "top-up",
    "service",
    "coupon",
    "low-carbon-goods",
    "frequent-traveller",
    "priority-window",
]
EXAMPLE: JsonDict = {
    "id": "coat-cleaning",
    "kind": "item-for-points",
    "store_ids": ["sto_jiefang"],
    "title": "干洗大衣一件",
    "scenario": "衣",
    "points": 50,
    "stock": 1000,
    "limit_per_resident": 2,
    "value_fen": 3000,
    "budget_fen": 3000000,
    "starts_at": "2026-11-20T00:00:00+08:00",
    "ends_at": "2026-12-31T23:59:59+08:00",
    "valid_hours": [{"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "18:00"}],
    "terms": "每张券洗一件，当面验收。",
}


class Window(Strict):
    """Hours on some weekdays, Monday is 1; past midnight it takes two windows."""

    weekdays: list[Weekday] = Field(min_length=1, max_length=7)
    opens: Clock
    closes: Clock


Windows = Annotated[list[Window], Field(min_length=1, max_length=14)]


class Behaviour(Strict):
    """What a resident must have done, how often, in the last so many days of the city (today included)."""

    methodology_ids: list[Id] = Field(min_length=1, max_length=20)
    count: int = Field(ge=1, le=1000)
    days: int = Field(ge=1, le=92)


class OfferFields(Strict):
    """What an offer says, whoever enters it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: OfferId
    store_ids: list[Id] = Field(min_length=1, max_length=50)
    title: Label
    scenario: Scenario
    points: int = Field(ge=0, le=TIMES_MAX, description="0 only with `behaviour`.")
    stock: int = Field(ge=0, le=TIMES_MAX, description="How often it can be taken in all.")
    starts_at: Instant
    ends_at: Instant
    description: Annotated[Clean, Field(max_length=500)] = absent()
    terms: Annotated[Clean, Field(max_length=1000)] = absent()
    picture: Annotated[str, Field(pattern=r"^(https:/{2}[!-~]{4,500}|pictures/[A-Za-z0-9_./-]{1,200})$")] = (
        absent(description="An https address, or what `POST /v1/merchant/pictures` answered.")
    )
    value_fen: Fen = absent(
        description="What one voucher costs the merchant: counted in statements, reserved of the budget."
    )
    budget_fen: Fen = absent(description="What the merchant gives in all.")
    amount_off_fen: Fen = absent()
    bill_min_fen: Fen = absent()
    top_up_fen: Fen = absent()
    points_normal: Times = absent(description="The price at the ordinary rate, for comparison.")
    limit_per_resident: Times = absent()
    limit_per_resident_per_day: Times = absent()
    limit_per_day: Times = absent()
    valid_hours: Windows = absent(description="When a voucher can be used; always if absent.")
    behaviour: Behaviour = absent()
    audience_id: Id = absent(description="Only its members may take the offer.")
    priority_until: Instant = absent(description="From then on everyone may take it.")
