"""The layer rules, held by reading the code: imports run app → api, jobs, streams → services → store → domain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "chalicelib"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [ROOT / "app.py", *MODULES]

# layer -> what it may import of the product, besides itself; modules directly in chalicelib are named by themselves
SHARED = {"errors", "clock", "ids", "config", "keys", "log"}
MAY_IMPORT: dict[str, set[str]] = {
    "domain": {"errors"},
    "profiles": {"domain", "config", "errors"},
    "store": {"domain", "config", "errors", "keys"},
    "services": {"store", "domain", "profiles", *SHARED},
    "jobs": {"services", "store", "domain", "profiles", *SHARED},
    "streams": {"services", "store", "domain", "profiles", *SHARED},
    "api": {"services", "domain", "profiles", *SHARED},
    "app": {"api", "jobs", "streams", *SHARED},
    "errors": set(),
    "clock": set(),
    "ids": set(),
    "config": set(),
    "log": set(),
    "proof": set(),
    "keys": {"config", "store"},
    "__init__": set(),
}
THIRD_PARTY = {
    "chalice": {"api", "app"},
    "pynamodb": {"store"},
    "boto3": {"store"},
    "botocore": {"store"},
    "jwt": {"services"},
    "pydantic": {"services", "api"},
    "pydantic_core": {"api"},
    "cryptography": {"services"},
    "qrcode": {"api"},
}
NEVER = {"requests", "httpx", "flask", "numpy", "pandas"}
HEAVY = {"jwt", "cryptography", "qrcode", "pydantic", "pydantic_core"}
# the only modules that import pydantic; all others import them inside the function that has something to check
MODELS = [
    PACKAGE / "services" / "strict.py",
    PACKAGE / "services" / "adapter_documents.py",
    *sorted(p for p in (PACKAGE / "api" / "schemas").glob("*.py") if p.stem != "__init__"),
]


def layer_of(path: Path) -> str:
    """Return the layer a file belongs to: its folder in chalicelib, or its own name beside them."""
    if path.parent == ROOT:
        return path.stem
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield every imported dotted name, and whether importing the module imports it (else it is lazy)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {id(node) for outer in ast.walk(tree) if isinstance(outer, _LAZY) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in lazy
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) not in lazy


_LAZY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.If)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    layer = layer_of(path)
    for name, _ in imports_of(path):
        parts = name.split(".")
        if parts[0] == "chalicelib":
            assert parts[1] in MAY_IMPORT[layer] | {layer}, f"{layer} must not import {name}"
        elif parts[0] in THIRD_PARTY:
            assert layer in THIRD_PARTY[parts[0]], f"{layer} must not import {name}"
        else:
            assert parts[0] not in NEVER, f"{name} is not one of our libraries"


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=_name)
def test_the_domain_imports_nothing_but_the_standard_library_and_itself(path: Path) -> None:
    import sys

    for name, _ in imports_of(path):
        top = name.split(".")[0]
        assert top == "chalicelib" or top in sys.stdlib_module_names, name
        assert top not in {"socket", "urllib", "http", "subprocess", "os", "pathlib", "threading"}, name


CALLS_KEPT_TO = {
    "datetime.now": {"clock"},
    "datetime.utcnow": set[str](),
    "datetime.today": set[str](),
    "date.today": set[str](),
    "time.time": set[str](),
}
MODULES_KEPT_TO = {"secrets": {"ids"}, "uuid": set[str](), "random": {"store/client"}}


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_only_the_clock_asks_the_time_and_only_ids_draws_ids(path: Path) -> None:
    module = path.relative_to(ROOT).with_suffix("").as_posix().removeprefix("chalicelib/")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert module in CALLS_KEPT_TO.get(called, {module}), f"{called} in {module}"
    for name, _ in imports_of(path):
        top = name.split(".")[0]
        assert module in MODULES_KEPT_TO.get(top, {module}), f"{top} in {module}"


LIGHT = [p for p in MODULES if layer_of(p) in ("api", "jobs", "streams", "domain") and p not in MODELS]


@pytest.mark.parametrize("path", LIGHT, ids=_name)
def test_heavy_libraries_are_imported_only_by_the_functions_that_need_them(path: Path) -> None:
    eager = {name.split(".")[0] for name, is_eager in imports_of(path) if is_eager}
    assert not eager & HEAVY


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", [p for p in SOURCES if p not in MODELS], ids=_name)
def test_only_models_import_pydantic_and_models_are_imported_when_there_is_something_to_check(
    path: Path,
) -> None:
    models = tuple(map(_dotted, MODELS))
    for name, is_eager in imports_of(path):
        assert name.split(".")[0] not in ("pydantic", "pydantic_core"), f"{name}: this is no module of models"
        assert not (is_eager and name.startswith(models)), f"{name} would load pydantic with the module"


def test_the_modules_that_jobs_load_load_neither_pydantic_nor_jwt() -> None:
    by_name = {_dotted(path): path for path in MODULES}
    entrances = ("chalicelib.jobs", "chalicelib.streams")
    loaded, waiting = set[str](), [name for name in by_name if name.startswith(entrances)]
    while waiting:
        name = waiting.pop()
        if name in loaded:
            continue
        loaded.add(name)
        for imported, is_eager in imports_of(by_name[name]):
            # what a job's own functions import is loaded when the job runs
            if is_eager or name.startswith(entrances):
                assert imported.split(".")[0] not in HEAVY, f"{name} imports {imported}"
                waiting += {imported, imported.rpartition(".")[0]} & set(by_name)
    assert {"chalicelib.services.import_runs", "chalicelib.services.settling"} <= loaded
    assert "chalicelib.services.notices" in loaded


@pytest.mark.parametrize("path", sorted((PACKAGE / "api").glob("*.py")), ids=_name)
def test_services_are_imported_by_views_only_when_called(path: Path) -> None:
    eager = [
        name for name, is_eager in imports_of(path) if is_eager and name.startswith("chalicelib.services")
    ]
    assert eager == []


def _modules_loaded_with(handler: str) -> set[str]:
    import os
    import subprocess
    import sys

    code = "import app, sys; sys.stdout.write(' '.join(sys.modules))"
    environment = {**os.environ, "_HANDLER": handler, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_a_scheduled_function_loads_none_of_the_http_side() -> None:
    loaded = _modules_loaded_with("app.settle")
    assert (
        not {"chalicelib.api.frame", "pydantic", "jwt", "qrcode", "cryptography", "pynamodb", "botocore"}
        & loaded
    )


def test_the_http_function_loads_no_library_before_a_request_needs_it() -> None:
    loaded = _modules_loaded_with("app.app")
    assert "chalicelib.api.frame" in loaded
    assert (
        not {"pydantic", "jwt", "qrcode", "cryptography", "pynamodb", "botocore", "chalicelib.api.openapi"}
        & loaded
    )
