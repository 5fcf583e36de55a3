"""Fixtures of the logins' tests: a provider, its keys as an operator would enter them, a deployment's settings."""

import json

import boto3
import moto
import pytest

from chalicelib.config import config
from chalicelib.services.logins.secrets import forget_settings
from tests.services.channels.providers import provider


@pytest.fixture
def server():
    with provider() as running:
        yield running


@pytest.fixture
def setting(monkeypatch):
    """Run as a deployment with other settings: `setting(TANHUI_LOGINS="wechat")`."""

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        config.cache_clear()

    yield change
    monkeypatch.undo()
    config.cache_clear()


@pytest.fixture
def enter(monkeypatch):
    """Enter a provider's secret: `enter("wechat", {…})`."""
    with moto.mock_aws():
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        forget_settings()

        def enter_(name: str, document: dict[str, str]) -> None:
            store = boto3.client("secretsmanager")
            store.create_secret(Name=f"tanhui/test/login-{name}", SecretString=json.dumps(document))

        yield enter_
    forget_settings()
