"""Recording one behaviour: round trips, write units, CPU of the whole handler."""

import json
import random

from tests.bench.harness import Meter, Table, paired_cpu, silenced
from tests.bench.shop import YESTERDAY, Context, bare_client, bare_update, cup, gateway_event, token_of

RUNS = 600


def run(table: Table) -> None:
    """Measure recording."""
    _round_trips(table)
    _write_units(table)
    _handler_cpu(table)


def _round_trips(table: Table) -> None:
    """Trips hours or minutes apart, by two operators, with 2 % duplicates and 2 % capped."""
    from tests.services.ledger import record

    meter, mix = Meter(), random.Random(11)
    sent = 0
    with meter.on():
        for resident in range(170):
            account_id = f"res_mix{resident:03d}"
            events = [f"e{number}" for number in range(6)]
            for number, event_id in enumerate(events):
                source = ("szt", "hlj")[number % 2]
                bus = {"methodology_id": "szt-bus-ride", "at": YESTERDAY, "now": YESTERDAY, "source": source}
                record(account_id, event_id, **bus)
                sent += 1
                if number == 5 and mix.random() < 0.125:
                    record(account_id, "past-the-cap", **bus)
                    record(account_id, event_id, **bus)
                    sent += 2
    table.at_most(
        "record: round trips a behaviour (2 % duplicate, 2 % capped)", len(meter.calls) / sent, 1.05
    )


def _write_units(table: Table) -> None:
    """Ten behaviours one by one on a fresh sheet."""
    from tests.services.ledger import record

    meter = Meter()
    with meter.on():
        for resident in range(50):
            for number in range(10):
                kind = ("szt-bus-ride", "szt-metro-trip", "own-cup")[number % 3]
                account_id = f"res_{resident:020d}"
                record(
                    account_id,
                    f"e{number}",
                    at=YESTERDAY,
                    now=YESTERDAY,
                    methodology_id=kind,
                    batch_id="k3j9x0a2bd",
                )
    table.at_most("record: write units a behaviour (sheets of 1 to 10)", meter.write_units / 500, 1.2)


def _handler_cpu(table: Table) -> None:
    """Routing, token, validation, recording, serialisation and log line, against the one call it makes."""
    from app import app

    client = bare_client()
    events = [
        gateway_event("POST", "/v1/me/activities", token_of("resident", f"res_cpu{number // 2:017d}"), cup())
        for number in range(RUNS + 30)
    ]

    def ours(number: int) -> None:
        with silenced():
            answer = app(events[number], Context())
        assert answer["statusCode"] in (200, 201), json.dumps(answer)[:300]

    def bare(number: int) -> None:
        client.update_item(**bare_update(f"bare{number // 2}"))

    handler_us, bare_us = paired_cpu(ours, bare, RUNS)
    note = f"{handler_us:.0f} µs over {bare_us:.0f} µs"
    table.at_most("record: CPU of the whole handler over the bare call", handler_us / bare_us, 1.5, note)
