"""Stands in for API Gateway: finds the route, makes the event, holds every answer to its route's declaration."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
MISSING = "/{proxy+}"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.text)


class Gateway:
    """Sends requests into the application, in this process."""

    def __init__(self) -> None:
        import app

        self._app = app.app

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | str | None = None,
    ) -> Reply:
        """Send a request; `body` is sent as JSON, `raw` as it is."""
        sent = {"Authorization": f"Bearer {token}"} if token is not None else {}
        text = raw if raw is not None else None if body is None else json.dumps(body)
        if text is not None:
            sent["Content-Type"] = "application/json"
        event = self.event(method, path, text, {**sent, **(headers or {})})
        answer = self._app(event, None)
        reply = Reply(answer["statusCode"], answer["headers"], answer["body"])
        assert_declared(method, event["requestContext"]["resourcePath"], reply)
        return reply

    def event(
        self, method: str, path: str, body: bytes | str | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        """Return the proxy event API Gateway would send."""
        bare, _, query = path.partition("?")
        template, found = self._route(method, bare)
        return {
            "resource": template,
            "path": bare,
            "httpMethod": method,
            "headers": headers,
            "pathParameters": found or None,
            "stageVariables": None,
            "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": template,
                "path": f"/api{bare}",
                "requestId": REQUEST_ID,
            },
            "body": body,
            "isBase64Encoded": False,
        }

    def _route(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        parts = path.split("/")
        for template in sorted(self._app.routes, key=lambda t: [p.startswith("{") for p in t.split("/")]):
            names = template.split("/")
            if len(names) != len(parts) or template == MISSING or method not in self._app.routes[template]:
                continue
            if all(n == p or n.startswith("{") for n, p in zip(names, parts, strict=True)):
                pairs = zip(names, parts, strict=True)
                return template, {n[1:-1]: unquote(p) for n, p in pairs if n.startswith("{")}
        return MISSING, {"proxy": path[1:]}


def assert_declared(method: str, template: str, reply: Reply) -> None:
    """Assert that the route declares such an answer, and that every answer carries the common headers."""
    from chalicelib.api.access import ENDPOINTS

    assert reply.headers["X-Request-Id"] == REQUEST_ID
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in reply.headers
    if reply.status >= 400:
        assert_problem(reply, reply.status)
    if template == MISSING:
        return
    entry = ENDPOINTS[template, method]
    if reply.status >= 400:
        code = reply.json["code"]
        assert code in declared_codes(entry), f"{method} {template} does not declare {code}"
        return
    named = entry.answers[reply.status]
    if named is None:
        assert reply.text == ""
    elif "/" in named:
        assert reply.headers["Content-Type"] == named
    else:
        assert reply.headers["Content-Type"] == "application/json"
        assert faults_in(reply.json, entry, reply.status) == []


@lru_cache(maxsize=1)
def _document() -> Any:
    from chalicelib.api.openapi import build_document

    return build_document()


def faults_in(answer: Any, entry: Any, status: int) -> list[str]:
    """Return how an answer differs from what the OpenAPI document says of it."""
    import jsonschema

    document = _document()
    response = document["paths"][entry.path][entry.method.lower()]["responses"][str(status)]
    schema = {**response["content"]["application/json"]["schema"], "components": document["components"]}
    checker = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(answer)]


def declared_codes(entry: Any) -> set[str]:
    """Return every problem code that the OpenAPI document lists for a route."""
    from chalicelib.api.openapi import failure_codes

    return set(failure_codes(entry))


def assert_problem(reply: Reply, status: int, code: str | None = None, pointer: str | None = None) -> None:
    """Assert that `reply` is a whole problem document, with this status, code and wrong field."""
    problem = reply.json
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (reply.status, problem["status"]) == (status, status), problem
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == REQUEST_ID
    if code is not None:
        assert problem["code"] == code, problem
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in problem["errors"]], problem
