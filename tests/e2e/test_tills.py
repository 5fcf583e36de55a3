"""Paying on the running product with real concurrency: a balance is spent once, a code counts once, posters print."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.wallet_codes import STEP_S, wallet_code
from infra.localstack import LocalStack
from tests.e2e.conftest import run_module
from tests.e2e.people import Person, Reply, new_id, send, sign_in

pytestmark = pytest.mark.e2e

STORE, MERCHANT_CODES = "sto_sandbox", "/v1/merchant/stores/sto_sandbox/codes"
CLIENTS = 50
TILLS = 8  # at the same time; every one more is a worker that has to start first
AFFORDABLE = 7
POINTS_EACH = 6
CUPS = 21  # two points each, three a day
TRIES_MAX = 60


@pytest.fixture(scope="module")
def manager(stack: LocalStack) -> Person:
    return sign_in(stack.url, "sandbox", "merchant_manager")


@pytest.fixture(scope="module")
def cashier(stack: LocalStack) -> Person:
    return sign_in(stack.url, "sandbox", "cashier")


def resident(stack: LocalStack, subject: str, cups: int) -> Person:
    """Sign somebody in and let them declare own cups, three a day."""
    person = sign_in(stack.url, subject, "resident")
    for number in range(cups):
        day = datetime.now(UTC) + timedelta(hours=8) - timedelta(days=1 + number // 3)
        body = {
            "event_id": f"{day:%Y%m%d}-{subject}-{number:04d}",
            "methodology_id": "own-cup",
            "occurred_at": f"{day:%Y-%m-%d}T09:0{number % 3}:00+08:00",
            "inputs": {},
        }
        reply = person.act("POST", "/v1/me/activities", body)
        assert reply.status == 201, reply
    return person


def points(person: Person) -> int:
    """Return what somebody can spend."""
    found: int = person.get("/v1/me")["balance"]["points_available"]
    return found


def until_clear(person: Person, path: str, body: object) -> Reply:
    """Send a request again until its answer is clear, as a client does with a 503."""
    for number in range(TRIES_MAX):
        reply = send(person.url, "POST", path, body, person.token)
        if reply.status != 503:
            return reply
        time.sleep(0.02 * (number + 1))
    raise AssertionError("never a clear answer")


def test_fifty_payments_on_a_balance_that_covers_seven_are_seven(stack: LocalStack, manager: Person) -> None:
    person = resident(stack, "racer", CUPS)
    assert points(person) == AFFORDABLE * POINTS_EACH
    code = manager.get(MERCHANT_CODES)["items"][0]["text"]

    def pay(number: int) -> Reply:
        body = {
            "merchant_code": code,
            "bill_fen": 5000,
            "points": POINTS_EACH,
            "payment_id": f"race-{number:08d}",
        }
        return until_clear(person, "/v1/me/payments", body)

    with ThreadPoolExecutor(TILLS) as pool:
        replies = list(pool.map(pay, range(CLIENTS)))
    paid = [reply for reply in replies if reply.status == 201]
    refused = [reply.body["code"] for reply in replies if reply.status != 201]
    assert (len(paid), set(refused)) == (AFFORDABLE, {"points-insufficient"})
    assert points(person) == 0
    assert len(person.get("/v1/me/payments?limit=50")["items"]) == AFFORDABLE
    audited = run_module(stack, "infra.audit")
    assert audited.returncode == 0, audited.stdout


def test_one_code_at_sixteen_tills_at_once_pays_once(stack: LocalStack, cashier: Person) -> None:
    person = resident(stack, "one-code", 9)
    device = {"device_id": new_id("phone"), "name": "手机"}
    phone = person.act("POST", "/v1/me/devices", device).body
    server_s = datetime.fromisoformat(phone["server_at"]).timestamp()
    time.sleep(max(0.0, 2 - (STEP_S - server_s % STEP_S)))  # not at the very end of a step
    code = wallet_code(phone["secret"], phone["handle"], int(time.time()) // STEP_S)

    def charge(number: int) -> Reply:
        body = {
            "charge_id": f"one-code-{number:08d}",
            "code": code,
            "store_id": STORE,
            "bill_fen": 5000,
            "points": 2,
        }
        return until_clear(cashier, "/v1/pos/charges", body)

    with ThreadPoolExecutor(TILLS) as pool:
        replies = list(pool.map(charge, range(16)))
    outcomes = sorted(reply.body.get("code", reply.body.get("state")) for reply in replies)
    assert outcomes == ["charged", *["wallet-code-used"] * 15]
    assert points(person) == 16


def test_a_charge_is_asked_for_voided_and_seen_at_the_till(stack: LocalStack, cashier: Person) -> None:
    person = resident(stack, "asker", 9)
    phone = person.act("POST", "/v1/me/devices", {"device_id": new_id("phone"), "name": "手机"}).body
    code = wallet_code(phone["secret"], phone["handle"], int(time.time()) // STEP_S)
    asked = {"code": code, "store_id": STORE, "bill_fen": 1000}
    said = cashier.act("POST", "/v1/pos/charges/preview", asked).body
    charge_id = new_id("chargeid")
    body = {**asked, "charge_id": charge_id, "quote": said["quote"], "points": said["points"]}
    made = cashier.act("POST", "/v1/pos/charges", body)
    assert (made.status, made.body["state"]) == (201, "charged")
    assert cashier.get(f"/v1/pos/charges/{charge_id}") == made.body
    since = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    newest = cashier.get(f"/v1/pos/charges?since={since}")["items"][0]
    assert (newest["charge_id"], newest["kind"]) == (charge_id, "charge")
    voided = cashier.act("POST", f"/v1/pos/charges/{charge_id}/void")
    assert (voided.body["state"], points(person)) == ("voided", 18)


def test_the_poster_comes_as_a_pdf(manager: Person) -> None:
    reply = send(manager.url, "GET", f"/v1/merchant/stores/{STORE}/poster?size=A6", token=manager.token)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/pdf")
    assert reply.body.startswith(b"%PDF-1.4")
