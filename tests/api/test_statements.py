"""Statements over HTTP: the manager's own, the operator's view of all, today's figures, CSV, PDF, disputes, the key."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.vouchers import Staff
from chalicelib.services.statement_closing import close_days
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import take_voucher, voucher_token
from tests.conftest import Clock
from tests.gateway import Gateway, Reply, assert_problem
from tests.services.ledger import NOW, add_offer
from tests.services.paying import charge
from tests.services.settling_days import ON, open_for_business, redeem

ONE = f"/v1/merchant/statements/sto_1/{ON}"


class Office:
    """A closed day at the laundry, and everybody who looks at it."""

    def __init__(self, gateway: Gateway, token_of: Callable[..., str]) -> None:
        self.gateway, self._token_of = gateway, token_of

    def manager(self, method: str, path: str, body: Any = None, merchant_id: str = "mer_laundry") -> Reply:
        """Send as a manager."""
        token = self._token_of("merchant_manager", "stf_li", merchant_id, ("sto_1",))
        return self.gateway.send(method, path, body, token)

    def send(self, role: str, method: str, path: str, body: Any = None) -> Reply:
        """Send as somebody else."""
        merchant = ("mer_laundry", ("sto_1",)) if role in ("cashier", "terminal") else ()
        return self.gateway.send(method, path, body, self._token_of(role, f"{role}_1", *merchant))


@pytest.fixture
def office(gateway: Gateway, token_of: Callable[..., str], clock: Clock) -> Office:
    """Everybody, the morning after the first day."""
    clock.now = NOW
    phone = open_for_business()
    add_offer("off_other", points=5, merchant_id="mer_other", store_ids=["sto_2"])
    redeem("voucher-00001")
    charge(phone, NOW + timedelta(minutes=1), points=10)
    clock.now = NOW + timedelta(days=1)
    close_days(clock.now, lambda: False)
    return Office(gateway, token_of)


def test_a_manager_reads_the_own_statements(office: Office) -> None:
    (listed,) = office.manager("GET", "/v1/merchant/statements?month=2026-11&store_id=sto_1").json["items"]
    assert listed == office.manager("GET", ONE).json
    assert office.manager("GET", "/v1/merchant/statements?month=2026-10").json["items"] == []
    first = office.manager("GET", ONE + "/lines?limit=1").json
    rest = office.manager("GET", f"{ONE}/lines?limit=1&cursor={first['next_cursor']}").json
    assert [line["kind"] for line in first["items"] + rest["items"]] == ["voucher", "charge"]
    assert rest["next_cursor"] is None


def test_a_manager_of_another_merchant_sees_none_of_it(office: Office) -> None:
    assert office.manager("GET", "/v1/merchant/statements", merchant_id="mer_other").json["items"] == []
    for path in ("", "/lines", "/csv", "/pdf"):
        assert_problem(office.manager("GET", ONE + path, merchant_id="mer_other"), 404, "statement-unknown")


@pytest.mark.parametrize("role", ["cashier", "resident", "terminal", "operator"])
def test_only_managers_read_a_merchants_statements_under_this_address(office: Office, role: str) -> None:
    assert_problem(office.send(role, "GET", ONE), 403, "role-not-allowed")


def test_an_operator_reads_every_merchants_statements(office: Office) -> None:
    of = "/v1/operator/statements/mer_laundry"
    (listed,) = office.send("operator", "GET", of).json["items"]
    assert listed == office.send("operator", "GET", f"{of}/sto_1/{ON}").json
    assert len(office.send("operator", "GET", f"{of}/sto_1/{ON}/lines").json["items"]) == 2
    assert_problem(office.manager("GET", of), 403, "role-not-allowed")


def test_the_csv_opens_in_a_spreadsheet_in_chinese(office: Office) -> None:
    text = office.manager("GET", ONE + "/csv").text
    assert text[0] == "\ufeff"
    header, *rows = csv.reader(io.StringIO(text[1:]))
    assert header[:3] == ["序号", "时间", "类别"]
    assert [row[:3] for row in rows] == [
        ["1", "2026-11-21 12:00:00", "优惠券"],
        ["2", "2026-11-21 12:01:00", "积分抵账单"],
    ]


def test_the_pdf_is_a_pdf(office: Office) -> None:
    reply = office.manager("GET", ONE + "/pdf")
    assert reply.text.startswith("%PDF-1.4") and reply.text.endswith("%%EOF\n")


def test_a_month_is_the_sum_of_its_days(office: Office) -> None:
    month = office.manager("GET", "/v1/merchant/statement-months/2026-11").json
    assert month["figures"] == office.manager("GET", ONE).json["figures"]
    assert (month["is_complete"], month["statements"]) == (False, 1)
    assert_problem(office.manager("GET", "/v1/merchant/statement-months/2026-13"), 400, pointer="/path/month")


def test_a_months_table_has_a_row_a_day_a_sum_a_store_and_the_whole(office: Office) -> None:
    reply = office.manager("GET", "/v1/merchant/statement-months/2026-11/csv")
    header, *rows = csv.reader(io.StringIO(reply.text[1:]))
    assert [row[:5] for row in rows] == [
        ["日结", ON, "sto_1", "1", "1"],
        ["门店小计", "2026-11", "sto_1", "", "1"],
        ["合计", "2026-11", "", "", "1"],
    ]
    named = [dict(zip(header, row, strict=True)) for row in rows]
    assert {row["核销积分"] for row in named} == {"60"} and {row["净结算金额（分）"] for row in named} == {
        "10"
    }
    assert office.manager("GET", "/v1/merchant/statement-months/2026-10/csv").text.count("\n") == 2


def test_a_month_is_printed_and_an_operator_reads_anybodys(office: Office) -> None:
    pdf = office.manager("GET", "/v1/merchant/statement-months/2026-11/pdf")
    assert pdf.text.startswith("%PDF-1.4") and pdf.text.endswith("%%EOF\n")
    of = office.send("operator", "GET", "/v1/operator/statement-months/2026-11/mer_laundry")
    assert of.json == office.manager("GET", "/v1/merchant/statement-months/2026-11").json


def test_an_operator_pages_through_the_statements_of_all_merchants(office: Office, clock: Clock) -> None:
    redeem("voucher-00002", clock.now)
    take_voucher("res_a", "voucher-00003", "off_other", clock.now)
    token = voucher_token("res_a", "voucher-00003", clock.now)
    redeem_voucher(Staff("stf_x", "mer_other", "cashier"), token, "sto_2", "scan-00003", clock.now)
    clock.pass_(days=1)
    close_days(clock.now, lambda: False)
    found, cursor = [], ""
    while cursor is not None:
        page = office.send("operator", "GET", f"/v1/operator/statements?limit=1{cursor}").json
        found += page["items"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert [(one["on"], one["merchant_id"]) for one in found] == [
        ("2026-11-22", "mer_other"),
        ("2026-11-22", "mer_laundry"),
        (ON, "mer_laundry"),
    ]
    day = office.send("operator", "GET", f"/v1/operator/statements?on={ON}&month=2026-11").json["items"]
    assert day == found[2:]
    assert office.send("operator", "GET", "/v1/operator/statements?month=2026-10").json["items"] == []
    wrong = office.send("operator", "GET", f"/v1/operator/statements?on={ON}&month=2026-10")
    assert_problem(wrong, 400, "invalid-input", pointer="/query/on")
    assert_problem(office.manager("GET", "/v1/operator/statements"), 403, "role-not-allowed")


def test_operators_see_which_disputes_are_overdue(office: Office, clock: Clock) -> None:
    asked = {"store_id": "sto_1", "on": ON, "line_no": 1, "reason": "没有消费"}
    office.manager("POST", "/v1/merchant/disputes", asked)
    overdue = "/v1/operator/disputes?overdue=true"
    assert office.send("operator", "GET", overdue).json["items"] == []
    clock.pass_(days=11)
    (found,) = office.send("operator", "GET", overdue).json["items"]
    assert (found["is_overdue"], found["state"]) == (True, "open")


def test_today_runs_for_tills_and_managers(office: Office, clock: Clock) -> None:
    assert office.send("cashier", "GET", "/v1/merchant/today").json["figures"]["redeemed"]["count"] == 0
    clock.now = NOW + timedelta(minutes=5)
    today = office.send("terminal", "GET", "/v1/merchant/today?store_id=sto_1").json
    assert today["stores"][0]["figures"]["net"]["points"] == 60
    assert office.manager("GET", "/v1/merchant/today").json["figures"]["net"]["points"] == 60
    assert_problem(office.send("cashier", "GET", "/v1/merchant/today?store_id=sto_2"), 403, "store-of-others")


def test_a_statement_is_checked_with_the_published_key_alone(office: Office) -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from chalicelib.domain.canonical import canonical_json

    (key,) = office.gateway.send("GET", "/v1/public/statement-keys").json["keys"]
    found = office.manager("GET", ONE).json
    signature = base64.urlsafe_b64decode(found.pop("signature") + "==")
    assert (found.pop("kid"), found.pop("digest") != "") == (key["kid"], True)
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    public.verify(signature, canonical_json(found).encode())


def test_a_dispute_goes_from_the_manager_to_an_operator_and_into_the_next_statement(
    office: Office, clock: Clock
) -> None:
    asked = {"store_id": "sto_1", "on": ON, "line_no": 2, "reason": "多收了 5 元"}
    made = office.manager("POST", "/v1/merchant/disputes", asked)
    assert made.status == 201
    assert office.manager("POST", "/v1/merchant/disputes", asked).headers["Idempotency-Hit"] == "true"
    (listed,) = office.send("operator", "GET", "/v1/operator/disputes").json["items"]
    decision = f"/v1/operator/disputes/{listed['dispute_id']}/decision"
    body = {"action": "adjust", "reason": "核对小票属实", "fen": 500}
    assert_problem(office.manager("POST", decision, body), 403, "role-not-allowed")
    assert office.send("operator", "POST", decision, body).json["state"] == "corrected"
    assert office.manager("GET", "/v1/merchant/disputes").json["items"][0]["decision"]["fen"] == 500
    clock.pass_(days=1)
    close_days(clock.now, lambda: False)
    (line,) = office.manager("GET", "/v1/merchant/statements/sto_1/2026-11-22/lines").json["items"]
    assert (line["dispute_id"], line["fen"]) == (listed["dispute_id"], 500)
