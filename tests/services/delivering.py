"""What the tests of partners and imports share: a partner, bound cards, files, one import from end to end."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session

from chalicelib import profiles
from chalicelib.config import config
from chalicelib.domain.days import local_day
from chalicelib.keys import card_digest
from chalicelib.services import accreditations, import_runs, imports, partner_deliveries, partners
from chalicelib.store import files, people
from chalicelib.store.client import dynamodb

ROOT = Path(__file__).resolve().parents[2]
REAL_FILE = ROOT / "infra" / "demo" / "szt_taps_2018-09-01.csv.gz"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HEADER = ("card_no", "deal_date", "deal_type", "deal_money", "equ_no", "station")
YESTERDAY = "2026-11-20"
BUS, ENTRY, EXIT = "巴士", "地铁入站", "地铁出站"


def adapter(**changes: Any) -> dict[str, Any]:
    """Return the shipped adapter document with changes; without date shift unless asked for."""
    path = Path(profiles.__file__).parent / "adapters" / "szt.json"
    return json.loads(path.read_text(encoding="utf-8")) | {"date_shift": None} | changes


def add_partner(**changes: Any) -> dict[str, Any]:
    """Register and accredit the demo partner with its (changed) adapter; return it with its key."""
    partner = register("szt", **changes)
    accredit("szt", *partner["methodologies"])
    return partner


def register(
    partner_id: str, methodologies: Sequence[str] = ("szt-bus-ride", "szt-metro-trip"), **changes: Any
) -> dict[str, Any]:
    """Register a partner like the demo's under an id, with the demo's (changed) adapter, and accredit nothing."""
    document = {
        "id": partner_id,
        "name": "深圳通",
        "accreditation": "演示数据",
        "methodologies": list(methodologies),
        "adapter": adapter(**changes),
    }
    return partners.register_partner(document, NOW)


def accredit(source: str, *methodologies: str, **changes: Any) -> dict[str, Any]:
    """Accredit a source for methodologies as long as tests run; return the accreditation."""
    asked = {
        "source": source,
        "methodologies": list(methodologies),
        "evidence": "operator-signed",
        "valid_from": "2024-01-01",
        "valid_to": "2028-12-31",
        "document_ref": "核证报告 1",
        "statement": "抽查无差异",
        **changes,
    }
    return accreditations.accredit_source(asked, accreditations.Verifier("stf_verifier", "hezheng"), NOW)


def add_bucket() -> None:
    """Make the files bucket."""
    region = {"LocationConstraint": config().region}
    s3 = botocore.session.get_session().create_client("s3", region_name=config().region)
    s3.create_bucket(Bucket=config().files_bucket, CreateBucketConfiguration=region)


def bind(*cards: str, account_id: str = "", covers_from_on: str = "2026-11-01") -> None:
    """Bind cards, each to a resident of its own unless `account_id` is given; only what an import looks at."""
    for start in range(0, len(cards), 25):
        items = []
        for card in cards[start : start + 25]:
            body = {"account_id": account_id or f"res_{card}", "covers_from_on": covers_from_on}
            items.append({"PutRequest": {"Item": people._item(f"card#{card_digest(card)}", "binding", body)}})
        dynamodb().batch_write_item(RequestItems={config().table("people"): items})


def tap(
    card: str, at: str, kind: str = BUS, money: str = "160", device: str = "231", station: str = "市民中心"
):
    """Return one line's fields; `at` is a time of yesterday, or a whole date and time."""
    when = at if " " in at else f"{YESTERDAY} {at}"
    return (card, when, kind, money, device, station)


def file_of(lines: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """Return a file of these lines in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()


def deliver(
    content: bytes,
    key: str = "key-00000001",
    now: datetime = NOW,
    backfill_id: str | None = None,
    partner_id: str = "szt",
) -> str:
    """Announce a file and put it into the inbox; return the import id."""
    sha256 = hashlib.sha256(content).hexdigest()
    asked = partner_deliveries.request_upload(
        partner_id, "taps.csv", len(content), sha256, backfill_id, key, now
    )
    object_key = f"inbox/{partner_id}/{asked['import_id']}/taps.csv"
    files._s3().put_object(Bucket=config().files_bucket, Key=object_key, Body=content)
    return str(asked["import_id"])


def run(import_id: str, now: datetime = NOW, **arguments: Any) -> str:
    """Run an import with one worker and ten minutes' time, the clock standing still."""
    arguments = {"workers": 1, "deadline_at": now + timedelta(minutes=10), **arguments}
    return import_runs.run_import(import_id, lambda: now, **arguments)


def import_file(
    content: bytes, key: str = "key-00000001", now: datetime = NOW, partner_id: str = "szt"
) -> dict[str, Any]:
    """Deliver and run; return the finished import."""
    import_id = deliver(content, key, now, partner_id=partner_id)
    run(import_id, now)
    return imports.get_import(import_id)


def report_of(import_id: str, partner_id: str = "szt") -> list[tuple[int, str, str, str]]:
    """Return the report's lines (line number, outcome, reason, activity id)."""
    body = files._get(imports.report_key(partner_id, import_id))["Body"].read().decode()
    lines = list(csv.reader(body.splitlines()))
    assert lines[0] == ["line_no", "outcome", "reason", "activity_id"]
    return [
        (int(line_no), outcome, reason, activity_id) for line_no, outcome, reason, activity_id in lines[1:]
    ]


def outcomes_of(import_id: str, partner_id: str = "szt") -> dict[int, str]:
    """Return `outcome` or `outcome/reason` by line number."""
    return {
        line: f"{outcome}/{reason}" if reason else outcome
        for line, outcome, reason, _ in report_of(import_id, partner_id)
    }


def event_id_of(name: str, occurred_at: str) -> str:
    """Return a partner's event id: the city's day of the event, and a name."""
    on = local_day(datetime.fromisoformat(occurred_at), profiles.current_profile().tz)
    return f"{on:%Y%m%d}-{name}"


def real_file() -> bytes:
    """Return the open data of one morning, as published."""
    return gzip.decompress(REAL_FILE.read_bytes())
