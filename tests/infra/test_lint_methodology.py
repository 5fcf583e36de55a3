"""The linter on the command line: findings in words with file and line, and an exit code for scripts."""

from pathlib import Path

import pytest

import chalicelib.profiles as profiles
from infra.lint_methodology import main

SHIPPED = Path(profiles.__file__).parent / "methodologies"


def test_a_document_without_findings_may_be_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SHIPPED / "own-cup.v1.json")]) == 0
    assert capsys.readouterr().out == "own-cup.v1.json: may be published.\n"


def test_warnings_alone_do_not_refuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SHIPPED / "yc-electricity-saved.v1.json")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("warning: yc-electricity-saved.v1.json, line ")
    assert "/factors/grams_per_unit/year: the grid factor of 2023 is older" in out


def test_a_refusal_names_line_field_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (SHIPPED / "bag-refused.v1.json").read_text(encoding="utf-8")
    wrong = tmp_path / "bag.json"
    wrong.write_text(text.replace('"value": "5"', '"value": "16"'), encoding="utf-8")
    line = text[: text.index('"value": "5"')].count("\n") + 1
    assert main([str(wrong), str(SHIPPED / "own-cup.v1.json")]) == 1
    out = capsys.readouterr().out
    assert (
        f"refused: bag.json, line {line}, /factors/reduction_per_event/value: 16 gCO2e/bag is outside" in out
    )
    assert "bag.json: refused" in out


@pytest.mark.parametrize("content", ["{", '{"a": 1, "a": 2}', None])
def test_what_cannot_be_read_is_said_on_the_error_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    path = tmp_path / "broken.json"
    if content is not None:
        path.write_text(content)
    assert main([str(path)]) == 2
    captured = capsys.readouterr()
    assert "broken.json" in captured.err
    assert captured.out == ""
