"""Registered projects over HTTP: entered by operators, seen by verifiers and regulators, wrong fields named."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway import Gateway, Reply, assert_problem

PATH = "/v1/operator/projects"
PROJECT = {
    "id": "ccer-1",
    "name": "充电站减排",
    "registry": "全国温室气体自愿减排",
    "from_on": "2026-01-01",
    "to_on": "2026-12-31",
}
ASSETS = {"assets": [{"kind": "charger", "number": "640104-0012"}]}
Send = Callable[..., Reply]


@pytest.fixture
def send(gateway: Gateway, token_of: Callable[..., str]) -> Send:
    return lambda method, path, body=None, role="operator": gateway.send(
        method, path, body, token_of(role, "stf_a")
    )


def test_a_project_is_entered_with_its_assets_and_listed(send: Send) -> None:
    made = send("POST", PATH, PROJECT)
    assert (made.status, made.json["assets"]) == (201, 0)
    assert send("POST", PATH, PROJECT).headers["Idempotency-Hit"] == "true"
    claimed = send("PUT", f"{PATH}/ccer-1/assets/1", ASSETS)
    assert (claimed.status, claimed.json["claimed"]) == (200, 1)
    assert send("PUT", f"{PATH}/ccer-1/assets/1", ASSETS).headers["Idempotency-Hit"] == "true"
    for role in ("operator", "verifier", "regulator"):
        listed = send("GET", PATH, role=role)
        assert [(one["id"], one["assets"]) for one in listed.json["items"]] == [("ccer-1", 1)]
        assert "640104-0012" not in listed.text


def test_what_does_not_fit_is_refused(send: Send) -> None:
    send("POST", PATH, PROJECT)
    assert_problem(send("POST", PATH, {**PROJECT, "name": "另一个"}), 409, "project-exists")
    assert_problem(send("PUT", f"{PATH}/other/assets/1", ASSETS), 404, "project-unknown")
    for number in ("0", "101", "x", "1.5"):
        reply = send("PUT", f"{PATH}/ccer-1/assets/{number}", ASSETS)
        assert_problem(reply, 400, "invalid-input", "/path/batch_no")


@pytest.mark.parametrize(
    ("asset", "pointer"),
    [
        ({"kind": "boat", "number": "640104-0012"}, "/assets/0/kind"),
        ({"kind": "meter", "number": "12"}, "/assets/0/number"),
        ({"kind": "meter", "number": "6401 04"}, "/assets/0/number"),
        ({"kind": "meter"}, "/assets/0/number"),
    ],
)
def test_a_wrong_asset_is_named_by_its_place(send: Send, asset: dict[str, Any], pointer: str) -> None:
    send("POST", PATH, PROJECT)
    reply = send("PUT", f"{PATH}/ccer-1/assets/1", {"assets": [asset]})
    assert_problem(reply, 400, "invalid-input", pointer)
    assert send("GET", PATH).json["items"][0]["batches"] == 0
