"""Owns the one way a document becomes bytes before it is hashed, stored or compared.

Must not accept floats: a number that is not whole has no single spelling.
"""

import hashlib
import json
from typing import Any


def canonical_json(document: Any) -> str:
    """Return `document` as JSON with sorted keys, no spaces, no escapes; TypeError on a float.

    >>> canonical_json({"b": 1, "a": ["茶"]})
    '{"a":["茶"],"b":1}'
    >>> canonical_json({"a": 0.5})
    Traceback (most recent call last):
    TypeError: floats have no canonical form
    """
    _refuse_floats(document)
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(document: Any) -> str:
    """Return the hexadecimal SHA-256 of the canonical form."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("floats have no canonical form")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
