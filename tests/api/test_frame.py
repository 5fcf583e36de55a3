"""What every request goes through: strict reading, failures as problems, one short log line, nothing personal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.api import answering, frame
from chalicelib.api.access import sorted_endpoints
from chalicelib.domain.pages import Page
from tests.conftest import Clock
from tests.gateway import REQUEST_ID, Gateway, assert_problem

SESSION = "/v1/sessions"
GOOD = {"provider": "dev", "subject": "demo-resident-1"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "malformed-json"),
        (b"{", "malformed-json"),
        (b"nul", "malformed-json"),
        (b'{"a":NaN}', "malformed-json"),
        (b'{"a":-Infinity}', "malformed-json"),
        (b'{"provider":"dev","provider":"dev"}', "malformed-json"),
        (b'{"a":"\xff"}', "malformed-json"),
        (b"[" * 200_000, "malformed-json"),
        (b"1" * 5_000, "malformed-json"),
        (b'"' + b"x" * 1_000_001 + b'"', "body-too-large"),
    ],
)
def test_a_body_that_is_no_json_is_refused_whole(gateway: Gateway, raw: bytes, code: str) -> None:
    reply = gateway.send("POST", SESSION, raw=raw)
    assert_problem(reply, 413 if code == "body-too-large" else 400, code)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"subject": 5}, "/subject"),
        ({"subject": True}, "/subject"),
        ({"subject": None}, "/subject"),
        ({"subject": ["a"]}, "/subject"),
        ({"subject": "a\u0000b"}, "/subject"),
        ({"subject": "\ud800"}, "/subject"),
        ({"subject": "ａ"}, "/subject"),
        ({"subject": "abc\n"}, "/subject"),
        ({"subject": "x" * 65}, "/subject"),
        ({"role": "root"}, "/role"),
        ({"extra/~": 1}, "/extra~1~0"),
        ({"provider": "myspace"}, "/provider"),
    ],
)
def test_a_wrong_field_is_named_by_its_pointer(
    gateway: Gateway, change: dict[str, Any], pointer: str
) -> None:
    assert_problem(gateway.send("POST", SESSION, {**GOOD, **change}), 400, "invalid-input", pointer)


def test_a_missing_field_is_named_and_a_body_that_is_no_object_is_refused(gateway: Gateway) -> None:
    assert_problem(gateway.send("POST", SESSION, {"provider": "dev"}), 400, "invalid-input", "/subject")
    for body in ([], "x", 5, None):
        raw = json.dumps(body).encode()
        assert_problem(gateway.send("POST", SESSION, raw=raw), 400, "invalid-input", "")


@pytest.mark.parametrize("number", ["1e309", "5.0", '"5"', "true", "-1", "1e2", "99999999999999999999"])
def test_only_whole_numbers_in_range_pass_for_quantities(
    gateway: Gateway, token_of: Callable[..., str], number: str
) -> None:
    raw = (
        '{"event_id":"20261120-abcdef","methodology_id":"own-cup","occurred_at":"2026-11-20T08:30:00+08:00",'
        '"inputs":{"distance_m":' + number + "}}"
    )
    reply = gateway.send("POST", "/v1/me/activities", raw=raw, token=token_of("resident"))
    assert_problem(reply, 400, "invalid-input", "/inputs/distance_m")


@pytest.mark.parametrize(
    "text", ["2026-11-20", "2026-11-20T08:30:00", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_only_real_instants_with_an_offset_pass(
    gateway: Gateway, token_of: Callable[..., str], text: str
) -> None:
    body = {"event_id": "20261120-abcdef", "methodology_id": "own-cup", "occurred_at": text, "inputs": {}}
    reply = gateway.send("POST", "/v1/me/activities", body, token_of("resident"))
    assert_problem(reply, 400, "invalid-input", "/occurred_at")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=101", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("limit=１０", "/query/limit"),
        ("limit=5&limit=6", "/query/limit"),
        ("limit=", "/query/limit"),
        ("cursor=garbage", "/query/cursor"),
        ("cursor=%FF", "/query/cursor"),
        ("cursor=", "/query/cursor"),
        ("page=2", "/query/page"),
        ("on=2026-13-01", "/query/on"),
        ("on=today", "/query/on"),
    ],
)
def test_a_wrong_query_parameter_is_named(
    gateway: Gateway, token_of: Callable[..., str], query: str, pointer: str
) -> None:
    reply = gateway.send("GET", f"/v1/me/activities?{query}", token=token_of("resident"))
    assert_problem(reply, 400, "invalid-input", pointer)


def test_a_path_parameter_that_can_be_no_id_is_named(gateway: Gateway) -> None:
    assert_problem(gateway.send("GET", "/v1/offers/a%20b"), 400, "invalid-input", "/path/offer_id")
    assert_problem(gateway.send("GET", f"/v1/offers/{'x' * 65}"), 400, "invalid-input", "/path/offer_id")


def test_a_body_of_another_media_type_is_refused(gateway: Gateway) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""):
        reply = gateway.send("POST", SESSION, raw=json.dumps(GOOD), headers={"Content-Type": media})
        assert_problem(reply, 415, "unsupported-media-type")
    with_charset = {"Content-Type": "application/json; charset=utf-8"}
    assert gateway.send("POST", SESSION, GOOD, headers=with_charset).status == 201


def test_a_body_where_none_belongs_is_refused(gateway: Gateway, token_of: Callable[..., str]) -> None:
    reply = gateway.send("DELETE", "/v1/me/cards/crd_1", {"a": 1}, token_of("resident"))
    assert_problem(reply, 400, "invalid-input", "")


def test_an_unknown_address_is_404_and_a_wrong_method_405_with_allow(gateway: Gateway) -> None:
    assert_problem(gateway.send("GET", "/v1/nothing"), 404, "not-found")
    assert_problem(gateway.send("GET", "/"), 404, "not-found")
    reply = gateway.send("PUT", "/v1/me/cards", {})
    assert_problem(reply, 405, "method-not-allowed")
    assert reply.headers["Allow"] == "GET, POST"
    assert gateway.send("HEAD", "/v1/health").headers["Allow"] == "GET"
    assert gateway.send("BREW", "/v1/nothing").status == 404
    assert gateway.send("BREW", "/v1/health").status == 405


def test_a_failure_nobody_foresaw_is_a_fixed_text_with_the_cause_in_the_log(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*asked: object) -> None:
        raise RuntimeError("card CBHGDEJAB1234567 of res_0123456789 in row 12345678")

    monkeypatch.setattr("chalicelib.services.offers.list_offers", broken)
    reply = gateway.send("GET", "/v1/offers")
    assert_problem(reply, 500, "internal")
    assert "CBHG" not in reply.text
    assert "Runtime" not in reply.text
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    cause = next(line for line in logged if "error" in line)
    assert (cause["id"], cause["error"]) == (REQUEST_ID, "RuntimeError")
    assert cause["message"] == "card … of … in row …"
    assert any("broken" in at for at in cause["frames"])


def test_an_answer_of_chalice_itself_becomes_a_problem(gateway: Gateway) -> None:
    import app

    event = gateway.event("GET", "/v1/health", None, {})
    del event["requestContext"]["resourcePath"]
    answer = app.app(event, None)
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"])["code"] == "internal"
    event = gateway.event("GET", "/v1/health", None, {})
    event["requestContext"]["resourcePath"] = event["path"] = "/v1/gone"
    assert json.loads(app.app(event, None)["body"])["code"] == "not-found"


@pytest.mark.parametrize("value", [0.5, {"a": [1.0]}, [{"b": float("nan")}]])
def test_an_answer_with_a_fraction_is_an_error_of_ours(value: object) -> None:
    with pytest.raises(AssertionError, match="float"):
        answering.to_json(value)


def test_a_cursor_holds_for_its_list_and_its_caller_only() -> None:
    sealed = answering.seal_cursor("2026-11-20", "list_activities", "res_a")
    assert answering.open_cursor(sealed, "list_activities", "res_a") == "2026-11-20"
    wrong = [("list_entries", "res_a", sealed), ("list_activities", "res_b", sealed)]
    wrong += [
        ("list_activities", "res_a", bad)
        for bad in (sealed[:-1], "A" + sealed[1:], sealed + "=", "é", "AAAA")
    ]
    for name, subject, cursor in wrong:
        with pytest.raises(Exception, match="not a cursor"):
            answering.open_cursor(cursor, name, subject)


def test_a_page_carries_its_cursor_sealed(
    gateway: Gateway, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def pages(account_id: str, limit: int, cursor: str | None) -> Page:
        asked.append(cursor)
        return Page([], None if cursor else "17")

    monkeypatch.setattr("chalicelib.services.entries.list_entries", pages)
    first = gateway.send("GET", "/v1/me/entries", token=token_of("resident")).json
    assert "17" not in first["next_cursor"]
    path = f"/v1/me/entries?cursor={first['next_cursor']}"
    assert gateway.send("GET", path, token=token_of("resident")).json == {"items": [], "next_cursor": None}
    assert asked == [None, "17"]
    assert_problem(gateway.send("GET", path, token=token_of("resident", "res_other")), 400, "invalid-input")


def test_personal_answers_are_never_stored_on_the_way(gateway: Gateway, token_of: Callable[..., str]) -> None:
    reply = gateway.send("GET", "/v1/me/cards", token=token_of("resident"))
    assert reply.headers["Cache-Control"] == "no-store"
    private = [entry.name for entry in sorted_endpoints() if entry.cache_s and not entry.is_public]
    assert private == []


def test_every_request_logs_one_line_of_at_most_200_bytes(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for entry in sorted_endpoints():
        for role in [*entry.roles, "public"]:
            frame.write_request_line(entry.method, entry.path, 500, clock.now, "req_" + "x" * 36, role)
    lines = capsys.readouterr().out.encode().splitlines(keepends=True)
    assert len(lines) > 40
    assert max(len(line) for line in lines) <= 200


def test_the_log_line_names_the_route_and_no_person(
    gateway: Gateway, token_of: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.send("DELETE", "/v1/me/cards/crd_secret", token=token_of("resident", "res_secret"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert line == {
        "at": "2026-11-20T04:00:00.000Z",
        "id": REQUEST_ID,
        "m": "DELETE",
        "r": "/v1/me/cards/{card_id}",
        "s": 404,
        "ms": 0,
        "role": "resident",
    }


def test_a_store_that_does_not_answer_in_time_is_a_503(
    gateway: Gateway, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_: object) -> None:
        raise ReadTimeoutError(endpoint_url="store")

    monkeypatch.setattr("chalicelib.services.spending.batch_get", time_out)
    reply = gateway.send("GET", "/v1/me", token=token_of("resident", "res_a"))
    assert_problem(reply, 503, "store-busy")
    assert reply.headers["Retry-After"] == "1"
