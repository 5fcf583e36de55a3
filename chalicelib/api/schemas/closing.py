"""Owns the body of closing an account."""

from chalicelib.api.schemas.sessions import Login


class CloseAccount(Login):
    """The login of the account, proven once more."""
