"""What is booked reaches the inbox by the stream, and leaves over the local channel, on the running stack."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.localstack import LocalStack
from tests.e2e.people import Person, new_id, sign_in

pytestmark = pytest.mark.e2e

POLL_S = 10.0
# The first record wakes the consumer, beside everything else that wakes on a fresh stack.
FIRST_S = 90.0


def wait_for(look: Callable[[], Any], seconds: float = POLL_S) -> Any:
    """Return what `look` finds as soon as it finds something, within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not appear"
        time.sleep(0.1)
    return found


def kinds_of(person: Person) -> list[str]:
    return [message["kind"] for message in person.get("/v1/me/messages")["items"]]


@pytest.fixture(scope="module")
def resident(stack: LocalStack) -> Person:
    """A resident with enough points for a shirt, declared over the past days."""
    person = sign_in(stack.url, "inbox-resident", "resident")
    account_id = person.get("/v1/me")["account_id"]
    give_points(stack, account_id)
    return person


def give_points(stack: LocalStack, account_id: str) -> None:
    """Record yesterday's trips as the bus company would report them, through the product's own code."""
    from tests.e2e.conftest import run_code

    at = datetime.now(UTC) - timedelta(days=1)
    code = (
        "from datetime import datetime, timedelta, UTC\n"
        "from tests.services.ledger import record\n"
        f"record({account_id!r}, *[f'e{{n}}' for n in range(4)], at=datetime.fromisoformat({at.isoformat()!r}),"
        " now=datetime.now(UTC))"
    )
    done = run_code(stack, code)
    assert done.returncode == 0, done.stderr


def test_a_settled_day_is_in_the_inbox(stack: LocalStack, resident: Person) -> None:
    invoke(stack, "settle", schedule_event())
    wait_for(lambda: kinds_of(resident) == ["points-granted"], FIRST_S)


def test_a_voucher_redeemed_is_in_the_inbox_within_seconds(stack: LocalStack, resident: Person) -> None:
    redemption_id = new_id("red")
    body = {"redemption_id": redemption_id, "offer_id": "off_shirt"}
    assert resident.act("POST", "/v1/me/vouchers", body).status == 201
    token = resident.get(f"/v1/me/vouchers/{redemption_id}/token")["token"]
    cashier = sign_in(stack.url, "wang", "cashier")
    scan = {"token": token, "store_id": "sto_jiefang", "scan_id": new_id("scan")}
    started = time.monotonic()
    assert cashier.act("POST", "/v1/pos/vouchers/redeem", scan).status == 200
    wait_for(lambda: "voucher-redeemed" in kinds_of(resident))
    print(f"redeemed → message: {time.monotonic() - started:.2f} s")
    listed = resident.get("/v1/me/messages")
    newest = listed["items"][0]
    assert (newest["kind"], newest["link"]) == ("voucher-redeemed", {"kind": "voucher", "id": redemption_id})
    assert "锦绣洗衣解放街店" in newest["body"]
    assert "水洗衬衫一件" in newest["body"]
    assert kinds_of(resident) == ["voucher-redeemed", "points-granted"]
    assert listed["unread"] == 2
    read = resident.act("POST", "/v1/me/messages/read", {"up_to": newest["message_id"]})
    assert read.body == {"unread": 0, "is_more_unread": False, "is_complete": True}


def test_a_message_leaves_over_the_local_channel_once_it_is_wanted(
    stack: LocalStack, resident: Person
) -> None:
    kinds = [k["kind"] for k in resident.get("/v1/me/message-preferences")["channels"][0]["kinds"]]
    wanted = {"channels": {"local": kinds}}
    assert resident.act("PUT", "/v1/me/message-preferences", wanted).status == 200
    version = next(
        c["text_version"] for c in resident.get("/v1/me/consents")["items"] if c["purpose"] == "messages"
    )
    consent = {"text_version": version}
    assert resident.act("PUT", "/v1/me/consents/messages", consent).status == 200
    redemption_id = new_id("red")
    body = {"redemption_id": redemption_id, "offer_id": "off_shirt"}
    assert resident.act("POST", "/v1/me/vouchers", body).status == 201
    assert resident.act("POST", f"/v1/me/vouchers/{redemption_id}/void").status == 200
    wait_for(lambda: "voucher-voided" in kinds_of(resident))
    operator = sign_in(stack.url, "zhao", "operator")
    # Held at night, sent by day: either way the function that sends may do what it does.
    newest = resident.get("/v1/me/messages")["items"][0]
    account_id = resident.get("/v1/me")["account_id"]
    wanted = {"account_id": account_id, "message_id": newest["message_id"], "channel": "local"}
    invoke(stack, "deliver", {"Records": [queue_record(wanted)]})
    if is_quiet(datetime.now(UTC)):
        assert operator.get("/v1/dev/deliveries")["items"] == []
        return
    (line,) = wait_for(lambda: operator.get("/v1/dev/deliveries")["items"])
    assert (line["kind"], line["to"]) == ("voucher-voided", resident.get("/v1/me")["account_id"])


def invoke(stack: LocalStack, function: str, event: dict[str, Any]) -> None:
    """Call a deployed function and see that it ends well."""
    functions = stack.session().client("lambda")
    answer = functions.invoke(FunctionName=f"tanhui-local-{function}", Payload=json.dumps(event))
    assert "FunctionError" not in answer, answer["Payload"].read()


def queue_record(body: dict[str, str]) -> dict[str, Any]:
    """What SQS hands to a function."""
    return {
        "messageId": "e2e",
        "receiptHandle": "e2e",
        "body": json.dumps(body),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:cn-northwest-1:000000000000:tanhui-local-deliveries",
        "awsRegion": "cn-northwest-1",
    }


def is_quiet(now: datetime) -> bool:
    local = now + timedelta(hours=8)
    return local.hour >= 21 or local.hour < 8


def test_the_reminders_and_the_handing_over_run_as_deployed(stack: LocalStack, resident: Person) -> None:
    for name in ("remind", "redeliver"):
        invoke(stack, name, schedule_event())
    operator = sign_in(stack.url, "zhao", "operator")
    jobs = {row["job"]: row["last_run"] for row in operator.get("/v1/operator/jobs")["items"]}
    assert jobs["remind"]["state"] == jobs["redeliver"]["state"] == "done"


def schedule_event() -> dict[str, Any]:
    """What the scheduler sends."""
    return {
        "version": "0",
        "id": "e2e",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-24T01:00:00Z",
        "region": "cn-northwest-1",
        "resources": [],
        "detail": {},
    }
