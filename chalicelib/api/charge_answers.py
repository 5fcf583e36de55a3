"""Owns the shapes of answers about charges, devices, merchant codes and tills; `api.answers` finds them by name.

Must not be needed to answer a request.
"""

from typing import Any

from chalicelib.api.answers import (
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

COUNT_OR_NULL: Shape = {"type": ["integer", "null"], "minimum": 0}
REASON = closed("ReviewReason", {"code": TEXT, "words": TEXT})
STATE: Shape = {
    "type": "string",
    "enum": ["charged", "in-review", "voided", "cancelled", "refunded", "blocked"],
    "description": "Paid is `charged` only; `in-review` waits for an operator; `blocked` was voided before it came.",
}
_COMMON: dict[str, Any] = {
    "redemption_id": TEXT,
    "state": STATE,
    "via": {"type": "string", "enum": ["wallet-code", "merchant-code"]},
    "merchant_id": TEXT,
    "store_id": TEXT_OR_NULL,
    "scenario": TEXT_OR_NULL,
    "bill_fen": COUNT,
    "fen": COUNT,
    "points": COUNT,
    "grams_co2e": COUNT,
    "fen_refunded": COUNT,
    "points_refunded": COUNT,
    "taken_at": INSTANT,
    "closed_at": INSTANT_OR_NULL,
    "due_at": INSTANT_OR_NULL,
    "reason": TEXT_OR_NULL,
    "reasons": list_of(REASON),
}
REFUND = closed(
    "ChargeRefund", {"refund_id": TEXT, "points": COUNT, "fen": COUNT, "at": INSTANT, "reason": TEXT}
)
CHARGE = closed(
    "Charge",
    {
        **_COMMON,
        "charge_id": TEXT,
        "resident": TEXT_OR_NULL,
        "staff_id": TEXT_OR_NULL,
        "void_until": INSTANT_OR_NULL,
        "refund_until": INSTANT_OR_NULL,
        "refunds": list_of(REFUND),
    },
)
PAYMENT = closed("Payment", {**_COMMON, "payment_id": TEXT, "merchant_name": TEXT, "store_name": TEXT})
_TERMS: dict[str, Any] = {
    "scenario": TEXT,
    "bill_fen": COUNT,
    "points": COUNT,
    "fen": COUNT,
    "fen_to_pay": COUNT,
}
_OWNER: dict[str, Any] = {
    "merchant_id": TEXT,
    "merchant_name": TEXT,
    "store_id": TEXT,
    "store_name": TEXT,
    "label": TEXT,
}
MOVEMENT = closed(
    "Movement",
    {
        "at": INSTANT,
        "kind": {"type": "string", "enum": ["charge", "post", "void", "refund"]},
        "redemption_id": TEXT,
        "charge_id": TEXT_OR_NULL,
        "via": TEXT_OR_NULL,
        "store_id": TEXT_OR_NULL,
        "staff_id": TEXT_OR_NULL,
        "points": COUNT,
        "grams_co2e": COUNT,
        "bill_fen": COUNT_OR_NULL,
        "fen": COUNT_OR_NULL,
    },
)
_DEVICE: dict[str, Any] = {
    "device_id": TEXT,
    "name": TEXT,
    "handle": TEXT,
    "owner_seal": {
        "type": "string",
        "description": "Digits to append to the code in the QR code; may be empty.",
    },
    "registered_at": INSTANT,
}
DEVICE = closed("Device", _DEVICE)
NEW_DEVICE = closed(
    "NewDevice",
    {**_DEVICE, "secret": TEXT, "step_s": WHOLE, "server_at": INSTANT},
)
MERCHANT_CODE = closed(
    "MerchantCode",
    {
        "id": TEXT,
        "merchant_id": TEXT,
        "store_id": TEXT,
        "number": WHOLE,
        "label": TEXT,
        "created_at": INSTANT,
        "revoked_at": INSTANT_OR_NULL,
        "text": TEXT,
    },
)
VINTAGE = closed(
    "HeldVintage", {"vintage": WHOLE, "points": WHOLE, "grams_co2e": WHOLE, "uses": list_of(TEXT)}
)
UPLOAD_RESULT = closed(
    "UploadResult",
    {
        "scan_id": TEXT,
        "outcome": {"type": "string", "enum": ["posted", "conflict", "retry"]},
        "redemption_id": TEXT_OR_NULL,
        "code": TEXT_OR_NULL,
        "title": TEXT_OR_NULL,
        "detail": TEXT_OR_NULL,
    },
)
_CASE: dict[str, Any] = {
    "case_id": TEXT,
    "kind": TEXT,
    "state": TEXT,
    "subject": TEXT,
    "opened_at": INSTANT,
    "due_at": INSTANT_OR_NULL,
}
CONFLICT = closed(
    "OfflineConflict",
    {
        **_CASE,
        "scan_id": TEXT,
        "store_id": TEXT,
        "staff_id": TEXT,
        "scanned_at": INSTANT,
        "code": TEXT,
        "facts": {"type": "object", "additionalProperties": True},
        "redemption_id": TEXT_OR_NULL,
        "title": TEXT_OR_NULL,
        "points": COUNT_OR_NULL,
    },
    {"note": TEXT, "settled_by": TEXT, "settled_at": INSTANT},
)
REVIEW = closed(
    "Review",
    {
        **_CASE,
        "redemption_id": TEXT,
        "merchant_id": TEXT,
        "store_id": TEXT,
        "staff_id": TEXT,
        "account_id": TEXT,
        "via": TEXT,
        "bill_fen": COUNT,
        "fen": COUNT,
        "points": COUNT,
        "reasons": list_of(REASON),
    },
    {"decided_by": TEXT, "decided_at": INSTANT, "decision_reason": TEXT},
)

CHARGE_ANSWERS: dict[str, Shape] = {
    "Charge": CHARGE,
    "ChargePreview": closed("ChargePreview", {"resident": TEXT, **_TERMS, "quote": TEXT}),
    "Movements": closed("Movements", {"items": list_of(MOVEMENT), "as_of": INSTANT}),
    "Payment": PAYMENT,
    "PaymentPreview": closed("PaymentPreview", {**_OWNER, **_TERMS}),
    "Payments": page_of("Payments", PAYMENT),
    "NewDevice": NEW_DEVICE,
    "Devices": closed("Devices", {"items": list_of(DEVICE), "devices_max": WHOLE, "server_at": INSTANT}),
    "MerchantCode": MERCHANT_CODE,
    "MerchantCodes": closed("MerchantCodes", {"items": list_of(MERCHANT_CODE)}),
    "MerchantCodeOwner": closed("MerchantCodeOwner", _OWNER),
    "Holdings": page_of("Holdings", closed("Holding", {"on": DAY, "vintages": list_of(VINTAGE)})),
    "Uploaded": closed(
        "Uploaded",
        {
            "results": list_of(UPLOAD_RESULT),
            "counts": closed("UploadCounts", {"posted": COUNT, "conflict": COUNT, "retry": COUNT}),
        },
    ),
    "ClosedVouchers": closed(
        "ClosedVouchers",
        {
            "items": list_of(closed("ClosedVoucher", {"redemption_id": TEXT, "state": TEXT, "at": INSTANT})),
            "next_since": INSTANT,
            "is_complete": {"type": "boolean"},
        },
    ),
    "OfflineConflict": CONFLICT,
    "OfflineConflicts": page_of("OfflineConflicts", CONFLICT),
    "Reviews": page_of("Reviews", REVIEW),
    "Freezing": closed("Freezing", {"account_id": TEXT, "frozen_at": INSTANT_OR_NULL}),
}
