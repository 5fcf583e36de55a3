"""Owns `make job`: run a scheduled job by hand, now or for another instant, and show how far it is.

The deployed function does the work, on the running local stack or on the stage that the environment names. Must not
run anything itself. Exit code 0 when the job is through, 1 when it failed, 2 for what cannot be asked.
"""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from infra.environment import APP_NAME, StackError, use_running_stack

FOLLOWED_S = 3600.0
_BAR_CHARS = 24
_POLL_S = 1.0
_LONGEST_CALL_S = 910


def main() -> int:
    """Run the job named on the command line; without a name, list them."""
    parser = argparse.ArgumentParser(prog="make job", description="Run a scheduled job, or list them all.")
    parser.add_argument("name", nargs="?", default="", help="which job; none: list them")
    parser.add_argument(
        "--at", default="", help="instant to run it for, e.g. 2027-01-01T18:40:00Z (demonstrations)"
    )
    arguments = parser.parse_args()
    from chalicelib.domain.schedules import SCHEDULES

    if arguments.name and arguments.name not in SCHEDULES:
        print(f"There is no job {arguments.name!r}. There are: {', '.join(SCHEDULES)}.", file=sys.stderr)
        return 2
    try:
        use_running_stack()
        if not arguments.name:
            print(listing())
            return 0
        return run(arguments.name, arguments.at)
    except StackError as error:
        if not arguments.name:
            print(timetable())
        print(error, file=sys.stderr)
        return 2


def timetable() -> str:
    """Return the table of schedules, for when nothing runs."""
    from chalicelib.domain.schedules import SCHEDULES

    return "\n".join(
        f"{job:<10} {schedule.expression:<22} {schedule.about}" for job, schedule in SCHEDULES.items()
    )


def listing() -> str:
    """Return every scheduled job with when it runs next, when it last succeeded, and what it missed."""
    from chalicelib.domain.schedules import SCHEDULES
    from chalicelib.services.job_calendar import show_jobs

    lines = [f"{'job':<10} {'next run':<17} {'last success':<17} {'missed':>6}  "]
    for job in show_jobs(datetime.now(UTC)):
        if job["job"] in SCHEDULES:
            instants = (_short(job["next_run_at"]), _short(job["last_success_at"]))
            about = bar_line(job["progress"]) if job["progress"] else job["about"]
            lines.append(f"{job['job']:<10} {instants[0]:<17} {instants[1]:<17} {job['missed']:>6}  {about}")
    return "\n".join(lines)


def _short(instant: str | None) -> str:
    return instant[:16].replace("T", " ") if instant else "-"


def run(job: str, at: str) -> int:
    """Start the job's function and wait until it, and the sweep it may have begun, is through."""
    answer = invoke(job, at)
    if "errorType" in answer:
        print(f"{job} failed: {answer['errorType']} {answer['errorMessage']}", file=sys.stderr)
        return 2 if answer["errorType"] in ("Refused", "InvalidInput") else 1
    state = answer["state"]
    if state == "running":
        state = follow(job)
    print(f"{job}: {state}")
    return 0 if state in ("done", "unfinished") else 1


def event_of(job: str, at: str) -> dict[str, Any]:
    """Return the event with which the scheduler would start a job; by hand its detail names the instant."""
    return {
        "version": "0",
        "id": f"by-hand-{job}",
        "detail-type": "Scheduled Event",
        "source": "by-hand",
        "account": "0",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "region": os.environ.get("AWS_REGION", ""),
        "resources": [],
        "detail": {"at": at} if at else {},
    }


def invoke(job: str, at: str) -> dict[str, Any]:
    """Return `state`, or `errorType` and `errorMessage`, of one run of the job's function."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "lambda", config=Config(read_timeout=_LONGEST_CALL_S, retries={"total_max_attempts": 1})
    )
    stage = os.environ["TANHUI_STAGE"]
    try:
        answer = client.invoke(
            FunctionName=f"{APP_NAME}-{stage}-{job}", Payload=json.dumps(event_of(job, at)).encode()
        )
    except (ClientError, BotoCoreError) as error:
        raise StackError(f"The function of {job} on {stage} cannot be started: {error}") from None
    said = json.loads(answer["Payload"].read() or "null")
    return said if "FunctionError" in answer else {"state": said}


def follow(job: str) -> str:
    """Show the progress of the job's sweeps until none runs any more, and return how the newest stands."""
    from chalicelib.services.job_runs import list_job_runs

    deadline_s, run = time.monotonic() + FOLLOWED_S, None
    while time.monotonic() < deadline_s:
        found = list_job_runs(job, 5, None).items
        running = [one for one in found if one["state"] == "running"]
        run = running[0] if running else run or found[0]
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K" + bar_line(run["progress"]))
            sys.stderr.flush()
        if not running:
            sys.stderr.write("\n" if sys.stderr.isatty() else "")
            return "done"
        time.sleep(_POLL_S)
    return "running"


def bar_line(progress: dict[str, int]) -> str:
    """Return one line: bar, percent, parts, what was visited.

    >>> bar_line({"parts": 16, "parts_done": 8, "groups": 1200})
    '████████████░░░░░░░░░░░░  50%  8/16 parts, 1,200 visited'
    """
    share = progress["parts_done"] / progress["parts"]
    bar = "█" * int(share * _BAR_CHARS)
    done = f"{progress['parts_done']}/{progress['parts']} parts, {progress['groups']:,} visited"
    return f"{bar:░<{_BAR_CHARS}} {share:4.0%}  {done}"


if __name__ == "__main__":
    sys.exit(main())
