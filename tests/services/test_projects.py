"""Registered projects: an asset is claimed once, its number is kept nowhere, a list can be sent again."""

from datetime import date
from typing import Any

import pytest

from chalicelib.errors import Conflict, InvalidInput, NotFound, Unavailable
from chalicelib.keys import asset_digest
from chalicelib.services import projects
from chalicelib.services.projects import claim_assets, claims_on, list_projects, refusal_of, register_project
from chalicelib.store.client import dynamodb
from chalicelib.store.tables import MODELS
from tests.services.ledger import NOW

PROJECT = {
    "id": "ccer-1",
    "name": "充电站减排",
    "registry": "全国温室气体自愿减排",
    "from_on": "2026-01-01",
    "to_on": "2026-12-31",
}


@pytest.fixture(autouse=True)
def project(tables: None) -> dict[str, Any]:
    return register_project(PROJECT, "stf_a", NOW)


def assets(*numbers: str, kind: str = "charger") -> list[dict[str, str]]:
    return [{"kind": kind, "number": number} for number in numbers]


def test_an_asset_is_claimed_on_the_days_of_its_project() -> None:
    assert claim_assets("ccer-1", 1, assets("640104-0012", "宁A12345"), NOW)["claimed"] == 2
    digest = asset_digest("640104-0012")
    claims = claims_on([digest, "", asset_digest("640104-9999")])
    assert [refusal_of(claims, digest, date(2026, month, 1)) for month in (1, 12)] == [
        "claimed-by-project"
    ] * 2
    assert refusal_of(claims, digest, date(2027, 1, 1)) == ""
    assert refusal_of(claims, asset_digest("640104-9999"), date(2026, 5, 1)) == ""
    assert refusal_of(claims, "", date(2026, 5, 1)) == ""


def test_without_an_asset_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "find_claims", None)
    assert claims_on(["", ""]) == {}


def test_the_first_project_keeps_an_asset_and_the_other_is_told_where() -> None:
    register_project({**PROJECT, "id": "vcs-2"}, "stf_a", NOW)
    claim_assets("ccer-1", 1, assets("640104-0012"), NOW)
    answer = claim_assets("vcs-2", 1, assets("640104-0013", "640104-0012", "640104-0013"), NOW)
    assert (answer["claimed"], answer["claimed_elsewhere"]) == (1, [1])
    assert claims_on([asset_digest("640104-0012")])[asset_digest("640104-0012")]["project_id"] == "ccer-1"


def test_a_batch_can_be_sent_again_and_its_number_stands_for_one_list() -> None:
    first = claim_assets("ccer-1", 1, assets("640104-0012"), NOW)
    assert claim_assets("ccer-1", 1, assets("640104-0012"), NOW) == first | {"_hit": True}
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        claim_assets("ccer-1", 1, assets("640104-0013"), NOW)
    assert list_projects(9, None).items[0]["assets"] == 1


def test_a_batch_cut_short_is_finished_by_its_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: Any) -> None:
        raise Killed

    many = assets(*(f"640104-{number:04d}" for number in range(60)))
    with monkeypatch.context() as patched:
        patched.setattr(projects, "put_document", kill)
        with pytest.raises(Killed):
            claim_assets("ccer-1", 1, many, NOW)
    answer = claim_assets("ccer-1", 1, many, NOW)
    assert (answer["claimed"], answer["claimed_elsewhere"], "_hit" in answer) == (60, [], False)


def test_of_two_lists_under_one_number_at_once_the_first_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    add, calls = projects.add_claims, []

    def overtaken(claims: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            claim_assets("ccer-1", 1, assets("640104-0099"), NOW)
        add(claims)

    monkeypatch.setattr(projects, "add_claims", overtaken)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        claim_assets("ccer-1", 1, assets("640104-0012"), NOW)


def test_a_busy_store_is_told_and_the_repeat_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    class Busy:
        def batch_execute_statement(self, **_: Any) -> dict[str, Any]:
            return {"Responses": [{"Error": {"Code": "ThrottlingError"}}]}

    with monkeypatch.context() as patched:
        patched.setattr("chalicelib.store.projects.dynamodb", Busy)
        with pytest.raises(Unavailable, match="store-busy"):
            claim_assets("ccer-1", 1, assets("640104-0012"), NOW)
    assert claim_assets("ccer-1", 1, assets("640104-0012"), NOW)["claimed"] == 1


def test_a_project_is_written_once() -> None:
    assert register_project(PROJECT, "stf_b", NOW)["_hit"]
    with pytest.raises(Conflict, match="project-exists"):
        register_project({**PROJECT, "to_on": "2027-12-31"}, "stf_a", NOW)
    with pytest.raises(InvalidInput, match="/to_on"):
        register_project({**PROJECT, "id": "new", "to_on": "2025-12-31"}, "stf_a", NOW)
    with pytest.raises(NotFound, match="project-unknown"):
        claim_assets("nobody", 1, assets("640104-0012"), NOW)
    for batch_no in (0, 101):
        with pytest.raises(InvalidInput, match="batch_no"):
            claim_assets("ccer-1", batch_no, assets("640104-0012"), NOW)


def test_no_number_of_an_asset_is_stored() -> None:
    claim_assets("ccer-1", 1, assets("640104-0012") + assets("宁A12345", kind="vehicle"), NOW)
    stored = "".join(str(dynamodb().scan(TableName=model.Meta.table_name)["Items"]) for model in MODELS)
    assert asset_digest("宁a12345") in stored
    assert "640104-0012" not in stored
    assert "A12345" not in stored
