"""Owns what a partner sends: signed batches of activities, and the announcement of files.

Must not store what an unbound card did: such rows are counted and forgotten. Repeats answer what was answered first.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.activities import Observation
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.days import local_day
from chalicelib.errors import Conflict, InvalidInput
from chalicelib.keys import asset_digest, card_digest
from chalicelib.profiles import current_profile
from chalicelib.services import imports
from chalicelib.services.accreditations import accreditations_of, grade_of
from chalicelib.services.backfills import find_opened
from chalicelib.services.checking import FUTURE_SKEW
from chalicelib.services.deliveries import (
    WORKERS,
    Outcome,
    ResidentDay,
    find_bindings,
    outcome_of,
    record_all,
)
from chalicelib.services.projects import claims_on, refusal_of
from chalicelib.store import files
from chalicelib.store.catalogue import cached_document
from chalicelib.store.idempotency import add_answer, find_answer
from chalicelib.store.people import Binding

ROWS_MAX = 500
LASTS_MAX = timedelta(days=1)
ANSWER_KEPT_FOR = timedelta(days=30)
_FIELDS = {
    "methodology-not-allowed": "methodology_id",
    "wrong-event-day": "event_id",
    "in-the-future": "occurred_at",
    "wrong-duration": "ended_at",
}
_UNBOUND: Outcome = ("unbound", "", "")
_BEFORE_CONSENT: Outcome = ("skipped", "before-consent", "")

Row = Mapping[str, Any]


def submit_activities(
    partner_id: str, rows: Sequence[Row], idempotency_key: str, now: datetime, workers: int = WORKERS
) -> dict[str, Any]:
    """Record at most 500 rows {event_id, card_no, methodology_id, occurred_at, inputs}; return what became of each.

    A row may also have `ended_at` and `asset_no`, the number of a charger, meter or vehicle. Its `event_id` begins with
    the city's day of `occurred_at`, YYYYMMDD: a sheet knows its own day's events only, and so an id cannot be paid
    again on another day. Each is accepted, duplicate, skipped (why), rejected (why, and the field) or unbound. The same
    key and rows again: the same answer (`_hit`). Raises Conflict `idempotency-key-reused`.
    """
    assert len(rows) <= ROWS_MAX, "a batch has at most 500 rows"
    answer_key = f"partner#{partner_id}#{idempotency_key}"
    request_digest = digest_of({"activities": list(rows)})
    known = _known_answer(answer_key, request_digest)
    if known is not None:
        return _shown(rows, known) | {"_hit": True}
    batch_id = hashlib.sha256(answer_key.encode()).hexdigest()[:10]
    with ThreadPoolExecutor(workers) as pool:
        outcomes = _Batch(partner_id, batch_id, rows, now).record(pool)
    purge_at_epoch_s = int((now + ANSWER_KEPT_FOR).timestamp())
    stored = json.dumps(outcomes, separators=(",", ":"))
    if not add_answer(answer_key, request_digest, stored, purge_at_epoch_s):
        known = _known_answer(answer_key, request_digest)
        assert known is not None, "an answer stays"
        return _shown(rows, known) | {"_hit": True}
    return _shown(rows, outcomes)


def request_upload(
    partner_id: str,
    file_name: str,
    size_bytes: int,
    sha256: str,
    backfill_id: str | None,
    idempotency_key: str,
    now: datetime,
) -> dict[str, Any]:
    """Announce a file; return the import and a link that takes one PUT of it within 15 minutes.

    The same key and file again: the same import with a fresh link (`_hit`). Raises Refused or NotFound about the
    backfill, Conflict `idempotency-key-reused`, InvalidInput for an empty or too big file.
    """
    if not 0 < size_bytes <= imports.FILE_BYTES_MAX:
        raise InvalidInput.at("/size_bytes", f"1 到 {imports.FILE_BYTES_MAX} 字节")
    if "/" in file_name or "\\" in file_name or file_name in (".", ".."):
        raise InvalidInput.at("/file_name", "只写文件名，不写路径")
    if backfill_id is not None:
        find_opened(backfill_id, partner_id, now)
    import_id = "imp_" + hashlib.sha256(f"{partner_id}#{idempotency_key}".encode()).hexdigest()[:20]
    run, is_known = imports.request_import(
        partner_id, import_id, file_name, size_bytes, sha256, backfill_id, now
    )
    shown = imports.show_import(run.run_id, run.state, run.body)
    return shown | {"upload_url": files.upload_link(run.body["key"], size_bytes), "_hit": is_known}


def _known_answer(answer_key: str, request_digest: str) -> list[Outcome] | None:
    found = find_answer(answer_key)
    if found is None:
        return None
    if found[0] != request_digest:
        raise Conflict("idempotency-key-reused", "this key stands for another request")
    return [(outcome, reason, activity_id) for outcome, reason, activity_id in json.loads(found[1])]


def _shown(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    counts = dict.fromkeys(("accepted", "duplicate", "skipped", "rejected", "unbound"), 0)
    results = []
    for row, (outcome, reason, activity_id) in zip(rows, outcomes, strict=True):
        counts[outcome] += 1
        result = {"event_id": row["event_id"], "outcome": outcome}
        result |= {"reason": reason} if reason else {}
        result |= {"field": _FIELDS[reason]} if reason in _FIELDS else {}
        results.append(result | ({"activity_id": activity_id} if activity_id else {}))
    return {"results": results, "outcomes": counts}


class _Batch:
    """One batch on its way to the day sheets."""

    def __init__(self, partner_id: str, batch_id: str, rows: Sequence[Row], now: datetime) -> None:
        self._partner_id = partner_id
        self._batch_id = batch_id
        self._rows = rows
        self._now = now
        self._allowed = frozenset(cached_document("partner", partner_id)["methodologies"])
        self._accreditations = accreditations_of(partner_id)
        self._claims = claims_on(map(_asset, rows))

    def record(self, pool: ThreadPoolExecutor) -> list[Outcome]:
        """Return the outcome of every row, in order."""
        digests = [card_digest(row["card_no"]) for row in self._rows]
        bindings = find_bindings(digests, pool)
        outcomes: dict[int, Outcome] = {}
        places: dict[ResidentDay, list[int]] = {}
        by_day: dict[ResidentDay, list[Observation]] = {}
        seen: set[str] = set()
        for place, (row, digest) in enumerate(zip(self._rows, digests, strict=True)):
            occurred_at = _instant(row["occurred_at"])
            on = local_day(occurred_at, current_profile().tz)
            refused = self._refusal(row, occurred_at, on, bindings.get(digest), seen)
            if refused is not None:
                outcomes[place] = refused
                continue
            day = (bindings[digest].account_id, on)
            places.setdefault(day, []).append(place)
            by_day.setdefault(day, []).append(self._observation(row, occurred_at, on))
        results = record_all(by_day, pool, self._now, opened=None)
        for where, recorded in zip(places.values(), results, strict=True):
            outcomes.update(zip(where, map(outcome_of, recorded), strict=True))
        return [outcomes[place] for place in range(len(self._rows))]

    def _refusal(
        self, row: Row, occurred_at: datetime, on: date, binding: Binding | None, seen: set[str]
    ) -> Outcome | None:
        """Return why a row goes no further, or None. What is rejected goes on: a resident who agreed hears of it."""
        is_covered = binding is not None and on >= date.fromisoformat(binding.covers_from_on)
        reason = self._rejection(row, occurred_at, on)
        if not is_covered:
            outside = _UNBOUND if binding is None else _BEFORE_CONSENT
            return ("rejected", reason, "") if reason else outside
        if reason:
            return None
        if row["event_id"] in seen:
            return "duplicate", "repeated-in-batch", ""
        seen.add(row["event_id"])
        return None

    def _rejection(self, row: Row, occurred_at: datetime, on: date) -> str:
        """Return why a row cannot count whoever it is about, or an empty text."""
        lasted = timedelta(seconds=_duration_s(row, occurred_at))
        latest = self._now + FUTURE_SKEW
        if row["methodology_id"] not in self._allowed:
            return "methodology-not-allowed"
        if not row["event_id"].startswith(f"{on:%Y%m%d}"):
            return "wrong-event-day"
        if occurred_at > latest:
            return "in-the-future"
        can_be = timedelta() <= lasted <= LASTS_MAX and occurred_at + lasted <= latest
        return "" if can_be else "wrong-duration"

    def _observation(self, row: Row, occurred_at: datetime, on: date) -> Observation:
        evidence, refusal = grade_of(self._accreditations, row["methodology_id"], on)
        asset = _asset(row)
        return Observation(
            source=self._partner_id,
            source_event_id=row["event_id"],
            methodology_id=row["methodology_id"],
            inputs=row["inputs"],
            occurred_at=occurred_at,
            evidence=evidence,
            batch_id=self._batch_id,
            duration_s=_duration_s(row, occurred_at),
            asset=asset,
            refusal=self._rejection(row, occurred_at, on) or refusal or refusal_of(self._claims, asset, on),
        )


def _asset(row: Row) -> str:
    return asset_digest(row["asset_no"]) if row.get("asset_no") else ""


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _duration_s(row: Row, occurred_at: datetime) -> int:
    return int((_instant(row["ended_at"]) - occurred_at).total_seconds()) if row.get("ended_at") else 0
