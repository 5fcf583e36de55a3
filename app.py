"""Composition root: middleware, blueprints, event sources; routes live in blueprints, event sources here, short.

Must not hold rules. A function that serves a queue or a schedule loads none of the HTTP side.
"""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalice import Chalice

from chalicelib import clock
from chalicelib.config import config
from chalicelib.jobs.timetable import expression_of

STOP_BEFORE_END_MS = 20_000

app = Chalice(app_name="tanhui")
app.api.binary_types = ["application/octet-stream"]

if os.environ.get("_HANDLER", "app.app") == "app.app":
    from chalicelib.api.blueprints import register_all

    register_all(app)


@app.on_sqs_message(queue=config().queue("imports"), batch_size=1, name="imports")
def imports(event: Any) -> None:
    """Import delivered files."""
    from chalicelib.jobs import imports as job

    for record in event:
        job.run(record.body, event.context.get_remaining_time_in_millis())


@app.on_sqs_message(queue=config().queue("jobs"), batch_size=1, name="work")
def work(event: Any) -> None:
    """Go on with a job that ran out of time."""
    from chalicelib.jobs import work as job

    for record in event:
        job.handle(record.body, clock.utc_now(), _should_stop(event))


@app.on_sqs_message(queue=config().queue("deliveries"), batch_size=1, name="deliver")
def deliver(event: Any) -> None:
    """Send messages outside the app."""
    from chalicelib.jobs import delivering

    for record in event:
        delivering.handle(record.body, clock.utc_now())


@app.on_dynamodb_record(
    stream_arn=config().entries_stream_arn,
    batch_size=50,
    starting_position="TRIM_HORIZON",
    name="notify",
    maximum_batching_window_in_seconds=1,
)
def notify(event: Any) -> None:
    """Tell residents, and merchants' systems, what was booked."""
    from chalicelib.streams import notices, webhooks

    notices.handle(event, clock.utc_now())
    webhooks.handle(event, clock.utc_now())


@app.on_dynamodb_record(
    stream_arn=config().accounts_stream_arn,
    batch_size=500,
    starting_position="TRIM_HORIZON",
    name="project",
    maximum_batching_window_in_seconds=20,
)
def project(event: Any) -> None:
    """Project accounts with news to the boards."""
    from chalicelib.streams import standings

    standings.handle(event, clock.utc_now())


@app.schedule(expression_of("recheck"), name="recheck")
def recheck(event: Any) -> str:
    """Find what counts twice and reverse the loser, nightly, before the day is settled."""
    from chalicelib.jobs import rechecking

    return _in_turn("recheck", rechecking.run, event)


@app.schedule(expression_of("settle"), name="settle")
def settle(event: Any) -> str:
    """Book what the open sheets hold, nightly."""
    from chalicelib.jobs import settling

    return _in_turn("settle", settling.run, event)


@app.schedule(expression_of("expire"), name="expire")
def expire(event: Any) -> str:
    """Book the lots whose day has passed, nightly."""
    from chalicelib.jobs import expiring

    return _in_turn("expire", expiring.run, event)


@app.schedule(expression_of("release"), name="release")
def release(event: Any) -> str:
    """Time out unspent vouchers."""
    from chalicelib.jobs import releasing

    return _in_turn("release", releasing.run, event)


@app.schedule(expression_of("remind"), name="remind")
def remind(event: Any) -> str:
    """Remind residents of what is about to end, every morning."""
    from chalicelib.jobs import reminding

    return _in_turn("remind", reminding.run, event)


@app.schedule(expression_of("escalate"), name="escalate")
def escalate(event: Any) -> str:
    """Pass on appeals that are overdue, and count all for the public, every morning."""
    from chalicelib.jobs import escalating

    return _in_turn("escalate", escalating.run, event)


@app.schedule(expression_of("redeliver"), name="redeliver")
def redeliver(event: Any) -> str:
    """Hand messages that are due to the queue that sends them."""
    from chalicelib.jobs import redelivering

    return _in_turn("redeliver", redelivering.run, event)


@app.schedule(expression_of("publish"), name="publish")
def publish(event: Any) -> str:
    """Publish the day that is over: the root over all accounts and the day's totals, nightly."""
    from chalicelib.jobs import publishing

    return _in_turn("publish", publishing.run, event)


@app.schedule(expression_of("close"), name="close")
def close(event: Any) -> str:
    """Close the merchants' day that is over, and check statements against the ledger, nightly."""
    from chalicelib.jobs import closing

    return _in_turn("close", closing.run, event)


@app.schedule(expression_of("audit"), name="audit")
def audit(event: Any) -> str:
    """Check the invariants over everything stored, nightly."""
    from chalicelib.jobs import auditing

    return _in_turn("audit", auditing.run, event)


@app.schedule(expression_of("pool"), name="pool")
def pool(event: Any) -> str:
    """Pass on to the city's pool what expired, nightly."""
    from chalicelib.jobs import pooling

    return _in_turn("pool", pooling.run, event)


@app.schedule(expression_of("boards"), name="boards")
def boards(event: Any) -> str:
    """Make the boards anew of which something has changed."""
    from chalicelib.jobs import boards as job

    return _in_turn("boards", job.run, event)


@app.schedule(expression_of("stars"), name="stars")
def stars(event: Any) -> str:
    """Check the boards, close those of periods that are over, award the stars, nightly."""
    from chalicelib.jobs import stars as job

    return _in_turn("stars", job.run, event)


@app.schedule(expression_of("catch_up"), name="catch_up")
def catch_up(event: Any) -> str:
    """Have jobs that were missed run."""
    from chalicelib.jobs import calendar

    return _in_turn("catch_up", calendar.run, event)


def _in_turn(job: str, run: Callable[[datetime, Callable[[], bool]], str], event: Any) -> str:
    """Run a scheduled job when it is its turn; who starts it by hand may name an instant in the event's `detail`."""
    from chalicelib.jobs import calendar

    asked = event.detail if isinstance(event.detail, dict) else {}
    return calendar.in_turn(job, run, asked, clock.utc_now(), _should_stop(event))


def _should_stop(event: Any) -> Callable[[], bool]:
    left_ms = event.context.get_remaining_time_in_millis
    return lambda: left_ms() < STOP_BEFORE_END_MS
