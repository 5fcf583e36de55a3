"""What the benchmarks act with: tokens, gateway events, bare calls of the same shape."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

NOW = datetime.now(UTC)
YESTERDAY = NOW - timedelta(days=1)


class Context:
    """What the runtime hands to a handler."""

    aws_request_id = "bench"


def gateway_event(method: str, path: str, token: str, body: Any = None) -> dict[str, Any]:
    """Return the event that API Gateway sends for a request without path parameters."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    context = {
        "requestId": uuid.uuid4().hex,
        "resourcePath": path,
        "httpMethod": method,
        "path": path,
        "identity": {},
    }
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": context,
        "body": json.dumps(body) if body is not None else None,
        "isBase64Encoded": False,
    }


def token_of(role: str, subject: str, merchant_id: str = "", store_ids: tuple[str, ...] = ()) -> str:
    """Return an access token."""
    from chalicelib.services.sessions import Actor, issue_token

    return issue_token(Actor(subject, role, merchant_id, store_ids), NOW)[0]


def cup() -> dict[str, Any]:
    """Return the body that declares one use of an own cup."""
    return {
        "event_id": f"{NOW + timedelta(hours=8):%Y%m%d}-{uuid.uuid4().hex}",
        "methodology_id": "own-cup",
        "occurred_at": NOW.isoformat(timespec="seconds"),
        "inputs": {},
    }


@lru_cache(maxsize=1)
def bare_client() -> Any:
    """Return a client as boto3 makes it, for the bare side of a comparison; only its pool is widened for workers."""
    import boto3
    from botocore.config import Config

    return boto3.client("dynamodb", config=Config(max_pool_connections=32))


def bare_update(account_id: str, count: int = 1) -> dict[str, Any]:
    """Return the arguments of a bare UpdateItem that records `count` activities on a sheet, as recording does."""
    from chalicelib.config import config

    names = {"#o": "open", "#n": "n", "#g": "g", "#m": "mp", "#c": "c:sb"}
    values = {
        ":o": {"S": "07"},
        ":n": {"N": str(count)},
        ":g": {"N": "80"},
        ":m": {"N": "8000"},
        ":x": {"N": "200"},
        ":e": {"S": "sb1-yPiU_SlyFM0J|45454||80|8000|szt|o|k3j9x0a2bd|"},
    }
    for position in range(count):
        names[f"#e{position}"] = "e" + uuid.uuid4().hex[:16]
    sets = ", ".join(["#o = :o", *(f"#e{position} = :e" for position in range(count))])
    absent = " AND ".join(f"attribute_not_exists(#e{position})" for position in range(count))
    return {
        "TableName": config().table("accounts"),
        "Key": {"account_id": {"S": account_id}, "item": {"S": "sheet#2026-11-20"}},
        "UpdateExpression": f"SET {sets} ADD #n :n, #g :g, #m :m, #c :n",
        "ConditionExpression": f"(attribute_not_exists(#n) OR #n < :x) AND {absent}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
