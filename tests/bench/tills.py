"""Many tills at once: all at one merchant against each at its own, and how the rate grows with the tills."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.harness import Table
from tests.bench.post import previewed
from tests.bench.shop import NOW

ROUNDS = 6
CHARGES_EACH = 60
TILLS = (1, 4, 16)


def run(table: Table) -> None:
    """Charge prepared wallet codes from several threads; every account is charged once."""
    from chalicelib.domain.vouchers import Staff
    from chalicelib.store import catalogue
    from tests.services.ledger import CASHIER, add_shop

    add_shop()
    others = []
    for number in range(8):
        merchant_id, store_id = f"mer_spread{number}", f"sto_spread{number}"
        catalogue.put_document("merchant", merchant_id, {"id": merchant_id, "name": "店"})
        catalogue.put_document("store", store_id, {"id": store_id, "merchant_id": merchant_id, "name": "店"})
        others.append((Staff(f"stf_{number}", merchant_id, "cashier"), store_id))
    took = {"hot": 0.0, "spread": 0.0}
    for number in range(ROUNDS):
        here = [(CASHIER, request) for request in prepared(2 * number)]
        there = [
            (staff, {**request, "store_id": store_id})
            for request, (staff, store_id) in zip(
                prepared(2 * number + 1), others * CHARGES_EACH, strict=False
            )
        ]
        # In turn, and each first every other time, so that a slow moment hits both.
        sides = [("hot", here), ("spread", there)]
        for name, asked in sides if number % 2 else reversed(sides):
            took[name] += CHARGES_EACH / rate(4, asked)
    note = (
        f"{ROUNDS * CHARGES_EACH / took['hot']:.0f} / {ROUNDS * CHARGES_EACH / took['spread']:.0f} a second"
    )
    table.at_least("charges at one merchant ÷ at eight", took["spread"] / took["hot"], 0.95, note)
    for place, tills in enumerate(TILLS):
        measured = rate(tills, [(CASHIER, request) for request in prepared(100 + place)])
        table.shown(
            f"charges a second from {tills} tills",
            measured,
            "until the emulator and this process are the limit",
        )


def prepared(batch: int) -> list[dict[str, Any]]:
    """Return a batch of requests that nobody has sent yet."""
    return [previewed(100_000 + batch * CHARGES_EACH + number) for number in range(CHARGES_EACH)]


def rate(tills: int, asked: list[tuple[Any, dict[str, Any]]]) -> float:
    """Return charges a second when `tills` threads work through what is asked."""
    from chalicelib.services import charges

    started = time.perf_counter()
    with ThreadPoolExecutor(tills) as pool:
        list(pool.map(lambda one: charges.charge(one[0], one[1], NOW), asked))
    return len(asked) / (time.perf_counter() - started)
