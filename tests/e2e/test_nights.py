"""A night on the running product: settled, published and audited by the queue, under the functions' policies."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib import proof
from chalicelib.domain.canonical import canonical_json
from infra.localstack import LocalStack
from tests.e2e.people import Person, new_id, send, sign_in

pytestmark = pytest.mark.e2e
YESTERDAY = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)
RESIDENTS = 12


@pytest.fixture(scope="module")
def residents(stack: LocalStack) -> list[Person]:
    """Twelve residents who each used their own cup yesterday."""
    found = []
    for number in range(RESIDENTS):
        person = sign_in(stack.url, f"nights-{number:02d}", "resident")
        body = {
            "event_id": f"{YESTERDAY:%Y%m%d}-{new_id('cup')[:24]}",
            "methodology_id": "own-cup",
            "occurred_at": YESTERDAY.isoformat(timespec="seconds"),
            "inputs": {},
        }
        assert person.act("POST", "/v1/me/activities", body).status == 201
        found.append(person)
    return found


def invoke(stack: LocalStack, name: str) -> None:
    """Run a scheduled function as the scheduler does."""
    event = {
        "version": "0",
        "id": "e2e",
        "source": "aws.events",
        "time": "2026-11-21T18:10:00Z",
        "resources": [],
    }
    event |= {
        "detail-type": "Scheduled Event",
        "account": "000000000000",
        "region": "cn-northwest-1",
        "detail": {},
    }
    answer = (
        stack.session()
        .client("lambda")
        .invoke(FunctionName=f"tanhui-local-{name}", Payload=json.dumps(event))
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def wait_until_done(operator: Person, job: str, seconds: float = 120) -> Any:
    """Poll until the newest run of a sweep is through, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        (run,) = operator.get(f"/v1/operator/jobs/{job}/runs?limit=1")["items"]
        if run["state"] == "done":
            assert run["progress"]["parts_done"] == run["progress"]["parts"]
            return run
        time.sleep(0.5)
    raise AssertionError(f"{job} is {run['state']}, {run['progress']}")


def test_a_night_publishes_one_root_that_residents_can_check_and_audits_everything(
    stack: LocalStack, residents: list[Person]
) -> None:
    operator = sign_in(stack.url, "zhao", "operator")
    for function in ("settle", "publish", "publish", "audit", "audit"):
        invoke(stack, function)
    published = wait_until_done(operator, "publish")
    assert published["result"]["leaves"] == RESIDENTS
    audited = wait_until_done(operator, "audit")
    assert (audited["result"]["findings"], audited["result"]["accounts"]) == (0, RESIDENTS)
    assert operator.get("/v1/operator/findings")["items"] == []

    day = send(stack.url, "GET", f"/v1/public/days/{YESTERDAY:%Y-%m-%d}?download=1")
    assert day.body["root"] == published["result"]["root"]
    assert "attachment" in day.headers["Content-Disposition"]
    export = residents[3].get("/v1/me/export")
    said = dict(proof.verify(canonical_json(export).encode(), canonical_json(day.body).encode()))
    assert said["included"]["leaves"] == RESIDENTS
