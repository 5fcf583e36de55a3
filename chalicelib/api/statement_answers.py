"""Owns the shapes of answers about statements, disputes and webhooks. Must not be needed to answer a request."""

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
from chalicelib.api.proof_answers import HASH

_COUNTED: dict[str, Any] = {"count": COUNT, "points": WHOLE, "grams_co2e": WHOLE, "fen": WHOLE}
_PART = closed("StatementPart", _COUNTED)
_NET = closed("StatementNet", {"points": WHOLE, "grams_co2e": WHOLE, "fen": WHOLE})
_VINTAGE = closed("StatementVintage", {"vintage": WHOLE, "points": WHOLE, "grams_co2e": WHOLE})
FIGURES = closed(
    "Figures",
    {
        "redeemed": _PART,
        "voids": _PART,
        "refunds": _PART,
        "adjustments": _PART,
        "bill_fen": COUNT,
        "net": _NET,
        "vintages": list_of(_VINTAGE),
        "offers": list_of(closed("StatementOffer", {"offer_id": TEXT_OR_NULL, **_COUNTED})),
        "cashiers": list_of(closed("StatementCashier", {"staff_id": TEXT_OR_NULL, **_COUNTED})),
    },
)
STATEMENT = closed(
    "Statement",
    {
        "format": TEXT,
        "merchant_id": TEXT,
        "store_id": TEXT,
        "on": DAY,
        "number": COUNT,
        "previous": {
            **closed("PreviousStatement", {"on": DAY, "digest": HASH}),
            "type": ["object", "null"],
        },
        "figures": FIGURES,
        "totals": _NET,
        "lines": COUNT,
        "lines_digest": HASH,
        "closed_at": INSTANT,
        "digest": HASH,
        "kid": TEXT,
        "signature": TEXT,
    },
)
LINE = closed(
    "StatementLine",
    {
        "line_no": COUNT,
        "at": INSTANT,
        "kind": {"type": "string", "enum": ["voucher", "charge", "void", "refund", "adjustment"]},
        "redemption_id": TEXT_OR_NULL,
        "charge_id": TEXT_OR_NULL,
        "offer_id": TEXT_OR_NULL,
        "refund_id": TEXT_OR_NULL,
        "dispute_id": TEXT_OR_NULL,
        "staff_id": TEXT_OR_NULL,
        "points": WHOLE,
        "grams_co2e": WHOLE,
        "bill_fen": COUNT,
        "fen": WHOLE,
        "vintages": list_of(_VINTAGE),
        "reason": TEXT_OR_NULL,
    },
)
_OF_STORE = {"store_id": TEXT, "figures": FIGURES}
DISPUTE = closed(
    "Dispute",
    {
        "dispute_id": TEXT,
        "state": {"type": "string", "enum": ["open", "deciding", "rejected", "corrected"]},
        "opened_at": INSTANT,
        "due_at": INSTANT_OR_NULL,
        "is_overdue": {"type": "boolean"},
        "merchant_id": TEXT,
        "store_id": TEXT,
        "on": DAY,
        "line_no": COUNT,
        "line": LINE,
        "reason": TEXT,
        "opened_by": TEXT,
        "decision": {
            **closed(
                "DisputeDecision",
                {
                    "action": {"type": "string", "enum": ["reject", "take-back", "adjust"]},
                    "reason": TEXT,
                    "fen": WHOLE,
                    "points": COUNT,
                    "by": TEXT,
                    "at": INSTANT,
                },
            ),
            "type": ["object", "null"],
        },
    },
)
_EVENT = closed("WebhookEvent", {"id": TEXT, "type": TEXT, "merchant_id": TEXT, "at": INSTANT, "data": ANY})
WEBHOOK = closed(
    "Webhook",
    {
        "webhook_id": TEXT,
        "url": TEXT,
        "events": list_of(TEXT),
        "state": {"type": "string", "enum": ["on", "off"]},
        "off_reason": TEXT_OR_NULL,
        "created_at": INSTANT,
        "failing_since": INSTANT_OR_NULL,
        "secret": {
            **TEXT_OR_NULL,
            "description": "Shown when the webhook is made, and for ten minutes after.",
        },
    },
)
DELIVERY = closed(
    "WebhookDelivery",
    {
        "delivery_id": TEXT,
        "webhook_id": TEXT,
        "state": {"type": "string", "enum": ["queued", "delivered", "failed"]},
        "made_at": INSTANT,
        "due_at": INSTANT_OR_NULL,
        "attempts_total": COUNT,
        "attempted_at": INSTANT_OR_NULL,
        "status": {
            "type": ["integer", "null"],
            "description": "Of the last answer; null when there was none.",
        },
        "error": TEXT_OR_NULL,
        "event": _EVENT,
    },
)
_ARRIVED = closed(
    "ArrivedWebhook",
    {"delivery_id": TEXT, "arrived_at": INSTANT, "is_genuine": {"type": "boolean"}, "event": _EVENT},
)
STATEMENT_ANSWERS: dict[str, Shape] = {
    "Statement": STATEMENT,
    "Statements": page_of("Statements", STATEMENT),
    "StatementLines": page_of("StatementLines", LINE),
    "StatementMonth": closed(
        "StatementMonth",
        {
            "merchant_id": TEXT,
            "month": TEXT,
            "is_complete": {"type": "boolean"},
            "statements": COUNT,
            "stores": list_of(closed("StoreMonth", {**_OF_STORE, "statements": COUNT})),
            "figures": FIGURES,
        },
    ),
    "Today": closed(
        "Today",
        {
            "on": DAY,
            "as_of": INSTANT,
            "stores": list_of(closed("StoreToday", _OF_STORE)),
            "figures": FIGURES,
        },
    ),
    "Webhook": WEBHOOK,
    "Webhooks": page_of("Webhooks", WEBHOOK),
    "WebhookDelivery": DELIVERY,
    "WebhookDeliveries": page_of("WebhookDeliveries", DELIVERY),
    "MerchantNotices": page_of(
        "MerchantNotices", closed("NoticeToMerchant", {"at": INSTANT, "text": TEXT, "webhook_id": TEXT})
    ),
    "Taken": closed("Taken", {"status": {"type": "string", "enum": ["ok"]}}),
    "ArrivedWebhooks": page_of("ArrivedWebhooks", _ARRIVED),
    "Dispute": DISPUTE,
    "Disputes": page_of("Disputes", DISPUTE),
}
