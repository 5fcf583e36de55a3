"""The running product for the end-to-end tests: a stack of its own, deployed and seeded from nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.environment import ROOT
from infra.localstack import LocalStack


def environment_of(stack: LocalStack) -> dict[str, str]:
    """Return the environment in which a command of ours works on `stack`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TANHUI_"))}
    return kept | stack.environment


def run_module(stack: LocalStack, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands against `stack` as a user would."""
    return _run(stack, "-m", module, *arguments)


def run_code(stack: LocalStack, code: str) -> subprocess.CompletedProcess[str]:
    """Run some Python that uses the product's own code on the data of `stack`."""
    return _run(stack, "-c", code)


def _run(stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment_of(stack), capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A fresh stack with the demo city's shops, staff and partner, but no residents."""
    with LocalStack(tmp_path_factory.mktemp("stack"), port=0) as running:
        running.deploy()
        seeded = run_module(running, "infra.seed", "--without-resident")
        assert seeded.returncode == 0, seeded.stderr
        yield running
