"""Owns the bodies of signing in."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.services.strict import Strict, absent

Role = Literal["resident", "cashier", "merchant_manager", "operator", "verifier", "regulator"]


class Login(Strict):
    """What proves a login: `subject` with the development provider, a fresh one-time `code` with all others."""

    provider: Literal["dev", "wechat", "alipay"]
    subject: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$", examples=["demo-resident-1"])] = (
        absent()
    )
    code: Annotated[str, Field(pattern=r"^[!-~]{1,256}$")] = absent(
        description="What `wx.login` or `my.getAuthCode` gave; good once, for minutes."
    )


class OpenSession(Login):
    """Who signs in, and as what."""

    role: Role = absent(description="`resident` if absent.")


class SignInTerminal(Strict):
    """The key of a terminal, as its registration has shown it."""

    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{3,80}$", examples=["till-jiefang-1.1"])]
    secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
