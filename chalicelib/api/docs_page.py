"""Owns the pages that people read: the interface rendered from its document, and what a problem code means.

Plain HTML without script; the style is allowed by its hash and nothing else is. Must not fetch from anywhere.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from chalicelib.api.problem_titles import TITLES
from chalicelib.api.problems import status_by_code
from chalicelib.errors import NotFound

_COPY = Path(__file__).with_name("openapi.json")
_STYLE = (Path(__file__).with_name("docs.css")).read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}
_STEM = "#/components/schemas/"
_LAST = ({"name": "schemas", "description": "数据结构"}, {"name": "problems", "description": "错误代码"})


@lru_cache(maxsize=1)
def openapi_text() -> str:
    """Return the committed OpenAPI document as text."""
    return _COPY.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def render_docs() -> str:
    """Return the page for the whole interface, grouped by tag."""
    document = json.loads(openapi_text())
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [
        f"<h1>{escape(document['info']['title'])}</h1>",
        f"<p>{_prose(document['info']['description'])}</p>",
    ]
    parts.append('<p><a href="/v1/openapi.json">OpenAPI 3.1</a></p>')
    parts.append(
        "<nav aria-label='目录'>" + "".join(_toc_line(tag) for tag in [*document["tags"], *_LAST]) + "</nav>"
    )
    for tag in document["tags"]:
        parts.append(f"<h2 id='{escape(tag['name'])}'>{escape(tag['description'])}</h2>")
        parts += [_operation_html(m, p, o) for m, p, o in operations if tag["name"] in o["tags"]]
    parts.append("<h2 id='schemas'>数据结构</h2>")
    parts += [_schema_html(name, schema) for name, schema in document["components"]["schemas"].items()]
    parts.append("<h2 id='problems'>错误代码</h2><dl>" + "".join(_problem_lines()) + "</dl>")
    return _page(document["info"]["title"], "".join(parts))


def render_problem(code: str) -> str:
    """Return the page for one problem code; NotFound `not-found` for others."""
    if code not in TITLES:
        raise NotFound("not-found", "there is no such problem code")
    body = f"<h1>{escape(TITLES[code])}</h1><p><code>{code}</code> · HTTP {status_by_code(code)}</p>"
    return _page(TITLES[code], body + "<p><a href='/docs#problems'>全部错误代码</a></p>")


def _page(title: str, body: str) -> str:
    return (
        "<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _prose(text: str) -> str:
    """Return `text` as HTML, what stands between backticks as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if n % 2 else piece for n, piece in enumerate(pieces))


def _toc_line(tag: dict[str, str]) -> str:
    return f"<a href='#{escape(tag['name'])}'>{escape(tag['description'])}</a> "


def _operation_html(method: str, path: str, operation: dict[str, Any]) -> str:
    name = escape(operation["operationId"])
    broken = escape(path).replace("/", "/<wbr>")
    parts = [
        f"<section id='{name}'><h3><span class='m m-{method.lower()}'>{method}</span> <code>{broken}</code></h3>"
    ]
    parts.append(f"<p>{escape(operation['summary'])}</p>")
    parts.append(f"<p class='who'>{escape(operation['description'])}</p>")
    parameters = [p for p in operation.get("parameters", []) if p["in"] == "query"]
    if parameters:
        lines = "".join(_field_html(p["name"], p["schema"] | _words(p), False) for p in parameters)
        parts.append(f"<h4>查询参数</h4><dl>{lines}</dl>")
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        parts.append(f"<h4>请求</h4><p>{_type_html(schema)}</p>")
    parts.append(
        "<h4>回答</h4><dl class='narrow'>"
        + "".join(_response_lines(operation["responses"]))
        + "</dl></section>"
    )
    return "".join(parts)


def _words(parameter: dict[str, Any]) -> dict[str, Any]:
    return {"description": parameter["description"]} if parameter.get("description") else {}


def _response_lines(responses: dict[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        if "x-codes" in response:
            codes = "、".join(f"<a href='/problems/{c}'><code>{c}</code></a>" for c in response["x-codes"])
            yield f"<dt>{status}</dt><dd>{codes}</dd>"
            continue
        media = response.get("content", {})
        shown = "；".join(
            f"{_type_html(m['schema'])} <small>{escape(name)}</small>" for name, m in media.items()
        )
        yield f"<dt>{status}</dt><dd>{shown or '无内容'}</dd>"


def _schema_html(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    fields = schema.get("properties", {}).items()
    lines = "".join(_field_html(field, inner, field in required) for field, inner in fields)
    examples = "".join(
        f"<pre>{escape(json.dumps(example, ensure_ascii=False, indent=1))}</pre>"
        for example in schema.get("examples", [])
    )
    about = f"<p>{_prose(schema['description'])}</p>" if "description" in schema else ""
    head = f"<section id='schema-{escape(name)}'><h3>{escape(name)}</h3>{about}"
    return f"{head}<dl>{lines}</dl>{examples}</section>"


def _field_html(name: str, schema: dict[str, Any], is_required: bool) -> str:
    mark = "" if is_required else " <small>可省略</small>"
    return f"<dt><code>{escape(name)}</code>{mark}</dt><dd>{_type_html(schema)} {_limits_html(schema)}</dd>"


def _type_html(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_STEM))
        return f"<a href='#schema-{name}'>{name}</a>"
    if schema.get("type") == "array":
        return f"[ {_type_html(schema.get('items', {}))} ]"
    if "anyOf" in schema:
        return " | ".join(_type_html(one) for one in schema["anyOf"])
    named = schema.get("type", "any")
    return escape(named if isinstance(named, str) else " | ".join(named))


def _limits_html(schema: dict[str, Any]) -> str:
    keys = ("format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
    found = [f"{key} <code>{escape(str(schema[key]))}</code>" for key in keys if key in schema]
    fixed = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if fixed:
        found.append("、".join(f"<code>{escape(str(one))}</code>" for one in fixed))
    if "description" in schema:
        found.append(_prose(schema["description"]))
    return f"<small>{'，'.join(found)}</small>" if found else ""


def _problem_lines() -> Iterator[str]:
    for code, title in sorted(TITLES.items()):
        yield f"<dt><code>{code}</code> <small>{status_by_code(code)}</small></dt><dd>{escape(title)}</dd>"
