"""Owns the taking of import messages from the queue: notices of delivered files, and imports that go on.

Must not read a file itself; `services.import_runs` does.
"""

import json
from datetime import timedelta
from urllib.parse import unquote_plus

from chalicelib import clock, log
from chalicelib.errors import NotFound
from chalicelib.services.import_runs import run_import
from chalicelib.services.imports import import_id_of

_SPARE_MS = 60_000


def run(message: str, remaining_ms: int) -> list[str]:
    """Work on what one queue message asks for, until a minute before the time is up; return the states reached.

    An error leaves the message in the queue: the next attempt goes on where this one stopped.
    """
    deadline_at = clock.utc_now() + timedelta(milliseconds=max(remaining_ms - _SPARE_MS, 0))
    states = []
    for import_id in _import_ids(json.loads(message)):
        started_at = clock.utc_now()
        try:
            state = run_import(import_id, clock.utc_now, deadline_at)
        except NotFound as error:
            if error.code != "import-unknown":
                raise
            state = error.code
        now = clock.utc_now()
        log.write_line(now, job="import", state=state, ms=int((now - started_at).total_seconds() * 1000))
        states.append(state)
    return states


def _import_ids(message: dict[str, object]) -> list[str]:
    """Return the imports that a message is about: none for notices of other objects and the bucket's test event."""
    if "import_id" in message:
        return [str(message["import_id"])]
    records = message.get("Records", [])
    assert isinstance(records, list), "a notice holds a list of records"
    keys = (unquote_plus(record["s3"]["object"]["key"]) for record in records)
    return [found for found in map(import_id_of, keys) if found is not None]
