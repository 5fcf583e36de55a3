"""What the tests of exports and proofs share: one resident with a rich history, its export, its parts."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.canonical import canonical_json, digest_of
from chalicelib.domain.days import local_day
from chalicelib.profiles import current_profile
from chalicelib.proof import verify
from chalicelib.services.activities import declare_activity
from chalicelib.services.corrections import (
    confirm_activity,
    reject_activity,
    replace_worth,
    restore_activity,
    reverse_activity,
)
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.exports import export_account
from chalicelib.services.proofs import publish_day
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, record, use_methodology

ME = "res_a"


def never() -> bool:
    """Say that there is time."""
    return False


def publish_yesterday(now):
    """Publish the day before `now`, here and at once, and return what the run did."""
    yesterday = local_day(now, current_profile().tz) - timedelta(days=1)
    return publish_day(yesterday, now)


def checked(text: str, day: str | None = None) -> dict[str, dict[str, Any]]:
    """Return what the verifier says about an export, by key."""
    return dict(verify(text.encode(), day.encode() if day is not None else None))


def sealed(export: dict[str, Any]) -> str:
    """Return a changed export with its own digest set right again."""
    rest = {name: value for name, value in export.items() if name != "digest"}
    return canonical_json({**rest, "digest": digest_of(rest)})


def rich_history() -> str:
    """Live through every kind of entry and activity, publish, live on a little; return the export."""
    with pytest.MonkeyPatch.context() as patch:
        return _rich_history(patch)


def _rich_history(patch: pytest.MonkeyPatch) -> str:
    add_shop(points=30)
    add_offer("off_small", points=7, stock=100)
    morning = NOW - timedelta(hours=3)
    record(ME, "e1", "e2", at=morning - timedelta(days=2), now=NOW)
    record(ME, *"abcdefg", at=morning, methodology_id="szt-bus-ride", now=NOW)
    record(ME, "yb", at=morning, methodology_id="yc-electric-bus", inputs={"distance_m": 7301}, now=NOW)
    declare_activity(
        ME, "own-cup", {}, f"{morning.astimezone(current_profile().tz):%Y%m%d}-cup-1", morning, NOW
    )
    for number, offer in enumerate(("off_coat", "off_small", "off_small")):
        take_voucher(ME, f"red_{number}", offer, NOW)
        record(ME, f"later{number}", at=NOW + timedelta(minutes=number), now=NOW + timedelta(minutes=number))
    redeem_voucher(CASHIER, voucher_token(ME, "red_0", NOW), "sto_1", "scan_1", NOW)
    redeem_voucher(CASHIER, voucher_token(ME, "red_1", NOW), "sto_1", "scan_2", NOW)
    refund_voucher(CASHIER, "red_1", "returned", NOW)
    void_voucher(ME, "red_2", NOW)
    _correct_things(patch)
    tonight = NOW + timedelta(days=1)
    settle_open_sheets(tonight, never)
    for number in range(5):
        record(f"res_{number}", "e", at=NOW, now=NOW)
    settle_open_sheets(tonight, never)
    publish_yesterday(tonight)
    much_later = NOW + timedelta(days=800)
    expire_due_lots(much_later, never)
    record(ME, "e9", at=much_later, now=much_later)
    settle_open_sheets(much_later + timedelta(days=1), never)
    return export_account(ME, much_later)


def _correct_things(patch: pytest.MonkeyPatch) -> None:
    """Live through every kind of correction, and every reason for which an activity is worth less."""
    yesterday = NOW - timedelta(days=1)
    day_before = NOW - timedelta(days=2, hours=3)
    use_methodology(patch, "own-cup", verification={"required": True})
    cups = record(ME, "c0", "c1", "c2", at=yesterday, methodology_id="own-cup", asset="a" * 16)
    confirm_activity(ME, yesterday.date(), _key(cups[0]), "ver_1", NOW)
    reject_activity(ME, yesterday.date(), _key(cups[1]), "ver_1", NOW)
    ride = record(ME, "r0", at=yesterday, methodology_id="szt-bus-ride", duration_s=240)[0]
    record(ME, "r0", "r1", at=yesterday, methodology_id="szt-bus-ride", source="hlj", duration_s=400)
    factor = {"reduction_per_event": {**_bus_factor(), "value": "79.5"}}
    newer = use_methodology(patch, "szt-bus-ride", version=2, points_per_kg=110, factors=factor)
    replace_worth(ME, yesterday.date(), _key(ride), newer, "batch_1", NOW)
    for number, event_id in enumerate(("e1", "e2")):
        (again,) = record(ME, event_id, at=day_before)
        reverse_activity(ME, day_before.date(), _key(again), f"job_{number}", NOW)
    restore_activity(ME, day_before.date(), _key(again), "apl_1", NOW)


def _bus_factor() -> dict[str, Any]:
    return current_profile().methodologies["szt-bus-ride"].document["factors"]["reduction_per_event"]


def _key(recorded: Any) -> str:
    return recorded.activity_id.partition("-")[2]


def parsed(text: str) -> Any:
    """Return the export as a document that may be changed."""
    return json.loads(text)
