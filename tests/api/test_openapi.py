"""The OpenAPI document: valid, committed as generated, whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.api import blueprints, docs_page, openapi
from chalicelib.api.access import ENDPOINTS
from chalicelib.api.problem_titles import TITLES
from tests.gateway import Gateway, assert_problem

ROOT = Path(__file__).resolve().parents[2]
assert blueprints.PARTS


def test_the_committed_documents_are_what_the_code_generates() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "infra.openapi", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_the_document_is_valid_openapi_3_1() -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(openapi.build_document())


def test_every_route_is_documented_with_answers_failures_and_who_may_call() -> None:
    paths = openapi.build_document()["paths"]
    documented = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert documented == set(ENDPOINTS)
    for path, methods in paths.items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert any(status < "300" for status in operation["responses"]), where
            assert {"400", "500", "503"} <= set(operation["responses"]), where
            assert ("security" in operation) == ("public" not in operation["x-roles"]), where
            assert operation["summary"], where
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_the_example_of_every_request_fits_its_shape() -> None:
    from chalicelib.api.schemas import model_named
    from chalicelib.services.strict import faults_of

    models = [model_named(entry.body) for entry in ENDPOINTS.values() if entry.body is not None]
    examples = [(m, one) for m in models for one in m.model_json_schema().get("examples", [])]
    assert len(examples) >= 3
    for model, example in examples:
        assert faults_of(model, example) == [], model.__name__


def test_the_document_is_served_as_committed(gateway: Gateway) -> None:
    reply = gateway.send("GET", "/v1/openapi.json")
    assert reply.json == json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert reply.headers["Cache-Control"] == "public, max-age=300"


def test_the_page_shows_every_operation_and_loads_nothing(gateway: Gateway) -> None:
    reply = gateway.send("GET", "/docs")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    for entry in ENDPOINTS.values():
        assert f"id='{entry.name}'" in reply.text
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for loading in ("<script", " src=", "@import", "url(", "<link", "http://", "https://"):
        assert loading not in reply.text


def test_every_inner_link_of_the_page_leads_somewhere() -> None:
    import re

    page = docs_page.render_docs()
    ids = set(re.findall(r"id='([^']+)'", page))
    inner = set(re.findall(r"href=['\"]#([^'\"]+)", page))
    assert inner <= ids
    assert set(re.findall(r"href='/problems/([^']+)'", page)) <= set(TITLES)


def test_every_problem_code_has_its_page(gateway: Gateway) -> None:
    for code, title in TITLES.items():
        reply = gateway.send("GET", f"/problems/{code}")
        assert reply.status == 200
        assert title in reply.text
    assert_problem(gateway.send("GET", "/problems/none"), 404, "not-found")
