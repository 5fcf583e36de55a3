"""Owns the bodies of signing in."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.services.strict import Strict, absent

Role = Literal["resident", "cashier", "merchant_manager", "operator", "verifier", "regulator"]


class OpenSession(Strict):
    """Who signs in, and as what."""

    provider: Literal["dev"]
    subject: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$", examples=["demo-resident-1"])]
    role: Role = absent(description="`resident` if absent.")


class SignInTerminal(Strict):
    """The key of a terminal, as its registration has shown it."""

    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{3,80}$", examples=["till-jiefang-1.1"])]
    secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
