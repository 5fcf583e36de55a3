"""Owns the offers over HTTP: what anybody can find, and what a resident can afford."""

from typing import Any

from chalice import Blueprint

from chalicelib.api.access import PUBLIC, RESIDENT
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import ID, LIST_QUERY, Parameter, matching, whole_number
from chalicelib.domain.pages import Page
from chalicelib.domain.places import Place

bp = Blueprint(__name__)
_DEGREES = r"-?[0-9]{1,3}(\.[0-9]{1,6})?"
_NEAR_PATTERN = f"^{_DEGREES},{_DEGREES}$"


def _read_near(text: str) -> Place:
    matching(_NEAR_PATTERN).read(text)
    latitude, longitude = (_microdegrees(part) for part in text.split(","))
    if abs(latitude) > 90_000_000 or abs(longitude) > 180_000_000:
        raise ValueError("must be a latitude and a longitude")
    return latitude, longitude


def _microdegrees(text: str) -> int:
    whole, _, fraction = text.removeprefix("-").partition(".")
    value = int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))
    return -value if text.startswith("-") else value


_NEAR = Parameter(
    _read_near,
    {"type": "string", "pattern": _NEAR_PATTERN, "examples": ["38.487,106.230"]},
    "纬度,经度（度，至多六位小数）；给出后按距离排序。",
)
_FILTERS = {
    "scenario": matching("^(衣|食|住|行|用|其他)$", "衣食住行用或其他。"),
    "q": matching(r"^[^\x00-\x1f\x7f]{1,40}$", "在名称、说明和商户名中查找。"),
    "merchant_id": ID,
    "near": _NEAR,
    "within_m": whole_number(1, 500_000, "只要这么近的；与 near 同用。"),
}
_QUERY = {**_FILTERS, "points_max": whole_number(0, 1_000_000_000, "至多这么多积分。"), **LIST_QUERY}
_MY_QUERY = {**_FILTERS, "affordable": matching("^(true|false)$", "只要现有积分够换的。"), **LIST_QUERY}


@endpoint(
    bp,
    "GET",
    "/v1/offers",
    roles={PUBLIC},
    query=_QUERY,
    answers={200: "Offers"},
    summary="现在可以领取的优惠：按积分从少到多，或由近到远",
)
def list_offers(call: Call) -> Page:
    """Answer with a page of the offers that can be taken now."""
    from chalicelib.services import offers

    wanted = _wanted(call.query, call.query.get("points_max"))
    return offers.list_offers(call.now, wanted, call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/offers/{offer_id}",
    roles={PUBLIC},
    answers={200: "Offer"},
    problems=("offer-unknown",),
    summary="一项优惠：条款、门店、余量",
)
def get_offer(call: Call) -> dict[str, object]:
    """Answer with one offer."""
    from chalicelib.services import offers

    return offers.get_offer(call.path["offer_id"], call.now)


@endpoint(
    bp,
    "GET",
    "/v1/me/offers",
    roles={RESIDENT},
    query=_MY_QUERY,
    answers={200: "Offers"},
    summary="现在可以领取的优惠，可只看我的积分够换的",
)
def list_my_offers(call: Call) -> Page:
    """Answer with a page of offers, if asked only of those that the resident's points pay."""
    from chalicelib.services import balances, offers

    points_max = None
    if call.query.get("affordable") == "true":
        points_max = balances.read_balance(call.subject, call.now)["points_available"]
    return offers.list_offers(call.now, _wanted(call.query, points_max), call.limit, call.cursor)


@endpoint(
    bp,
    "GET",
    "/v1/me/offers/{offer_id}",
    roles={RESIDENT},
    answers={200: "MyOffer"},
    problems=("offer-unknown",),
    summary="一项优惠，和我现在能不能领：不能时说明原因",
)
def get_my_offer(call: Call) -> dict[str, object]:
    """Answer with one offer and what stands between it and this resident."""
    from chalicelib.services import offers_for_me

    return offers_for_me.get_offer_for(call.path["offer_id"], call.subject, call.now)


def _wanted(query: Any, points_max: int | None) -> Any:
    from chalicelib.services.offers import Wanted

    return Wanted(
        scenario=query.get("scenario"),
        points_max=points_max,
        text=query.get("q"),
        merchant_id=query.get("merchant_id"),
        near=query.get("near"),
        within_m=query.get("within_m") if "near" in query else None,
    )
