"""`make deploy`: runs to the end with Chalice, and a second time without changing anything."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import deploy, event_sources, package
from infra.environment import FUNCTIONS
from infra.localstack import LocalStack

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


@pytest.fixture(scope="module")
def empty_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("aws") / "state", port=0) as stack:
        yield stack


@pytest.fixture
def aws(empty_account: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in [name for name in os.environ if name.startswith(("AWS_", "TANHUI_"))]:
        monkeypatch.delenv(name)
    for name, value in empty_account.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return empty_account.session()


def picture(aws: Any) -> dict[str, Any]:
    """Return what is deployed, in a form that shows any change of substance."""
    functions = aws.client("lambda").list_functions()["Functions"]
    apis = aws.client("apigateway").get_rest_apis()["items"]
    return {
        "functions": {
            f["FunctionName"]: (f["CodeSha256"], f["Environment"], f["Timeout"]) for f in functions
        },
        "roles": sorted(role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]),
        "apis": [api["id"] for api in apis],
        "rules": sorted(rule["Name"] for rule in aws.client("events").list_rules()["Rules"]),
        "sources": sorted(
            (mapping["EventSourceArn"], mapping.get("MaximumRetryAttempts"), mapping.get("DestinationConfig"))
            for mapping in aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ),
    }


def test_chalice_deploys_a_stage_and_a_second_time_changes_nothing(aws: Any, tmp_path: Path) -> None:
    made = package.build("dev")
    assert deploy.deploy_data(aws, "dev") is True
    first = deploy.deploy_by_chalice(aws, made, tmp_path)
    before = picture(aws)
    suffixes = {"" if name == "api_handler" else f"-{name}" for name in FUNCTIONS}
    assert set(before["functions"]) == {f"tanhui-dev{suffix}" for suffix in suffixes}
    assert before["apis"] == [first.rest_api_id]

    assert deploy.deploy_data(aws, "dev") is False
    assert deploy.deploy_by_chalice(aws, made, tmp_path) == deploy.Deployment(
        first.rest_api_id, changed=False
    )
    assert picture(aws) == before

    # Also when Chalice itself runs once more, as it does on a machine that does not remember the last time.
    (tmp_path / "dev.digest").unlink()
    assert deploy.deploy_by_chalice(aws, made, tmp_path).rest_api_id == first.rest_api_id
    assert picture(aws) == before


def test_a_stage_deployed_by_chalice_follows_the_journal_as_the_template_says(aws: Any) -> None:
    stack = aws.client("cloudformation").describe_stacks(StackName="tanhui-dev-data")["Stacks"][0]
    stream_arn = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}["EntriesStreamArn"]
    (mapping,) = aws.client("lambda").list_event_source_mappings(FunctionName="tanhui-dev-notify")[
        "EventSourceMappings"
    ]
    assert mapping["EventSourceArn"] == stream_arn
    wanted = event_sources.settings("aws-cn", "cn-northwest-1", "000000000000", "dev")
    assert {name: mapping[name] for name in wanted} == wanted
    assert wanted["DestinationConfig"]["OnFailure"]["Destination"] == (
        "arn:aws-cn:sqs:cn-northwest-1:000000000000:tanhui-dev-notices-dlq"
    )


def test_the_address_for_alarms_stays_when_it_is_not_given_again(aws: Any) -> None:
    def address() -> str:
        stack = aws.client("cloudformation").describe_stacks(StackName="tanhui-dev-data")["Stacks"][0]
        return str({p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}["AlarmEmail"])

    assert deploy.deploy_data(aws, "dev", "ops@example.org") is True
    assert deploy.deploy_data(aws, "dev") is False
    assert address() == "ops@example.org"


def test_a_stage_knows_its_bucket_and_finds_its_secret(aws: Any) -> None:
    variables = aws.client("lambda").get_function_configuration(FunctionName="tanhui-dev")["Environment"][
        "Variables"
    ]
    assert variables["TANHUI_FILES_BUCKET"] == "tanhui-dev-files-000000000000"
    assert variables["TANHUI_STAGE"] == "dev"
    secret = aws.client("secretsmanager").get_secret_value(SecretId="tanhui/dev/master")["SecretString"]
    assert len(secret) == 64
    assert secret not in json.dumps(variables)
