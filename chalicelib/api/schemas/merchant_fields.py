"""Owns the kinds of fields that the bodies about merchants share."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.schemas.fields import Id, Label
from chalicelib.api.schemas.offer_fields import Scenario, Windows
from chalicelib.services.strict import Clean, Strict, absent

CreditCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$", description="统一社会信用代码", examples=["91110000600037341L"]
    ),
]
Subject = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$", description="The login's name.")]
Reason = Annotated[Clean, Field(min_length=2, max_length=300)]


class StoreFields(Strict):
    """What is said of a store."""

    name: Label
    address: Clean = Field(min_length=1, max_length=120)
    district: Label = absent()
    community: Label = absent()
    latitude_microdegrees: Annotated[int, Field(ge=-90_000_000, le=90_000_000)] = absent()
    longitude_microdegrees: Annotated[int, Field(ge=-180_000_000, le=180_000_000)] = absent()
    scenario: Scenario = absent(description="Whose rate counts here; the merchant's first if absent.")
    opening_hours: Windows = absent(
        description="For residents to know; a till that is open late is no mistake."
    )
    state: Literal["open", "closed"] = absent(
        description="`open` if absent; nothing is taken at a closed one."
    )


class EnterStaff(Strict):
    """Somebody who works for a merchant, and where."""

    subject: Subject
    role: Literal["cashier", "merchant_manager"]
    store_ids: list[Id] = Field(max_length=50)
    name: Label
