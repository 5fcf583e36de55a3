"""Owns file imports as their partner and the operators see them: asked for, listed, shown, their report fetched.

Must not read the file; `services.import_runs` does that. An import is a run of kind `import#<partner>`.
"""

from datetime import datetime
from typing import Any

from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.services.deliveries import Tally
from chalicelib.store import files, runs
from chalicelib.store.catalogue import list_documents
from chalicelib.store.runs import Run

REQUESTED, RUNNING, DONE, FAILED = "requested", "running", "done", "failed"
FINISHED = (DONE, FAILED)
FILE_BYTES_MAX = 2 * 1024**3
_SHOWN = (
    "partner_id",
    "file_name",
    "size_bytes",
    "sha256",
    "backfill_id",
    "requested_at",
    "begun_at",
    "finished_at",
)


def kind_of(partner_id: str) -> str:
    """Return the run kind of a partner's imports."""
    return f"import#{partner_id}"


def report_key(partner_id: str, import_id: str) -> str:
    """Return where the report of an import is kept."""
    return f"reports/{partner_id}/{import_id}.csv"


def import_id_of(key: str) -> str | None:
    """Return the import that an object of the inbox belongs to, the same for every notice of it; None for none.

    >>> import_id_of("inbox/szt/imp_0123456789abcdef0123/taps.csv")
    'imp_0123456789abcdef0123'
    >>> import_id_of("inbox/taps.csv") is None
    True
    """
    parts = key.split("/")
    return parts[2] if len(parts) == 4 and parts[0] == "inbox" and parts[2].startswith("imp_") else None


def request_import(
    partner_id: str,
    import_id: str,
    file_name: str,
    size_bytes: int,
    sha256: str,
    backfill_id: str | None,
    now: datetime,
) -> tuple[Run, bool]:
    """Return the import that waits for its file, and whether it was asked for before.

    Raises Conflict `idempotency-key-reused` when the same id was asked for with another file.
    """
    asked = {
        "partner_id": partner_id,
        "file_name": file_name,
        "key": f"inbox/{partner_id}/{import_id}/{file_name}",
        "size_bytes": size_bytes,
        "sha256": sha256,
        "backfill_id": backfill_id,
    }
    run = Run(import_id, kind_of(partner_id), to_text(now), REQUESTED, asked | {"requested_at": to_text(now)})
    if runs.add_run(run):
        return run, False
    known = runs.get_run(import_id)
    if any(known.body[name] != value for name, value in asked.items()):
        raise Conflict("idempotency-key-reused", "this key stands for another request")
    return known, True


def get_import(import_id: str, partner_id: str | None = None) -> dict[str, Any]:
    """Return an import; NotFound `import-unknown` when there is none or, given `partner_id`, none of that partner."""
    return _shown(_import(import_id, partner_id))


def list_imports(partner_id: str | None, limit: int, cursor: str | None) -> Page:
    """Return a page of a partner's imports, newest first; of all partners, only the newest `limit`."""
    if partner_id is not None:
        page = runs.list_runs(kind_of(partner_id), limit, cursor)
        return Page([_listed(item) for item in page.items], page.cursor)
    kinds = [kind_of(partner["id"]) for partner in list_documents("partner")]
    found = [item for kind in kinds for item in runs.list_runs(kind, limit).items]
    newest = sorted(found, key=lambda item: str(item["started_at"]), reverse=True)[:limit]
    return Page([_listed(item) for item in newest], None)


def report_link(import_id: str, partner_id: str | None = None) -> dict[str, Any]:
    """Return a link to the report, good for 15 minutes; Refused `import-not-done` while there is none."""
    run = _import(import_id, partner_id)
    if run.state != DONE:
        raise Refused("import-not-done", "the report exists once the import is done", state=run.state)
    key = report_key(run.body["partner_id"], import_id)
    return {"report_url": files.download_link(key, f"{import_id}.csv"), "valid_s": files.LINK_S}


def _import(import_id: str, partner_id: str | None) -> Run:
    run = runs.get_run(import_id, "import-unknown")
    is_import = run.kind.startswith("import#")
    if not is_import or (partner_id is not None and run.body["partner_id"] != partner_id):
        raise NotFound("import-unknown", f"there is no run {import_id!r}", id=import_id)
    return run


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    return show_import(item["run_id"], item["state"], item)


def _shown(run: Run) -> dict[str, Any]:
    return show_import(run.run_id, run.state, run.body)


def show_import(import_id: str, state: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what people see of an import: never its cursor, its parts or the adapter document itself."""
    shown = {"import_id": import_id, "state": state, **{name: body.get(name) for name in _SHOWN}}
    adapter = body.get("adapter")
    shown["adapter"] = {"id": adapter["id"], "digest": body["adapter_digest"]} if adapter else None
    is_shifted = bool(adapter and adapter.get("date_shift"))
    shown["date_shift"] = {"to": "yesterday", "days": body.get("date_shift_days", 0)} if is_shifted else None
    shown["lines"] = body.get("lines")
    shown["lines_per_s"] = body.get("lines_per_s")
    tally = Tally.from_stored(body["base"]) if "base" in body else Tally()
    if "done" in body:
        tally.add(Tally.from_stored(body["done"]))
    totals = tally.shown()
    shown["lines_done"] = totals.pop("lines")
    shown["failure"] = body.get("failure")
    return shown | totals
