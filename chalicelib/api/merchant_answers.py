"""Owns the shapes of what is answered about merchants and offers. Must not be needed to answer a request."""

from typing import Any

from chalicelib.api.answers import (
    ANY,
    COUNT,
    DAY,
    INSTANT,
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    WHOLE,
    Shape,
    closed,
    list_of,
    page_of,
)

_OR_NULL: dict[str, list[str]] = {"type": ["object", "null"]}
_DAY_OR_NULL: Shape = {**DAY, "type": ["string", "null"]}
_STATE: Shape = {"type": "string", "enum": ["active", "suspended", "left"]}
_CHOICE: Shape = {"type": "string", "enum": ["honour", "release"]}
WINDOW = closed("Hours", {"weekdays": list_of(WHOLE), "opens": TEXT, "closes": TEXT})
STORE = closed(
    "Store",
    {"id": TEXT, "merchant_id": TEXT, "name": TEXT},
    {
        "address": TEXT,
        "district": TEXT,
        "community": TEXT,
        "scenario": TEXT,
        "latitude_microdegrees": WHOLE,
        "longitude_microdegrees": WHOLE,
        "opening_hours": list_of(WINDOW),
        "state": {"type": "string", "enum": ["open", "closed"]},
        "version": WHOLE,
    },
)
_DECIDED = {
    **closed(
        "MerchantClosing",
        {
            "from_at": INSTANT,
            "decided_at": INSTANT,
            "asked_from_at": TEXT_OR_NULL,
            "reason": TEXT,
            "notice": {"type": "string", "description": "What residents are told."},
            "open_vouchers": _CHOICE,
        },
    ),
    **_OR_NULL,
}
_OF_MERCHANT = {
    "credit_code": TEXT,
    "scenarios": list_of(TEXT),
    "contact_name": TEXT,
    "contact_phone": TEXT,
    "application_id": TEXT,
    "joined_at": INSTANT,
}
MERCHANT = closed(
    "Merchant",
    {
        "id": TEXT,
        "name": TEXT,
        "state": _STATE,
        "version": WHOLE,
        "contract_from": _DAY_OR_NULL,
        "contract_to": _DAY_OR_NULL,
        "suspension": _DECIDED,
        "leaving": _DECIDED,
    },
    _OF_MERCHANT,
)
PUBLIC_MERCHANT = closed(
    "PublicMerchant",
    {
        "id": TEXT,
        "name": TEXT,
        "state": _STATE,
        "stores": list_of(STORE),
        "notice": {
            **closed("MerchantNotice", {"from_at": INSTANT, "notice": TEXT, "open_vouchers": _CHOICE}),
            **_OR_NULL,
        },
    },
    {"scenarios": list_of(TEXT)},
)
_CHANGE = closed(
    "MerchantChange", {"version": WHOLE, "by": TEXT, "at": INSTANT, "what": TEXT, "document": ANY}
)
PUBLIC_APPLICATION = closed(
    "PublicApplication",
    {
        "application_id": TEXT,
        "state": {"type": "string", "enum": ["submitted", "reviewed", "approved", "rejected"]},
        "name": TEXT,
        "submitted_at": INSTANT,
        "decided_at": INSTANT_OR_NULL,
        "reason": TEXT_OR_NULL,
        "merchant_id": TEXT_OR_NULL,
    },
)
_REVIEW = {**closed("ApplicationReview", {"by": TEXT, "at": INSTANT, "terms": ANY}), **_OR_NULL}
_DECISION = {
    **closed("Decision", {"by": TEXT, "at": INSTANT, "reason": TEXT_OR_NULL}, {"action": TEXT}),
    **_OR_NULL,
}
APPLICATION = closed(
    "Application",
    {
        "application_id": TEXT,
        "state": TEXT,
        "submitted_at": INSTANT,
        "due_at": INSTANT_OR_NULL,
        "credit_code": TEXT,
        "name": TEXT,
        "contact_name": TEXT,
        "contact_phone": TEXT,
        "scenarios": list_of(TEXT),
        "review": _REVIEW,
        "decision": _DECISION,
        "merchant_id": TEXT_OR_NULL,
    },
)
STAFF = closed(
    "StaffMember",
    {
        "staff_id": TEXT,
        "subject": TEXT,
        "role": TEXT,
        "name": TEXT,
        "store_ids": list_of(TEXT),
        "added_at": INSTANT,
        "removed_at": INSTANT_OR_NULL,
    },
)
_TERMINAL: dict[str, Any] = {
    "id": TEXT,
    "merchant_id": TEXT,
    "store_id": TEXT,
    "name": TEXT,
    "key_no": WHOLE,
    "key_id": TEXT,
    "keyed_at": INSTANT,
    "revoked_at": INSTANT_OR_NULL,
}
TERMINAL = closed("Terminal", _TERMINAL)
_BEHAVIOUR = closed("OfferBehaviour", {"methodology_ids": list_of(TEXT), "count": COUNT, "days": COUNT})
_OFFER: dict[str, Any] = {
    "id": TEXT,
    "merchant_id": TEXT,
    "store_ids": list_of(TEXT),
    "kind": TEXT,
    "title": TEXT,
    "scenario": TEXT,
    "points": COUNT,
    "stock": COUNT,
    "starts_at": INSTANT,
    "ends_at": INSTANT,
}
_FENS = ("value_fen", "budget_fen", "amount_off_fen", "bill_min_fen", "top_up_fen")
_LIMITS = ("points_normal", "limit_per_resident", "limit_per_resident_per_day", "limit_per_day")
_IF_THERE: dict[str, Any] = {
    "description": TEXT,
    "terms": TEXT,
    "picture": TEXT,
    **dict.fromkeys((*_FENS, *_LIMITS), COUNT),
    "valid_hours": list_of(WINDOW),
    "behaviour": _BEHAVIOUR,
    "audience_id": TEXT,
    "priority_until": INSTANT,
}
_IN_FORCE = {**_OFFER, "state": TEXT, "version": WHOLE}
_SHOWN_IF_THERE = {**_IF_THERE, "picture_url": TEXT, "ended_at": INSTANT}
_LISTED = {**_IN_FORCE, "stock_remaining": COUNT}
_DISTANCE: Shape = {"type": ["integer", "null"], "minimum": 0}
OFFER_IN_LIST = closed(
    "OfferInList", {**_LISTED, "merchant_name": TEXT, "distance_m": _DISTANCE}, _SHOWN_IF_THERE
)
_ONE_OFFER = {
    **_LISTED,
    "merchant_name": TEXT,
    "is_takeable": {"type": "boolean", "description": "As far as the offer and its merchant go."},
    "stores": list_of(STORE),
}
MY_OFFER = closed(
    "MyOffer",
    {
        **_ONE_OFFER,
        "can_take": {"type": "boolean"},
        "why_not": {"type": ["string", "null"], "description": "The code of the refusal."},
        "points_available": COUNT,
    },
    _SHOWN_IF_THERE,
)
OFFER_DRAFT = closed(
    "OfferDraft",
    {
        "draft_id": TEXT,
        "state": {"type": "string", "enum": ["draft", "review", "published", "discarded"]},
        "merchant_id": TEXT,
        "version": WHOLE,
        "offer": closed("DraftedOffer", _OFFER, _IF_THERE),
        "drafted_at": INSTANT,
        "drafted_by": TEXT,
        "submitted_at": INSTANT_OR_NULL,
        "due_at": INSTANT_OR_NULL,
        "decision": _DECISION,
    },
)
_AUDIENCE = {"id": TEXT, "title": TEXT, "made_by": TEXT, "made_at": INSTANT}
MERCHANT_ANSWERS: dict[str, Shape] = {
    "PublicMerchant": PUBLIC_MERCHANT,
    "Merchant": MERCHANT,
    "Merchants": page_of("Merchants", MERCHANT),
    "MerchantChanges": page_of("MerchantChanges", _CHANGE),
    "PublishedMerchant": closed(
        "PublishedMerchant",
        {"id": TEXT, "name": TEXT},
        {**_OF_MERCHANT, "contract_from": DAY, "contract_to": DAY},
    ),
    "PublicApplication": PUBLIC_APPLICATION,
    "Application": APPLICATION,
    "Applications": page_of("Applications", APPLICATION),
    "Store": STORE,
    "Stores": page_of("Stores", STORE),
    "StaffMember": STAFF,
    "StaffList": page_of("StaffList", STAFF),
    "Terminal": TERMINAL,
    "Terminals": page_of("Terminals", TERMINAL),
    "KeyedTerminal": closed("KeyedTerminal", {**_TERMINAL, "secret": TEXT}),
    "Offer": closed("Offer", _ONE_OFFER, _SHOWN_IF_THERE),
    "MyOffer": MY_OFFER,
    "Offers": page_of("Offers", OFFER_IN_LIST),
    "OwnOffers": page_of("OwnOffers", closed("OwnOffer", _LISTED, _SHOWN_IF_THERE)),
    "PublishedOffer": closed(
        "PublishedOffer", _IN_FORCE, {**_SHOWN_IF_THERE, "stock_remaining": COUNT, "end_reason": TEXT}
    ),
    "OfferDraft": OFFER_DRAFT,
    "OfferDrafts": page_of("OfferDrafts", OFFER_DRAFT),
    "PictureUpload": closed("PictureUpload", {"picture": TEXT, "upload_url": TEXT, "expires_in_s": COUNT}),
    "Audience": closed("Audience", _AUDIENCE),
    "AdmittedAudience": closed("AdmittedAudience", {**_AUDIENCE, "admitted": COUNT}),
}
