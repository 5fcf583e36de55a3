"""Owns the shapes of answers, in JSON Schema, by the name that endpoints declare; the OpenAPI document reads them.

Must not be needed to answer a request: nothing here is imported at run time.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

Shape = Mapping[str, Any]

TEXT: Shape = {"type": "string"}
TEXT_OR_NULL: Shape = {"type": ["string", "null"]}
WHOLE: Shape = {"type": "integer"}
COUNT: Shape = {"type": "integer", "minimum": 0}
INSTANT: Shape = {"type": "string", "format": "date-time", "examples": ["2026-11-20T00:30:00.000Z"]}
INSTANT_OR_NULL: Shape = {"type": ["string", "null"], "format": "date-time"}
DAY: Shape = {"type": "string", "format": "date", "examples": ["2027-12-31"]}
ANY: Shape = {"type": "object", "additionalProperties": True}


def closed(
    title: str, required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any
) -> Shape:
    """Return the shape of an object with exactly these fields; `title` names it in the OpenAPI document."""
    return {
        "title": title,
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def list_of(shape: Shape) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": shape}


def _items(title: str, shape: Shape) -> Shape:
    return closed(title, {"items": list_of(shape)})


def page_of(title: str, shape: Shape) -> Shape:
    """Return the shape of a page: items and the cursor of the next one, null on the last."""
    return closed(title, {"items": list_of(shape), "next_cursor": TEXT_OR_NULL})


HEALTH = closed(
    "Health",
    {
        "status": {"type": "string", "enum": ["ok"]},
        "stage": TEXT,
        "profile": TEXT,
        "demo": {"type": "boolean", "description": "A demonstration: the development login works here."},
        "logins": list_of({"type": "string", "enum": ["dev", "wechat", "alipay"]}),
        "at": INSTANT,
    },
)
SESSION = closed(
    "Session",
    {
        "access_token": TEXT,
        "token_type": {"type": "string", "enum": ["Bearer"]},
        "expires_at": INSTANT,
        "subject": {"type": "string", "description": "A resident's account id, or a staff id."},
        "role": TEXT,
        "merchant_id": TEXT_OR_NULL,
        "store_ids": list_of(TEXT),
    },
)
CONSENT = closed(
    "Consent",
    {
        "purpose": TEXT,
        "title": TEXT,
        "text": TEXT,
        "text_version": TEXT,
        "state": {"type": "string", "enum": ["none", "given", "withdrawn"]},
        "answered_at": INSTANT_OR_NULL,
        "answered_text_version": TEXT_OR_NULL,
    },
)
CARD = closed("Card", {"card_id": TEXT, "card_no_masked": TEXT, "bound_at": INSTANT, "covers_from_on": DAY})
LOT = closed("Lot", {"vintage": WHOLE, "expires_on": DAY, "points": COUNT, "grams_co2e": COUNT})
BALANCE = closed(
    "Balance",
    {
        "points_available": COUNT,
        "points_held": COUNT,
        "grams_co2e": COUNT,
        "millipoints_carry": COUNT,
        "lots": list_of(LOT),
        "unsettled": closed("Unsettled", {"points": WHOLE, "grams_co2e": WHOLE}),
        "as_of": INSTANT,
    },
)
CITY = closed("City", {"id": TEXT, "name": TEXT, "timezone": TEXT})
ME = closed("Me", {"account_id": TEXT, "profile": CITY, "balance": BALANCE})
_CORRECTION = closed(
    "Correction",
    {
        "number": COUNT,
        "kind": {"type": "string", "enum": ["confirm", "reject", "replace", "reverse", "restore"]},
        "methodology_version": WHOLE,
        "grams_co2e": COUNT,
        "millipoints": COUNT,
        "cause": TEXT,
        "reason": TEXT_OR_NULL,
        "text": TEXT,
    },
    {
        "why": {
            **TEXT_OR_NULL,
            "description": "In an explanation: the reason given for a batch of corrections.",
        }
    },
    description="From here on the activity is worth this. `cause` is the verification, job or appeal behind it.",
)
_CUT: Shape = {
    **closed("Cut", {"grams_co2e": COUNT, "millipoints": COUNT}),
    "type": ["object", "null"],
    "description": "What a cap took of its worth.",
}
OUTCOME: Shape = {
    "type": "string",
    "enum": ["accepted", "capped", "pending", "rejected", "reversed", "same-event", "overlap"],
}
_ACTIVITY: dict[str, Any] = {
    "activity_id": TEXT,
    "on": DAY,
    "occurred_at": INSTANT,
    "duration_s": COUNT,
    "methodology_id": TEXT,
    "methodology_version": WHOLE,
    "scenario": TEXT,
    "behaviour": TEXT,
    "inputs": {"type": "object", "additionalProperties": WHOLE},
    "outcome": OUTCOME,
    "grams_co2e": COUNT,
    "millipoints": COUNT,
    "cut": _CUT,
    "source": TEXT,
    "evidence": TEXT,
    "reason": TEXT_OR_NULL,
    "corrections": list_of(_CORRECTION),
}
ACTIVITY = closed("Activity", _ACTIVITY)
EXPLANATION = closed(
    "Explanation",
    {
        **_ACTIVITY,
        "methodology": ANY,
        "factors": list_of(ANY),
        "steps": list_of(TEXT),
        "recomputed": closed("Recomputed", {"grams_co2e": COUNT, "millipoints": COUNT}),
    },
)
MONTH = closed("Month", {"month": TEXT, "activities": COUNT, "grams_co2e": COUNT, "millipoints": COUNT})
DECLARED = closed(
    "DeclaredActivity",
    {
        "activity_id": TEXT,
        "outcome": OUTCOME,
        "grams_co2e": COUNT,
        "millipoints": COUNT,
        "cut": _CUT,
        "reason": TEXT_OR_NULL,
    },
)
ENTRY = closed(
    "Entry",
    {
        "seq": WHOLE,
        "at": INSTANT,
        "kind": TEXT,
        "points": COUNT,
        "points_change": WHOLE,
        "grams_co2e": COUNT,
        "debit": TEXT,
        "credit": TEXT,
        "lots": list_of(LOT),
        "facts": ANY,
        "text": {**TEXT_OR_NULL, "description": "What an `adjust` or `repay` is about, in words."},
        "hash": TEXT,
    },
)
VOUCHER = closed(
    "Voucher",
    {
        "redemption_id": TEXT,
        "state": {"type": "string", "enum": ["open", "posted", "voided", "timed-out", "refunded"]},
        "offer": closed(
            "VoucherOffer",
            {"id": TEXT, "title": TEXT, "scenario": TEXT, "merchant_id": TEXT, "store_ids": list_of(TEXT)},
            {
                **{"kind": TEXT, "terms": TEXT, "valid_hours": list_of(ANY)},
                **{"amount_off_fen": COUNT, "bill_min_fen": COUNT, "top_up_fen": COUNT},
            },
        ),
        "points": COUNT,
        "grams_co2e": COUNT,
        "points_refunded": COUNT,
        "taken_at": INSTANT,
        "due_at": INSTANT,
        "closed_at": INSTANT_OR_NULL,
        "store_id": TEXT_OR_NULL,
        "reason": TEXT_OR_NULL,
    },
)
JOB_RUN: Shape = {
    "title": "JobRun",
    "type": "object",
    "properties": {"run_id": TEXT, "kind": TEXT, "started_at": INSTANT, "state": TEXT},
    "required": ["run_id", "kind", "started_at", "state"],
    "additionalProperties": True,
}
FAULT = closed("Fault", {"pointer": TEXT, "detail": TEXT})
PROBLEM: Shape = {
    "title": "Problem",
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": WHOLE,
        "detail": TEXT,
        "instance": TEXT,
        "code": TEXT,
        "errors": list_of(FAULT),
    },
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "additionalProperties": True,
}

ANSWERS: dict[str, Shape] = {
    "Health": HEALTH,
    "OpenApi": {"title": "OpenApi", **ANY},
    "Keys": closed("Keys", {"keys": list_of(ANY)}),
    "Session": SESSION,
    "Consent": CONSENT,
    "Consents": _items("Consents", CONSENT),
    "Card": CARD,
    "Cards": _items("Cards", CARD),
    "Me": ME,
    "Activity": ACTIVITY,
    "Activities": page_of("Activities", ACTIVITY),
    "Months": _items("Months", MONTH),
    "DeclaredActivity": DECLARED,
    "Explanation": EXPLANATION,
    "Entries": page_of("Entries", ENTRY),
    "Voucher": VOUCHER,
    "Vouchers": page_of("Vouchers", VOUCHER),
    "VoucherToken": closed("VoucherToken", {"token": TEXT}),
    "JobRuns": page_of("JobRuns", JOB_RUN),
}


# Features whose shapes stand in a module of their own, `<feature>_answers`, in a table of the same name.
_APART = (
    "activity",
    "appeal",
    "audit",
    "board",
    "calendar",
    "charge",
    "closing",
    "evidence",
    "merchant",
    "message",
    "methodology",
    "partner",
    "proof",
    "statement",
)


def answer_shape(name: str) -> Shape:
    """Return the shape that endpoints call `name`."""
    if name in ANSWERS:
        return ANSWERS[name]
    modules = (import_module(f"chalicelib.api.{feature}_answers") for feature in _APART)
    tables = (getattr(module, module.__name__.rpartition(".")[2].upper()) for module in modules)
    shape: Shape = next(table[name] for table in tables if name in table)
    return shape
