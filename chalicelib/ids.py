"""Owns the making of identifiers; nothing else in the product draws random ids.

Must not give an id meaning: a prefix says what it names, the rest is opaque.
"""

import secrets

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Return `prefix_` and 20 characters (100 random bits) that can be read out loud.

    >>> len(new_id("res")), new_id("res").startswith("res_")
    (24, True)
    """
    return prefix + "_" + "".join(secrets.choice(_CROCKFORD) for _ in range(20))
