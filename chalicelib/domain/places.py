"""Owns distances between two places on the map, in whole metres. Places are whole micro-degrees, WGS 84."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_000
MICRODEGREES = 1_000_000
Place = tuple[int, int]


def distance_m(here: Place, there: Place) -> int:
    """Return the way as the crow flies between two (latitude, longitude), by the haversine formula, rounded down.

    >>> distance_m((38_487_000, 106_230_000), (38_487_000, 106_230_000))
    0
    >>> distance_m((0, 0), (0, 1_000_000))
    111194
    """
    (lat_1, lon_1), (lat_2, lon_2) = (
        (radians(latitude / MICRODEGREES), radians(longitude / MICRODEGREES))
        for latitude, longitude in (here, there)
    )
    half = sin((lat_2 - lat_1) / 2) ** 2 + cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
    return int(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))
