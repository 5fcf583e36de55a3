"""Importing files: rate against bare writes by the same workers, write units, memory against the file's length."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.harness import Meter, Table
from tests.bench.shop import bare_client, bare_update

WORKERS = 8
RESIDENT_DAYS = 2_000
BARE_UPDATES = 5_000
ROUNDS = 3
BEHAVIOURS = 10


def run(table: Table) -> None:
    """Measure imports."""
    from tests.services.delivering import add_partner

    add_partner(date_shift={"to": "yesterday"})
    _real_file(table)
    _synthetic_feed(table)
    _memory(table)


def _real_file(table: Table) -> None:
    """The whole morning of open data with every card bound to a resident of its own."""
    import csv

    from tests.services.delivering import bind, real_file

    content = real_file()
    cards = sorted({row["card_no"] for row in csv.DictReader(content.decode().splitlines())})
    bind(*cards)
    first = _bare_updates("before")
    imported_s, shown = _import(content, "real")
    second = _bare_updates("after")
    resident_days = _count_sheets()
    rate, bare_rate = resident_days / imported_s, 2 * BARE_UPDATES / (first + second)
    lines_per_s = shown["lines"] / imported_s
    note = f"{resident_days} resident-days, {rate:.0f}/s over {bare_rate:.0f}/s, {lines_per_s:.0f} lines/s"
    table.at_least("import: real file over bare UpdateItem, same workers", rate / bare_rate, 0.8, note)


def _synthetic_feed(table: Table) -> None:
    """Ten behaviours per resident-day, against one item per behaviour in raw batches; three rounds in turn."""
    from tests.services.delivering import bind

    ratios, units = [], 0.0
    for number in range(ROUNDS):
        cards = [f"SYN{number}{card:05d}" for card in range(RESIDENT_DAYS)]
        bind(*cards)
        meter = Meter()
        with meter.on():
            imported_s, _ = _import(_feed(cards), f"synthetic-{number}")
        units += meter.write_units
        ratios.append(_raw_batches(RESIDENT_DAYS * BEHAVIOURS, number) / imported_s)
    ratio = sorted(ratios)[ROUNDS // 2]
    note = f"{RESIDENT_DAYS * BEHAVIOURS / imported_s:.0f} a second; rounds " + ", ".join(
        f"{one:.2f}" for one in ratios
    )
    table.at_least("import: 10 a resident-day over raw batch writes", ratio, 1.5, note)
    per_behaviour = units / (ROUNDS * RESIDENT_DAYS * BEHAVIOURS)
    table.at_most("import: write units a behaviour, 10 a resident-day", per_behaviour, 0.4)


def _memory(table: Table) -> None:
    """Peak memory of an import in a process of its own, for a file and for one ten times as long."""
    small, large = (_peak_memory_kib(rows) for rows in (40_000, 400_000))
    note = f"{large // 1024} MiB over {small // 1024} MiB"
    table.at_most("import: memory of a file ten times as long", large / small, 1.2, note)


def _peak_memory_kib(rows: int) -> int:
    command = [sys.executable, "-m", "tests.bench.imports", str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout.split()[-1])


def _import(content: bytes, key: str) -> tuple[float, dict[str, Any]]:
    """Deliver a file and return the seconds that running its import took, and the finished import."""
    from chalicelib.services import imports
    from chalicelib.services.import_runs import run_import
    from tests.services.delivering import deliver

    now = datetime.now(UTC)
    import_id = deliver(content, f"bench-{key}-{now:%H%M%S%f}", now)
    started = time.perf_counter()
    state = run_import(import_id, lambda: datetime.now(UTC), now + timedelta(hours=1), workers=WORKERS)
    elapsed_s = time.perf_counter() - started
    assert state == "done", imports.get_import(import_id)
    return elapsed_s, imports.get_import(import_id)


def _feed(cards: Iterable[str]) -> bytes:
    from tests.services.delivering import file_of, tap

    return file_of(
        tap(card, f"{8 + ride:02d}:{i % 60:02d}:00") for ride in range(10) for i, card in enumerate(cards)
    )


def _bare_updates(prefix: str) -> float:
    """Return the seconds that bare updates of fresh sheets took."""
    client = bare_client()
    calls = [bare_update(f"{prefix}{number}") for number in range(BARE_UPDATES)]
    return _timed(lambda call: client.update_item(**call), calls)


def _raw_batches(count: int, round_no: int) -> float:
    """Return the seconds that writing `count` behaviours took, one item each with its fields, 25 a call."""
    from chalicelib.config import config

    client, table_name = bare_client(), config().table("accounts")

    def item(number: int) -> dict[str, Any]:
        fields = {
            "account_id": {"S": f"raw{round_no}-{number // 10}"},
            "item": {"S": f"activity#2026-11-20#{number % 10}"},
            "methodology": {"S": "sb1-yPiU_SlyFM0J"},
            "second_of_day": {"N": "45454"},
            "grams_co2e": {"N": "80"},
            "millipoints": {"N": "8000"},
            "source": {"S": "szt"},
            "evidence": {"S": "operator-signed"},
            "batch_id": {"S": "k3j9x0a2bd"},
        }
        return {"PutRequest": {"Item": fields}}

    batches = [[item(start + offset) for offset in range(25)] for start in range(0, count, 25)]
    return _timed(lambda batch: client.batch_write_item(RequestItems={table_name: batch}), batches)


def _timed(act: Callable[[Any], Any], arguments: list[Any]) -> float:
    with ThreadPoolExecutor(WORKERS) as pool:
        started = time.perf_counter()
        list(pool.map(act, arguments))
        return time.perf_counter() - started


def _count_sheets() -> int:
    from chalicelib.config import config
    from chalicelib.store.client import dynamodb

    pages = dynamodb().get_paginator("scan").paginate(TableName=config().table("accounts"), Select="COUNT")
    return sum(page["Count"] for page in pages) - 2 * BARE_UPDATES


def _long_lines(rows: int) -> Iterator[Any]:
    from tests.services.delivering import tap

    for number in range(rows):
        yield tap(f"MEM{number % (rows // 2):08d}", f"{6 + number % 12:02d}:{number % 60:02d}:30")


def _main(rows: int) -> None:
    """Import `rows` lines of cards nobody has bound and print the peak memory of this process in KiB.

    The file is made by a child, so that making it does not count.
    """
    import tempfile

    from tests.services.delivering import file_of

    with tempfile.NamedTemporaryFile() as made:
        pid = os.fork()
        if pid == 0:
            with open(made.name, "wb") as target:
                target.write(file_of(_long_lines(rows)))
            os._exit(0)
        os.waitpid(pid, 0)
        _deliver_from(made.name)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _deliver_from(path: str) -> None:
    """Announce and upload the file from a child, then run the import here."""
    import hashlib

    from chalicelib.config import config
    from chalicelib.services.import_runs import run_import
    from chalicelib.services.partner_deliveries import request_upload

    digest = hashlib.sha256()
    with open(path, "rb") as source:
        for chunk in iter(lambda: source.read(1 << 16), b""):
            digest.update(chunk)
    now, size = datetime.now(UTC), os.path.getsize(path)
    asked = request_upload("szt", "taps.csv", size, digest.hexdigest(), None, f"memory-{size}", now)
    pid = os.fork()
    if pid == 0:
        import boto3

        key = f"inbox/szt/{asked['import_id']}/taps.csv"
        boto3.client("s3").upload_file(path, config().files_bucket, key)
        os._exit(0)
    os.waitpid(pid, 0)
    deadline_at = now + timedelta(hours=1)
    state = run_import(str(asked["import_id"]), lambda: datetime.now(UTC), deadline_at, workers=WORKERS)
    assert state == "done", state


if __name__ == "__main__":
    _main(int(sys.argv[1]))
