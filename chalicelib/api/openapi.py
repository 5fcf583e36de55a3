"""Owns the OpenAPI 3.1 document: generated from the table of access, the models and the shapes, never written by hand.

Must not be imported to answer a request; the committed copy beside it is what is served.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.api.access import PARTNER, Endpoint, sorted_endpoints
from chalicelib.api.answers import PROBLEM, Shape, answer_shape
from chalicelib.api.parameters import ID, Parameter
from chalicelib.api.problem_titles import TITLES
from chalicelib.api.problems import MEDIA, status_by_code
from chalicelib.api.schemas import model_named

COPY = Path(__file__).with_name("openapi.json")
_STEM = "#/components/schemas/"
TAGS: Mapping[str, str] = {
    "public": "服务",
    "sessions": "登录",
    "catalogue": "方法学",
    "offers": "优惠",
    "consents": "授权",
    "cards": "交通卡",
    "activities": "行为、账目与余额",
    "appeals": "申诉",
    "appeal_cases": "申诉处理",
    "months": "按月统计",
    "exports": "导出与核对",
    "public_days": "每日公布",
    "vouchers": "优惠券",
    "messages": "消息",
    "wallet": "付款码设备",
    "payments": "扫码支付",
    "tills": "商户收银：优惠券",
    "charges": "商户收银：积分抵账单",
    "till_uploads": "商户收银：离线",
    "merchant_tills": "收款码、海报与累积减排量",
    "statements": "日结单与争议",
    "webhooks": "接口通知（webhook）",
    "merchants": "商户",
    "partners": "数据合作方",
    "methodologies": "方法学版本与更正",
    "accreditations": "来源认可",
    "photos": "照片",
    "boards": "排行榜",
    "stars": "低碳之星",
    "verifications": "核证",
    "projects": "登记项目",
    "operators": "运营",
    "reviews": "运营：复核与冻结",
}
_SIGNATURE = (
    "X-Tanhui-Key, X-Tanhui-Timestamp, Idempotency-Key, X-Tanhui-Signature: v1=hex(HMAC-SHA256(secret, "
    '"v1\\n{timestamp}\\n{METHOD}\\n{path?query}\\n{idempotency key}\\n{sha256 hex of body}"))'
)
_ABOUT = (
    "碳惠开放接口。所有数字都是整数（单位在字段名末尾），时刻是 RFC 3339 UTC，日期是城市当地日历日。"
    "失败时返回 RFC 9457 problem+json，`code` 固定不变，`errors[].pointer` 指出有误的字段。"
    "带有客户端自造编号的请求可以原样重发：得到同样的回答，并带 `Idempotency-Hit: true`。"
)


def build_document() -> dict[str, Any]:
    """Return the whole document; every blueprint must be registered before."""
    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for entry in sorted_endpoints():
        paths.setdefault(entry.path, {})[entry.method.lower()] = _operation(entry, components)
    _refer(PROBLEM, components)
    used = {entry.tag for entry in sorted_endpoints()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tanhui 碳惠 API", "version": "1", "description": _ABOUT, "license": _LICENSE},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items() if name in used],
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items())), "securitySchemes": _SCHEMES},
    }


def document_texts() -> dict[str, str]:
    """Return the document as it is `served` (compact) and as it is `documented` (a line each, good to compare)."""
    document = build_document()
    return {
        "served": json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
        "documented": json.dumps(document, ensure_ascii=False, indent=1) + "\n",
    }


_LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "POST /v1/sessions"},
    "signature": {"type": "apiKey", "in": "header", "name": "X-Tanhui-Signature", "description": _SIGNATURE},
}


def _operation(entry: Endpoint, components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": entry.name, "tags": [entry.tag], "summary": entry.summary}
    who = "任何人" if entry.is_public else "、".join(sorted(entry.roles))
    operation["description"] = f"{entry.description}\n\n谁可以调用：{who}".strip()
    if not entry.is_public:
        operation["security"] = [{"signature" if entry.roles == {PARTNER} else "token": []}]
    operation["x-roles"] = sorted(entry.roles)
    parameters = [_path_parameter(part[1:-1]) for part in entry.path.split("/") if part.startswith("{")]
    parameters += [_query_parameter(name, parameter) for name, parameter in entry.query.items()]
    if parameters:
        operation["parameters"] = parameters
    if entry.body is not None:
        schema = _refer_model(entry.body, components)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    operation["responses"] = _success(entry, components) | _failures(entry)
    return operation


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": dict(ID.schema)}


def _query_parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _success(entry: Endpoint, components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, named in entry.answers.items():
        found[str(status)] = {"description": "成功"}
        if named is None:
            continue
        if "/" in named:
            content: dict[str, Any] = {named: {"schema": {"type": "string"}}}
        else:
            content = {"application/json": {"schema": _refer(answer_shape(named), components)}}
        found[str(status)]["content"] = content
    return found


def failure_codes(entry: Endpoint) -> list[str]:
    """Return every problem code that `entry` may answer with: those of the frame, then its own."""
    return list(dict.fromkeys((*_general_codes(entry), *entry.problems)))


def _failures(entry: Endpoint) -> dict[str, Any]:
    codes_by_status: dict[int, list[str]] = {}
    for code in failure_codes(entry):
        codes_by_status.setdefault(status_by_code(code), []).append(code)
    return {str(status): _failure(codes) for status, codes in sorted(codes_by_status.items())}


def _general_codes(entry: Endpoint) -> list[str]:
    codes = ["internal", "store-busy", "invalid-input"]
    if entry.body is not None:
        codes += ["malformed-json", "body-too-large", "unsupported-media-type"]
    if entry.is_signed:
        codes += ["signature-missing", "signature-invalid", "signature-stale"]
        codes += ["signature-replayed", "idempotency-key-reused"] if entry.method != "GET" else []
    elif not entry.is_public:
        codes += ["token-missing", "token-invalid", "token-expired", "role-not-allowed"]
    return codes


def _failure(codes: list[str]) -> dict[str, Any]:
    words = "；".join(f"`{code}` {TITLES[code]}" for code in codes)
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": words, "x-codes": codes, "content": content}


def _refer_model(name: str, components: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the body model `name`, entered into `components` with every model inside."""
    model = model_named(name)
    schema = model.model_json_schema(ref_template=_STEM + "{model}", mode="validation")
    for title, part in [*schema.pop("$defs", {}).items(), (model.__name__, schema)]:
        _enter(title, _without_field_titles(part), components)
    return {"$ref": _STEM + model.__name__}


def _without_field_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` without the titles that pydantic makes of the names of fields."""
    fields = {
        name: {key: value for key, value in part.items() if key != "title"}
        for name, part in schema.get("properties", {}).items()
    }
    return {**schema, "properties": fields}


def _refer(shape: Shape, components: dict[str, Any]) -> dict[str, Any]:
    """Return `shape` with every titled object inside replaced by a reference, entered into `components`."""
    expanded = {name: _referred_part(name, part, components) for name, part in shape.items()}
    title = shape.get("title")
    if title is None:
        return expanded
    _enter(title, expanded, components)
    return {"$ref": _STEM + title}


def _enter(title: str, schema: dict[str, Any], components: dict[str, Any]) -> None:
    assert components.get(title, schema) == schema, f"two schemas are called {title}"
    components[title] = schema


def _referred_part(name: str, part: Any, components: dict[str, Any]) -> Any:
    if name == "properties":
        return {field: _refer(inner, components) for field, inner in part.items()}
    if name in ("items", "additionalProperties") and isinstance(part, Mapping):
        return _refer(part, components)
    return part
