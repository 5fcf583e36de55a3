"""Offers as residents find them: what can be taken, filtered, ordered, page by page."""

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidInput, NotFound
from chalicelib.services import merchants
from chalicelib.services.offers import Wanted, get_offer, list_offers, list_offers_of
from chalicelib.services.vouchers import take_voucher
from chalicelib.store import catalogue
from tests.services.ledger import NOW, add_offer, add_shop, record

GULOU, NANMEN, HELAN = (38466100, 106279900), (38461000, 106281300), (38731500, 105998200)


@pytest.fixture
def city(tables):
    add_shop(points=50)
    for number, place in enumerate((NANMEN, HELAN), start=2):
        store = {"id": f"sto_{number}", "merchant_id": "mer_laundry", "name": f"{number} 号店"}
        named = dict(zip(("latitude_microdegrees", "longitude_microdegrees"), place, strict=True))
        catalogue.put_document("store", store["id"], {**store, **named})
    add_offer("off_far", points=10, store_ids=["sto_3"], scenario="食", title="手工拉面一碗")
    add_offer("off_near", points=90, store_ids=["sto_2", "sto_3"], scenario="行", title="公交卡充值")


def ids(page):
    return [offer["id"] for offer in page.items]


def test_the_cheapest_come_first(city):
    assert ids(list_offers(NOW)) == ["off_far", "off_coat", "off_near"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(scenario="行"), ["off_near"]),
        (Wanted(points_max=50), ["off_far", "off_coat"]),
        (Wanted(points_max=9), []),
        (Wanted(text="拉面"), ["off_far"]),
        (Wanted(text="锦绣"), ["off_far", "off_coat", "off_near"]),
        (Wanted(merchant_id="mer_other"), []),
        (Wanted(near=GULOU), ["off_near", "off_far", "off_coat"]),
        (Wanted(near=GULOU, within_m=1000), ["off_near"]),
        (Wanted(near=GULOU, points_max=50), ["off_far", "off_coat"]),
    ],
)
def test_a_list_holds_what_fits_in_the_order_asked_for(city, wanted, expected):
    assert ids(list_offers(NOW, wanted)) == expected


def test_the_distance_is_that_to_the_nearest_store_of_the_offer(city):
    found = {offer["id"]: offer["distance_m"] for offer in list_offers(NOW, Wanted(near=GULOU)).items}
    assert 500 < found["off_near"] < 700 and found["off_far"] > 30_000 and found["off_coat"] is None


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(near=GULOU)])
def test_pages_follow_each_other_without_a_gap(city, wanted):
    seen, cursor = [], None
    for _ in range(3):
        page = list_offers(NOW, wanted, 1, cursor)
        seen, cursor = seen + ids(page), page.cursor
    assert (seen, cursor) == (ids(list_offers(NOW, wanted)), None)
    with pytest.raises(InvalidInput):
        list_offers(NOW, wanted, 1, "yesterday")


def test_what_cannot_be_taken_is_not_listed(city):
    add_offer("off_far", points=10, state="ended")
    add_offer("off_near", points=90, starts_at="2026-12-01T00:00:00.000Z")
    assert ids(list_offers(NOW)) == ["off_coat"]
    terms = {"reason": "资质过期", "notice": "暂停服务", "open_vouchers": "honour"}
    merchants.suspend_merchant("mer_laundry", terms, "op", NOW)
    assert ids(list_offers(NOW)) == []
    assert get_offer("off_coat", NOW)["is_takeable"] is False


def test_the_stock_shown_is_that_of_now(city):
    record("res_a", "e1", "e2")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    (listed,) = list_offers(NOW, Wanted(scenario="衣")).items
    assert (listed["stock"], listed["stock_remaining"]) == (10, 9)
    assert get_offer("off_coat", NOW)["stock_remaining"] == 9
    assert {o["id"]: o["stock_remaining"] for o in list_offers_of("mer_laundry").items}["off_coat"] == 9


def test_an_offer_is_shown_with_its_stores_also_when_it_has_ended(city):
    add_offer("off_far", points=10, store_ids=["sto_3"], state="ended")
    shown = get_offer("off_far", NOW)
    assert (shown["state"], [store["id"] for store in shown["stores"]]) == ("ended", ["sto_3"])
    assert get_offer("off_near", NOW + timedelta(days=4000))["is_takeable"] is False
    with pytest.raises(NotFound, match="offer-unknown"):
        get_offer("off_none", NOW)


def test_a_picture_is_shown_by_its_address_or_by_a_link_into_our_bucket(city):
    add_offer("off_far", points=10, picture="https://example.org/a.png")
    add_offer("off_near", points=90, picture="pictures/mer_laundry/abc.png")
    urls = {offer["id"]: offer.get("picture_url") for offer in list_offers(NOW).items}
    assert urls["off_far"] == "https://example.org/a.png"
    assert "/pictures/mer_laundry/abc.png?" in urls["off_near"] and urls["off_coat"] is None
