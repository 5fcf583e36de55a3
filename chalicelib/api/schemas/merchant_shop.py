"""Owns the bodies with which managers run their shop: stores, staff, terminals, leaving."""

from pydantic import Field

from chalicelib.api.schemas.fields import Id, Label, NewId
from chalicelib.api.schemas.merchant_fields import EnterStaff, StoreFields
from chalicelib.api.schemas.merchants import Closing
from chalicelib.services.strict import Strict

__all__ = ["ChangeStore", "Closing", "EnterStaff", "OpenStore", "RegisterTerminal", "RenewKey"]


class OpenStore(StoreFields):
    """A new store."""

    id: Id


class ChangeStore(StoreFields):
    """The whole of what is said of a store."""


class RegisterTerminal(Strict):
    """A till that signs its requests."""

    terminal_id: NewId
    store_id: Id
    name: Label


class RenewKey(Strict):
    """The number of the key that gets a successor."""

    after_key_no: int = Field(ge=1, le=10_000)
