"""What becomes of an appeal over HTTP: missing behaviours, photos, questions, two operators, the clock, the counts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.config import config
from chalicelib.services import appeal_clock, appeal_decisions
from chalicelib.services.appeal_clock import look_after_appeals
from chalicelib.services.appeal_photos import _key
from chalicelib.services.auditing import run_audit
from chalicelib.services.settling import settle_open_sheets
from chalicelib.store import files
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services import delivering

APPEAL = "appeal-000000001"
TEXT = "那天早上我坐了公交车去上班，没有记录。"
MISSING = {"methodology_id": "szt-bus-ride", "occurred_at": "2026-11-02T08:10:00+08:00"}
RECORD = {"inputs": {}, "evidence": "operator-signed"}
UPHOLD = {"decision": "uphold", "reason": "已与公交公司核对", "record": RECORD}
REJECT = {"decision": "reject", "reason": "公交公司没有这次乘车"}


class Desk:
    """A resident, operators and a regulator around one appeal."""

    def __init__(self, gateway: Gateway, token_of: Callable[..., str]) -> None:
        self.gateway = gateway
        self.token_of = token_of

    def send(self, role: str, who: str, method: str, path: str, body: Any = None) -> Reply:
        return self.gateway.send(method, path, body, token=self.token_of(role, who))

    def open(self, **changes: Any) -> Reply:
        body = {"appeal_id": APPEAL, "missing": MISSING, "text": TEXT, **changes}
        body = {name: value for name, value in body.items() if value is not None}
        return self.send("resident", "res_a", "POST", "/v1/me/appeals", body)

    def own(self, method: str = "GET", path: str = "", body: Any = None, who: str = "res_a") -> Reply:
        return self.send("resident", who, method, f"/v1/me/appeals/{APPEAL}{path}", body)

    def case(self) -> dict[str, Any]:
        return dict(self.own().json)

    def decide(self, body: dict[str, Any], who: str = "opr_1", role: str = "operator") -> Reply:
        path = f"/v1/operator/appeals/{self.case()['case_id']}/decision"
        return self.send(role, who, "POST", path, body)

    def ask(self, text: str = "请补充乘车线路和时间", message_id: str = "message-000001") -> Reply:
        path = f"/v1/operator/appeals/{self.case()['case_id']}/messages"
        return self.send("operator", "opr_1", "POST", path, {"message_id": message_id, "text": text})


@pytest.fixture
def desk(gateway: Gateway, token_of: Callable[..., str]) -> Desk:
    return Desk(gateway, token_of)


def test_a_missing_behaviour_that_is_upheld_is_recorded_once_on_its_day_long_past(
    desk: Desk, clock: Clock
) -> None:
    opened = desk.open()
    assert (opened.status, opened.json["missing"]["on"]) == (201, "2026-11-02")
    assert desk.open().json == opened.json
    done = desk.decide(UPHOLD)
    assert (done.json["state"], done.json["result"]) == (
        "upheld",
        {"grams_co2e": 80, "millipoints": 8000, "reason": ""},
    )
    assert desk.decide(UPHOLD).json == done.json
    assert desk.case()["state_text"] == "申诉成立，已补记"
    days = desk.send("resident", "res_a", "GET", "/v1/me/activities?on=2026-11-02").json["items"]
    assert [(one["source"], one["grams_co2e"]) for one in days] == [("appeal", 80)]
    settle_open_sheets(clock.now, lambda: False)
    assert desk.send("resident", "res_a", "GET", "/v1/me").json["balance"]["points_available"] == 8
    assert run_audit().findings == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"occurred_at": "2026-11-20T08:00:00+08:00"}, "/missing/occurred_at"),
        ({"occurred_at": "2026-08-21T08:00:00+08:00"}, "/missing/occurred_at"),
        ({"methodology_id": "no-such"}, "/missing/methodology_id"),
    ],
)
def test_only_a_behaviour_that_counted_on_a_day_that_is_over_can_be_missing(
    desk: Desk, changes: dict[str, str], pointer: str
) -> None:
    assert_problem(desk.open(missing={**MISSING, **changes}), 400, "invalid-input", pointer)


@pytest.mark.parametrize(
    "record",
    [None, {"inputs": {"distance_m": 5}, "evidence": "operator-signed"}, {"inputs": {}, "evidence": "none"}],
)
def test_upholding_what_is_missing_says_what_is_recorded(desk: Desk, record: Any) -> None:
    desk.open()
    body = {name: value for name, value in (UPHOLD | {"record": record}).items() if value is not None}
    assert_problem(desk.decide(body), 400, "invalid-input", "/record")
    assert desk.case()["state"] == "open"


@pytest.mark.parametrize("dies_at", range(1, 5))
def test_an_upholding_killed_anywhere_is_finished_by_the_next_and_counts_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    desk.open()
    left = [dies_at]

    def dying(real: Callable[..., Any], is_after: bool) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and not is_after:
                raise KeyboardInterrupt
            result = real(*arguments)
            if left[0] == 0:
                raise KeyboardInterrupt
            return result

        return call

    with monkeypatch.context() as killing:
        replace_case = appeal_decisions.cases.replace_case
        killing.setattr(appeal_decisions.cases, "replace_case", dying(replace_case, is_after=False))
        killing.setattr(appeal_decisions, "record_day", dying(appeal_decisions.record_day, is_after=True))
        killing.setattr(appeal_decisions, "add_message", dying(appeal_decisions.add_message, is_after=False))
        with pytest.raises(KeyboardInterrupt):
            desk.decide(UPHOLD)
    assert desk.decide(UPHOLD).json["result"] == {"grams_co2e": 80, "millipoints": 8000, "reason": ""}
    days = desk.send("resident", "res_a", "GET", "/v1/me/activities?on=2026-11-02").json["items"]
    assert [one["grams_co2e"] for one in days] == [80]
    messages = desk.send("resident", "res_a", "GET", "/v1/me/messages").json["items"]
    assert [one["kind"] for one in messages] == ["appeal-decided"]


def test_what_is_worth_much_takes_a_second_operator(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appeal_decisions, "needs_second", lambda _, millipoints: millipoints >= 8000)
    desk.open()
    proposed = desk.decide(UPHOLD)
    assert (proposed.json["state"], proposed.json["proposed_reason"]) == ("proposed", UPHOLD["reason"])
    assert (desk.case()["reason"], desk.case()["state_text"]) == (None, "已核实，等待复核")
    again = desk.decide(UPHOLD)
    assert (again.status, again.headers["Idempotency-Hit"]) == (200, "true")
    other_words = UPHOLD | {"reason": "再次核对无误"}
    assert_problem(desk.decide(other_words), 403, "needs-second-person")
    assert_problem(desk.ask(), 409, "appeal-decided")
    assert desk.send("resident", "res_a", "GET", "/v1/me/activities?on=2026-11-02").json["items"] == []
    done = desk.decide(UPHOLD, "opr_2").json
    assert (done["state"], done["decided_by"], done["seconded_by"]) == ("upheld", "opr_1", "opr_2")
    assert done["result"]["grams_co2e"] == 80


def test_the_second_operator_may_reject(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appeal_decisions, "needs_second", lambda *_: True)
    desk.open()
    desk.decide(UPHOLD)
    assert desk.decide(REJECT, "opr_2").json["state"] == "rejected"
    assert desk.case()["reason"] == REJECT["reason"]


def test_an_operator_asks_and_the_resident_answers(desk: Desk) -> None:
    desk.open()
    asked = desk.ask()
    assert (asked.status, asked.json["state"]) == (201, "asked")
    assert desk.ask().headers["Idempotency-Hit"] == "true"
    assert_problem(desk.ask("请补充别的情况"), 409, "idempotency-key-reused")
    own = desk.case()
    # five working days after Friday the twentieth
    assert (own["answer_by"], own["state_text"]) == ("2026-11-27T16:00:00.000Z", "运营人员请您补充说明")
    (message,) = desk.send("resident", "res_a", "GET", "/v1/me/messages").json["items"]
    assert (message["kind"], message["link"]["id"]) == ("appeal-asked", APPEAL)
    answer = {"message_id": "message-000002", "text": "1 路车，八点十分"}
    answered = desk.own("POST", "/messages", answer)
    assert (answered.status, answered.json["state"], answered.json["answer_by"]) == (201, "open", None)
    assert desk.own("POST", "/messages", answer).headers["Idempotency-Hit"] == "true"
    assert [(one["by"], one["text"]) for one in desk.case()["messages"]] == [
        ("operator", "请补充乘车线路和时间"),
        ("resident", "1 路车，八点十分"),
    ]
    assert "from" not in desk.case()["messages"][0], "residents never see who asked"
    assert_problem(desk.own("POST", "/messages", answer, "res_b"), 404, "appeal-unknown")


def test_an_appeal_taken_back_is_over_and_may_be_opened_anew(desk: Desk) -> None:
    desk.open()
    withdrawn = desk.own("POST", "/withdrawal")
    assert (withdrawn.json["state"], withdrawn.json["state_text"]) == ("withdrawn", "您已撤回申诉")
    assert desk.own("POST", "/withdrawal").headers["Idempotency-Hit"] == "true"
    assert_problem(desk.decide(UPHOLD), 409, "appeal-decided")
    answer = {"message_id": "message-000002", "text": "还是要说一句"}
    assert_problem(desk.own("POST", "/messages", answer), 409, "appeal-decided")
    assert desk.open(appeal_id="appeal-000000002").status == 201


def test_photos_are_looked_at_kept_private_and_shown_to_owner_and_operators(desk: Desk) -> None:
    delivering.add_bucket()
    asked = {"photo_id": "photo-00000001", "content_type": "image/jpeg", "size_bytes": 104}
    upload = desk.send("resident", "res_a", "POST", "/v1/me/appeal-photos", asked)
    assert (upload.status, upload.json["photo_id"]) == (201, "photo-00000001")
    for body, content_type in ((None, ""), (b"<svg xmlns=" + bytes(93), "image/jpeg")):
        if body:
            put_photo("photo-00000001", body, content_type)
        assert_problem(desk.open(photos=["photo-00000001"]), 400, "invalid-input", "/photos/0")
    put_photo("photo-00000001", b"\xff\xd8\xff" + bytes(101), "image/jpeg")
    case = desk.open(photos=["photo-00000001"]).json
    assert desk.own(path="/photos/photo-00000001").json["valid_s"] == 300
    path = f"/v1/operator/appeals/{case['case_id']}/photos/photo-00000001"
    assert desk.send("operator", "opr_1", "GET", path).json["valid_s"] == 300
    assert_problem(desk.own(path="/photos/photo-00000002"), 404, "photo-unknown")
    assert_problem(desk.own(path="/photos/photo-00000001", who="res_b"), 404, "appeal-unknown")


def put_photo(photo_id: str, body: bytes, content_type: str) -> None:
    key = _key("res_a", photo_id)
    files._s3().put_object(Bucket=config().files_bucket, Key=key, Body=body, ContentType=content_type)


def test_what_is_overdue_goes_to_the_regulator_and_its_resident_is_told_once(
    desk: Desk, clock: Clock
) -> None:
    desk.open()
    assert_problem(desk.decide(REJECT, "reg_1", "regulator"), 422, "appeal-not-overdue")
    path = "/v1/operator/appeals?overdue=yes"
    clock.pass_(days=20)  # of fifteen working days, three are left
    assert (look_after_appeals(clock.now, lambda: False).urgent, overdue(desk, path)) == (1, [])
    clock.pass_(days=3)
    for _ in range(2):
        assert look_after_appeals(clock.now, lambda: False).overdue == 1
    assert overdue(desk, path) == [True]
    messages = desk.send("resident", "res_a", "GET", "/v1/me/messages").json["items"]
    assert [one["kind"] for one in messages] == ["appeal-escalated"]
    assert desk.decide(REJECT, "reg_1", "regulator").json["state"] == "rejected"


def overdue(desk: Desk, path: str) -> list[bool]:
    items = desk.send("regulator", "reg_1", "GET", path).json["items"]
    return [item["is_overdue"] for item in items]


def test_a_question_nobody_answers_ends_and_the_appeal_waits_for_its_decision(
    desk: Desk, clock: Clock
) -> None:
    desk.open()
    desk.ask()
    clock.pass_(days=7)
    assert look_after_appeals(clock.now, lambda: False).unanswered == 0
    clock.pass_(days=1)
    assert look_after_appeals(clock.now, lambda: False).unanswered == 1
    assert desk.case()["state"] == "open"


def test_anybody_reads_how_many_appeals_there_were_but_not_of_few(
    desk: Desk, clock: Clock, gateway: Gateway
) -> None:
    desk.open()
    look_after_appeals(clock.now, lambda: False)
    (month,) = gateway.send("GET", "/v1/public/appeals").json["items"]
    assert (month["month"], month["is_small"], month["received"]) == ("2026-11", True, None)
    for number in range(2, 11):
        body = {"appeal_id": f"appeal-00000000{number:02}", "missing": MISSING, "text": TEXT}
        desk.send("resident", f"res_{number}", "POST", "/v1/me/appeals", body)
    clock.pass_(days=3)
    desk.decide(REJECT)
    appeal_clock.publish_counts(clock.now)
    (month,) = gateway.send("GET", "/v1/public/appeals").json["items"]
    assert (month["received"], month["rejected"], month["waiting"], month["days_median"]) == (10, 1, 9, 1)
    assert not {"res_a", TEXT} & set(str(month).split("'"))


def test_a_look_that_runs_out_of_time_says_so(desk: Desk, clock: Clock) -> None:
    desk.open()
    assert look_after_appeals(clock.now + timedelta(days=30), lambda: True).is_complete is False
