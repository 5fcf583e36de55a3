"""The nightly closing of the merchants' day that is over, and the check of statements against the ledger."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib import clock, log
from chalicelib.config import config
from chalicelib.jobs.running import ShouldStop, run_job
from chalicelib.services.disputes import count_overdue
from chalicelib.services.findings import note_findings
from chalicelib.services.statement_audits import Checked, check_statements
from chalicelib.services.statement_closing import close_days, last_closable


@dataclass(slots=True)
class CheckRun:
    """What one check saw, as its record keeps it."""

    merchants: int
    days: int
    findings: int
    is_complete: bool


class StatementsDiffer(Exception):
    """A statement is not what it was, or does not say what the ledger says."""


def run(now: datetime, should_stop: ShouldStop) -> str:
    """Close, then check, bounded and resumable; return `done` or `unfinished`; raise StatementsDiffer.

    Disputes that nobody answered in time are told as a metric, which has an alarm.
    """
    state = run_job("close", close_days, now, should_stop)
    if state != "done":
        return state
    log.write_metric(clock.utc_now(), config().stage, "DisputesOverdue", count_overdue(now))
    return check(now, should_stop)


def check(now: datetime, should_stop: ShouldStop) -> str:
    """Check the statements; raise StatementsDiffer when they differ from the ledger."""
    found: list[Checked] = []

    def checked(at: datetime, should_stop: ShouldStop) -> CheckRun:
        result = check_statements(at, should_stop)
        for finding in result.findings[:10]:
            log.write_line(clock.utc_now(), job="check-statements", invariant=finding.invariant)
        note_findings(result.findings, f"statements-{last_closable(at)}", at)
        found.append(result)
        return CheckRun(result.merchants, result.days, result.findings_count, result.is_complete)

    state = run_job("check-statements", checked, now, should_stop)
    if found[0].findings_count:
        raise StatementsDiffer(f"{found[0].findings_count} differences between statements and ledger")
    return state
