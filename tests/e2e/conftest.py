"""The running product for the end-to-end tests: a stack of its own, deployed and seeded from nothing."""

import csv
import gzip
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra import frontend
from infra.environment import ROOT
from infra.localstack import LocalStack
from infra.seed import CARDS, TAPS
from tests.e2e.people import sign_in


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


NEIGHBOURS = 24
_CARDS_EACH = 6


@pytest.fixture(scope="module")
def city(stack: LocalStack) -> LocalStack:
    """The stack with the mini-app in front of it and a real morning of taps imported.

    The demo resident has her 170 points; `neighbour-0` and so on have over 200 each, for tests to spend.
    """
    frontend.build("h5")
    add_neighbours(stack.url)
    seeded = run_module(stack, "infra.seed")
    assert seeded.returncode == 0, seeded.stderr
    return stack


def add_neighbours(url: str) -> None:
    """Sign neighbours up and bind the cards with the most taps to them."""
    rows = csv.DictReader(gzip.decompress(TAPS.read_bytes()).decode().splitlines())
    counts = Counter(row["card_no"] for row in rows)
    busiest = sorted((card for card in counts if card not in CARDS), key=lambda c: (-counts[c], c))

    def join(number: int) -> None:
        person = sign_in(url, f"neighbour-{number}", "resident")
        consent = person.get("/v1/me/consents/transit-data")
        answer = {"text_version": consent["text_version"]}
        assert person.act("PUT", "/v1/me/consents/transit-data", answer).status == 200
        for card in busiest[number::NEIGHBOURS][:_CARDS_EACH]:
            assert person.act("POST", "/v1/me/cards", {"card_no": card}).status == 201

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(join, range(NEIGHBOURS)))
