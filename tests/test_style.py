"""The tidiness that a reviewer should not have to ask for: sizes, docstrings, names of tests, leftovers."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
TOOLS = sorted((ROOT / "infra").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
SOURCES = [*PRODUCT, *TOOLS]

FILE_LINES_MAX = 300
# must remain one file, so that it can be copied and run without the rest
ONE_FILE_LINES_MAX = {"chalicelib/proof.py": 790}
LINES_OF_NINE_IN_TEN_MAX = 30
FUNCTION_LINES_MAX = 60
# test folders without a twin package
FREE_FOLDERS = {"infra", "e2e", "bench", "frontend"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_file_has_at_most_300_lines_unless_it_must_be_one_file(path: Path) -> None:
    most = ONE_FILE_LINES_MAX.get(_name(path), FILE_LINES_MAX)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_function_is_longer_than_60_lines(path: Path) -> None:
    long = {
        function.name: _lines(function)
        for function in _functions(path)
        if _lines(function) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_nine_of_ten_functions_have_at_most_30_lines() -> None:
    sizes = sorted(_lines(function) for path in SOURCES for function in _functions(path))
    assert sizes[len(sizes) * 9 // 10] <= LINES_OF_NINE_IN_TEN_MAX


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _public_nodes(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield public functions and classes of a module, and public methods of public classes."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _is_public(node.name):
            yield node
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base) for base in node.bases}
                methods = [] if "Protocol" in bases else node.body
                yield from (m for m in methods if isinstance(m, ast.FunctionDef) and _is_public(m.name))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_module_and_every_public_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "the module has no docstring"
    bare = [node.name for node in _public_nodes(path) if not ast.get_docstring(node)]
    assert bare == []


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_the_product_never_prints(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "print"), (
            f"print in line {node.lineno}"
        )


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_no_failure_is_swallowed_by_a_bare_except(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), (
            f"bare except in line {node.lineno}"
        )


LEFTOVER = re.compile(
    r"#\s*(TODO|FIXME|XXX|HACK)\b|^\s*#\s*(def |class |import |from \w+ import|return |if .*:$)"
)


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=_name)
def test_no_leftovers_remain(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if LEFTOVER.search(line)] == []


@pytest.mark.parametrize("path", TESTS, ids=_name)
def test_the_name_of_a_test_is_a_sentence(path: Path) -> None:
    names = [function.name for function in _functions(path) if function.name.startswith("test_")]
    assert names or "TestCase" in path.read_text(encoding="utf-8"), "a test file without tests"
    assert [name for name in names if name.count("_") < 3] == []
    assert len(names) == len(set(names)), "one test hides another"


@pytest.mark.parametrize("path", [p for p in TESTS if p.parent.name not in FREE_FOLDERS], ids=_name)
def test_a_test_file_stands_where_its_module_stands(path: Path) -> None:
    """`tests/services/test_imports_files.py` belongs to `chalicelib/services/imports*.py` or `import*.py`."""
    folder = path.relative_to(ROOT / "tests").parent
    if folder == Path():
        return
    twins = [module.stem for module in (ROOT / "chalicelib" / folder).glob("*.py")]
    subject = path.stem.removeprefix("test_")
    parts = subject.split("_")
    stems = {"_".join(parts[:count]) for count in range(1, len(parts) + 1)}
    assert stems & set(twins) or subject in _ABOUT_SEVERAL, f"no module for {path.name} among {sorted(twins)}"


# subjects that several modules share
_ABOUT_SEVERAL = {"ledger_histories"}


def test_nothing_made_on_the_way_is_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    made = re.compile(
        r"(^|/)(__pycache__|\.venv|node_modules|build|dist|\.local)/|\.pyc$|\.DS_Store$|\.orig$|\.rej$"
    )
    assert [path for path in tracked if made.search(path)] == []
