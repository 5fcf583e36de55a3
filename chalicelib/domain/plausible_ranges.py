"""Owns the ranges that factors are known to lie in, and what events can be worth: data for `domain.plausibility`.

Must not be a source of factors: a number here bounds what may be published and never enters a result. A single known
value is taken half to double; a span of known values as it says. Wider needs a source, in a reviewed change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Range:
    """Inclusive bounds of a factor's value in `unit`, and the values they come from."""

    kind: str
    unit: str
    low: Decimal
    high: Decimal
    source: str


def _range(kind: str, unit: str, low: str, high: str, source: str) -> Range:
    return Range(kind, unit, Decimal(low), Decimal(high), source)


GRID_UNIT = "gCO2/kWh"

RANGES: tuple[Range, ...] = (
    _range(
        "emission",
        GRID_UNIT,
        "400",
        "700",
        "Guangdong 2023 441.9, Ningxia 2021 654.6; 785 and 997 are of 2010",
    ),
    _range("emission", "gCO2/m3", "1090", "4360", "order of magnitude 2180 per Nm3; 190 is 11 times too low"),
    _range("emission", "gCO2e/km", "82.2", "329", "petrol car 164.5, UK DESNZ 2024"),
    _range("emission", "gCO2e/passenger-km", "13.9", "217", "underground 27.8, bus 108.46, UK DESNZ 2024"),
    _range("reduction", "gCO2e/passenger-km", "13.4", "93.4", "Shenzhen 2021: electric bus 26.9, metro 46.7"),
    _range("reduction", "gCO2e/km", "3.5", "94", "car-hailing 7, bicycle 40 to 93.3, metro 78.4 (Wuhan)"),
    _range("reduction", "gCO2e/ride", "40", "300", "bus ride 80 (Luzhou 2024), 150 (Wuhan 2023)"),
    _range("reduction", "gCO2e/trip", "257", "569", "metro trip 515.5 to 541.9, Guangzhou 2015, 5 % above"),
    _range("reduction", "gCO2e/step", "0.01", "0.04", "0.02, Hubei 2021"),
    _range("reduction", "gCO2e/kg", "640", "2560", "clothes 1280, Luzhou 2024"),
    _range("reduction", "gCO2e/meal", "72", "288", "clean plate 144, Luzhou 2024"),
    _range("reduction", "gCO2e/order", "7.9", "31.8", "no cutlery 15.9, Ele.me 2022"),
    _range("reduction", "gCO2e/use", "20", "80", "own cup 40, Meituan 2025"),
    _range("reduction", "gCO2e/bag", "2.5", "10", "bag refused 5, Wuhan 2023; 0.1 and 16 are unsourced"),
    _range("reduction", "gCO2e/bill", "44.5", "178", "online bill 89, CITIC 2022"),
    _range("reduction", "gCO2e/card", "44.5", "178", "card applied for electronically 89, CITIC 2022"),
    _range("reduction", "gCO2e/statement", "12", "48", "electronic statement 24, CITIC 2022"),
    _range("reduction", "gCO2e/sheet", "1.3", "5.2", "A4 sheet 2.6, handbook value"),
)

# A petrol car per km (UK DESNZ 2024): no trip saves more than the car it replaces would have emitted.
CAR_G_PER_KM = Decimal("164.5")

# What grams are compared with: China's average grid of 2023.
GRID_G_PER_KWH = Decimal("530.6")

# The largest known event is a metro trip, 541.9 g or 1.02 kWh. 600 g for taking the stairs once would be
# 1.13 kWh for one lift ride: an event of a kind without known values must stay under half a kilowatt-hour.
EVENT_KWH_MAX = Decimal("1.1")
UNKNOWN_EVENT_KWH_MAX = Decimal("0.5")

# The most that one measured event may equal: 100 km by metro, 50 000 steps, 60 kg of clothes, a month's saving of a
# large household, the largest car battery.
KWH_MAX_BY_INPUT: Mapping[str, Decimal] = {
    "distance_m": Decimal(10),
    "steps": Decimal(2),
    "clothes_g": Decimal(145),
    "electricity_wh": Decimal(500),
    "gas_dm3": Decimal(500),
    "charged_wh": Decimal(150),
}
