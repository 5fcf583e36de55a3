"""Requests made up from the OpenAPI document, right and wrong ones: no server error, nothing undeclared."""

import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from chalicelib.api import blueprints, openapi
from chalicelib.api.access import ENDPOINTS, TOKEN_ROLES, Endpoint
from tests.gateway import Gateway

schemathesis = pytest.importorskip("schemathesis")
assert blueprints.PARTS
SETTINGS = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
]
BY_TOKEN = sorted((e for e in ENDPOINTS.values() if not e.is_signed), key=lambda e: (e.path, e.method))


def _wsgi(gateway: Gateway, token: str | None) -> Callable[..., Iterable[bytes]]:
    """Return the gateway as a WSGI application, which is what the generator can call; the token is always sent."""

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        headers = {
            name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        headers.pop("AUTHORIZATION", None)
        body = environ.get("wsgi.input", io.BytesIO()).read(int(environ.get("CONTENT_LENGTH") or 0))
        query = environ.get("QUERY_STRING", "")
        path = quote(environ["PATH_INFO"].encode("latin-1")) + (f"?{query}" if query else "")
        reply = gateway.send(environ["REQUEST_METHOD"], path, raw=body or None, headers=headers, token=token)
        start_response(f"{reply.status} answer", list(reply.headers.items()))
        return [reply.text.encode()]

    return application


def _without_proofs(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without security: `test_access` walks the proofs, here the token is always sent."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return document


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda m: m.value)
@pytest.mark.parametrize("entry", BY_TOKEN, ids=lambda e: e.name)
def test_made_up_requests_never_break_an_endpoint(
    entry: Endpoint,
    mode: Any,
    gateway: Gateway,
    token_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "chalicelib.store.queues.send_message", lambda *_: None
    )  # there are tables, no queues
    schema = schemathesis.openapi.from_dict(_without_proofs(openapi.build_document()))
    roles = [role for role in TOKEN_ROLES if role in entry.roles]
    schema.app = _wsgi(gateway, token_of(roles[0]) if roles else None)
    operation = schema[entry.path][entry.method]
    checks = schemathesis.checks.CHECKS.get_by_names(CHECKS)

    @SETTINGS
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        response = case.call_and_validate(checks=checks)
        assert response.status_code != 401, "the proof did not arrive"

    try:
        send()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE, "no request fits the document"
