"""The local stack: starts from nothing, finds its data again, survives being killed, refuses in sentences."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import environment
from infra.environment import ROOT, StackError
from infra.localstack import LocalStack
from infra.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
TABLE = "tanhui-local-catalogue"
PROBE = """
import boto3, botocore.exceptions
ITEM = {"account_id": {"S": "probe"}, "seq": {"N": "1"}}
def run(action, context):
    arguments = {"Item": ITEM} if action == "put_item" else {"Key": ITEM}
    try:
        getattr(boto3.client("dynamodb"), action)(TableName="tanhui-local-entries", **arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("stack") / "state", port=0) as stack:
        stack.deploy()
        yield stack


def get(url: str, method: str = "GET") -> tuple[int, Any, bytes]:
    """Return status, headers and body of a request, whatever the status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def put_thing(stack: LocalStack, name: str) -> None:
    """Store one item."""
    item = {"kind": {"S": "test"}, "id": {"S": name}}
    stack.session().client("dynamodb").put_item(TableName=TABLE, Item=item)


def things(stack: LocalStack) -> list[str]:
    """Return the names of the stored items."""
    names = {"#k": "kind"}
    values = {":k": {"S": "test"}}
    answer = (
        stack.session()
        .client("dynamodb")
        .query(
            TableName=TABLE,
            KeyConditionExpression="#k = :k",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
    )
    return [item["id"]["S"] for item in answer["Items"]]


def test_the_deployed_api_answers_at_one_address_without_the_gateways_stage(deployed: LocalStack) -> None:
    status, headers, body = get(f"{deployed.url}/v1/openapi.json")
    assert status == 200
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(body)["openapi"].startswith("3.1")
    assert get(f"{deployed.url}/docs")[0] == 200


def test_every_path_of_the_api_is_reached_through_the_one_address() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    assert {path.split("/")[1] for path in paths} == set(environment.API_ROOTS)


def test_an_unknown_address_is_a_problem_also_when_the_gateway_answers(deployed: LocalStack) -> None:
    status, headers, body = get(f"{deployed.url}/v1/no-such-thing")
    assert status == 404
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["code"] == "not-found"


def test_a_doubled_slash_in_front_leads_to_the_api_all_the_same(deployed: LocalStack) -> None:
    status, headers, body = get(f"{deployed.url}//v1/me")
    assert (status, headers["Content-Type"]) == (401, "application/problem+json")
    assert json.loads(body)["code"] == "token-missing"
    status, headers, _ = get(f"{deployed.url}//v1/no-such-thing")
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")


def test_the_address_for_people_does_not_lead_into_the_emulator(deployed: LocalStack) -> None:
    status, _, health = get(f"{deployed.endpoint_url}/_ministack/health")
    assert status == 200
    status, _, page = get(f"{deployed.url}/_ministack/health")  # a page of the app, where one is built
    assert status == (200 if b"<html" in page else 404)
    assert page != health and b"services" not in page
    assert get(f"{deployed.url}/_ministack/reset", method="POST")[0] == 405
    assert get(f"{deployed.url}/..%2f..%2fpyproject.toml")[0] == 404


def test_only_this_machine_can_reach_it(deployed: LocalStack) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no other address")
        own_address = probe.getsockname()[0]
    if own_address.startswith("127."):
        pytest.skip("this machine has no other address")
    for port in (deployed.port, deployed.gateway_port):
        with socket.socket() as knock:
            knock.settimeout(2)
            assert knock.connect_ex((own_address, port)) != 0


def test_deploying_again_changes_nothing(deployed: LocalStack) -> None:
    assert deployed.deploy() is False


def test_a_delivered_file_reaches_the_queue_of_imports(deployed: LocalStack) -> None:
    bucket = deployed.environment["TANHUI_FILES_BUCKET"]
    notification = deployed.session().client("s3").get_bucket_notification_configuration(Bucket=bucket)
    (queue,) = notification["QueueConfigurations"]
    assert queue["QueueArn"].endswith(":tanhui-local-imports")


def test_a_function_may_do_what_its_policy_grants_and_nothing_else(deployed: LocalStack) -> None:
    aws = deployed.session()
    role = aws.client("lambda").get_function_configuration(FunctionName="tanhui-local-settle")["Role"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as packed:
        packed.writestr("probe.py", PROBE)
    name = "tanhui-local-probe"
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime=f"python3.{sys.version_info.minor}",
        Role=role,
        Handler="probe.run",
        Code={"ZipFile": code.getvalue()},
    )
    answers = {
        action: json.load(
            aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(action))["Payload"]
        )
        for action in ("put_item", "delete_item")
    }
    assert answers == {"put_item": "allowed", "delete_item": "AccessDeniedException"}


def test_a_second_start_on_the_same_state_is_refused_with_where_it_runs(deployed: LocalStack) -> None:
    with pytest.raises(StackError, match=f"already running.*{deployed.url}"):
        LocalStack(deployed.state_dir, port=0).start()


def test_a_busy_port_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} is in use.*make run PORT={port + 10}"):
            LocalStack(tmp_path, port=port).start()


def test_a_stopped_stack_finds_its_data_again_and_leaves_nothing_running(tmp_path: Path) -> None:
    first = LocalStack(tmp_path / "state", port=0)
    with first:
        first.deploy()
        put_thing(first, "kept")
    assert not (first.state_dir / "tmp").exists()
    with LocalStack(tmp_path / "state", port=0) as second:
        assert things(second) == ["kept"]
        assert second.deploy() is False
        assert get(f"{second.url}/v1/openapi.json")[0] == 200


def test_a_killed_start_loses_no_more_than_since_the_last_save(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "state", port=0, save_interval_s=0.5)
    with stack:
        stack.deploy()
        put_thing(stack, "saved")
        snapshot = stack.state_dir / "data" / "dynamodb.json"
        deadline = time.monotonic() + 30
        while not (snapshot.exists() and '"saved"' in snapshot.read_text()):
            assert time.monotonic() < deadline, "nothing was saved"
            time.sleep(0.1)
        assert stack._process is not None
        stack._process.kill()
        stack._process.wait()
    with LocalStack(tmp_path / "state", port=0) as again:
        assert things(again) == ["saved"]


def test_a_start_cut_off_before_it_was_deployed_begins_anew(tmp_path: Path) -> None:
    said: list[str] = []
    with LocalStack(tmp_path / "state", port=0) as unfinished:
        unfinished.session().client("sqs").create_queue(QueueName="tanhui-local-imports")
    with LocalStack(tmp_path / "state", port=0, say=said.append) as stack:
        assert any("starting afresh" in text for text in said)
        assert stack.session().client("sqs").list_queues().get("QueueUrls", []) == []


def test_a_background_start_is_found_by_tools_and_stopped(tmp_path: Path) -> None:
    state = tmp_path / "state"
    command = [sys.executable, "-m", "infra.run"]
    where = ["--state", str(state), "--port", str(free_port()), "--no-seed"]
    subprocess.run([*command, "start", *where], cwd=ROOT, check=True, capture_output=True)
    facts = environment.running_stack(state)
    assert get(f"{facts['url']}/v1/openapi.json")[0] == 200
    subprocess.run([*command, "stop", "--state", str(state)], cwd=ROOT, check=True, capture_output=True)
    with pytest.raises(StackError, match="not running"):
        environment.running_stack(state)


def test_a_kill_of_the_runner_is_followed_by_a_clear_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    where = ["--state", str(state), "--port", str(free_port()), "--no-seed"]
    command = [sys.executable, "-m", "infra.run"]
    subprocess.run([*command, "start", *where], cwd=ROOT, check=True, capture_output=True)
    os.kill(int(environment.running_stack(state)["pid"]), signal.SIGKILL)
    done = subprocess.run([*command, "start", *where], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert get(f"{environment.running_stack(state)['url']}/v1/openapi.json")[0] == 200
    subprocess.run([*command, "stop", "--state", str(state)], cwd=ROOT, check=True, capture_output=True)
