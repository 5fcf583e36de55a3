"""Evidence against the running product: what only it can show, uploads, links, queued work, permissions."""

import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from infra.localstack import LocalStack
from tests.e2e.people import Person, new_id, send, sign_in
from tests.e2e.test_main_job import schedule_event

pytestmark = pytest.mark.e2e

JPEG = b"\xff\xd8\xff\xe0" + bytes(2000)


@pytest.fixture(scope="module")
def verifier(stack: LocalStack) -> Person:
    return sign_in(stack.url, "sun", "verifier")


def put(url: str, content: bytes, content_type: str) -> int:
    request = urllib.request.Request(url, content, {"Content-Type": content_type}, method="PUT")
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_photo_goes_straight_to_the_bucket_and_is_seen_again_by_a_link(stack: LocalStack) -> None:
    me = sign_in(stack.url, "photographer", "resident")
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    event_id = f"{today:%Y%m%d}-cup-00000001"
    asked = {"event_id": event_id, "content_type": "image/jpeg", "size_bytes": len(JPEG)}
    photo = me.act("POST", "/v1/me/photos", asked).body
    activity = {
        "event_id": event_id,
        "methodology_id": "own-cup",
        "inputs": {},
        "photo_id": photo["photo_id"],
    }
    activity["occurred_at"] = today.replace(microsecond=0).isoformat()
    missing = me.act("POST", "/v1/me/activities", activity)
    assert (missing.status, missing.body["code"]) == (422, "evidence-missing")
    assert put(photo["upload_url"], JPEG, "image/jpeg") == 200
    declared = me.act("POST", "/v1/me/activities", activity)
    assert (declared.status, declared.body["grams_co2e"]) == (201, 20)
    link = me.get(f"/v1/activities/{declared.body['activity_id']}/photo")["photo_url"]
    with urllib.request.urlopen(link) as shown:
        assert shown.read() == JPEG
        assert shown.headers["Content-Type"] == "image/jpeg"


def test_the_demo_company_is_accredited_for_all_to_see(stack: LocalStack, verifier: Person) -> None:
    public = send(stack.url, "GET", "/v1/public/sources").body["items"]
    assert [(one["source"], one["evidence"], one["state"]) for one in public] == [
        ("fenlei", "operator-signed", "valid"),
        ("szt", "operator-signed", "valid"),
    ]
    items = verifier.get("/v1/verifier/accreditations")["items"]
    assert [item["source"] for item in items] == ["fenlei", "szt"]


def test_assets_are_claimed_in_batches_and_the_night_is_run(stack: LocalStack) -> None:
    operator = sign_in(stack.url, "zhao", "operator")
    project = {"id": "ccer-1", "name": "充电站减排", "registry": "全国自愿减排", "from_on": "2026-01-01"}
    assert operator.act("POST", "/v1/operator/projects", {**project, "to_on": "2030-12-31"}).status == 201
    assets = {"assets": [{"kind": "charger", "number": f"640104-{number:04d}"} for number in range(60)]}
    claimed = operator.act("PUT", "/v1/operator/projects/ccer-1/assets/1", assets)
    assert (claimed.status, claimed.body["claimed"]) == (200, 60), claimed
    night = json.dumps(schedule_event())
    answer = stack.session().client("lambda").invoke(FunctionName="tanhui-local-recheck", Payload=night)
    assert "FunctionError" not in answer, answer["Payload"].read()
    sweep = wait_for(
        operator, "/v1/operator/jobs/project-assets/runs", lambda page: page["items"][:1], "done"
    )
    assert sweep["result"] == {"sheets": 0, "reversed": 0, "failed": 0}
    assert operator.get("/v1/operator/jobs/recheck/runs")["items"][0]["counts"]["failed"] == 0


def test_a_batch_is_drawn_by_queued_work(stack: LocalStack, verifier: Person) -> None:
    today = datetime.now(UTC).date().isoformat()
    batch = {"batch_id": new_id("batch")[:30], "methodology_id": "clothes-return", "source": "szt"}
    opened = verifier.act(
        "POST", "/v1/verifier/batches", {**batch, "from_on": today, "to_on": today, "sample_size": 5}
    )
    assert opened.status == 201, opened
    path = f"/v1/verifier/batches/{opened.body['batch_id']}"
    assert wait_for(verifier, path, lambda found: [found], "empty")["population"] == 0
    assert verifier.get("/v1/verifier/pending")["items"] == []


def wait_for(person: Person, path: str, items, state: str, seconds: float = 60) -> dict:
    """Poll until the first item found at `path` is in the state."""
    deadline, found = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        found = items(person.get(path))
        if found and found[0]["state"] == state:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"still {found}")
