"""Fixtures of the channels' tests: a provider, and secrets as an operator would enter them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import moto
import pytest

from chalicelib.services.channels.templates import forget_settings
from tests.services.channels.providers import Provider, provider


@pytest.fixture
def server() -> Iterator[Provider]:
    """A provider's server."""
    with provider() as running:
        yield running


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Enter a channel's secret: `secrets("sms", {…})`."""
    with moto.mock_aws():
        # The provider's own requests stay on this machine; everything else is moto's.
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        forget_settings()

        def enter(channel: str, document: dict[str, Any]) -> None:
            boto3.client("secretsmanager").create_secret(
                Name=f"tanhui/test/channel-{channel}", SecretString=json.dumps(document)
            )

        yield enter
    forget_settings()
