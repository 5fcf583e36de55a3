"""The export: everything that was recorded and booked, in a form that the independent verifier accepts."""

from datetime import timedelta

import pytest

from chalicelib.domain.exports import covered_by_grants
from chalicelib.errors import Refused
from chalicelib.services import exports
from chalicelib.services.exports import export_account
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.vouchers import take_voucher
from chalicelib.store.entries import journal_of
from chalicelib.store.sheets import list_sheets
from tests.services.ledger import NOW, add_shop, record
from tests.services.proving import ME, checked, never, parsed, publish_yesterday, rich_history


def test_a_rich_history_is_exported_and_verifies(inbox):
    said = checked(rich_history())
    assert said["chain"]["entries"] >= 12
    assert said["activities"] == {"activities": 21, "corrections": 6}
    assert said["grants"] == {"grants": 7, "adjusts": 6, "unfound": 0, "unbooked": 0}
    assert (said["included"]["leaves"], said["included"]["later"]) == (6, 2)
    assert said["lots"] == {"points": 51, "grams": 515}, "all else has expired"


def test_somebody_without_any_entry_can_export_too(inbox):
    assert checked(export_account("res_nobody", NOW))["no-day"] == {}
    publish_yesterday(NOW)
    assert checked(export_account("res_nobody", NOW))["not-included"] == {"date": "2026-11-20"}


def test_what_is_not_booked_yet_is_in_the_export_and_said_so(inbox):
    record(ME, "e1", "e2")
    assert checked(export_account(ME, NOW))["grants"] == {
        "grants": 0,
        "adjusts": 0,
        "unfound": 0,
        "unbooked": 2,
    }


def test_entries_after_the_publication_are_said_to_be_unpublished(inbox):
    record(ME, "e1")
    settle_open_sheets(NOW, never)
    publish_yesterday(NOW)
    record(ME, "e2", at=NOW)
    settle_open_sheets(NOW + timedelta(days=1), never)
    said = checked(export_account(ME, NOW))["included"]
    assert (said["seq"], said["later"]) == (1, 1)


def test_what_stood_on_a_sheet_at_a_grant_is_found_again_whatever_came_later(inbox):
    add_shop(points=5)
    for number in range(4):
        at = NOW - timedelta(minutes=7 * number)
        record(ME, f"e{number}", at=at, methodology_id="szt-bus-ride")
        take_voucher(ME, f"red_{number}", "off_coat", NOW)
    covered = covered_by_grants(list(journal_of(ME)), list_sheets(ME, None, 9))
    assert [len(keys or ()) for keys in covered.values()] == [4, 3, 2, 1]


def test_an_export_that_no_answer_can_carry_is_refused(inbox, monkeypatch):
    monkeypatch.setattr(exports, "EXPORT_BYTES_MAX", 100)
    with pytest.raises(Refused, match="export-too-large"):
        export_account(ME, NOW)


def test_the_export_holds_every_methodology_document_it_names(inbox):
    record(ME, "e1")
    (methodology,) = parsed(export_account(ME, NOW))["methodologies"].values()
    assert methodology["document"]["id"] == "szt-metro-trip"
