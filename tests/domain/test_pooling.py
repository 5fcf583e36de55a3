"""Passing on: what is left of a day, entries a vintage, a journal that holds together."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.domain.entries import entry_body
from chalicelib.domain.lots import Lot, Lots
from chalicelib.domain.pooling import journal_faults, passed_on, pool_entries, still_to_pass

NOW = datetime(2028, 1, 2, tzinfo=UTC)
END = date(2027, 12, 31)
LOTS: Lots = (Lot(END, 2025, 3, 30), Lot(END, 2026, 5, 50), Lot(date(2027, 12, 30), 2026, 1, 9))


def test_what_was_passed_on_is_not_passed_on_again() -> None:
    entries = [entry for entry, _ in pool_entries("2028-01-01", LOTS, None, NOW)]
    assert [(entry.seq, entry.points) for entry in entries] == [(1, 3), (2, 6)]
    passed = passed_on(entries)["2028-01-01"]
    assert still_to_pass(LOTS, passed) == ()
    assert still_to_pass((*LOTS, Lot(END, 2024, 1, 1)), passed) == (Lot(END, 2024, 1, 1),)
    with pytest.raises(ValueError, match="more was passed on"):
        still_to_pass(LOTS[1:], passed)


def test_a_journal_that_was_tampered_with_says_where() -> None:
    first = pool_entries("2028-01-01", LOTS, None, NOW)
    more = pool_entries("2028-01-02", LOTS[:1], (first[-1][0].seq, first[-1][1]), NOW)
    journal = [(entry_body(entry), digest) for entry, digest in (*first, *more)]
    assert list(journal_faults(journal)) == []
    assert list(journal_faults(journal[1:]))
    assert list(journal_faults([journal[0], journal[2]]))
    assert list(journal_faults([(journal[0][0].replace('"points":3', '"points":4'), journal[0][1])]))
    assert list(journal_faults([(journal[0][0].replace("sys_pool", "sys_loss"), journal[0][1])]))
