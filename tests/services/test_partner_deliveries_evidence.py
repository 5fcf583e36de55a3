"""What a delivery is refused for, so that the resident sees why; and what of it is stored nowhere."""

from typing import Any

import pytest

from chalicelib.config import config
from chalicelib.keys import asset_digest, card_digest
from chalicelib.services import projects
from chalicelib.services.balances import read_balance
from chalicelib.services.partner_deliveries import submit_activities
from chalicelib.services.refusals import list_refusals
from chalicelib.store import files
from chalicelib.store.client import dynamodb
from chalicelib.store.tables import MODELS
from tests.services import delivering
from tests.services.delivering import ENTRY, EXIT, NOW, accredit, bind, event_id_of, import_file, tap

CARD, CHARGER, STATION = "CBHGDEJAB77", "640104-0012-03", "人民公园东站"
PROJECT = {
    "id": "ccer-1",
    "name": "充电站减排",
    "registry": "全国温室气体自愿减排",
    "from_on": "2026-01-01",
    "to_on": "2026-12-31",
}


@pytest.fixture
def charging(tables: None) -> None:
    """A company of chargers, registered and accredited, and a bound card."""
    delivering.add_bucket()
    delivering.register("zhuang", methodologies=["yc-ev-charging", "szt-bus-ride", "szt-metro-trip"])
    accredit("zhuang", "yc-ev-charging")
    bind(CARD, account_id="res_a")


def charge(event_id: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "card_no": CARD,
        "methodology_id": "yc-ev-charging",
        "occurred_at": "2026-11-20T08:30:00+08:00",
        "inputs": {"charged_wh": 20_000},
        "asset_no": CHARGER,
    }
    made = {**fields, **changes}
    return {"event_id": event_id_of(event_id, str(made["occurred_at"])), **made}


def submitted(*rows: dict[str, Any], key: str = "key-00000001") -> list[str]:
    found = submit_activities("zhuang", list(rows), key, NOW, workers=1)["results"]
    return [one.get("reason", one["outcome"]) for one in found]


def claim() -> None:
    projects.register_project(PROJECT, "stf_a", NOW)
    projects.claim_assets("ccer-1", 1, [{"kind": "charger", "number": CHARGER.lower()}], NOW)


def stored_everywhere() -> str:
    """Return all items of all tables and all objects of the bucket but the delivered files themselves, as text."""
    found = [str(dynamodb().scan(TableName=model.Meta.table_name)["Items"]) for model in MODELS]
    listed = files._s3().list_objects_v2(Bucket=config().files_bucket).get("Contents", [])
    for key in (one["Key"] for one in listed if not one["Key"].startswith("inbox/")):
        found += [key, files.read_bytes(key).decode()]
    return "".join(found)


@pytest.mark.usefixtures("charging")
def test_a_charge_at_a_claimed_charger_is_refused_and_the_resident_sees_why() -> None:
    claim()
    outcomes = submitted(
        charge("c1"), charge("c2", asset_no="640104-9999-01", occurred_at="2026-11-19T08:30:00+08:00")
    )
    assert outcomes == ["claimed-by-project", "accepted"]
    (noted,) = list_refusals("res_a", NOW)
    assert noted["reason"] == "claimed-by-project"
    assert "登记的减排项目" in noted["text"]


@pytest.mark.usefixtures("charging")
def test_a_charger_that_nobody_claims_costs_one_read_and_no_asset_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find, calls = projects.find_claims, []
    monkeypatch.setattr(projects, "find_claims", lambda digests: calls.append(1) or find(digests))
    rows = [charge(f"c{number}", asset_no=f"640104-{number:04d}") for number in range(40)]
    submitted(*rows)
    assert len(calls) == 1
    without = {name: value for name, value in charge("c99").items() if name != "asset_no"}
    submitted(without, key="key-00000002")
    assert len(calls) == 1


@pytest.mark.usefixtures("charging")
def test_what_an_unaccredited_source_delivers_is_noted_for_the_resident() -> None:
    row = charge("r1", methodology_id="szt-bus-ride", inputs={})
    assert submitted(row) == ["source-not-accredited"]
    (noted,) = list_refusals("res_a", NOW)
    assert (noted["reason"], "认可" in noted["text"]) == ("source-not-accredited", True)
    assert read_balance("res_a", NOW)["grams_co2e"] == 0


@pytest.mark.usefixtures("charging")
def test_neither_card_nor_charger_nor_station_is_stored_anywhere() -> None:
    delivering.add_partner()
    claim()
    submitted(charge("c1"), charge("c2", asset_no="宁A12345"))
    done = import_file(
        delivering.file_of(
            [
                tap(CARD, "08:00:00", station=STATION),
                tap(CARD, "09:00:00", ENTRY, station=STATION),
                tap(CARD, "09:20:00", EXIT, station=STATION),
                tap(CARD, "2026-09-01 09:20:00", station=STATION),
                tap("STRANGER99", "09:20:00", station=STATION),
            ]
        )
    )
    assert done["state"] == "done"
    stored = stored_everywhere()
    assert card_digest(CARD) in stored
    assert asset_digest(CHARGER) in stored
    for raw in (CARD, "STRANGER99", CHARGER, "A12345", STATION):
        assert raw not in stored
        assert raw.lower() not in stored
