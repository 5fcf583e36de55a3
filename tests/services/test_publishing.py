"""Direct publication: for demonstrations, seeds and tests only."""

from dataclasses import replace

import pytest

from chalicelib.config import config
from chalicelib.errors import Conflict, Forbidden, InvalidInput
from chalicelib.services import publishing
from chalicelib.store.catalogue import find_document
from tests.services.ledger import NOW
from tests.services.trading import OFFER

MERCHANT = {"id": "mer_1", "name": "锦绣洗衣", "credit_code": "91110000600037341L"}


def test_outside_a_demonstration_it_takes_a_second_person(tables, monkeypatch):
    real = replace(config(), demo=False)
    monkeypatch.setattr(publishing, "config", lambda: real)
    with pytest.raises(Forbidden, match="needs-second-person"):
        publishing.publish_merchant(MERCHANT, "op", NOW)
    with pytest.raises(Forbidden, match="needs-second-person"):
        publishing.publish_offer({**OFFER, "merchant_id": "mer_1"}, "op", NOW)
    assert find_document("merchant", "mer_1") is None


def test_a_credit_code_belongs_to_one_merchant(tables):
    publishing.publish_merchant(MERCHANT, "op", NOW)
    with pytest.raises(Conflict, match="merchant-exists"):
        publishing.publish_merchant({**MERCHANT, "id": "mer_2"}, "op", NOW)
    with pytest.raises(InvalidInput):
        publishing.publish_merchant({**MERCHANT, "id": "mer_3", "credit_code": "9" * 18}, "op", NOW)
