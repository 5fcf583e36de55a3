"""Owns `make audit`: checks every stored balance and sheet against the journal and says so in a table.

Must not repair. What differs is kept for operators like the findings of the night. Exit code 0 when everything agrees,
1 when something differs, 2 when there is nothing to reach.
"""

import argparse
import sys
from datetime import UTC, datetime

from infra.environment import StackError, use_running_stack

INVARIANTS = {
    1: "debits equal credits, every entry is readable, has an account, and stands in its counterparty's index",
    2: "stored balances and settled days equal the fold of the journal",
    3: "no balance below zero",
    4: "seq is contiguous and the hash chain verifies",
    5: "a lot's last point takes its last gram",
    6: "a hold is resolved once, and redemptions are what the journal tells of them",
    7: "a void or refund gives back what was taken, to the lots it came from",
    9: "an event is paid once",
    12: "what expired is passed on to the city's pool, by day and vintage",
}
SEGMENTS = 4
_BAR_CHARS = 24


def progress_line(progress: dict[str, int]) -> str:
    """Return one line: bar, percent, what was read.

    >>> progress_line({"parts": 16, "parts_done": 8, "groups": 1200})
    '████████████░░░░░░░░░░░░  50%  1,200 accounts and other items read'
    """
    share = progress["parts_done"] / progress["parts"]
    bar = "█" * int(share * _BAR_CHARS)
    return f"{bar:░<{_BAR_CHARS}} {share:4.0%}  {progress['groups']:,} accounts and other items read"


def show_progress(progress: dict[str, int]) -> None:
    """Show how far the audit is, on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" + progress_line(progress))
        sys.stderr.flush()


def main() -> int:
    """Run the audit against the running local stack, or the stage the environment names."""
    argparse.ArgumentParser(
        description="Check all stored balances and sheets against the journal."
    ).parse_args()
    try:
        use_running_stack()
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    from chalicelib.services.auditing import run_audit

    report = run_audit(datetime.now(UTC), show_progress, SEGMENTS)
    sys.stderr.write("\r\x1b[K" if sys.stderr.isatty() else "")
    print(
        f"accounts {report.accounts:,} · sheets {report.sheets:,} · activities {report.activities:,}", end=""
    )
    print(f" · entries {report.totals.entries:,}")
    print(f"\n{'account':<24}{'points':>16}{'grams CO2e':>18}")
    for party in sorted(report.totals.points_by_party):
        points, grams = report.totals.points_by_party[party], report.totals.grams_by_party[party]
        print(f"{party:<24}{points:>16,}{grams:>18,}")
    points, grams = sum(report.totals.points_by_party.values()), sum(report.totals.grams_by_party.values())
    print(f"{'sum':<24}{points:>16,}{grams:>18,}\n")
    if not report.findings:
        print("The audit found no difference.")
        return 0
    first = report.findings[0]
    print(
        f"{report.findings_count:,} differences. The first: invariant {first.invariant} ({INVARIANTS[first.invariant]})"
    )
    print(f"  account {first.account_id or '-'}: {first.detail}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
