"""A new methodology version and a correction on the running product: by the queue, under the functions' policies."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.localstack import LocalStack
from tests.e2e.people import Person, new_id, send, sign_in

pytestmark = pytest.mark.e2e
PROPOSAL, CORRECTION = "prp-e2e-own-cup-2", "cor-e2e-own-cup-2"
YESTERDAY = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)


def wait_until_through(person: Person, path: str, seconds: float = 90) -> Any:
    """Poll until the sweep of a proposal or correction has visited every account, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = person.get(path)
        is_kept = any(found.get(name) for name in ("effect", "result", "preview"))
        if (
            is_kept
            and found["state"] != "running"
            and found["progress"]["parts_done"] == found["progress"]["parts"]
        ):
            return found
        time.sleep(0.3)
    raise AssertionError(f"{path} is {found['state']}, {found['progress']}")


def done(reply: Any, status: int = 200) -> Any:
    assert reply.status == status, reply
    return reply.body


@pytest.fixture(scope="module")
def resident(stack: LocalStack) -> Person:
    """A resident who used her own cup yesterday."""
    person = sign_in(stack.url, "versions-resident", "resident")
    body = {
        "event_id": f"{YESTERDAY:%Y%m%d}-{new_id('cup')[:24]}",
        "methodology_id": "own-cup",
        "occurred_at": YESTERDAY.isoformat(timespec="seconds"),
        "inputs": {},
    }
    assert done(person.act("POST", "/v1/me/activities", body), 201)["grams_co2e"] == 20
    return person


def test_a_version_is_published_by_three_and_a_past_day_corrected_to_it(
    stack: LocalStack, resident: Person
) -> None:
    author, other = (sign_in(stack.url, name, "operator") for name in ("zhao", "qian"))
    expert, regulator = sign_in(stack.url, "sun", "verifier"), sign_in(stack.url, "zhou", "regulator")
    document = send(stack.url, "GET", "/v1/methodologies/own-cup").body
    derived = (
        "digest",
        "ref",
        "grams_per_point",
        "state",
        "first_on",
        "last_on",
        "superseded_by",
        "publication",
    )
    document = {name: document[name] for name in document if name not in derived}
    if document["points_reason"] is None:
        del document["points_reason"]
    document |= {"version": 2, "valid_from": (YESTERDAY + timedelta(days=3)).date().isoformat()}
    document["factors"]["reduction_per_event"]["value"] = "44"
    done(
        author.act("POST", "/v1/operator/methodologies", {"proposal_id": PROPOSAL, "document": document}), 201
    )
    done(author.act("POST", f"/v1/operator/methodologies/{PROPOSAL}/effect"), 202)
    table = wait_until_through(regulator, f"/v1/operator/methodologies/{PROPOSAL}")["effect"]["table"]
    assert (table["residents"], table["grams_co2e_old"], table["grams_co2e_new"]) == (1, 20, 22)
    review = {"reviewer_name": "孙工", "organisation": "核证机构", "verdict": "recommended", "answers": []}
    review["statement"] = "取值合理，来源清楚。"
    done(expert.act("POST", f"/v1/verifier/methodologies/{PROPOSAL}/review", review))
    approved = done(regulator.act("POST", f"/v1/regulator/methodologies/{PROPOSAL}/approval"))
    assert approved["version_state"] == "announced"
    asked = {
        "correction_id": CORRECTION,
        "methodology_id": "own-cup",
        "from_on": YESTERDAY.date().isoformat(),
        "to_on": YESTERDAY.date().isoformat(),
        "old_versions": [1],
        "new_version": 2,
        "reason": "第 1 版低估了每次的减排量",
    }
    path = f"/v1/operator/corrections/{CORRECTION}"
    done(author.act("POST", "/v1/operator/corrections", asked), 201)
    done(author.act("POST", f"{path}/preview"), 202)
    shown = wait_until_through(author, path)["preview"]
    preview, seen = shown["table"], {"preview_digest": shown["digest"]}
    assert author.act("POST", f"{path}/approval", seen).status == 403
    done(other.act("POST", f"{path}/approval", seen), 202)
    corrected = wait_until_through(other, path)
    assert corrected["state"] == "done" and corrected["result"]["table"] == preview
    assert resident.get("/v1/me")["balance"]["grams_co2e"] == 22
    adjusted = [entry for entry in resident.get("/v1/me/entries")["items"] if entry["kind"] == "adjust"]
    assert [(entry["grams_co2e"], entry["facts"]["cause"]) for entry in adjusted] == [(2, CORRECTION)]
