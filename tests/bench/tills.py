"""Many tills at once: all at one merchant against each at its own, and how the rate grows with the tills.

Sides are measured in short rounds in turn, each first every other time, and compared round by round; the figure is the
median of those ratios, so that a slow moment of the machine hits both sides or one round. The hot merchant is compared
by charges a CPU second of this process and the emulator together: on a busy machine the clock on the wall measures the
neighbours. What waiting could hide from that is counted: items that two charges write, and transactions repeated.

The emulator answers one request at a time, so no rate can grow beyond its own. Beside ours stands that ceiling: the
same reads and writes as bare calls from as many threads.
"""

import statistics
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from tests.bench.harness import Table, cpu_s
from tests.bench.post import previewed, record_calls, renamed
from tests.bench.shop import NOW, bare_client

ROUNDS = 40
CHARGES_A_ROUND = 16
GROWTH_ROUNDS = 6
GROWTH_CHARGES = 48
TILLS = (1, 4, 16)
Asked = list[tuple[Any, dict[str, Any]]]


class Rate(NamedTuple):
    """How much was done a second of the wall clock, and a CPU second of this process and the emulator."""

    a_second: float
    a_cpu_second: float


def run(table: Table) -> None:
    """Charge prepared wallet codes from several threads; every account is charged once."""
    from tests.services.ledger import CASHIER, add_shop

    add_shop()
    fresh = count(100_000)
    _hot_merchant(table, fresh, CASHIER, _other_places())
    _shared_items(table, [(CASHIER, request) for request in prepared(fresh, CHARGES_A_ROUND)])
    _growth(table, fresh, CASHIER)


def _other_places() -> list[tuple[Any, str]]:
    from chalicelib.domain.vouchers import Staff
    from chalicelib.store import catalogue

    places = []
    for number in range(8):
        merchant_id, store_id = f"mer_spread{number}", f"sto_spread{number}"
        catalogue.put_document("merchant", merchant_id, {"id": merchant_id, "name": "店"})
        catalogue.put_document("store", store_id, {"id": store_id, "merchant_id": merchant_id, "name": "店"})
        places.append((Staff(f"stf_{number}", merchant_id, "cashier"), store_id))
    return places


def _hot_merchant(table: Table, fresh: Any, cashier: Any, others: list[tuple[Any, str]]) -> None:
    ratios, walls = [], []
    for number in range(ROUNDS):
        here = [(cashier, request) for request in prepared(fresh, CHARGES_A_ROUND)]
        there = [
            (others[place % len(others)][0], {**request, "store_id": others[place % len(others)][1]})
            for place, request in enumerate(prepared(fresh, CHARGES_A_ROUND))
        ]
        hot, spread = in_turn(number, partial(_charged, 4, here), partial(_charged, 4, there))
        ratios.append(hot.a_cpu_second / spread.a_cpu_second)
        walls.append(hot.a_second / spread.a_second)
    note = f"by CPU, median of {ROUNDS} rounds, half of them within {_middle_half(ratios)}"
    table.at_least("charges at one merchant ÷ at eight", statistics.median(ratios), 0.95, note)
    wall = f"half of them within {_middle_half(walls)}"
    table.shown("charges at one merchant ÷ at eight, by the wall clock", statistics.median(walls), wall)


def _middle_half(values: list[float]) -> str:
    low, _, high = statistics.quantiles(values, n=4)
    return f"{low:.2f}–{high:.2f}"


def _shared_items(table: Table, asked: Asked) -> None:
    """Count what charges at one merchant have in common: nothing that they write, no transaction tried twice."""
    written: list[tuple[str, str]] = []
    transactions = 0

    def note(params: dict[str, Any], **_: Any) -> None:
        nonlocal transactions
        transactions += 1
        for operation in params["TransactItems"]:
            put = operation["Put"]
            keys = [put["Item"].get(name) for name in ("redemption_id", "account_id", "item", "seq")]
            written.append((put["TableName"], repr(keys)))

    from chalicelib.store.client import dynamodb

    events = dynamodb().meta.events
    events.register("before-parameter-build.dynamodb.TransactWriteItems", note)
    try:
        _charged(8, asked)
    finally:
        events.unregister("before-parameter-build.dynamodb.TransactWriteItems", note)
    table.at_most("items written by two charges at one merchant", len(written) - len(set(written)), 0)
    table.at_most("transactions a charge, eight tills of one merchant", transactions / len(asked), 1)


def _growth(table: Table, fresh: Any, cashier: Any) -> None:
    """Print our rate and the emulator's with one till and more; what is ours must not grow worse with the tills."""
    shares = {}
    for tills in TILLS:
        ours_rates, bare_rates = [], []
        for number in range(GROWTH_ROUNDS):
            asked = [(cashier, request) for request in prepared(fresh, GROWTH_CHARGES)]
            ours, bare = in_turn(
                number, partial(_charged, tills, asked), partial(_bare, tills, fresh, cashier)
            )
            ours_rates.append(ours.a_second)
            bare_rates.append(bare.a_second)
        shares[tills] = statistics.median(o / b for o, b in zip(ours_rates, bare_rates, strict=True))
        note = (
            f"the emulator's own ceiling: {statistics.median(bare_rates):.0f}, ours {shares[tills]:.2f} of it"
        )
        table.shown(f"charges a second from {tills} tills", statistics.median(ours_rates), note)
    worst = shares[TILLS[-1]] / shares[TILLS[0]]
    table.at_least("share of the ceiling, 16 tills ÷ one", worst, 0.9, "nothing of ours is queued for")


def _bare(tills: int, fresh: Any, cashier: Any) -> Rate:
    """Return how fast the emulator does the reads and writes of charges for so many threads."""
    from chalicelib.services import charges

    recorded: dict[str, Any] = {}
    (request,) = prepared(fresh, 1)
    record_calls(recorded, lambda: charges.charge(cashier, request, NOW))
    writes = [renamed(recorded["TransactWriteItems"]["TransactItems"]) for _ in range(GROWTH_CHARGES)]

    def both(operations: list[dict[str, Any]]) -> None:
        bare_client().batch_get_item(**recorded["BatchGetItem"])
        bare_client().transact_write_items(TransactItems=operations)

    return _timed(tills, both, writes)


def in_turn(number: int, one: Callable[[], Rate], other: Callable[[], Rate]) -> tuple[Rate, Rate]:
    """Return what both measure, `other` first in every second round."""
    if number % 2:
        second = other()
        return one(), second
    return one(), other()


def prepared(fresh: Any, number: int) -> list[dict[str, Any]]:
    """Return requests that nobody has sent yet."""
    return [previewed(next(fresh)) for _ in range(number)]


def _charged(tills: int, asked: Asked) -> Rate:
    """Return how fast `tills` threads work through what is asked."""
    from chalicelib.services import charges

    return _timed(tills, lambda one: charges.charge(one[0], one[1], NOW), asked)


def _timed(threads: int, act: Callable[[Any], Any], arguments: Iterable[Any]) -> Rate:
    listed = list(arguments)
    with ThreadPoolExecutor(threads) as pool:
        started, started_cpu = time.perf_counter(), cpu_s()
        list(pool.map(act, listed))
        elapsed_s, used_s = time.perf_counter() - started, cpu_s() - started_cpu
    return Rate(len(listed) / elapsed_s, len(listed) / used_s)
