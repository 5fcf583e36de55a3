"""What a newcomer reads when the machine lacks something: a sentence that says what to do."""

import os
import subprocess
from pathlib import Path

import pytest

from infra import bootstrap
from infra.environment import ROOT


def fake(folder: Path, name: str, script: str) -> Path:
    """Return an executable `name` in `folder` that runs `script`."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_a_missing_node_is_named_with_what_to_do() -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"Node\.js 20 or newer.*https://nodejs\.org"):
        bootstrap.check_node(None)


def test_an_old_node_is_refused_with_its_version(tmp_path: Path) -> None:
    with pytest.raises(bootstrap.BootstrapError, match=r"v18\.19\.0"):
        bootstrap.check_node(str(fake(tmp_path, "node", "echo v18.19.0")))


def test_a_new_enough_node_is_accepted(tmp_path: Path) -> None:
    bootstrap.check_node(str(fake(tmp_path, "node", "echo v20.0.0")))


def test_an_environment_is_made_again_only_when_its_requirements_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.txt").write_text("one==1\n")
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "ENVIRONMENTS", {"dev": (".venv", ["some.txt"])})

    def run(command: list[str]) -> None:
        commands.append(command)
        (tmp_path / ".venv").mkdir(exist_ok=True)

    monkeypatch.setattr(bootstrap, "_run", run)
    bootstrap.prepare("dev")
    made = len(commands)
    bootstrap.prepare("dev")
    assert len(commands) == made > 0
    (tmp_path / "some.txt").write_text("one==2\n")
    bootstrap.prepare("dev")
    assert len(commands) == 2 * made


def test_an_old_python_gets_a_sentence_from_make(tmp_path: Path) -> None:
    old = fake(tmp_path, "python3", "exit 1")
    done = subprocess.run(
        ["make", "run", f"PYTHON={old}"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Tanhui needs Python 3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "name", ["requirements.txt", "tests/requirements.txt", "infra/requirements-stack.txt"]
)
def test_every_requirement_is_pinned_exactly(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if line.count("==") != 1 or any(c in line for c in " <>~;[")] == []


def test_pip_is_one_that_chalice_can_use() -> None:
    (pin,) = [
        line
        for line in (ROOT / "tests/requirements.txt").read_text().splitlines()
        if line.startswith("pip==")
    ]
    assert pin == bootstrap.PIP
    assert tuple(int(part) for part in pin.removeprefix("pip==").split(".")[:2]) < (26, 3)
