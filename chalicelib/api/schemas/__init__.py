"""Owns the models of request bodies: a file a feature, loaded when the first body for that feature arrives.

Must not load pydantic by itself: requests without a body do without it. Answers are `api.answers`.
"""

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.services.strict import Strict


@lru_cache(maxsize=256)
def model_named(name: str) -> "type[Strict]":
    """Return the model of a body by its feature and name, e.g. `vouchers.TakeVoucher`."""
    feature, _, title = name.partition(".")
    model: type[Strict] = getattr(import_module(f"{__name__}.{feature}"), title)
    return model
