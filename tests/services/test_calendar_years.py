"""Three years of both cities, small: late data, holds over new year and the leap day, corrections, missed nights."""

from datetime import date, timedelta

import pytest

from chalicelib import profiles
from chalicelib.profiles import load_profile
from tests.services.years import City, in_one_piece

_ONE_DAY = timedelta(days=1)
# Days on which the residents act, and the nights after them; all others are missed and made up for.
BUSY = (
    (date(2027, 1, 5), 2),
    (date(2027, 12, 28), 5),
    (date(2028, 2, 27), 4),
    (date(2028, 12, 29), 5),
    (date(2029, 2, 26), 3),
    (date(2029, 12, 29), 4),
)
# Closing a year of missed days, one by one, takes minutes here; the slow test does it.
JOBS = ("pool", "recheck", "settle", "expire")


@pytest.mark.parametrize("profile_id", ["yinchuan", "nanjing"])
def test_three_years_of_a_city_end_in_a_clean_audit(
    profile_id: str, tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = load_profile(profile_id)
    monkeypatch.setattr(profiles, "_enabled_profile", lambda *_: profile)
    in_one_piece(monkeypatch.setattr)
    city = City(residents=6, seed=20270101, jobs=JOBS)
    city.begin(monkeypatch.setattr)
    for first, days in BUSY:
        for number in range(days):
            on = first + number * _ONE_DAY
            if number % 2 == 0:
                city.night(on)
            city.live(on, 0.8)
    city.mark_end()
    city.end()
    found = city.check()
    expected = {"late", "outside-window", "redeemed", "voided", "left", "reverse_activity", "expired"}
    assert expected <= set(found["seen"]), found["seen"]
    assert [vintage["vintage"] for vintage in found["pool"]["vintages"]]
