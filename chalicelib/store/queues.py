"""Owns the sending of messages to our own queues, and the working off of dead letters.

Must not know what a message asks for; `jobs` does. Lambda takes from the queues; only dead letters are taken here.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import botocore.session

from chalicelib.config import config

_RECEIVED_AT_ONCE = 10
# What is left behind is seen again after so long, not within the same run.
_HIDDEN_S = 300


@lru_cache(maxsize=1)
def _sqs() -> Any:
    settings = config()
    return botocore.session.get_session().create_client(
        "sqs", region_name=settings.region, endpoint_url=settings.endpoint_url
    )


@lru_cache(maxsize=8)
def _queue_url(name: str) -> str:
    return str(_sqs().get_queue_url(QueueName=config().queue(name))["QueueUrl"])


def send_message(queue: str, body: dict[str, Any], delay_s: int = 0) -> None:
    """Send `body` as JSON to our queue `queue` (`imports`, `jobs`, `deliveries`); delivered at least once.

    A delay of up to 900 seconds keeps it back.
    """
    text = json.dumps(body, separators=(",", ":"))
    _sqs().send_message(QueueUrl=_queue_url(queue), MessageBody=text, DelaySeconds=delay_s)


def work_off(queue: str, work: Callable[[dict[str, Any]], bool]) -> tuple[int, int]:
    """Hand every message that waits in our queue to `work` and remove those it is done with; return (done, left)."""
    client, url, done, left = _sqs(), _queue_url(queue), 0, 0
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=_RECEIVED_AT_ONCE, VisibilityTimeout=_HIDDEN_S
    ).get("Messages"):
        for message in messages:
            if work(json.loads(message["Body"])):
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                done += 1
            else:
                left += 1
    return done, left
