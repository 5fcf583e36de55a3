"""What the tests of boards share: a city of communities, residents who take part, nights that settle and project."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib.profiles import current_profile
from chalicelib.services import board_building, participations
from chalicelib.services.communities import publish_community
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.standings import project
from chalicelib.store.accounts import NEWS, parse_account, scan_accounts
from tests.services.ledger import NOW, record

VERSION = current_profile().consents["boards"]["version"]
MONTH = "2026-11"
CITY_ID = current_profile().id


def add_communities() -> None:
    """Publish three communities in two districts."""
    for community_id, name, district_id, district in (
        ("com_a", "解放西街社区", "xingqing", "兴庆区"),
        ("com_b", "凤凰北街社区", "xingqing", "兴庆区"),
        ("com_c", "金凤花园社区", "jinfeng", "金凤区"),
    ):
        fields = {"name": name, "district_id": district_id, "district": district}
        publish_community(community_id, fields, "stf_op", NOW)


def join(account_id: str, nickname: str, community_id: str = "com_a", now: datetime = NOW) -> dict[str, Any]:
    """Let a resident choose a community and agree to be shown."""
    participations.choose_community(account_id, community_id, now)
    return participations.join(account_id, nickname, 1990, VERSION, now)


def ride(account_id: str, *event_ids: str, days_ago: int = 1, now: datetime = NOW) -> None:
    """Record trips of an earlier day; three count whole on one day, more are of the days before."""
    for start in range(0, len(event_ids), 3):
        at = now - timedelta(days=days_ago + start // 3)
        record(account_id, *event_ids[start : start + 3], at=at, now=now)


def news() -> list[dict[str, Any]]:
    """Return the account items that the stream would show: those with news for the boards."""
    return [item for item in scan_accounts() if NEWS in item]


def night(now: datetime = NOW) -> None:
    """Settle what is over, project every account with news, make the boards."""
    settle_open_sheets(now, lambda: False)
    project([parse_account(item) for item in news()], now)
    build(now)


def build(now: datetime = NOW) -> board_building.Built:
    """Make anew what has changed, half an hour later."""
    return board_building.build_changed(now + timedelta(minutes=31), lambda: False)


def community_of(count: int, community_id: str = "com_a", trips: int = 1) -> list[str]:
    """Let residents take part who saved the same each on an earlier day; return their accounts."""
    accounts = [f"res_{community_id}_{number:02d}" for number in range(count)]
    for number, account_id in enumerate(accounts):
        join(account_id, f"邻居{community_id[-1]}{number}", community_id)
        ride(account_id, *(f"{account_id}-{trip}" for trip in range(trips)), days_ago=2)
    return accounts
