"""Stars over HTTP: review by two operators, the honour board, objections, revocation, the list for civic awards."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from chalicelib.services.board_closing import close_boards
from tests.conftest import Clock
from tests.gateway import Gateway, assert_problem
from tests.services.boarding import add_communities, community_of, night
from tests.services.telling import queues
from tests.services.test_stars import CLOSING

WHY = {"reason": "刷卡记录属于他人"}
HONOURS = "/v1/communities/com_a/stars"


@pytest.fixture
def star_id(gateway: Gateway, clock: Clock, token_of: Callable[..., str]) -> Iterator[str]:
    """A star that is proposed; the clock stands at the closing."""
    add_communities()
    clock.now += timedelta(days=1)
    community_of(10)
    night(clock.now)
    clock.now = CLOSING
    close_boards(clock.now, lambda: False)
    for _ in queues():
        found = gateway.send("GET", "/v1/operator/stars", token=token_of("operator")).json["items"]
        yield found[0]["star_id"]


def test_two_operators_publish_a_star_and_one_of_them_revokes_it(
    gateway: Gateway, star_id: str, token_of: Callable[..., str]
) -> None:
    one, two = token_of("operator", "stf_one"), token_of("operator", "stf_two")
    confirm = f"/v1/operator/stars/{star_id}/confirmation"
    assert gateway.send("POST", confirm, token=one).json["state"] == "confirmed"
    assert gateway.send("POST", confirm, token=one).headers["Idempotency-Hit"] == "true"
    assert gateway.send("POST", confirm, token=two).json["state"] == "published"
    late = gateway.send("POST", f"/v1/operator/stars/{star_id}/decline", WHY, one)
    assert_problem(late, 409, "star-decided")
    (shown,) = gateway.send("GET", HONOURS).json["items"]
    assert (shown["state"], shown["revoked_at"]) == ("published", None)
    assert "account_id" not in shown
    revoked = gateway.send("POST", f"/v1/operator/stars/{star_id}/revocation", WHY, two)
    assert revoked.json["state"] == "revoked"
    (shown,) = gateway.send("GET", HONOURS).json["items"]
    assert shown["revoked_why"] == WHY["reason"]


def test_a_resident_objects_once_and_an_operator_answers(
    gateway: Gateway, star_id: str, token_of: Callable[..., str]
) -> None:
    resident, operator = token_of("resident", "res_x"), token_of("operator")
    address = f"/v1/stars/{star_id}/objections"
    assert_problem(gateway.send("POST", address, WHY, resident), 422, "objection-too-late")
    for name in ("stf_one", "stf_two"):
        gateway.send("POST", f"/v1/operator/stars/{star_id}/confirmation", token=token_of("operator", name))
    made = gateway.send("POST", address, WHY, resident)
    assert made.status == 201
    assert gateway.send("POST", address, WHY, resident).headers["Idempotency-Hit"] == "true"
    (waiting,) = gateway.send("GET", "/v1/operator/star-objections", token=operator).json["items"]
    answer = f"/v1/operator/star-objections/{waiting['objection_id']}/decision"
    dismissed = {"outcome": "dismissed", "reason": "核对无误"}
    assert gateway.send("POST", answer, dismissed, operator).json["state"] == "dismissed"
    upheld = {"outcome": "upheld", "reason": "核对有误"}
    assert_problem(gateway.send("POST", answer, upheld, operator), 409, "objection-decided")
    assert_problem(gateway.send("POST", "/v1/stars/star_none/objections", WHY, resident), 404, "star-unknown")


def test_the_list_for_civic_awards_is_a_file_of_who_still_agrees(
    gateway: Gateway, star_id: str, token_of: Callable[..., str]
) -> None:
    operator = token_of("operator")
    for name in ("stf_one", "stf_two"):
        gateway.send("POST", f"/v1/operator/stars/{star_id}/confirmation", token=token_of("operator", name))
    file = gateway.send("GET", "/v1/operator/civic-awards/2026-11", token=operator)
    assert file.headers["Content-Disposition"].endswith('"tanhui-stars-2026-11.csv"')
    assert file.text.startswith("\ufeff区,社区,期间")
    assert "解放西街社区" in file.text
    assert_problem(
        gateway.send("GET", "/v1/operator/civic-awards/november", token=operator), 404, "board-unknown"
    )
