"""Stores: opened once, changed by versions, only by their own merchant."""

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.services import staff, stores
from chalicelib.store.staff import staff_id_of
from tests.services.ledger import NOW
from tests.services.trading import MANAGER, MERCHANT, STORE, join

PLACE = {"latitude_microdegrees": 38468200, "longitude_microdegrees": 106278500}
HOURS = [{"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "18:00"}]


@pytest.fixture
def joined(tables):
    join()


def test_a_store_is_opened_once_and_the_same_again_is_the_same_answer(joined):
    opened = stores.open_store(MERCHANT, {**STORE, **PLACE, "opening_hours": HOURS}, MANAGER, NOW)
    assert (opened["state"], opened["version"]) == ("open", 1)
    again = stores.open_store(MERCHANT, {**STORE, **PLACE, "opening_hours": HOURS}, MANAGER, NOW)
    assert again == {**opened, "_hit": True}
    with pytest.raises(Conflict, match="store-exists"):
        stores.open_store(MERCHANT, {**STORE, "name": "别的店"}, MANAGER, NOW)


def test_the_manager_who_opens_a_store_works_there(joined):
    manager_id = staff_id_of("li", "merchant_manager")
    stores.open_store(MERCHANT, STORE, manager_id, NOW, manager_id=manager_id)
    (manager,) = staff.list_staff(MERCHANT).items
    assert manager["store_ids"] == ["sto_1"]


def test_a_store_is_changed_as_a_whole_and_can_be_closed(joined):
    stores.open_store(MERCHANT, {**STORE, **PLACE}, MANAGER, NOW)
    said = {"name": STORE["name"], "address": "新址", "state": "closed"}
    changed = stores.change_store(MERCHANT, "sto_1", said, MANAGER, NOW)
    assert (changed["state"], changed["version"], "latitude_microdegrees" in changed) == ("closed", 2, False)
    assert stores.change_store(MERCHANT, "sto_1", said, MANAGER, NOW) == {**changed, "_hit": True}
    assert [store["address"] for store in stores.list_stores(MERCHANT).items] == ["新址"]


def test_a_store_of_somebody_else_does_not_exist(joined):
    stores.open_store(MERCHANT, STORE, MANAGER, NOW)
    said = {"name": "x", "address": "y"}
    with pytest.raises(NotFound, match="store-unknown"):
        stores.change_store("mer_other", "sto_1", said, MANAGER, NOW)
    assert stores.list_stores("mer_other").items == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"latitude_microdegrees": 1}, "/latitude_microdegrees"),
        ({"opening_hours": [{**HOURS[0], "closes": "08:00"}]}, "/opening_hours/0/closes"),
    ],
)
def test_half_a_place_and_hours_that_run_backwards_are_named(joined, change, pointer):
    with pytest.raises(InvalidInput) as refused:
        stores.open_store(MERCHANT, {**STORE, **change}, MANAGER, NOW)
    assert [e["pointer"] for e in refused.value.facts["errors"]] == [pointer]
