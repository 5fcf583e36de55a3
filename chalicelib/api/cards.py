"""Owns a resident's transit cards over HTTP."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.answering import Answer
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(bp, "GET", "/v1/me/cards", roles={RESIDENT}, answers={200: "Cards"}, summary="我绑定的交通卡")
def list_cards(call: Call) -> dict[str, object]:
    """Answer with the resident's cards."""
    from chalicelib.services import cards

    return {"items": cards.list_cards(call.subject)}


@endpoint(
    bp,
    "POST",
    "/v1/me/cards",
    roles={RESIDENT},
    body="BindCard",
    answers={201: "Card"},
    problems=("consent-missing", "card-bound-elsewhere", "cards-too-many", "changed-meanwhile"),
    summary="绑定交通卡（只保存卡号的密钥摘要和末四位）",
)
def bind_card(call: Call) -> dict[str, object]:
    """Bind a card; the same card again repeats the answer."""
    from chalicelib.services import cards

    return cards.bind_card(call.subject, call.body["card_no"], call.now)


@endpoint(
    bp,
    "DELETE",
    "/v1/me/cards/{card_id}",
    roles={RESIDENT},
    answers={204: None},
    problems=("card-unknown", "changed-meanwhile"),
    summary="解绑交通卡",
)
def unbind_card(call: Call) -> Answer:
    """Unbind one card."""
    from chalicelib.services import cards

    cards.unbind_card(call.subject, call.path["card_id"], call.now)
    return Answer(None)
