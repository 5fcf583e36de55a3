"""Owns the answers that API Gateway gives without asking the application, as the same problem documents.

Must not hold problem codes of its own: codes and titles are those of `chalicelib.api`.
"""

import json
from typing import Any

from chalicelib.api.problem_titles import TITLES

EXTENSION = "x-amazon-apigateway-gateway-responses"
# response type -> status, problem code, sentence; DEFAULT_4XX keeps whatever status the gateway chose
ANSWERS: dict[str, tuple[int | None, str, str]] = {
    "MISSING_AUTHENTICATION_TOKEN": (404, "not-found", "no such address, or it does not take this method"),
    "RESOURCE_NOT_FOUND": (404, "not-found", "no such address"),
    "REQUEST_TOO_LARGE": (413, "body-too-large", "the request is longer than 10 MB"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported-media-type", "this media type is not accepted"),
    "INTEGRATION_TIMEOUT": (504, "internal", "the answer took too long; the same request may be repeated"),
    "INTEGRATION_FAILURE": (502, "internal", "something went wrong on our side"),
    "DEFAULT_4XX": (None, "invalid-input", "the gateway refused the request before it was read"),
    "DEFAULT_5XX": (500, "internal", "something went wrong on our side"),
}
HEADERS = {
    "gatewayresponse.header.Content-Type": "'application/problem+json'",
    "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
}


def _template(status: int | None, code: str, detail: str) -> str:
    members = {"type": f"/problems/{code}", "title": TITLES[code], "detail": detail, "code": code}
    members["instance"] = "$context.requestId"
    if status is not None:
        return json.dumps({**members, "status": status}, ensure_ascii=False, sort_keys=True)
    return json.dumps(members, ensure_ascii=False, sort_keys=True)


def gateway_responses() -> dict[str, Any]:
    """Return the value of `x-amazon-apigateway-gateway-responses` in an API definition."""
    return {
        kind: {
            **({} if status is None else {"statusCode": str(status)}),
            "responseParameters": HEADERS,
            "responseTemplates": {"application/json": _template(status, code, detail)},
        }
        for kind, (status, code, detail) in ANSWERS.items()
    }


def put(apigateway: Any, rest_api_id: str, api_stage: str) -> None:
    """Give the answers to an API that Chalice deployed, whose definition cannot carry them, and publish it."""
    for kind, answer in gateway_responses().items():
        apigateway.put_gateway_response(restApiId=rest_api_id, responseType=kind, **answer)
    apigateway.create_deployment(restApiId=rest_api_id, stageName=api_stage)
