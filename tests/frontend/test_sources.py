"""The mini-app's sources: typed against the API, tested, formatted, of a size that can be read."""

from pathlib import Path

import pytest

from infra import frontend

pytestmark = pytest.mark.slow

LINES_MAX = 300
# Words and generated files are as long as they are.
LONG_BY_NATURE = {"words.ts", "schema.d.ts", "icons.ts", "zh.ts", "en.ts"}


@pytest.mark.parametrize("script", ["check:api", "check:format", "typecheck", "test"])
def test_a_check_of_the_package_passes(script: str) -> None:
    frontend.run(script)


def test_no_source_file_is_longer_than_300_lines() -> None:
    found = [p for kind in ("vue", "ts", "scss") for p in (frontend.FOLDER / "src").rglob(f"*.{kind}")]
    assert len(found) > 40
    long = [p.name for p in found if p.name not in LONG_BY_NATURE and _lines(p) > LINES_MAX]
    assert long == []


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
