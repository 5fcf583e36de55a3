"""Owns the memory of date shifts: by how many days a partner's file was moved when it was first imported.

Must not decide the shift; the import does. Moved to other days, the rows of one file would be paid again.
"""

from datetime import date

from chalicelib.store import runs
from chalicelib.store.runs import Run

_SHA256_CHARS = 32


def first_shift_days(run: Run, days: int, to_on: date) -> int:
    """Return the shift of the file of import `run`: that of its first import, or else `days`, kept from now on.

    `to_on` is the day that `days` makes of the file's busiest one. Of several first imports at once one decides.
    """
    partner_id, sha256 = run.body["partner_id"], run.body["sha256"]
    body = {"days": days, "to_on": to_on.isoformat(), "sha256": sha256, "import_id": run.run_id}
    shift_id = f"shift-{partner_id}-{sha256[:_SHA256_CHARS]}"
    first = Run(shift_id, f"shift#{partner_id}", run.body["begun_at"], "done", body)
    return days if runs.add_run(first) else int(runs.get_run(shift_id).body["days"])
