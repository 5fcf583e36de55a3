"""Owns weekly hours: when a store is open, when an offer can be used.

Must not refuse: what being outside of them means is for offers and stores to say. A window is
`{weekdays: [1…7, Monday is 1], opens: "HH:MM", closes: "HH:MM" or "24:00"}`; past midnight it takes two.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Window = Mapping[str, Any]


def is_within(windows: Sequence[Window], instant: datetime, tz: ZoneInfo) -> bool:
    """Tell whether `instant` lies in one of `windows` on the city's clock; without windows it always does.

    >>> from datetime import UTC
    >>> weekend = [{"weekdays": [6, 7], "opens": "10:00", "closes": "21:00"}]
    >>> saturday_noon = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    >>> is_within(weekend, saturday_noon, ZoneInfo("Asia/Shanghai"))
    True
    >>> is_within(weekend, datetime(2026, 11, 21, 13, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    False
    """
    local = instant.astimezone(tz)
    clock = f"{local:%H:%M}"
    return not windows or any(
        local.isoweekday() in window["weekdays"] and window["opens"] <= clock < window["closes"]
        for window in windows
    )


def faults_in(windows: Sequence[Window], pointer: str) -> list[dict[str, str]]:
    """Return a fault `{pointer, detail}` for every window that closes before it opens.

    >>> faults_in([{"weekdays": [1], "opens": "22:00", "closes": "02:00"}], "/valid_hours")
    [{'pointer': '/valid_hours/0/closes', 'detail': 'must be later than opens; past midnight takes two windows'}]
    """
    detail = "must be later than opens; past midnight takes two windows"
    return [
        {"pointer": f"{pointer}/{position}/closes", "detail": detail}
        for position, window in enumerate(windows)
        if window["closes"] <= window["opens"]
    ]
