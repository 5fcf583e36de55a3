"""`make import` from outside: a sentence for everything that can go wrong, a table that adds up."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import import_file
from infra.environment import ROOT, StackError

FOUND: dict[str, Any] = {
    "import_id": "imp_0123456789abcdef0123",
    "state": "done",
    "file_name": "taps.csv",
    "size_bytes": 4_101_071,
    "adapter": {"id": "szt-taps", "digest": "9b5b8fd890f0c0ffee"},
    "date_shift": {"to": "yesterday", "days": 3002},
    "backfill_id": None,
    "lines": 37_000,
    "lines_done": 37_000,
    "lines_per_s": 2500,
    "outcomes": {"accepted": 18_942, "duplicate": 1, "skipped": 18_057, "rejected": 0, "unbound": 0},
    "reasons": {"duplicate/repeated-in-file": 1, "skipped/no-station": 1535, "skipped/new-reason": 7},
    "activities": 18_530,
    "grams_co2e": 3_000_000,
    "millipoints": 300_000_500,
    "cards_bound": 35_935,
}


def test_the_table_says_what_became_of_every_line_and_that_dates_were_moved() -> None:
    text = import_file.table(FOUND)
    for words in ("37,000", "18,942", "没有站名", "1,535", "+3,002 天", "300,000", "new-reason", "szt-taps"):
        assert words in text, words
    pairs = [line.split() for line in text.splitlines()]
    starts = {
        import_file._cells(line[: line.index(words[1])])
        for line, words in zip(text.splitlines(), pairs, strict=True)
        if len(words) == 2
    }
    assert starts == {22}


def test_the_bar_knows_percent_speed_and_time_left() -> None:
    half = {**FOUND, "state": "running", "lines_done": 18_500}
    assert import_file.progress_line(half, 10.0) == "█" * 15 + "░" * 15 + "  50%  1,850 rows/s  10 s left"
    assert "waiting" in import_file.progress_line({**half, "lines": None, "lines_done": 0}, 1.0)


def test_a_missing_file_and_a_missing_address_are_sentences(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(StackError, match=r"There is no file .*none\.csv"):
        import_file.deliver(tmp_path / "none.csv", "szt")
    monkeypatch.delenv("TANHUI_URL", raising=False)
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(StackError, match="make run"):
        import_file.deliver(tmp_path / "a.csv", "szt")


def test_an_address_where_nothing_listens_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (("URL", "http://127.0.0.1:9"), ("PARTNER_KEY", "szt.1"), ("PARTNER_SECRET", "s")):
        monkeypatch.setenv(f"TANHUI_{name}", value)
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(StackError, match="does not answer"):
        import_file.deliver(tmp_path / "a.csv", "szt")


def test_without_a_stack_the_command_says_so_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    code = (
        "import sys; from pathlib import Path; import infra.environment as e; use = e.use_running_stack\n"
        f"e.use_running_stack = lambda: use(Path({str(tmp_path)!r}))\n"
        "from infra import import_file; sys.exit(import_file.main())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.csv"), "--partner", "szt"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr
