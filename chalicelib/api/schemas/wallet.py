"""Owns the bodies about a resident's devices."""

from chalicelib.api.schemas.fields import Label, NewId
from chalicelib.services.strict import Strict


class RegisterDevice(Strict):
    """A phone that will make wallet codes, under an id of its own."""

    device_id: NewId
    name: Label
