"""Entries: the stored form is the hashed form."""

from datetime import date

import pytest

from chalicelib.domain.entries import Entry, chain_hash, entry_body, parse_entry
from chalicelib.domain.lots import Lot

ENTRY = Entry(
    "res_a",
    3,
    "2026-11-20T04:00:00.000Z",
    "grant",
    "sys_issuance",
    "res_a",
    (Lot(date(2027, 12, 31), 2026, 8, 80),),
    {"day": "2026-11-19"},
)


def test_the_stored_form_is_fixed():
    assert entry_body(ENTRY) == (
        '{"account_id":"res_a","at":"2026-11-20T04:00:00.000Z","credit":"res_a","debit":"sys_issuance",'
        '"facts":{"day":"2026-11-19"},"grams_co2e":80,"kind":"grant","lots":[[2026,"2027-12-31",8,80]],'
        '"points":8,"seq":3}'
    )


def test_an_entry_survives_the_round_trip():
    assert parse_entry(entry_body(ENTRY)) == ENTRY


def test_totals_that_differ_from_the_lots_are_refused():
    with pytest.raises(ValueError, match="totals"):
        parse_entry(entry_body(ENTRY).replace('"points":8', '"points":9'))


def test_any_changed_byte_changes_the_hash():
    body = entry_body(ENTRY)
    assert chain_hash("0" * 64, body) != chain_hash("0" * 64, body.replace("80", "81"))
    assert chain_hash("0" * 64, body) != chain_hash("1" * 64, body)
