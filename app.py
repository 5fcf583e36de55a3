"""Composition root: middleware, blueprints, event sources; routes live in blueprints, event sources here, short.

Must not hold rules. A function that serves a queue or a schedule loads none of the HTTP side.
"""

import os
from collections.abc import Callable
from typing import Any

from chalice import Chalice, Cron, Rate

from chalicelib import clock
from chalicelib.config import config

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


@app.schedule(Cron(50, 17, "*", "*", "?", "*"), name="recheck")
def recheck(event: Any) -> None:
    """Find what counts twice and reverse the loser, nightly, before the day is settled."""
    from chalicelib.jobs import rechecking

    rechecking.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(10, 18, "*", "*", "?", "*"), name="settle")
def settle(event: Any) -> None:
    """Book what the open sheets hold, nightly."""
    from chalicelib.jobs import settling

    settling.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(40, 18, "*", "*", "?", "*"), name="expire")
def expire(event: Any) -> None:
    """Book the lots whose day has passed, nightly."""
    from chalicelib.jobs import expiring

    expiring.run(clock.utc_now(), _should_stop(event))


@app.schedule(Rate(5, unit=Rate.MINUTES), name="release")
def release(event: Any) -> None:
    """Time out unspent vouchers."""
    from chalicelib.jobs import releasing

    releasing.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(0, 1, "*", "*", "?", "*"), name="remind")
def remind(event: Any) -> None:
    """Remind residents of what is about to end, every morning."""
    from chalicelib.jobs import reminding

    reminding.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(15, 1, "*", "*", "?", "*"), name="escalate")
def escalate(event: Any) -> None:
    """Pass on appeals that are overdue, and count all for the public, every morning."""
    from chalicelib.jobs import escalating

    escalating.run(clock.utc_now(), _should_stop(event))


@app.schedule(Rate(5, unit=Rate.MINUTES), name="redeliver")
def redeliver(event: Any) -> None:
    """Hand messages that are due to the queue that sends them."""
    from chalicelib.jobs import redelivering

    redelivering.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(10, 19, "*", "*", "?", "*"), name="publish")
def publish(event: Any) -> None:
    """Publish the day that is over: the root over all accounts and the day's totals, nightly."""
    from chalicelib.jobs import publishing

    publishing.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(0, 20, "*", "*", "?", "*"), name="close")
def close(event: Any) -> None:
    """Close the merchants' day that is over, and check statements against the ledger, nightly."""
    from chalicelib.jobs import closing

    closing.run(clock.utc_now(), _should_stop(event))


@app.schedule(Cron(30, 19, "*", "*", "?", "*"), name="audit")
def audit(event: Any) -> None:
    """Check the invariants over everything stored, nightly."""
    from chalicelib.jobs import auditing

    auditing.run(clock.utc_now(), _should_stop(event))


def _should_stop(event: Any) -> Callable[[], bool]:
    left_ms = event.context.get_remaining_time_in_millis
    return lambda: left_ms() < STOP_BEFORE_END_MS
