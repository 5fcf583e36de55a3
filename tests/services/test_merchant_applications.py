"""How a merchant joins: two operators, one transaction, nobody twice."""

from datetime import timedelta

import pytest

from chalicelib.domain.credit_codes import check_character
from chalicelib.domain.merchants import state_of
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, TooMany
from chalicelib.services import merchant_applications as applications
from chalicelib.services import merchants, staff
from chalicelib.store import cases
from chalicelib.store.catalogue import find_document, get_document
from chalicelib.store.client import dynamodb
from tests.services.ledger import NOW
from tests.services.trading import ANNA, APPLICATION, BERT, CREDIT_CODE, MERCHANT, TERMS, join

ID = APPLICATION["application_id"]


def submit(application_id=ID, **changes):
    fields = {**APPLICATION, "application_id": application_id, **changes}
    return applications.submit_application(application_id, fields, NOW)


def credit_code(digits):
    """Return a credit code that fits, another one for other digits."""
    first_17 = f"91640100{digits}X"
    return first_17 + check_character(first_17)


def test_an_enterprise_joins_through_two_operators(tables):
    assert submit()["state"] == "submitted"
    assert applications.review_application(ID, TERMS, ANNA, NOW)["state"] == "reviewed"
    approved = applications.approve_application(ID, BERT, NOW)
    assert (approved["state"], approved["merchant_id"]) == ("approved", MERCHANT)
    merchant = merchants.get_merchant(MERCHANT, NOW)
    assert (merchant["state"], merchant["credit_code"]) == ("active", CREDIT_CODE)
    assert (merchant["contract_from"], merchant["contract_to"]) == ("2026-11-01", "2027-10-31")
    (manager,) = staff.list_staff(MERCHANT).items
    assert (manager["subject"], manager["role"], manager["store_ids"]) == ("li", "merchant_manager", [])
    changes = merchants.list_merchant_changes(MERCHANT, 10, None).items
    assert [(c["version"], c["by"], c["what"]) for c in changes] == [(1, BERT, "join")]


def test_who_looked_it_through_cannot_approve_it(tables):
    submit()
    applications.review_application(ID, TERMS, ANNA, NOW)
    with pytest.raises(Forbidden, match="needs-second-person"):
        applications.approve_application(ID, ANNA, NOW)
    assert find_document("merchant", MERCHANT) is None


def test_what_nobody_looked_through_cannot_be_approved(tables):
    submit()
    with pytest.raises(Conflict, match="application-wrong-state"):
        applications.approve_application(ID, BERT, NOW)


def test_every_step_again_is_the_same_answer(tables):
    first = submit()
    assert submit() == {**first, "_hit": True}
    reviewed = applications.review_application(ID, TERMS, ANNA, NOW)
    assert applications.review_application(ID, TERMS, ANNA, NOW) == {**reviewed, "_hit": True}
    approved = applications.approve_application(ID, BERT, NOW)
    assert applications.approve_application(ID, BERT, NOW) == {**approved, "_hit": True}
    assert get_document("merchant", MERCHANT)["version"] == 1


def test_the_same_application_id_for_something_else_is_refused(tables):
    submit()
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        submit(name="别的名字")


def test_a_credit_code_that_does_not_check_is_named(tables):
    with pytest.raises(InvalidInput) as refused:
        submit(credit_code="91110000600037342L")
    assert refused.value.facts["errors"][0]["pointer"] == "/credit_code"


def test_an_enterprise_applies_once_at_a_time_and_not_when_it_is_in(tables):
    submit()
    with pytest.raises(Conflict, match="application-pending"):
        submit("app-another-1")
    applications.review_application(ID, TERMS, ANNA, NOW)
    applications.approve_application(ID, BERT, NOW)
    with pytest.raises(Conflict, match="credit-code-in-use"):
        submit("app-another-2")


def test_a_rejected_applicant_reads_why_and_may_try_again(tables):
    submit()
    rejected = applications.reject_application(ID, "营业执照已过期", ANNA, NOW)
    assert applications.reject_application(ID, "营业执照已过期", ANNA, NOW) == {**rejected, "_hit": True}
    seen = applications.get_public_application(ID)
    assert (seen["state"], seen["reason"]) == ("rejected", "营业执照已过期")
    assert "contact_phone" not in seen and "decision" not in seen
    assert submit("app-second-try")["state"] == "submitted"


def test_two_applications_of_one_enterprise_cannot_both_be_approved(tables):
    """The list that shows a pending one lags behind: both are in the table, the credit code decides."""
    for application_id in (ID, "app-at-the-same-time"):
        case = applications._new_case(application_id, {**APPLICATION, "application_id": application_id}, NOW)
        assert cases.add_case(case)
        applications.review_application(application_id, TERMS, ANNA, NOW)
    applications.approve_application(ID, BERT, NOW)
    with pytest.raises(Conflict, match="credit-code-in-use"):
        applications.approve_application("app-at-the-same-time", BERT, NOW)


def test_of_two_operators_who_decide_at_once_one_is_told_so(tables, monkeypatch):
    submit()
    applications.review_application(ID, TERMS, ANNA, NOW)
    real, raced = cases.get_case, []

    def get_case(case_id, kind):
        found = real(case_id, kind)
        if not raced:
            raced.append(True)
            applications.reject_application(ID, "营业执照已过期", ANNA, NOW)
        return found

    monkeypatch.setattr(cases, "get_case", get_case)
    with pytest.raises(Conflict, match="application-wrong-state"):
        applications.approve_application(ID, BERT, NOW)
    assert find_document("merchant", MERCHANT) is None


def test_the_managers_login_must_not_work_elsewhere(tables):
    join()
    other = "9144030071526726XG"
    with pytest.raises(Conflict, match="login-taken"):
        join("app-of-another", credit_code=other)
    assert find_document("merchant", f"mer_{other.lower()}") is None
    assert find_document("credit-code", other) is None


def test_a_merchant_that_left_joins_again_as_the_merchant_it_was(tables):
    join()
    leaving = {"reason": "迁址", "notice": "门店迁出本市", "open_vouchers": "honour"}
    merchants.let_merchant_leave(MERCHANT, leaving, ANNA, NOW)
    assert state_of(get_document("merchant", MERCHANT), NOW) == "left"
    assert join("app-coming-back")["merchant_id"] == MERCHANT
    merchant = merchants.get_merchant(MERCHANT, NOW)
    assert (merchant["state"], merchant["version"]) == ("active", 3)


def test_applications_wait_in_the_order_of_their_deadlines(tables):
    codes = ["91330100799655058B", "9144030071526726XG"]
    for days, code in enumerate(codes):
        fields = {**APPLICATION, "credit_code": code}
        applications.submit_application(f"app-waiting-{days}", fields, NOW - timedelta(days=days))
    waiting = applications.list_applications("submitted", 10, None).items
    assert [one["credit_code"] for one in waiting] == list(reversed(codes))


def test_an_application_nobody_made_is_unknown(tables):
    with pytest.raises(NotFound, match="merchant-application-unknown"):
        applications.get_public_application("app-none")


def test_one_address_gets_ten_applications_at_once_and_then_one_every_two_hours(tables):
    def apply(number, now=NOW, source="203.0.113.7"):
        # each of another enterprise, so that only the address is in common
        digits = f"{number:08d}"
        fields = {**APPLICATION, "credit_code": credit_code(digits), "application_id": f"app-{digits}"}
        return applications.submit_application(f"app-{digits}", fields, now, source)

    for number in range(10):
        apply(number)
    with pytest.raises(TooMany, match="too-many-applications") as refused:
        apply(10)
    assert refused.value.facts["retry_after_s"] == 7200
    assert apply(9)["_hit"], "what was sent already is answered, not counted"
    assert apply(11, source="203.0.113.8")["state"] == "submitted"
    assert apply(10, NOW + timedelta(hours=2))["state"] == "submitted"
    with pytest.raises(TooMany):
        apply(12, NOW + timedelta(hours=2))
    counters = dynamodb().scan(TableName="tanhui-test-idempotency")["Items"]
    assert "203.0.113" not in repr(counters), "no address is kept"
    assert all("purge_at_epoch_s" in item for item in counters)


def test_a_refused_application_is_not_counted(tables):
    for _ in range(12):
        with pytest.raises(InvalidInput):
            applications.submit_application("app-x", {**APPLICATION, "credit_code": "x" * 18}, NOW, "::1")
    assert dynamodb().scan(TableName="tanhui-test-idempotency")["Items"] == []


def test_two_applications_of_one_address_at_once_both_count(tables, monkeypatch):
    from chalicelib.store import attempts

    first, second = (
        {**APPLICATION, "credit_code": credit_code(digits)} for digits in ("00000001", "00000002")
    )
    real, raced = attempts.find_count, []

    def read(name):
        found = real(name)
        if not raced:
            raced.append(name)
            applications.submit_application("app-00000002", second, NOW, "::1")
        return found

    monkeypatch.setattr(attempts, "find_count", read)
    applications.submit_application("app-00000001", first, NOW, "::1")
    assert real(raced[0]) == int(NOW.timestamp()) + 2 * 7200


def test_an_id_that_something_else_has_is_refused(tables):
    cases.add_case(cases.Case("app-taken", "review", "open", "x", "2026", "2026", {}))
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        applications.submit_application("app-taken", APPLICATION, NOW, "::1")
