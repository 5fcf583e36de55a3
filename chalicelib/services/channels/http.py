"""Owns the one way adapters talk to providers: a request with a time limit, its failures told apart.

Must not know a provider, nor log what is sent or answered: both name people.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from chalicelib.services.channels import ChannelFailure

TIMEOUT_S = 5
_ANSWER_MAX_BYTES = 100_000
_SERVER_ERROR, _TOO_MANY, _REQUEST_TIMEOUT = 500, 429, 408


def post(url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON object that a provider answers a POST with, whatever the status.

    ChannelFailure: passing for a network fault, 408, 429, 5xx and an answer that is no JSON object.
    """
    return _ask(urllib.request.Request(url, body, dict(headers), method="POST"))


def get(url: str) -> dict[str, Any]:
    """Return the JSON object that a provider answers a GET with; failures as in `post`."""
    return _ask(urllib.request.Request(url, method="GET"))


def _ask(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            raw = answer.read(_ANSWER_MAX_BYTES)
    except urllib.error.HTTPError as error:
        if error.code >= _SERVER_ERROR or error.code in (_TOO_MANY, _REQUEST_TIMEOUT):
            raise ChannelFailure(f"http-{error.code}", is_passing=True) from None
        raw = error.read(_ANSWER_MAX_BYTES)
    except (OSError, ValueError):
        raise ChannelFailure("network", is_passing=True) from None
    return _parsed(raw)


def post_json(url: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to `document` sent as JSON; failures as in `post`."""
    body = json.dumps(document, ensure_ascii=False).encode()
    return post(url, body, {"Content-Type": "application/json; charset=utf-8"})


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ChannelFailure("answer-unreadable", is_passing=True)
    return found
