"""Boards: what projecting costs beside bare puts, write units a behaviour, read units of a page and of a place."""

from datetime import timedelta
from typing import Any

from tests.bench.harness import Meter, Table, paired_wall
from tests.bench.shop import NOW, YESTERDAY, bare_client

RESIDENTS = 120
BEHAVIOURS = 10
BATCH = 25
ROUNDS = 60


def run(table: Table) -> None:
    """Measure a community whose residents all take part, each with ten behaviours a day."""
    accounts = [f"res_{number:020d}" for number in range(RESIDENTS)]
    _join(accounts)
    _settle(accounts)
    _write_units(table)
    _reading(table, accounts[40])
    _against_bare_puts(table)


def _join(accounts: list[str]) -> None:
    from chalicelib.profiles import current_profile
    from chalicelib.services import participations
    from chalicelib.services.communities import publish_community

    fields = {"name": "解放西街社区", "district_id": "xingqing", "district": "兴庆区"}
    publish_community("com_jiefang", fields, "bench", NOW)
    version = current_profile().consents["boards"]["version"]
    for number, account_id in enumerate(accounts):
        participations.choose_community(account_id, "com_jiefang", NOW)
        participations.join(account_id, f"邻居王小明{number % 997:03d}", 1990, version, NOW)


def _settle(accounts: list[str]) -> None:
    from chalicelib.services.settling import settle_open_sheets
    from tests.services.ledger import record

    kinds = ("szt-bus-ride", "szt-metro-trip", "own-cup")
    for place, account_id in enumerate(accounts):
        for number in range(BEHAVIOURS):
            at = YESTERDAY - timedelta(minutes=place)
            record(account_id, f"e{number}", at=at, now=NOW, methodology_id=kinds[number % 3])
    settle_open_sheets(NOW + timedelta(days=1), lambda: False)


def _news() -> list[Any]:
    from chalicelib.store.accounts import NEWS, parse_account, scan_accounts

    return [parse_account(item) for item in scan_accounts() if NEWS in item]


def _write_units(table: Table) -> None:
    """The night's projection of every resident, and the pages that follow from it."""
    from chalicelib.services.board_building import build_changed
    from chalicelib.services.standings import project

    news, behaviours = _news(), RESIDENTS * BEHAVIOURS
    assert len(news) == RESIDENTS
    meter = Meter()
    with meter.on():
        for start in range(0, len(news), BATCH):
            project(news[start : start + BATCH], NOW)
    rows = meter.write_units / behaviours
    table.at_most("boards: write units a behaviour, notes included", rows, 0.11, "0.1 is one row a resident")
    meter = Meter()
    with meter.on():
        build_changed(NOW + timedelta(hours=1), lambda: False)
    table.shown("boards: write units of one making of all pages", meter.write_units, f"{RESIDENTS} residents")


def _reading(table: Table, account_id: str) -> None:
    from chalicelib.services.boards import my_boards, read_board
    from chalicelib.store import standings

    meter = Meter()
    read_board("community", "com_jiefang", None, NOW)
    with meter.on():
        board = read_board("community", "com_jiefang", None, NOW)
    assert len(board["items"]) == 100
    table.at_most("boards: queries for the top 100 of a community", len(meter.calls), 1)
    # The emulator says nothing of what a batched read consumes: the same page is read by itself.
    key = {"board": {"S": "page#community#com_jiefang"}, "item": {"S": board["period"]}}
    asked = {"TableName": standings.table(), "Key": key, "ReturnConsumedCapacity": "TOTAL"}
    units = bare_client().get_item(**asked)["ConsumedCapacity"]["CapacityUnits"]
    table.at_most("boards: read units for the top 100 of a community", units, 1)
    meter = Meter()
    with meter.on():
        my_boards(account_id, NOW)
    table.shown("boards: round trips for all own numbers and places", len(meter.calls))


def _against_bare_puts(table: Table) -> None:
    """A batch of accounts projected, beside the same rows put by the bare client, in turn."""
    from dataclasses import replace

    from chalicelib.domain.scores import bumped
    from chalicelib.services.standings import project, row_of
    from chalicelib.store import standings
    from chalicelib.store.participations import find_participations

    accounts = _news()[:BATCH]
    chosen = find_participations(one.account_id for one in accounts)
    client = bare_client()

    def ours(number: int) -> None:
        nonlocal accounts
        accounts = [replace(one, scores=bumped(one.scores)) for one in accounts]
        project(accounts, NOW)

    def bare(number: int) -> None:
        for one in accounts:
            row = row_of(one, chosen[one.account_id])
            client.put_item(TableName=standings.table(), Item=standings.row_item("com_bare", row))

    ours_us, bare_us = paired_wall(ours, bare, ROUNDS)
    note = f"{ours_us / BATCH:.0f} / {bare_us / BATCH:.0f} µs a row"
    table.at_least("boards: projection ÷ bare puts, rows a second", bare_us / ours_us, 0.8, note)
