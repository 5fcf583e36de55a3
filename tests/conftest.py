"""Shared fixtures: a test deployment, its tables in moto, a fixed clock, an HTTP gateway in process, tokens.

Folders may add their own conftest. The environment is set before anything that reads it is imported.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import moto  # before the first client is made, else calls leave the process
import pytest
from hypothesis import HealthCheck, settings

import tests.moto_partiql  # noqa: F401  (teaches moto our batched insert)
from tests.gateway import Gateway

os.environ.update(
    TANHUI_STAGE="test",
    TANHUI_PROFILE="yinchuan",
    TANHUI_DEMO="1",
    TANHUI_CHANNELS="local",
    TANHUI_LOGINS="local",
    TANHUI_MASTER_SECRET="only-for-tests-0123456789-0123456789",
    AWS_DEFAULT_REGION="cn-northwest-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
)
for _name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN", "_HANDLER"):
    os.environ.pop(_name, None)

# How long an example takes, or its making, says how busy the machine is, and nothing about the code.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("anywhere")

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The time as the product sees it; `now` may be set, `pass_` moves it on."""

    now: datetime = NOON

    def pass_(self, **span: float) -> None:
        """Let time pass: `clock.pass_(days=1)`."""
        self.now += timedelta(**span)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still at noon of 2026-11-20 in the city."""
    fixed = Clock()
    monkeypatch.setattr("chalicelib.clock.utc_now", lambda: fixed.now)
    return fixed


@pytest.fixture
def tables() -> Iterator[None]:
    """Every table of the product, empty; the registry of methodologies has been read, as in a process that works."""
    from chalicelib.services import methodologies
    from chalicelib.store import catalogue
    from chalicelib.store.tables import MODELS
    from tests.services.ledger import forget_places

    forget_places()
    with moto.mock_aws():
        for model in MODELS:
            model.create_table(wait=True)
        methodologies.all_refs()
        yield
    catalogue._cache.clear()
    methodologies.forget_registry()


@pytest.fixture
def gateway(tables: None, clock: Clock, capsys: pytest.CaptureFixture[str]) -> Gateway:
    """The HTTP interface; every answer is held to what its route declares."""
    return Gateway()


@pytest.fixture
def token_of(clock: Clock) -> Callable[..., str]:
    """Make an access token: `token_of("resident", "res_a")`, `token_of("cashier", merchant_id=…, store_ids=…)`."""
    from chalicelib.services.sessions import Actor, issue_token

    def make(role: str, subject: str = "", merchant_id: str = "", store_ids: tuple[str, ...] = ()) -> str:
        actor = Actor(subject or f"{role}_1", role, merchant_id, store_ids)
        return issue_token(actor, clock.now)[0]

    return make
