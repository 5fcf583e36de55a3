"""Owns the places where ministack 1.5.33 differs from AWS in a way that matters here, each with its reason.

Must not add behaviour that AWS does not have. When the pin moves, try to delete these one by one.
"""

import json
import os
import re
from typing import Any

from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import apigateway_v1, dynamodb, lambda_svc

BINARY_TYPES = "x-amazon-apigateway-binary-media-types"
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
_INSERT_INTO = re.compile(rb'"Statement": ?"INSERT INTO \\"([\w.-]+)\\"')
STDERR_WAIT_S, STDERR_IDLE_S, STDERR_CAP_S = 0.002, 0.002, 0.25

_import_rest_api = apigateway_v1._import_rest_api
_import_operation = apigateway_v1._import_operation
_handle_request = apigateway_v1.handle_request
_apply_patch = apigateway_v1._apply_patch
_drain_stderr = lambda_runtime.Worker._drain_stderr_bounded
_lambda_state = lambda_svc.get_state
_transaction_checks = iam_actions.dynamodb_transaction_checks
_extract_iam_action = iam_actions.extract_iam_action
_dynamodb_resource_arns = iam_actions.dynamodb_resource_arns
_parse_partiql = dynamodb._parse_partiql
_resolve_condition_key = iam_evaluator._resolve_condition_key


def install() -> None:
    """Put every mend in place; call once, before the emulator serves."""
    apigateway_v1._import_rest_api = import_rest_api
    apigateway_v1._import_operation = import_operation
    apigateway_v1._apply_patch = apply_patch
    apigateway_v1.handle_request = handle_request
    lambda_runtime.Worker._drain_stderr_bounded = drain_stderr
    lambda_svc.get_state = lambda_state
    iam_actions.dynamodb_transaction_checks = dynamodb_checks
    iam_evaluator._resolve_condition_key = resolve_condition_key
    dynamodb._parse_partiql = StatementParser()
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.dynamodb_resource_arns = dynamodb_resource_arns
    lambda_svc.CODE_BLOB_DIR = os.path.join(os.path.dirname(os.environ["STATE_DIR"]), "lambda-code")
    # Waiters poll every 5 s: a function must be active before the first poll.
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0


class StatementParser:
    """Parses a statement of a batch once: ministack parses it to look at it and again to run it."""

    def __init__(self) -> None:
        self._parsed: tuple[str, Any, Any] | None = None

    def __call__(self, statement: str, parameters: Any) -> Any:
        """Return the parsed statement; what was parsed a moment ago for the same objects is handed out once more."""
        known, self._parsed = self._parsed, None
        if known is not None and known[0] is statement and known[1] is parameters and parameters:
            return known[2]
        parsed = _parse_partiql(statement, parameters)
        self._parsed = (statement, parameters, parsed)
        return parsed


def resolve_condition_key(key: str, context: Any) -> Any:
    """Count the loopback as secure: AWS is reached by TLS, and policies that demand it are meant for AWS."""
    return "true" if key.lower() == "aws:securetransport" else _resolve_condition_key(key, context)


def extract_iam_action(*request: Any, **more: Any) -> Any:
    """Ask for PartiQLInsert where a batch of inserts is sent: on AWS no permission is called like the operation."""
    action = _extract_iam_action(*request, **more)
    return "dynamodb:PartiQLInsert" if action == "dynamodb:BatchExecuteStatement" else action


def dynamodb_resource_arns(body: bytes, region: str, account_id: str) -> list[str]:
    """Return the tables a request is about, also those that a batch of inserts names in its statements."""
    tables = sorted(set(_INSERT_INTO.findall(body)))
    if not tables:
        return list(_dynamodb_resource_arns(body, region, account_id))
    return [iam_actions._dynamodb_table_arn(table.decode(), region, account_id) for table in tables]


def import_rest_api(spec: dict[str, Any], base_data: dict[str, Any] | None = None) -> str:
    """Import an API keeping its binary media types and gateway responses, which ministack forgets."""
    data = dict(base_data or {})
    if spec.get(BINARY_TYPES) and not data.get("binaryMediaTypes"):
        data["binaryMediaTypes"] = spec[BINARY_TYPES]
    api_id = str(_import_rest_api(spec, data))
    for kind, answer in (spec.get(GATEWAY_RESPONSES) or {}).items():
        apigateway_v1._put_gateway_response(api_id, kind, answer)
    return api_id


def import_operation(
    api_id: str,
    resource_id: str,
    http_method: str,
    operation: dict[str, Any] | None,
    scheme_map: Any = None,
    default_security: Any = None,
) -> None:
    """Import a method keeping the request templates and mock answers that CORS preflight is made of."""
    _import_operation(api_id, resource_id, http_method, operation, scheme_map, default_security)
    integration = (operation or {}).get("x-amazon-apigateway-integration") or {}
    if integration.get("requestTemplates"):
        passthrough = (integration.get("passthroughBehavior") or "").upper() or "WHEN_NO_MATCH"
        kept = {key: integration.get(key) for key in ("httpMethod", "uri", "requestTemplates")}
        body = kept | {"type": integration["type"].upper(), "passthroughBehavior": passthrough}
        apigateway_v1._put_integration(api_id, resource_id, http_method, body)
    if integration.get("type", "").lower() == "mock":
        for pattern, answer in (integration.get("responses") or {}).items():
            _put_mock_answer(api_id, resource_id, http_method, pattern, answer)


def _put_mock_answer(
    api_id: str, resource_id: str, http_method: str, pattern: str, answer: dict[str, Any]
) -> None:
    code = str(answer.get("statusCode", 200))
    parameters = answer.get("responseParameters") or {}
    declared = {"responseParameters": dict.fromkeys(parameters, False)}
    apigateway_v1._put_method_response(api_id, resource_id, http_method, code, declared)
    body = {
        "selectionPattern": "" if pattern == "default" else pattern,
        "responseParameters": parameters,
        "responseTemplates": answer.get("responseTemplates") or {},
    }
    apigateway_v1._put_integration_response(api_id, resource_id, http_method, code, body)


def apply_patch(target: Any, operations: list[dict[str, Any]]) -> Any:
    """Apply a patch in which an empty compression size means none, as Chalice sends it."""
    for operation in operations:
        if operation.get("path") == "/minimumCompressionSize" and operation.get("value") in ("", None):
            operation["value"] = None
    return _apply_patch(target, operations)


async def handle_request(
    method: str, path: str, headers: Any, body: bytes, query_params: dict[str, Any]
) -> Any:
    """Serve ImportRestApi and PutRestApi, which `chalice deploy` needs and ministack lacks."""
    parts = [part for part in path.strip("/").split("/") if part]
    if parts[:1] == ["restapis"]:
        if method == "POST" and len(parts) == 1 and "mode" in query_params:
            return _import_api(json.loads(body), query_params)
        if method == "PUT" and len(parts) == 2 and parts[1] in apigateway_v1._rest_apis:
            return _replace_api(parts[1], json.loads(body))
    return await _handle_request(method, path, headers, body, query_params)


def _import_api(spec: dict[str, Any], query_params: dict[str, Any]) -> Any:
    types = query_params.get("endpointConfigurationTypes") or ["REGIONAL"]
    types = types if isinstance(types, list) else [types]
    api_id = apigateway_v1._import_rest_api(spec, {"endpointConfiguration": {"types": types}})
    return apigateway_v1._v1_response(apigateway_v1._rest_api_view(apigateway_v1._rest_apis[api_id]), 201)


def _replace_api(api_id: str, spec: dict[str, Any]) -> Any:
    resources = apigateway_v1._resources[api_id]
    for resource_id in [key for key, resource in resources.items() if resource["path"] != "/"]:
        resources.pop(resource_id)
    for resource in resources.values():
        resource["resourceMethods"] = {}
    apigateway_v1._authorizers_v1[api_id] = {}
    apigateway_v1._rest_apis[api_id]["binaryMediaTypes"] = spec.get(BINARY_TYPES, [])
    schemes = apigateway_v1._import_security_schemes(api_id, spec)
    for path, item in spec["paths"].items():
        apigateway_v1._import_path_item(api_id, path, item, schemes, spec.get("security"))
    return apigateway_v1._v1_response(apigateway_v1._rest_api_view(apigateway_v1._rest_apis[api_id]), 200)


def drain_stderr(worker: Any, *_waits: float) -> Any:
    """Collect a worker's log lines without the 50 ms that ministack waits when there are none."""
    return _drain_stderr(worker, STDERR_WAIT_S, STDERR_IDLE_S, STDERR_CAP_S)


def lambda_state() -> Any:
    """Return the state of Lambda without stream positions: the streams themselves do not survive a restart,
    and a consumer would wait until the new stream is longer than the old position."""
    state = _lambda_state()
    state.pop("dynamodb_stream_positions", None)
    return state


def dynamodb_checks(action: str, body: bytes, region: str, account_id: str) -> Any:
    """Return what a request must be allowed, as pairs of action and table: statements one by one, each on its table.

    ministack checks a batch of statements against no table at all, so that only a policy for `*` would let it pass.
    """
    if '"Statement' not in body.decode("utf-8", "replace"):
        return _transaction_checks(action, body, region, account_id)
    request = json.loads(body)
    statements = [s["Statement"] for s in request.get("Statements") or [request]]
    matches = (
        re.match(r'\s*(\w+)\s+(?:INTO\s+|FROM\s+|.*?\sFROM\s+)?"([^"]+)"', text, re.I) for text in statements
    )
    return [
        (f"dynamodb:PartiQL{m[1].title()}", f"arn:aws:dynamodb:{region}:{account_id}:table/{m[2]}")
        for m in matches
        if m is not None
    ]
