"""Owns what audits have found: one finding a difference, found again it is the same one; operators acknowledge it.

Must not look for anything; `services.auditing` does. A finding is a run of kind `finding#<state>`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.auditing import Finding
from chalicelib.domain.canonical import digest_of
from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, NotFound
from chalicelib.store import runs
from chalicelib.store.runs import Run

OPEN, ACKNOWLEDGED = "open", "acknowledged"
DETAIL_CHARS_MAX = 400


def note_findings(findings: Iterable[Finding], sweep_id: str, now: datetime) -> int:
    """Keep each finding of one audit; return how many of them nobody has acknowledged. Safe to repeat."""
    return sum(_note(finding, sweep_id, now) == OPEN for finding in findings)


def finding_id(finding: Finding) -> str:
    """Return the id of a difference: the same whenever the same is found."""
    return "fnd_" + digest_of([finding.invariant, finding.account_id, finding.detail])[:20]


def _note(finding: Finding, sweep_id: str, now: datetime) -> str:
    at = to_text(now)
    body = {
        "invariant": finding.invariant,
        "account_id": finding.account_id or None,
        "detail": finding.detail[:DETAIL_CHARS_MAX],
        "found_at": at,
        "found_again_at": at,
        "audit_id": sweep_id,
        "times": 1,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "why": None,
    }
    run_id = finding_id(finding)
    if runs.add_run(Run(run_id, f"finding#{OPEN}", at, OPEN, body)):
        return OPEN
    known = runs.get_run(run_id)
    if known.body["audit_id"] == sweep_id:
        return known.state
    again = {"found_again_at": at, "audit_id": sweep_id, "times": known.body["times"] + 1}
    try:
        runs.replace_run(known, replace(known, body=known.body | again))
    except Conflict:
        # Another audit has noted it, or an operator has just acknowledged it.
        return runs.get_run(run_id).state
    return known.state


def list_findings(state: str, limit: int, cursor: str | None) -> Page:
    """Return a page of the findings in one state, newest first."""
    page = runs.list_runs(f"finding#{state}", limit, cursor)
    return Page([_shown(item["run_id"], item["state"], item) for item in page.items], page.cursor)


def acknowledge_finding(one: str, why: str, operator_id: str, now: datetime) -> dict[str, Any]:
    """Note that an operator knows a difference and why it is there; `_hit` when the same has said the same before.

    Found again, it stays acknowledged and rings no alarm. NotFound `finding-unknown`, Conflict `finding-acknowledged`.
    """
    known = runs.get_run(one, "finding-unknown")
    if not known.kind.startswith("finding#"):
        raise NotFound("finding-unknown", f"there is no finding {one!r}", id=one)
    if known.state == ACKNOWLEDGED:
        if (known.body["acknowledged_by"], known.body["why"]) != (operator_id, why):
            raise Conflict("finding-acknowledged", "somebody has acknowledged this already")
        return _shown(one, known.state, known.body) | {"_hit": True}
    facts = {"acknowledged_at": to_text(now), "acknowledged_by": operator_id, "why": why}
    changed = replace(known, kind=f"finding#{ACKNOWLEDGED}", state=ACKNOWLEDGED, body=known.body | facts)
    runs.replace_run(known, changed)
    return _shown(one, changed.state, changed.body)


_FIELDS = (
    "invariant",
    "account_id",
    "detail",
    "found_at",
    "found_again_at",
    "times",
    "audit_id",
    "acknowledged_at",
    "acknowledged_by",
    "why",
)


def _shown(one: str, state: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"finding_id": one, "state": state, **{name: body[name] for name in _FIELDS}}
