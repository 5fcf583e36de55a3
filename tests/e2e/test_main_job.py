"""The main job on real input: taps of 2 000 bound cards become points, and points become a coat cleaned."""

import csv
import gzip
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from infra.localstack import LocalStack
from infra.seed import TAPS
from tests.e2e.conftest import run_module
from tests.e2e.people import Partner, Person, new_id, send, sign_in
from tests.e2e.processes import kill_function

pytestmark = pytest.mark.e2e

CARDS = 2_000
CARDS_EACH = 10
GRAMS = {"szt-bus-ride": 80, "szt-metro-trip": 515}
CAP = {"szt-bus-ride": 6, "szt-metro-trip": 4}
DAY_MILLIPOINTS_MAX = 200_000


@pytest.fixture(scope="module")
def taps() -> bytes:
    return gzip.decompress(TAPS.read_bytes())


def rows_by_card(taps: bytes) -> dict[str, list[dict[str, str]]]:
    """The file's rows by card, in order of time."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(taps.decode().splitlines()):
        found.setdefault(row["card_no"], []).append(row)
    return {card: sorted(rows, key=lambda r: r["deal_date"]) for card, rows in found.items()}


def events_of(rows: list[dict[str, str]]) -> list[tuple[str, str, int]]:
    """Return a card's rides and trips as (kind, time of day it began, seconds), worked out here, not by the product."""
    events: list[tuple[str, str, int]] = []
    seen, entered = set(), None
    for row in rows:
        key = (row["deal_date"], row["deal_type"], row["equ_no"])
        if key in seen:
            continue
        seen.add(key)
        if row["deal_type"] == "巴士":
            events.append(("szt-bus-ride", row["deal_date"], 0))
        elif not row["station"]:
            entered = None if row["deal_type"] == "地铁出站" else entered
        elif row["deal_type"] == "地铁入站":
            entered = row
        elif entered is not None:
            began, ended = (datetime.fromisoformat(one["deal_date"]) for one in (entered, row))
            events.append(("szt-metro-trip", entered["deal_date"], int((ended - began).total_seconds())))
            entered = None
    return [(kind, began[-8:], seconds) for kind, began, seconds in events]


@pytest.fixture(scope="module")
def cards(taps: bytes) -> list[str]:
    """Two thousand cards: those with the most taps first, so that trips, duplicates and caps are among them."""
    by_card = rows_by_card(taps)
    return sorted(by_card, key=lambda card: (-len(by_card[card]), card))[:CARDS]


@pytest.fixture(scope="module")
def residents(stack: LocalStack, cards: list[str]) -> dict[str, Person]:
    """Residents by subject, each consenting and with ten cards bound."""
    groups = [cards[start : start + CARDS_EACH] for start in range(0, CARDS, CARDS_EACH)]

    def join(number: int) -> tuple[str, Person]:
        person = sign_in(stack.url, f"resident-{number}", "resident")
        asked = person.get("/v1/me/consents")["items"][0]
        consent = {"text_version": asked["current"]["version"] if "current" in asked else "2026-11-01"}
        assert person.act("PUT", "/v1/me/consents/transit-data", consent).status == 200
        for card in groups[number]:
            assert person.act("POST", "/v1/me/cards", {"card_no": card}).status in (200, 201)
        return f"resident-{number}", person

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(join, range(len(groups))))


@pytest.fixture(scope="module")
def partner(stack: LocalStack) -> Partner:
    operator = sign_in(stack.url, "zhao", "operator")
    made = operator.act("POST", "/v1/operator/partners/szt/keys")
    assert made.status == 201, made
    return Partner(stack.url, made.body["key"]["key_id"], made.body["key"]["secret"])


def wait_for(partner: Partner, import_id: str, until: str, seconds: float = 120) -> dict:
    """Poll an import until it is done, or until it has begun to record."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = partner.send("GET", f"/v1/partner/imports/{import_id}").body
        if found["state"] in ("done", "failed"):
            return found
        if until == "under way" and (found.get("lines_done") or 0) > 0:
            return found
        time.sleep(0.02)
    raise AssertionError(f"import is {found}")


@pytest.fixture(scope="module")
def imported(stack: LocalStack, partner: Partner, residents: dict[str, Person], taps: bytes) -> dict:
    """The finished import, killed once on the way and taken up again."""
    import_id = partner.upload(taps, "main-job-0001")
    under_way = wait_for(partner, import_id, "under way")
    assert under_way["state"] == "running", "the import was too fast to be killed"
    assert kill_function(stack.emulator_pid, "imports") >= 1
    queue_url = stack.session().client("sqs").get_queue_url(QueueName="tanhui-local-imports")["QueueUrl"]
    stack.session().client("sqs").send_message(
        QueueUrl=queue_url, MessageBody=json.dumps({"import_id": import_id})
    )
    return wait_for(partner, import_id, "done")


def test_the_real_file_is_imported_whole_though_killed_once(
    imported: dict, taps: bytes, cards: list[str]
) -> None:
    by_card = rows_by_card(taps)
    assert imported["state"] == "done", imported
    assert imported["lines"] == sum(imported["outcomes"].values()) == 37_000
    bound = set(cards)
    assert imported["outcomes"]["unbound"] == sum(
        len(rows) for card, rows in by_card.items() if card not in bound
    )
    assert imported["date_shift"]["days"] > 2_900


def seconds_of(shown: dict) -> int:
    """Return the second of the city's day on which an activity began."""
    began = datetime.fromisoformat(shown["occurred_at"]) + timedelta(hours=8)
    return began.hour * 3600 + began.minute * 60 + began.second


def why_unpaid(shown: dict, paid: list[dict]) -> set[str]:
    """Return the reasons for which, beside what was paid, an activity may be worth less."""
    reasons = set()
    same = [one for one in paid if one["methodology_id"] == shown["methodology_id"] and not one["reason"]]
    if len(same) == CAP[shown["methodology_id"]]:
        reasons.add("cap-per-day")
    if sum(one["millipoints"] for one in paid) + shown["millipoints"] > DAY_MILLIPOINTS_MAX - 100:
        reasons.add("cap-per-resident")
    begins, lasts = seconds_of(shown), max(shown["duration_s"], 60)
    for one in paid:
        apart = seconds_of(one) - begins
        if one is not shown and -max(one["duration_s"], 60) < apart < lasts:
            reasons.add("overlap")
    return reasons


def test_every_resident_has_what_their_taps_are_worth(
    imported: dict, residents: dict[str, Person], taps: bytes, cards: list[str]
) -> None:
    by_card = rows_by_card(taps)
    grams, activities, seen = 0, 0, Counter[str]()
    for number, person in enumerate(residents.values()):
        own = cards[number * CARDS_EACH : (number + 1) * CARDS_EACH]
        shown = person.get("/v1/me/activities?limit=100")["items"]
        assert Counter(
            (one["methodology_id"], seconds_of(one), one["duration_s"]) for one in shown
        ) == Counter(
            (
                kind,
                sum(int(part) * 60**power for part, power in zip(at.split(":"), (2, 1, 0), strict=True)),
                s,
            )
            for card in own
            for kind, at, s in events_of(by_card[card])
        )
        paid = [one for one in shown if one["grams_co2e"]]
        for one in shown:
            seen[one["reason"] or "paid"] += 1
            if one["reason"] is None:
                assert one["grams_co2e"] == GRAMS[one["methodology_id"]]
            else:
                assert one["reason"] in why_unpaid(one, paid), (f"resident-{number}", one)
        worth = sum(one["grams_co2e"] for one in paid)
        balance = person.get("/v1/me")["balance"]
        assert (balance["grams_co2e"], balance["points_available"]) == (worth, worth * 100 // 1000)
        assert balance["points_available"] <= 200
        grams, activities = grams + worth, activities + len(paid)
    assert (imported["grams_co2e"], imported["activities"]) == (grams, activities)
    assert seen.keys() >= {"paid", "cap-per-day", "cap-per-resident", "overlap"}


def test_an_activity_is_explained(imported: dict, residents: dict[str, Person]) -> None:
    person = residents["resident-0"]
    activity = person.get("/v1/me/activities?limit=1")["items"][0]
    explained = person.get(f"/v1/activities/{activity['activity_id']}/explain")
    assert explained["factors"][0]["source"]
    assert explained["steps"]
    stranger = residents["resident-1"]
    other = send(
        stranger.url, "GET", f"/v1/activities/{activity['activity_id']}/explain", token=stranger.token
    )
    assert other.status == 404


@pytest.fixture(scope="module")
def spent(stack: LocalStack, imported: dict, residents: dict[str, Person]) -> tuple[Person, Person, dict]:
    """A coat cleaned: resident, cashier, and the redeemed voucher."""
    person = max(residents.values(), key=lambda p: p.get("/v1/me")["balance"]["points_available"])
    cashier = sign_in(stack.url, "wang", "cashier")
    redemption_id = new_id("red")
    taken = person.act("POST", "/v1/me/vouchers", {"redemption_id": redemption_id, "offer_id": "off_coat"})
    assert taken.status == 201, taken
    token = person.get(f"/v1/me/vouchers/{redemption_id}/token")["token"]
    scan = {"token": token, "store_id": "sto_jiefang", "scan_id": new_id("scan")}
    redeemed = cashier.act("POST", "/v1/pos/vouchers/redeem", scan)
    assert redeemed.status == 200, redeemed
    second = cashier.act("POST", "/v1/pos/vouchers/redeem", {**scan, "scan_id": new_id("scan")})
    assert (second.status, second.body["code"]) == (409, "voucher-already-redeemed")
    assert second.body["redeemed_at"] == redeemed.body["closed_at"]
    assert second.body["store_name"] == "锦绣洗衣解放街店"
    return person, cashier, redeemed.body


def test_a_coat_is_cleaned_for_fifty_points(spent: tuple[Person, Person, dict]) -> None:
    person, _, redeemed = spent
    assert (redeemed["state"], redeemed["points"]) == ("posted", 50)
    kinds = [entry["kind"] for entry in person.get("/v1/me/entries")["items"]]
    assert kinds == ["post", "hold", "grant"]


def test_the_qr_is_an_image_with_the_code(
    stack: LocalStack, imported: dict, residents: dict[str, Person]
) -> None:
    person = residents["resident-2"]
    redemption_id = new_id("red")
    taken = person.act("POST", "/v1/me/vouchers", {"redemption_id": redemption_id, "offer_id": "off_shirt"})
    assert taken.status == 201, taken
    image = send(stack.url, "GET", f"/v1/me/vouchers/{redemption_id}/qr", token=person.token)
    assert image.headers["Content-Type"].startswith("image/svg+xml")
    assert b"<svg" in image.body


def test_of_many_tills_scanning_one_voucher_at_once_exactly_one_wins(
    stack: LocalStack, imported: dict, residents: dict[str, Person]
) -> None:
    person, redemption_id = residents["resident-3"], new_id("red")
    body = {"redemption_id": redemption_id, "offer_id": "off_shirt"}
    assert person.act("POST", "/v1/me/vouchers", body).status == 201
    token = person.get(f"/v1/me/vouchers/{redemption_id}/token")["token"]
    cashier = sign_in(stack.url, "wang", "cashier")

    def scan(_: int) -> int:
        body = {"token": token, "store_id": "sto_jiefang", "scan_id": new_id("scan")}
        return cashier.act("POST", "/v1/pos/vouchers/redeem", body).status

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(scan, range(16)))
    assert statuses == {200: 1, 409: 15}


def test_every_request_once_more_changes_nothing(
    stack: LocalStack,
    spent: tuple[Person, Person, dict],
    residents: dict[str, Person],
    partner: Partner,
    taps: bytes,
) -> None:
    before = audit(stack)
    person, cashier, _ = spent
    for somebody in [person, cashier, *list(residents.values())[:20]]:
        somebody.replay()
    again = wait_for(partner, partner.upload(taps, "main-job-0001"), "done")
    delivered_twice = wait_for(partner, partner.upload(taps, "main-job-0002"), "done")
    assert again["outcomes"]["accepted"] > 0
    assert delivered_twice["outcomes"]["accepted"] == 0
    assert delivered_twice["activities"] == 0
    assert audit(stack) == before


def test_the_night_reverses_what_overlaps_books_everything_and_the_audit_is_clean(
    stack: LocalStack, imported: dict, spent: tuple[Person, Person, dict], residents: dict[str, Person]
) -> None:
    functions = stack.session().client("lambda")
    for job in ("recheck", "settle", "recheck", "settle"):
        answer = functions.invoke(FunctionName=f"tanhui-local-{job}", Payload=json.dumps(schedule_event()))
        assert "FunctionError" not in answer, answer["Payload"].read()
    grams, reversed_grams, credited_grams = 0, 0, 0
    for person in residents.values():
        shown = person.get("/v1/me/activities?limit=100")["items"]
        paid = [one for one in shown if one["grams_co2e"]]
        grams += sum(one["grams_co2e"] for one in paid)
        for one in (one for one in shown if one["outcome"] == "reversed"):
            assert "overlap" in why_unpaid(one, paid), one
            reversed_grams += GRAMS[one["methodology_id"]]
        # what lost to a trip that was reversed itself counts instead of it
        credited_grams += sum(one["grams_co2e"] for one in paid if one["corrections"])
    assert reversed_grams > 0, "a trip of many minutes is known to overlap only when its sheet is read"
    assert grams - credited_grams <= imported["grams_co2e"] <= grams + reversed_grams
    settled = audit(stack)
    assert f"{-grams:,}" in settled, "all grams that count are issued"
    assert audit(stack) == settled


def schedule_event() -> dict:
    """What the scheduler sends."""
    return {
        "version": "0",
        "id": "e2e",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-21T18:10:00Z",
        "region": "cn-northwest-1",
        "resources": [],
        "detail": {},
    }


def audit(stack: LocalStack) -> str:
    """Return what `make audit` prints, which must be that nothing differs."""
    done = run_module(stack, "infra.audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The audit found no difference." in done.stdout
    return done.stdout
