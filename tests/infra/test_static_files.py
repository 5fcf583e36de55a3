"""How the mini-app's files are served."""

import gzip
from pathlib import Path

import pytest

from infra.static_files import StaticAnswer, answer_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>" + "页" * 1000)
    (tmp_path / "assets" / "index-1a2b.js").write_text("let a = 1;" * 500)
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


def get(root: Path, path: str, takes_gzip: bool = False) -> StaticAnswer:
    answer = answer_file(root, "GET", path, takes_gzip)
    assert answer is not None
    return answer


@pytest.mark.parametrize("path", ["/", "/pages/home/index", "/merchant/till/index", "/no/such/page"])
def test_a_path_without_a_dot_is_a_page_of_the_app(root: Path, path: str) -> None:
    answer = get(root, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_hashed_file_may_be_kept_for_ever(root: Path) -> None:
    answer = get(root, "/assets/index-1a2b.js")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("application/javascript")


def test_text_is_compressed_for_who_takes_it(root: Path) -> None:
    plain, small = get(root, "/assets/index-1a2b.js"), get(root, "/assets/index-1a2b.js", takes_gzip=True)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body


@pytest.mark.parametrize(
    "path", ["/missing.js", "/../secret.txt", "/assets/../../secret.txt", "/assets/none.css", "/a\0.js"]
)
def test_what_is_not_there_or_outside_is_not_found(root: Path, path: str) -> None:
    assert get(root, path).status == 404


def test_files_are_only_read(root: Path) -> None:
    answer = answer_file(root, "POST", "/", takes_gzip=False)
    assert answer is not None and (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_without_a_build_the_start_page_is_left_to_the_caller(tmp_path: Path) -> None:
    assert answer_file(tmp_path / "none", "GET", "/", takes_gzip=False) is None
