"""What each function may do: the committed files are those of the table, and the table grants little."""

import json

import pytest

from infra.environment import FUNCTIONS, ROOT
from infra.policies import MAY, STAGES, policy, policy_files

CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())


def test_the_committed_policies_are_those_of_the_table() -> None:
    committed = {path.name: path.read_text() for path in (ROOT / ".chalice").glob("policy-*.json")}
    assert committed == policy_files(), "run `make policies`"


@pytest.mark.parametrize("stage", STAGES)
def test_every_function_of_a_stage_has_its_own_policy(stage: str) -> None:
    functions = CONFIG["stages"][stage]["lambda_functions"]
    assert {name: f["iam_policy_file"] for name, f in functions.items()} == {
        name: f"policy-{name}-{stage}.json" for name in FUNCTIONS
    }


def test_chalice_neither_invents_policies_nor_uses_an_edge_endpoint() -> None:
    assert CONFIG["autogen_policy"] is False
    assert CONFIG["api_gateway_endpoint_type"] == "REGIONAL"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_policy_reaches_beyond_its_stage_or_grants_a_wildcard_action(function: str) -> None:
    for statement in policy(function, "dev")["Statement"]:
        assert all("*" not in action for action in statement["Action"]), statement
        for resource in statement["Resource"]:
            assert "tanhui-dev" in resource or "tanhui/dev/" in resource, resource
            assert resource.startswith("arn:*:"), "must hold in aws and in aws-cn"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nobody_may_update_or_delete_an_entry_of_the_journal(function: str) -> None:
    granted = set(MAY[function]["dynamodb"].get("entries", ()))
    assert not granted & {"UpdateItem", "DeleteItem", "BatchWriteItem"}


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f != "work"])
def test_only_sweeps_may_scan(function: str) -> None:
    assert all("Scan" not in actions for actions in MAY[function]["dynamodb"].values())


def test_a_demo_and_its_development_login_exist_on_the_named_stages_only() -> None:
    demo = {
        name for name, stage in CONFIG["stages"].items() if stage["environment_variables"].get("TANHUI_DEMO")
    }
    assert demo == {"dev", "local"}
    assert "TANHUI_DEMO" not in CONFIG["environment_variables"]
