"""Owns a merchant's own offers over HTTP: drafted, handed in for review, ended; `api.offer_reviews` decides."""

from chalice import Blueprint

from chalicelib.api.access import MERCHANT_MANAGER
from chalicelib.api.frame import Call, endpoint
from chalicelib.api.parameters import LIST_QUERY
from chalicelib.domain.pages import Page

bp = Blueprint(__name__)
_OWN = "/v1/merchant/offer-drafts/{draft_id}"
_OWN_PROBLEMS = ("offer-draft-unknown", "offer-wrong-state", "case-changed")


@endpoint(
    bp,
    "GET",
    "/v1/merchant/offers",
    roles={MERCHANT_MANAGER},
    answers={200: "OwnOffers"},
    summary="我已发布的优惠，含已结束的",
    tag="offers",
)
def list_own_offers(call: Call) -> Page:
    """Answer with the merchant's published offers."""
    from chalicelib.services import offers

    return offers.list_offers_of(call.actor.merchant_id)


@endpoint(
    bp,
    "GET",
    "/v1/merchant/offer-drafts",
    roles={MERCHANT_MANAGER},
    query=LIST_QUERY,
    answers={200: "OfferDrafts"},
    summary="我的优惠草稿，新的在前",
    tag="offers",
)
def list_own_drafts(call: Call) -> Page:
    """Answer with a page of the merchant's drafts."""
    from chalicelib.services import offer_drafts

    return offer_drafts.list_own_drafts(call.actor.merchant_id, call.limit, call.cursor)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/offer-drafts",
    roles={MERCHANT_MANAGER},
    body="DraftOffer",
    answers={201: "OfferDraft"},
    problems=(
        "offer-exists",
        "offer-ended",
        "case-changed",
    ),
    summary="起草优惠，或已发布优惠的下一版",
    tag="offers",
)
def create_draft(call: Call) -> dict[str, object]:
    """Keep a draft; the same again repeats the answer."""
    from chalicelib.services import offer_drafts

    return offer_drafts.create_draft(call.actor.merchant_id, call.body, call.subject, call.now)


@endpoint(
    bp,
    "PUT",
    _OWN,
    roles={MERCHANT_MANAGER},
    body="DraftOffer",
    answers={200: "OfferDraft"},
    problems=(
        *_OWN_PROBLEMS,
        "offer-exists",
        "offer-ended",
    ),
    summary="修改草稿",
    tag="offers",
)
def edit_draft(call: Call) -> dict[str, object]:
    """Replace what a draft says."""
    from chalicelib.services import offer_drafts

    own, draft_id = call.actor.merchant_id, call.path["draft_id"]
    return offer_drafts.edit_draft(own, draft_id, call.body, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _OWN + "/submission",
    roles={MERCHANT_MANAGER},
    answers={200: "OfferDraft"},
    problems=(*_OWN_PROBLEMS, "picture-missing", "picture-invalid"),
    summary="提交审核；上传的图片在此时检查",
    tag="offers",
)
def submit_draft(call: Call) -> dict[str, object]:
    """Hand a draft to the operators."""
    from chalicelib.services import offer_drafts

    own, draft_id = call.actor.merchant_id, call.path["draft_id"]
    return offer_drafts.submit_draft(own, draft_id, call.subject, call.now)


@endpoint(
    bp,
    "POST",
    _OWN + "/withdrawal",
    roles={MERCHANT_MANAGER},
    answers={200: "OfferDraft"},
    problems=(*_OWN_PROBLEMS,),
    summary="撤回审核",
    tag="offers",
)
def withdraw_draft(call: Call) -> dict[str, object]:
    """Take a draft back from review."""
    from chalicelib.services import offer_drafts

    return offer_drafts.withdraw_draft(call.actor.merchant_id, call.path["draft_id"])


@endpoint(
    bp,
    "DELETE",
    _OWN,
    roles={MERCHANT_MANAGER},
    answers={200: "OfferDraft"},
    problems=(*_OWN_PROBLEMS,),
    summary="放弃草稿",
    tag="offers",
)
def discard_draft(call: Call) -> dict[str, object]:
    """Give a draft up."""
    from chalicelib.services import offer_drafts

    return offer_drafts.discard_draft(call.actor.merchant_id, call.path["draft_id"])


@endpoint(
    bp,
    "POST",
    "/v1/merchant/offers/{offer_id}/end",
    roles={MERCHANT_MANAGER},
    body="Reason",
    answers={200: "PublishedOffer"},
    problems=(
        "offer-unknown",
        "too-busy",
    ),
    summary="结束自己的优惠；已领取的优惠券照常使用",
    tag="offers",
)
def end_own_offer(call: Call) -> dict[str, object]:
    """End an offer now."""
    from chalicelib.services import offer_drafts

    own, reason = call.actor.merchant_id, call.body["reason"]
    return offer_drafts.end_offer(call.path["offer_id"], reason, call.subject, call.now, merchant_id=own)


@endpoint(
    bp,
    "POST",
    "/v1/merchant/pictures",
    roles={MERCHANT_MANAGER},
    body="AskForPicture",
    answers={200: "PictureUpload"},
    summary="上传优惠图片：先取得上传地址",
    tag="offers",
)
def ask_for_upload(call: Call) -> dict[str, object]:
    """Answer with a key and a link that takes the picture."""
    from chalicelib.services import pictures

    asked = call.body
    return pictures.ask_for_upload(
        call.actor.merchant_id, asked["sha256"], asked["media"], asked["size_bytes"]
    )
