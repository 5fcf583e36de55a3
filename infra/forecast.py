"""Owns `make forecast`: what will expire before the year ends, by day, vintage and community, as a table.

Must not book anything: a dry run, over the index of expiry only.
"""

import argparse
import sys
from datetime import UTC, datetime

from infra.environment import StackError, use_running_stack
from infra.job import bar_line


def show_progress(progress: dict[str, int]) -> None:
    """Show how far the forecast is, on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" + bar_line(progress))
        sys.stderr.flush()


def main() -> int:
    """Print the forecast of the running local stack, or of the stage the environment names."""
    argparse.ArgumentParser(prog="make forecast", description=__doc__).parse_args()
    try:
        use_running_stack()
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    from chalicelib.services.expiry_forecasts import forecast_now

    found = forecast_now(datetime.now(UTC), show_progress)
    sys.stderr.write("\r\x1b[K" if sys.stderr.isatty() else "")
    print(f"{found['from_on']} – {found['to_on']}: {found['accounts']:,} accounts")
    print(
        f"{'last day':<12}{'vintage':>8}  {'community':<20}{'accounts':>10}{'points':>14}{'grams CO2e':>16}"
    )
    for row in found["rows"]:
        amounts = f"{row['accounts']:>10,}{row['points']:>14,}{row['grams_co2e']:>16,}"
        print(f"{row['expires_on']:<12}{row['vintage']:>8}  {row['community_id'] or '-':<20}{amounts}")
    print(f"{'sum':<42}{'':>10}{found['points']:>14,}{found['grams_co2e']:>16,}")
    if found["failed"]:
        print(f"{found['failed']} accounts could not be read.", file=sys.stderr)
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
