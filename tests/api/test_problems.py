"""The table of problems: whole, and in step with what the product raises."""

import ast
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.api import problems
from chalicelib.api.access import ENDPOINTS
from chalicelib.api.problem_titles import CLASS_BY_CODE, TITLES

ROOT = Path(__file__).resolve().parents[2]
CLASSES = {kind.__name__ for kind in errors.TanhuiError.__subclasses__()}


def raised_codes() -> dict[str, set[str]]:
    """Return every literal code that the product gives to an error class, with the class names."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES
            ):
                continue
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.setdefault(first.value, set()).add(node.func.id)
    return found


def test_every_code_that_is_raised_has_a_title_under_its_class() -> None:
    for code, names in raised_codes().items():
        assert code in TITLES, f"{code} has no title in api/problem_titles.py"
        assert names == {CLASS_BY_CODE[code].__name__}, f"{code} is raised as {sorted(names)}"


def test_every_code_a_route_declares_has_a_title() -> None:
    for entry in ENDPOINTS.values():
        assert set(entry.problems) <= set(TITLES), entry.name


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidInput.at("/a", "wrong"), 400),
        (errors.InvalidInput([{"pointer": "", "detail": "long"}], "body-too-large"), 413),
        (errors.Unauthenticated("token-missing", "x"), 401),
        (errors.Forbidden("role-not-allowed", "x"), 403),
        (errors.NotFound("offer-unknown", "x"), 404),
        (errors.Conflict("changed-meanwhile", "x"), 409),
        (errors.Refused("points-insufficient", "x", points_requested=9, points_available=3), 422),
        (errors.TooMany("too-many", "x", retry_after_s=7), 429),
        (errors.Unavailable("too-busy", "x"), 503),
    ],
)
def test_every_class_of_error_has_its_status_and_a_sentence(error: errors.TanhuiError, status: int) -> None:
    problem = problems.to_problem(error, "req_1")
    assert (problem["status"], problem["instance"]) == (status, "req_1")
    assert problem["title"]
    assert {name: problem[name] for name in error.facts} == error.facts


def test_statuses_bring_the_headers_they_demand() -> None:
    assert problems.headers_of(errors.Unauthenticated("token-missing", "x")) == {"WWW-Authenticate": "Bearer"}
    assert problems.headers_of(errors.TooMany("t", "x", retry_after_s=7)) == {"Retry-After": "7"}
    assert problems.headers_of(errors.Unavailable("too-busy", "x")) == {"Retry-After": "1"}


def test_facts_cannot_shadow_the_members_of_a_problem() -> None:
    with pytest.raises(AssertionError, match="shadow"):
        problems.to_problem(errors.Refused("points-insufficient", "x", status="fine"), "req_1")
