"""Owns the bodies about applications of merchants."""

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from chalicelib.api.schemas.fields import Day, Label, NewId
from chalicelib.api.schemas.merchant_fields import CreditCode, Reason, Subject
from chalicelib.api.schemas.offer_fields import Scenario
from chalicelib.services.strict import Strict

_APPLICATION: JsonDict = {
    "application_id": "app-0123456789abcdef",
    "credit_code": "91110000600037341L",
    "name": "锦绣洗衣",
    "contact_name": "李经理",
    "contact_phone": "0951-5550101",
    "scenarios": ["衣"],
}


class Apply(Strict):
    """An enterprise that wants to join."""

    model_config = ConfigDict(json_schema_extra={"examples": [_APPLICATION]})

    application_id: NewId
    credit_code: CreditCode
    name: Label
    contact_name: Label
    contact_phone: str = Field(pattern=r"^[0-9+() -]{5,20}$")
    scenarios: list[Scenario] = Field(min_length=1, max_length=6)


class Manager(Strict):
    """The first manager's login."""

    subject: Subject
    name: Label


class ReviewApplication(Strict):
    """The terms under which another operator may approve."""

    contract_from: Day
    contract_to: Day
    manager: Manager


class RejectApplication(Strict):
    """Why an applicant cannot join; they read it."""

    reason: Reason
