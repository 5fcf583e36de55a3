"""Owns the identity provider of demonstrations: a code says who it is, so that platforms' logins can be tried anywhere.

Must not be reachable outside demonstrations; `services.logins` sees to that.
"""

import re
from datetime import datetime

from chalicelib.services.logins import LoginRefused

_CODE = re.compile(r"local-([A-Za-z0-9_.-]{1,64})")


def subject_of(code: str, now: datetime) -> str:
    """Return the name in a code `local-<name>`; LoginRefused for any other.

    >>> from chalicelib.clock import utc_now
    >>> subject_of("local-xiaoman", utc_now())
    'xiaoman'
    """
    found = _CODE.fullmatch(code)
    if found is None:
        raise LoginRefused
    return found[1]
