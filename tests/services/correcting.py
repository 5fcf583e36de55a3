"""What the tests of correction batches share: one batch about last month's bicycle rides, its preview and run."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.services.activities import Backfill, record_day
from chalicelib.services.correction_batches import propose_correction, read_correction
from chalicelib.services.correction_sweeps import PREVIEW, plan_preview
from chalicelib.services.deciding import with_body
from chalicelib.services.sweeps import run_sweep_now
from chalicelib.store.cases import replace_case
from tests.services.ledger import observation
from tests.services.proposing import AUTHOR, NOW

BATCH = "cor_bicycle_02"
SEEN = 64 * "a"
ASKED = {
    "correction_id": BATCH,
    "methodology_id": "shared-bicycle",
    "from_on": "2026-11-01",
    "to_on": "2026-11-19",
    "old_versions": [1],
    "new_version": 2,
    "reason": "第 1 版低估了每公里减排量",
}


def propose(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Propose the batch."""
    return propose_correction({**ASKED, **changes}, AUTHOR, now)


def pretend_preview(digest: str = SEEN, computed_at: datetime = NOW) -> None:
    """Enter a preview as if it had been computed."""
    case = read_correction(BATCH)
    made = {"computed_at": to_text(computed_at), "table": {}, "digest": digest, "run": "preview-1"}
    replace_case(case, with_body(case, case.state, preview=made))


def seen_digest() -> str:
    """Return the digest of the newest preview."""
    return str(read_correction(BATCH).body["preview"]["digest"])


def preview(now: datetime = NOW) -> dict[str, Any]:
    """Compute the preview here and return its table."""
    sweep_id, params = plan_preview(BATCH)
    run_sweep_now(replace(PREVIEW, segments=2), sweep_id, params, now)
    table: dict[str, Any] = read_correction(BATCH).body["preview"]["table"]
    return table


def ride(account_id: str, event_id: str, on: date, metres: int = 5_000, hour: int = 2, **changes: Any):
    """Record a ride of the shared bicycle on some day of November."""
    at = datetime.combine(on, time(hour), NOW.tzinfo)
    seen = observation(event_id, at, "shared-bicycle", inputs={"distance_m": metres}, **changes)
    opened = Backfill("bkf_1", date(2026, 10, 1), date(2026, 11, 19))
    return record_day(account_id, on, [seen], NOW, opened)[0]
