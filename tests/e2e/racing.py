"""Lets many threads take one offer at the same instant, on the database of the stack that the environment names.

Usage: `python -m tests.e2e.racing '{"limits": {"stock": 1}, "takers": 50}'`; prints how often each answer came.
In one process, because fifty functions starting at once would measure how fast they start.
"""

import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.errors import TanhuiError, Unavailable
from chalicelib.services.publishing import publish_offer
from chalicelib.services.vouchers import take_voucher
from tests.e2e.people import new_id
from tests.services.ledger import record


def publish(limits: dict[str, int], now: datetime) -> str:
    """Put an offer for one point in force and return its id."""
    offer = {
        "id": new_id("off")[:40],
        "merchant_id": "mer_jinxiu",
        "store_ids": ["sto_jiefang"],
        "title": "限量优惠",
        "scenario": "衣",
        "points": 1,
        "stock": 1000,
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(days=1)).isoformat(),
        **limits,
    }
    return str(publish_offer(offer, "racing", now)["id"])


def race(limits: dict[str, int], takers: int, residents: int, now: datetime) -> Counter[str]:
    """Let `takers` threads, shared out among `residents`, take at once; one told "busy" asks again."""
    offer_id, start = publish(limits, now), threading.Barrier(takers)
    accounts = [new_id("res") for _ in range(residents)]
    for account_id in accounts:
        record(account_id, "e1", at=now, now=now)

    def take(number: int) -> str:
        redemption_id = new_id("red")
        start.wait()
        while True:
            try:
                return str(take_voucher(accounts[number % residents], redemption_id, offer_id, now)["state"])
            except Unavailable:
                continue
            except TanhuiError as error:
                return error.code

    with ThreadPoolExecutor(takers) as pool:
        return Counter(pool.map(take, range(takers)))


def main(asked: dict[str, Any]) -> None:
    """Run one race and print its answers."""
    takers = asked["takers"]
    counted = race(asked["limits"], takers, asked.get("residents", takers), datetime.now(UTC))
    print(json.dumps(counted))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
