"""The nightly audit: the invariants over everything stored; a difference fails the run, so that its alarm rings."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib import clock, log
from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.auditing import run_audit


@dataclass(slots=True)
class Audited:
    """What one audit saw."""

    accounts: int
    entries: int
    findings: int
    is_complete: bool = True


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Audit everything stored; raise AuditFailed when something differs."""
    audited = []

    def audit(at: datetime, _should_stop: ShouldStop) -> Audited:
        report = run_audit(at)
        for finding in report.findings[:10]:
            log.write_line(clock.utc_now(), job="audit", invariant=finding.invariant)
        audited.append(report.findings_count)
        return Audited(report.accounts, report.totals.entries, report.findings_count)

    state = run_job("audit", audit, now, should_stop)
    if audited[0]:
        raise AuditFailed(f"{audited[0]} differences; `make audit` shows them")
    return state


class AuditFailed(Exception):
    """Stored balances and journal differ."""
