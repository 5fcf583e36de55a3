"""Owns the deliveries to merchants' systems: kept before they are sent, at least once, tried again with growing pauses.

Must not know what happened: `domain.webhooks` makes the events. A delivery has a natural key, so that an event told
twice is one delivery; it is claimed before an attempt, so that of two workers one sends.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import from_text, to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.webhooks import Event, pause_after, signature_header
from chalicelib.errors import Conflict, NotFound
from chalicelib.services import webhook_sending, webhooks
from chalicelib.services.failures import attempted
from chalicelib.services.webhook_sending import NotReachable
from chalicelib.store import cases
from chalicelib.store.cases import Case
from chalicelib.store.queues import send_message

KIND = "webhook-delivery"
QUEUE = "deliveries"
QUEUED, DELIVERED, FAILED, IDLE = "queued", "delivered", "failed", "idle"
DELAY_S_MAX = 900
_PAGE = 100
_ON_ITS_WAY = timedelta(minutes=1)
_SUCCESS = range(200, 300)
KEPT = timedelta(days=30)
"""How long a delivery can be looked at and replayed, from when it was made."""
_PURGED_AFTER = KEPT + timedelta(days=3)  # all attempts of a replay in the last moment are over by then


def tell(event: Event, now: datetime) -> int:
    """Keep and queue a delivery of the event to every webhook that wants it; return how many are new."""
    return sum(_tell(event, webhook, now) for webhook in webhooks.webhooks_for(event.merchant_id, event.kind))


def _tell(event: Event, webhook: dict[str, Any], now: datetime) -> bool:
    name = sha256(f"{webhook['merchant_id']}|{webhook['id']}|{event.event_id}".encode()).hexdigest()[:28]
    body = {
        "webhook_id": webhook["id"],
        "event": event.document(),
        "attempts": 0,
        "attempts_total": 0,
        "status": None,
        "error": None,
        "attempted_at": None,
    }
    at = to_text(now)
    purge_at = int((now + _PURGED_AFTER).timestamp())
    case = Case(f"whd_{name}", KIND, QUEUED, event.merchant_id, at, at, body, purge_at_epoch_s=purge_at)
    if not cases.add_case(case):
        return False
    _queue(case.case_id, timedelta())
    return True


def _queue(delivery_id: str, pause: timedelta) -> None:
    """Ask for an attempt; what has to wait longer than a queue can is found when it is due."""
    if pause.total_seconds() <= DELAY_S_MAX:
        wanted = {"webhook_delivery": delivery_id}
        attempted(partial(_send, wanted, int(pause.total_seconds())))


def _send(wanted: dict[str, str], delay_s: int) -> bool:
    send_message(QUEUE, wanted, delay_s)
    return True


def try_delivery(delivery_id: str, now: datetime) -> str:
    """Make one attempt if it is due and return the state it leaves: queued, delivered, failed, or `idle`."""
    case = cases.get_case(delivery_id, KIND)
    if case.state != QUEUED or from_text(case.due_at) > now:
        return IDLE
    try:
        webhook = webhooks.get_webhook(case.subject, case.body["webhook_id"])
        if webhook["state"] != webhooks.ON:
            return _ended(case, FAILED, {"error": "webhook-off"}).state
        claim = _claimed(case, now)
    except Conflict:
        return IDLE
    status, error = _sent(webhook, claim, now)
    if error is None:
        webhooks.note_success(case.subject, webhook["id"], now)
        return _ended(claim, DELIVERED, {"status": status, "error": None}).state
    webhooks.note_failure(case.subject, webhook["id"], now)
    return _failed(claim, status, error, now)


def _claimed(case: Case, now: datetime) -> Case:
    """Count the attempt and make the delivery due again after its pause: it is, should this worker die."""
    attempts = case.body["attempts"] + 1
    pause = pause_after(attempts) or timedelta(minutes=5)
    total = case.body["attempts_total"] + 1
    body = {**case.body, "attempts": attempts, "attempts_total": total, "attempted_at": to_text(now)}
    return cases.replace_case(case, replace(case, due_at=to_text(now + pause), body=body))


def _sent(webhook: dict[str, Any], claim: Case, now: datetime) -> tuple[int | None, str | None]:
    body = canonical_json(claim.body["event"]).encode()
    secret = webhooks.secret_of(webhook["merchant_id"], webhook["id"])
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "tanhui-webhook/1",
        "Tanhui-Event": claim.body["event"]["type"],
        "Tanhui-Delivery": claim.case_id,
        "Tanhui-Signature": signature_header(secret, body, now),
    }
    try:
        status = webhook_sending.post(webhook["url"], body, headers)
    except NotReachable as error:
        return None, str(error)
    return status, None if status in _SUCCESS else f"http-{status}"


def _failed(claim: Case, status: int | None, error: str, now: datetime) -> str:
    pause = pause_after(claim.body["attempts"])
    facts = {"status": status, "error": error}
    if pause is None:
        return _ended(claim, FAILED, facts).state
    changed = cases.replace_case(claim, replace(claim, body={**claim.body, **facts}))
    _queue(claim.case_id, pause)
    return changed.state


def _ended(case: Case, state: str, facts: dict[str, Any]) -> Case:
    ended = replace(case, state=state, due_at=cases.NO_DEADLINE, body={**case.body, **facts})
    return cases.replace_case(case, ended)


def requeue_due(now: datetime, should_stop: Callable[[], bool]) -> tuple[int, int, bool]:
    """Hand every delivery that is due to the queue; return how many, how many failed, whether all were seen."""
    done = failed = 0
    cursor: str | None = None
    while True:
        page = cases.list_cases(KIND, QUEUED, _PAGE, cursor)
        for item in page.items:
            if from_text(item["due_at"]) > now - _ON_ITS_WAY:
                return done, failed, True
            if should_stop():
                return done, failed, False
            sent = attempted(partial(_send, {"webhook_delivery": item["case_id"]}, 0))
            done, failed = done + (sent is True), failed + (sent is None)
        cursor = page.cursor
        if cursor is None:
            return done, failed, True


def list_deliveries(merchant_id: str, limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a page of a merchant's deliveries of the last thirty days, newest first."""
    page = cases.list_cases_of(merchant_id, KIND, limit, cursor)
    kept = [item for item in page.items if from_text(item["opened_at"]) > now - KEPT]
    return Page([delivery_view(item) for item in kept], page.cursor if len(kept) == len(page.items) else None)


def delivery_view(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a delivery as its merchant sees it."""
    names = ("webhook_id", "state", "attempts_total", "status", "error", "attempted_at", "event")
    return {
        "delivery_id": fields["case_id"],
        "made_at": fields["opened_at"],
        "due_at": fields["due_at"],
        **{name: fields[name] for name in names},
    }


def replay_delivery(merchant_id: str, delivery_id: str, now: datetime) -> dict[str, Any]:
    """Send a delivery once more from the start, under the same event id; one that waits is due at once.

    NotFound `webhook-delivery-unknown`, also after thirty days, cleaned up or not; Conflict `case-changed`.
    """
    read = cases.get_case(delivery_id, KIND)
    if read.subject != merchant_id or from_text(read.opened_at) <= now - KEPT:
        raise NotFound("webhook-delivery-unknown", "your merchant has no such delivery", id=delivery_id)
    body = {**read.body, "attempts": 0}
    queued = cases.replace_case(read, replace(read, state=QUEUED, due_at=to_text(now), body=body))
    _queue(delivery_id, timedelta())
    return delivery_view(cases.case_fields(queued))
