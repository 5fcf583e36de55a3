"""Owns the sending of messages to our own queues.

Must not know what a message asks for; `jobs` does.
"""

import json
from functools import lru_cache
from typing import Any

import botocore.session

from chalicelib.config import config


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
