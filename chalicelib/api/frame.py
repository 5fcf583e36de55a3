"""Owns what every request goes through: proof, access, strict reading, the call, the answer, the log line.

Must not know any feature. A view gets a `Call` and returns a dict, a `Page` or an `Answer`; it holds no logic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalice import Blueprint, Response
from chalice.app import Request

from chalicelib import clock, ids, log
from chalicelib.api import access, answering, problems, proof, reading
from chalicelib.api.access import Endpoint
from chalicelib.api.parameters import LIMIT_IF_ABSENT, Parameter
from chalicelib.errors import NotFound, Refused, TanhuiError, Unavailable

MISSING_ROUTE = "/{proxy+}"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, proven and checked: who asks (`actor`, None when public), what for, and when."""

    actor: Any
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    headers: Mapping[str, str]
    now: datetime
    request_id: str
    source_ip: str = ""

    @property
    def subject(self) -> str:
        """Return the id of who asks: a resident's account id, a staff id, a partner id."""
        return str(self.actor.subject)

    @property
    def limit(self) -> int:
        """Return how many items a list may answer with."""
        return int(self.query.get("limit", LIMIT_IF_ABSENT))

    @property
    def cursor(self) -> str | None:
        """Return where the list goes on, as the service wrote it; None at its start."""
        return self.query.get("cursor")


View = Callable[[Call], Any]


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    roles: set[str],
    answers: Mapping[int, str | None],
    summary: str,
    body: str | None = None,
    query: Mapping[str, Parameter] | None = None,
    problems: tuple[str, ...] = (),
    cache_s: int = 0,
    tag: str = "",
    description: str = "",
) -> Callable[[View], View]:
    """Declare a view: its route, its entry in the table of access, and what goes in and comes out.

    `body` names a model in the file of `api.schemas` that is called like the view's own.
    """

    def declare(view: View) -> View:
        feature = view.__module__.rpartition(".")[2]
        entry = Endpoint(
            method=method,
            path=path,
            name=view.__name__,
            summary=summary,
            roles=frozenset(roles),
            answers=answers,
            body=f"{feature}.{body}" if body else None,
            query=query or {},
            problems=problems,
            cache_s=cache_s,
            tag=tag or feature,
            description=description,
        )
        access.add(entry)

        def handle(**path_found: str) -> Response:
            return respond(entry, view, blueprint.current_request, path_found)

        blueprint.route(path, methods=[method], name=view.__name__, content_types=[])(handle)
        return view

    return declare


@dataclass(slots=True)
class _Trace:
    """What the log line and the answer need to know, filled while the request goes on."""

    request_id: str
    started_at: datetime
    role: str = access.PUBLIC
    headers: dict[str, str] = field(default_factory=dict)


def respond(entry: Endpoint, view: View, request: Request, path_found: Mapping[str, str]) -> Response:
    """Answer one request to `entry`; every failure becomes a problem, every request one log line."""
    trace = _Trace(request_id_of(request), clock.utc_now())
    try:
        response = _answered(entry, view, request, path_found, trace)
    except TanhuiError as error:
        response = answering.problem_response(
            problems.to_problem(error, trace.request_id), trace.request_id, problems.headers_of(error)
        )
    except Exception as error:
        log.write_failure(trace.started_at, trace.request_id, error)
        response = _failure_response(error, trace.request_id)
    write_request_line(
        entry.method, entry.path, response.status_code, trace.started_at, trace.request_id, trace.role
    )
    return response


def _failure_response(error: Exception, request_id: str) -> Response:
    """Return 503 when the store could not be reached or was too busy, else 500 with a fixed text."""
    from chalicelib.services.failures import is_passing

    if not is_passing(error):
        return answering.problem_response(problems.internal_problem(request_id), request_id)
    passing = Unavailable(
        "store-busy", "the store did not answer in time; the same request may be sent again"
    )
    problem = problems.to_problem(passing, request_id)
    return answering.problem_response(problem, request_id, problems.headers_of(passing))


def _answered(
    entry: Endpoint, view: View, request: Request, path_found: Mapping[str, str], trace: _Trace
) -> Response:
    raw = bytes(request.raw_body) if entry.method != "GET" else b""
    actor = proof.prove(entry, request, raw, trace.started_at)
    if actor is not None:
        trace.role = actor.role
        access.admit(entry, actor.role)
    reading.read_path(path_found)
    query = reading.read_query(entry.query, _multi(request))
    if "cursor" in query:
        query["cursor"] = answering.open_cursor(query["cursor"], entry.name, actor.subject if actor else "")
    body = None
    if entry.body is not None:
        body = reading.read_body(entry.body, raw, request.headers.get("content-type", ""))
    else:
        reading.refuse_body(raw)
    source_ip = (request.context.get("identity") or {}).get("sourceIp") or ""
    asked = (actor, path_found, query, body, request.headers)
    call = Call(*asked, trace.started_at, trace.request_id, source_ip)
    return answering.success_response(entry, view(call), call)


def answer_missing_route(request: Request) -> Response:
    """Answer a request that no route takes: 405 with `Allow` where the path exists, else 404."""
    request_id, now = request_id_of(request), clock.utc_now()
    allowed = access.methods_at(proof.concrete_path(request))
    error: TanhuiError = NotFound("not-found", "there is nothing at this address")
    if allowed:
        error = Refused("method-not-allowed", "this address does not take this method", allow=allowed)
    problem = problems.to_problem(error, request_id)
    response = answering.problem_response(problem, request_id, problems.headers_of(error))
    method = (
        request.method if request.method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") else "OTHER"
    )
    write_request_line(method, MISSING_ROUTE, response.status_code, now, request_id, access.PUBLIC)
    return response


def tidy_errors(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: turn the frame's own error answers into problems; ours pass untouched."""
    response = get_response(request)
    is_ours = response.status_code < 400 or response.headers.get("Content-Type") == problems.MEDIA
    if is_ours:
        return response
    if request is not None and response.status_code == 405:
        return answer_missing_route(request)
    request_id = request_id_of(request) if request is not None else ids.new_id("req")
    return answering.problem_response(problems.frame_problem(response.status_code, request_id), request_id)


def request_id_of(request: Request) -> str:
    """Return the id the gateway gave the request, or a new one."""
    found = request.context.get("requestId")
    return found[:40] if found else ids.new_id("req")


def write_request_line(
    method: str, path: str, status: int, started_at: datetime, request_id: str, role: str
) -> None:
    """Write the request's one log line: id, method, route template, status, milliseconds, role."""
    now = clock.utc_now()
    ms = int((now - started_at).total_seconds() * 1000)
    log.write_line(now, id=request_id, m=method, r=path, s=status, ms=ms, role=role)


def _multi(request: Request) -> dict[str, list[str]] | None:
    found: dict[str, list[str]] | None = request.to_original_event().get("multiValueQueryStringParameters")
    return found
