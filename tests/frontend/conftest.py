"""The mini-app's products, built once and only when its sources changed."""

import shutil

import pytest

from infra import frontend


@pytest.fixture(scope="session", autouse=True)
def _needs_node() -> None:
    """Without Node.js nothing of this can run, and `make test` says so before it starts."""
    assert shutil.which("npm"), "Node.js 20 or newer is needed; see the README"


@pytest.fixture(params=frontend.TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    """Each product in turn, built."""
    frontend.build(request.param)
    return str(request.param)
