"""Lets a city of many residents live through three years on the database of an emulator of its own.

Usage: `python -m tests.e2e.years '{"residents": 1000, "profile": "yinchuan"}'`; prints what was seen, fails on any
difference. In one process, with a clock and a queue of its own.
"""

import json
import os
import sys
from datetime import date, timedelta
from typing import Any

_ONE_DAY = timedelta(days=1)
FIRST_ON, LAST_ON = date(2027, 1, 1), date(2029, 12, 31)


def is_busy(on: date) -> bool:
    """Say whether the residents act on a day: around each new year and the end of February, and now and then."""
    near_new_year = (on.month, on.day) >= (12, 29) or (on.month, on.day) <= (1, 3)
    near_leap_day = ((on.month, on.day) >= (2, 27) and on.month == 2) or (on.month, on.day) == (3, 1)
    return near_new_year or near_leap_day or on.toordinal() % 61 == 0


def main(asked: dict[str, Any]) -> None:
    """Live three years, check everything, print it."""
    from tests.services.years import City

    city = City(
        asked["residents"], seed=asked.get("seed", 1), jobs=("pool", "recheck", "settle", "expire", "remind")
    )
    city.begin(setattr)
    on = FIRST_ON
    while on <= LAST_ON:
        # Two nights of three are missed, but not while something goes on.
        if is_busy(on) or is_busy(on - _ONE_DAY) or on.toordinal() % 30 == 0:
            city.night(on)
        if is_busy(on):
            city.live(on, asked.get("share", 0.15))
        on += _ONE_DAY
    city.mark_end()
    city.end()
    sys.stderr.write(json.dumps(city.check(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    from tests.bench.harness import emulator

    chosen = json.loads(sys.argv[1])
    with emulator():
        os.environ.update(TANHUI_PROFILE=chosen["profile"], TANHUI_DEMO="1")
        main(chosen)
