"""Owns the shapes of request bodies and query parameters; `title` names them in the OpenAPI document.

Must not hold the shapes of answers (`api.answers`), which no request needs at run time.
"""

from typing import Any

from chalicelib.domain.shapes import Shape


def closed(
    title: str, required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any
) -> Shape:
    """Return the shape of an object with exactly these fields."""
    return {
        "title": title,
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


ID: Shape = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}
NEW_ID: Shape = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]{12,64}$",
    "description": "Made by the client, never used before; the same again repeats the answer.",
}
DAY: Shape = {"type": "string", "format": "date", "examples": ["2026-11-20"]}
INSTANT: Shape = {"type": "string", "format": "date-time", "examples": ["2026-11-20T08:30:00+08:00"]}
COUNT_MAX = 1_000_000_000

LIST_QUERY: dict[str, Shape] = {
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "At most so many items; 20 if absent.",
    },
    "cursor": {
        "type": "string",
        "minLength": 1,
        "maxLength": 600,
        "description": "`next_cursor` of the page before.",
    },
}
LIMIT_IF_ABSENT = 20

OPEN_SESSION = closed(
    "OpenSession",
    {
        "provider": {"type": "string", "enum": ["dev"]},
        "subject": {"type": "string", "pattern": "^[A-Za-z0-9_.@-]{1,64}$", "examples": ["demo-resident-1"]},
    },
    {
        "role": {
            "type": "string",
            "enum": ["resident", "cashier", "merchant_manager", "operator", "verifier", "regulator"],
            "description": "`resident` if absent.",
        }
    },
)
GIVE_CONSENT = closed(
    "GiveConsent",
    {"text_version": {"type": "string", "minLength": 1, "maxLength": 20, "examples": ["2026-11-01"]}},
)
BIND_CARD = closed(
    "BindCard", {"card_no": {"type": "string", "pattern": "^[0-9A-Za-z]{8,24}$", "examples": ["CBHGDEJAB"]}}
)
DECLARE_ACTIVITY = closed(
    "DeclareActivity",
    {
        "event_id": NEW_ID,
        "methodology_id": ID,
        "occurred_at": INSTANT,
        "inputs": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0, "maximum": COUNT_MAX},
            "description": "Whole numbers by name, units last; `{}` when the methodology counts occurrences.",
        },
    },
    examples=[
        {
            "event_id": "0d9c4e7ab1f24b6f",
            "methodology_id": "own-cup",
            "occurred_at": "2026-11-20T08:30:00+08:00",
            "inputs": {},
        }
    ],
)
TAKE_VOUCHER = closed(
    "TakeVoucher",
    {"redemption_id": NEW_ID, "offer_id": ID},
    examples=[{"redemption_id": "5b7e1f0c9a3d4e8f", "offer_id": "coat-cleaning"}],
)
TOKEN_TEXT: Shape = {
    "type": "string",
    "minLength": 20,
    "maxLength": 2000,
    "description": "What the QR code holds.",
}
PREVIEW_VOUCHER = closed("PreviewVoucher", {"token": TOKEN_TEXT, "store_id": ID})
REDEEM_VOUCHER = closed("RedeemVoucher", {"token": TOKEN_TEXT, "store_id": ID, "scan_id": NEW_ID})
REFUND_VOUCHER = closed("RefundVoucher", {"reason": {"type": "string", "minLength": 1, "maxLength": 200}})

LABEL: Shape = {"type": "string", "minLength": 1, "maxLength": 60}
PUBLISH_MERCHANT = closed("PublishMerchant", {"id": ID, "name": LABEL})
PUBLISH_STORE = closed(
    "PublishStore",
    {
        "id": ID,
        "merchant_id": ID,
        "name": LABEL,
        "address": {"type": "string", "minLength": 1, "maxLength": 120},
    },
)
PUBLISH_OFFER = closed(
    "PublishOffer",
    {
        "id": ID,
        "merchant_id": ID,
        "store_ids": {"type": "array", "items": ID, "minItems": 1, "maxItems": 50},
        "title": LABEL,
        "scenario": {"type": "string", "enum": ["衣", "食", "住", "行", "用"]},
        "points": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "stock": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        "starts_at": INSTANT,
        "ends_at": INSTANT,
    },
    {"description": {"type": "string", "maxLength": 500}},
)
