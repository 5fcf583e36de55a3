"""Owns the closing of a resident's own account over HTTP."""

from chalice import Blueprint

from chalicelib.api.access import RESIDENT
from chalicelib.api.frame import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/me/closing",
    roles={RESIDENT},
    answers={200: "WhatIsLost"},
    summary="注销账户会失去什么",
    tag="sessions",
)
def get_what_is_lost(call: Call) -> dict[str, object]:
    """Answer with what closing would cost; nothing is changed."""
    from chalicelib.services import closing

    return closing.what_is_lost(call.subject, call.now)


@endpoint(
    bp,
    "POST",
    "/v1/me/closing",
    roles={RESIDENT},
    body="CloseAccount",
    answers={200: "ClosedAccount"},
    problems=(
        "login-of-other",
        "provider-unknown",
        "login-code-refused",
        "provider-unavailable",
        "changed-meanwhile",
        "too-busy",
    ),
    tag="sessions",
    summary="注销账户：未用的券作废，积分冻结，解绑卡和手机，忘记登录方式；不可撤回",
    description="The login is proven anew in the body. The journal stays; it leads to nobody any more.",
)
def close_account(call: Call) -> dict[str, object]:
    """Close the account for good."""
    from chalicelib.services import closing, logins

    proven = logins.prove_login(call.body["provider"], logins.shown_in(call.body), call.now)
    return closing.close_account(call.subject, proven.digest, call.now)
