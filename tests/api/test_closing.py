"""Closing an account over HTTP: proven anew, done once, and the login is free for a new account."""

from tests.gateway import Gateway, assert_problem

LOGIN = {"provider": "dev", "subject": "xiaoman"}


def test_a_resident_closes_the_account_and_may_begin_anew(gateway: Gateway) -> None:
    session = gateway.send("POST", "/v1/sessions", LOGIN).json
    token = session["access_token"]
    lost = gateway.send("GET", "/v1/me/closing", token=token).json
    assert (lost["closed_at"], lost["points"], lost["open_vouchers"]) == (None, 0, 0)
    stranger = gateway.send("POST", "/v1/sessions", {**LOGIN, "subject": "somebody"})
    assert stranger.status == 201
    wrong = gateway.send("POST", "/v1/me/closing", {**LOGIN, "subject": "somebody"}, token)
    assert_problem(wrong, 403, "login-of-other")
    first = gateway.send("POST", "/v1/me/closing", LOGIN, token)
    assert (first.status, first.json) == (200, {"closed_at": "2026-11-20T04:00:00.000Z"})
    again = gateway.send("POST", "/v1/me/closing", LOGIN, token)
    assert (again.json, again.headers["Idempotency-Hit"]) == (first.json, "true")
    assert gateway.send("POST", "/v1/sessions", LOGIN).json["subject"] != session["subject"]


def test_the_proof_is_demanded(gateway: Gateway) -> None:
    token = gateway.send("POST", "/v1/sessions", LOGIN).json["access_token"]
    for body in ({"provider": "dev"}, {"provider": "wechat"}, {"provider": "paper", "subject": "x"}):
        assert_problem(gateway.send("POST", "/v1/me/closing", body, token), 400, "invalid-input")
    assert gateway.send("GET", "/v1/me/closing", token=token).json["closed_at"] is None


def test_a_platforms_code_signs_in_and_tells_where_messages_go(gateway: Gateway) -> None:
    code = {"provider": "wechat", "code": "local-xiaoman"}
    first = gateway.send("POST", "/v1/sessions", code)
    again = gateway.send("POST", "/v1/sessions", code)
    assert first.status == 201 and first.json["subject"] == again.json["subject"]
    assert gateway.send("POST", "/v1/sessions", LOGIN).json["subject"] != first.json["subject"]
    from chalicelib.store.message_settings import get_settings

    assert list(get_settings(first.json["subject"]).addresses) == ["wechat-subscribe"]
    refused = gateway.send("POST", "/v1/sessions", {"provider": "wechat", "code": "forged"})
    assert_problem(refused, 422, "login-code-refused")
