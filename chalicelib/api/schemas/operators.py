"""Owns the bodies with which operators publish."""

from pydantic import ConfigDict

from chalicelib.api.schemas.fields import Day, Id, Label
from chalicelib.api.schemas.merchant_fields import CreditCode, StoreFields
from chalicelib.api.schemas.offer_fields import EXAMPLE, Kind, OfferFields, Scenario
from chalicelib.services.strict import Strict, absent


class PublishMerchant(Strict):
    """A merchant."""

    id: Id
    name: Label
    credit_code: CreditCode = absent()
    scenarios: list[Scenario] = absent(min_length=1, max_length=6)
    contract_from: Day = absent()
    contract_to: Day = absent()


class PublishStore(StoreFields):
    """A store of a merchant."""

    id: Id
    merchant_id: Id


class PublishOffer(OfferFields):
    """A benefit for points, at stores of one merchant, between two instants."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "merchant_id": "mer_jinxiu"}]})

    merchant_id: Id
    kind: Kind = absent(description="`item-for-points` if absent.")
