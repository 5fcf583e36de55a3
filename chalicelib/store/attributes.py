"""Owns the kinds of attributes that PynamoDB lacks; must not know any table."""

from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER


class IntegerAttribute(Attribute[int]):
    """A whole number, stored as a DynamoDB number; refuses floats, booleans and anything with a fraction."""

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        """Return the decimal digits of `value`; TypeError for anything but an int."""
        if type(value) is not int:
            raise TypeError(f"{self.attr_name} must be an int, got {type(value).__name__}")
        return str(value)

    def deserialize(self, value: Any) -> int:
        """Return the stored number; ValueError when it has a fraction."""
        return int(value)
