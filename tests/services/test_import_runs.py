"""An import can be cut anywhere and run again: nothing twice, nothing lost, the same report."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.services import activities, imports
from chalicelib.services.balances import read_balance
from chalicelib.store import files, people, queues, runs, sheets
from tests.services.delivering import BUS, ENTRY, EXIT, NOW, bind, deliver, file_of, report_of, run, tap

CARDS = [f"CARD{number:04d}" for number in range(24)]


def morning() -> bytes:
    """A small file with something of everything: rides over the cap, trips, duplicates, leftovers, broken lines."""
    lines = [tap(card, f"07:{minute:02d}:00", BUS) for minute, card in enumerate(CARDS)]
    lines += [tap(CARDS[0], f"{hour:02d}:30:00", BUS) for hour in range(8, 20)]
    lines += [tap(card, "09:00:00", ENTRY) for card in CARDS[:6]]
    lines += [tap(card, "09:20:00", EXIT, station="" if card == CARDS[0] else "老街") for card in CARDS[:5]]
    lines += [
        tap(CARDS[3], "07:03:00", BUS),
        tap(CARDS[4], "2026-02-30 00:00:00"),
        tap("STRANGER1", "07:00:00"),
    ]
    return file_of(lines)


class Killed(BaseException):
    """The process is gone; nothing may catch it."""


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.import_runs.SLICE_ROWS", 10)


def kill_at(call_no: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every call to the store count, and the `call_no`-th be the last: before or after it took effect."""
    calls = 0

    def lethal(inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call_no and call_no % 2:
                raise Killed
            result = inner(*arguments, **more)
            if calls >= call_no:
                raise Killed
            return result

        return call

    for module, name in (
        (runs, "replace_run"),
        (sheets, "try_add"),
        (activities, "insert_sheets"),
        (people, "bindings_by_card"),
        (files, "write_part"),
        (files, "read_part"),
        (files, "write_file"),
    ):
        monkeypatch.setattr(module, name, lethal(getattr(module, name)))


def state_of(import_id: str) -> tuple[Any, ...]:
    """Return everything that an import leaves behind: what it says of itself, its report, what residents have."""
    found = imports.get_import(import_id)
    balances = [read_balance(f"res_{card}", NOW) for card in CARDS]
    return found | {"import_id": "", "requested_at": ""}, report_of(import_id), balances


def undisturbed(content: bytes) -> tuple[Any, ...]:
    import_id = deliver(content)
    assert run(import_id) == "done"
    return state_of(import_id)


@pytest.mark.usefixtures("inbox", "small_slices")
def test_an_import_without_disturbance_accounts_for_every_line() -> None:
    bind(*CARDS)
    found, report, _ = undisturbed(morning())
    assert sum(found["outcomes"].values()) == found["lines"]
    assert len(report) == found["lines"] - found["outcomes"]["unbound"]
    assert {
        "skipped/cap-per-day",
        "skipped/no-station",
        "skipped/entry-without-exit",
        "rejected/bad-time",
    } <= set(found["reasons"])


@pytest.mark.parametrize("call_no", range(1, 24))
@pytest.mark.usefixtures("inbox", "small_slices")
def test_killed_at_any_call_and_run_again_it_ends_as_if_undisturbed(
    call_no: int, monkeypatch: pytest.MonkeyPatch, wanted: tuple[Any, ...]
) -> None:
    bind(*CARDS)
    import_id = deliver(morning())
    with monkeypatch.context() as patched:
        kill_at(call_no, patched)
        with pytest.raises(Killed):
            run(import_id)
    assert run(import_id) == "done"
    assert state_of(import_id) == wanted


@pytest.fixture(scope="module")
def wanted() -> tuple[Any, ...]:
    """What an undisturbed import of the same file leaves behind, in a world of its own."""
    import moto

    from chalicelib.store import catalogue
    from chalicelib.store.tables import MODELS
    from tests.services import delivering

    with moto.mock_aws(), pytest.MonkeyPatch.context() as patched:
        patched.setattr("chalicelib.services.import_runs.SLICE_ROWS", 10)
        for model in MODELS:
            model.create_table(wait=True)
        delivering.add_bucket()
        delivering.add_partner()
        bind(*CARDS)
        found = undisturbed(morning())
    catalogue._cache.clear()
    return found


@pytest.mark.usefixtures("inbox", "small_slices")
def test_out_of_time_it_does_one_slice_and_asks_to_go_on(
    monkeypatch: pytest.MonkeyPatch, wanted: tuple[Any, ...]
) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(queues, "send_message", lambda queue, body: sent.append((queue, body)))
    bind(*CARDS)
    import_id = deliver(morning())
    states = []
    while not states or states[-1] == "unfinished":
        states.append(run(import_id, deadline_at=NOW))
    assert states == ["unfinished"] * (len(states) - 1) + ["done"]
    assert len(states) > 3
    assert sent == [("imports", {"import_id": import_id})] * (len(states) - 1)
    assert state_of(import_id) == wanted


@pytest.mark.usefixtures("inbox", "small_slices")
def test_of_two_workers_on_one_import_the_later_gives_up(
    monkeypatch: pytest.MonkeyPatch, wanted: tuple[Any, ...]
) -> None:
    bind(*CARDS)
    import_id = deliver(morning())
    lookup, calls = people.bindings_by_card, []

    def overtake(digests: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            assert run(import_id) == "done"
        return lookup(digests)

    monkeypatch.setattr(people, "bindings_by_card", overtake)
    assert run(import_id) == "overtaken"
    assert state_of(import_id) == wanted


@pytest.mark.usefixtures("inbox")
def test_resumed_long_after_it_began_it_is_judged_by_the_day_of_today() -> None:
    bind("AAAA1111")
    import_id = deliver(file_of([tap("AAAA1111", "2026-11-14 08:00:00"), tap("AAAA1111", "08:00:00")]))
    with pytest.MonkeyPatch.context() as patched:
        kill_at(2, patched)
        with pytest.raises(Killed):
            run(import_id)
    assert run(import_id, NOW + timedelta(days=2)) == "done"
    assert imports.get_import(import_id)["reasons"] == {"rejected/outside-window": 1}
