"""Owns signing in over HTTP."""

from chalice import Blueprint

from chalicelib import ids
from chalicelib.api.access import PUBLIC
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/sessions",
    roles={PUBLIC},
    body="OpenSession",
    answers={201: "Session"},
    problems=(
        "provider-unknown",
        "login-unknown",
        "login-code-refused",
        "provider-unavailable",
        "changed-meanwhile",
    ),
    summary="登录，换取 15 分钟有效的访问凭证",
)
def open_session(call: Call) -> dict[str, object]:
    """Answer with an access token; the development provider only in demonstrations."""
    from chalicelib.services import logins, sessions

    shown, role = logins.shown_in(call.body), call.body.get("role", "resident")
    return sessions.sign_in(call.body["provider"], shown, role, ids.new_id("res"), call.now)


@endpoint(
    bp,
    "POST",
    "/v1/pos/sessions",
    roles={PUBLIC},
    body="SignInTerminal",
    answers={201: "Session"},
    problems=("terminal-key-unknown",),
    summary="收银终端登录：用终端密钥换取 15 分钟的令牌",
)
def sign_in_terminal(call: Call) -> dict[str, object]:
    """Answer with an access token for a terminal."""
    from chalicelib.services import terminal_sessions

    return terminal_sessions.sign_in_terminal(call.body["key_id"], call.body["secret"], call.now)
