"""Old days are opened by two people, for one partner, for a week."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from chalicelib.services.backfills import approve_backfill, find_opened, list_backfills, request_backfill
from tests.services.delivering import NOW


@pytest.fixture
def asked(inbox: None) -> str:
    return str(
        request_backfill("szt", "2026-10-01", "2026-10-31", "运营商补报十月数据", "stf_a", NOW)["backfill_id"]
    )


def test_whoever_asked_cannot_approve_and_another_can_once(asked: str) -> None:
    with pytest.raises(Forbidden, match="needs-second-person"):
        approve_backfill(asked, "stf_a", NOW)
    assert approve_backfill(asked, "stf_b", NOW)["state"] == "approved"
    assert approve_backfill(asked, "stf_b", NOW)["_hit"]
    with pytest.raises(Conflict, match="backfill-approved"):
        approve_backfill(asked, "stf_c", NOW)


def test_an_opening_is_for_one_partner_and_ends_after_a_week(asked: str) -> None:
    with pytest.raises(Refused, match="backfill-not-approved"):
        find_opened(asked, "szt", NOW)
    approve_backfill(asked, "stf_b", NOW)
    assert find_opened(asked, "szt", NOW).from_on.isoformat() == "2026-10-01"
    with pytest.raises(NotFound, match="backfill-unknown"):
        find_opened(asked, "other", NOW)
    with pytest.raises(Refused, match="backfill-expired"):
        find_opened(asked, "szt", NOW + timedelta(days=7))
    assert list_backfills(20, None, NOW + timedelta(days=7)).items[0]["state"] == "expired"


def test_a_request_that_nobody_approved_in_time_cannot_be_approved(asked: str) -> None:
    with pytest.raises(Refused, match="backfill-expired"):
        approve_backfill(asked, "stf_b", NOW + timedelta(days=8))


@pytest.mark.parametrize(
    ("from_on", "to_on"),
    [("2026-10-02", "2026-10-01"), ("2026-11-01", "2026-11-21"), ("2024-01-01", "2026-01-01")],
)
def test_a_range_must_be_past_in_order_and_at_most_a_year(inbox: None, from_on: str, to_on: str) -> None:
    with pytest.raises(InvalidInput, match="/to_on"):
        request_backfill("szt", from_on, to_on, "补报", "stf_a", NOW)


def test_an_unknown_partner_or_backfill_is_named(asked: str) -> None:
    with pytest.raises(NotFound, match="partner-unknown"):
        request_backfill("nobody", "2026-10-01", "2026-10-02", "补报", "stf_a", NOW)
    with pytest.raises(NotFound, match="backfill-unknown"):
        approve_backfill("bkf_x", "stf_b", NOW)
