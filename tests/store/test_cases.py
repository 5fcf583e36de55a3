"""Cases: kept once, replaced only by who read them last, listed by urgency and by whose they are."""

from dataclasses import replace

import pytest

from chalicelib.errors import Conflict, NotFound
from chalicelib.store.cases import (
    NO_DEADLINE,
    Case,
    add_case,
    add_replacement,
    find_case,
    get_case,
    list_cases,
    list_cases_of,
    replace_case,
)
from chalicelib.store.transactions import Transaction, TransactionLost

CASE = Case("cas_1", "review", "open", "walking", "2026-11-20T04:00:00.000Z", NO_DEADLINE, {"note": "茶"})


def test_a_case_is_found_as_it_was_added_and_not_under_another_kind(tables):
    assert add_case(CASE)
    assert get_case("cas_1", "review") == CASE
    assert find_case("cas_1", "appeal") is None
    with pytest.raises(NotFound, match="appeal-unknown"):
        get_case("cas_1", "appeal")


def test_a_taken_id_keeps_its_first_case(tables):
    add_case(CASE)
    assert not add_case(replace(CASE, state="closed"))
    assert get_case("cas_1", "review").state == "open"


def test_of_two_who_read_the_same_case_only_the_first_changes_it(tables):
    add_case(CASE)
    first = second = get_case("cas_1", "review")
    assert replace_case(first, replace(first, state="approved")).version == 2
    with pytest.raises(Conflict, match="case-changed"):
        replace_case(second, replace(second, state="rejected"))
    assert get_case("cas_1", "review").state == "approved"


def test_cases_are_listed_by_urgency_page_by_page(tables):
    for number, due_at in enumerate(("2026-12-03", "2026-12-01", "2026-12-02")):
        add_case(replace(CASE, case_id=f"cas_{number}", due_at=due_at))
    page = list_cases("review", "open", 2)
    assert [item["due_at"] for item in page.items] == ["2026-12-01", "2026-12-02"]
    rest = list_cases("review", "open", 2, page.cursor)
    assert [item["due_at"] for item in rest.items] == ["2026-12-03"] and rest.cursor is None


def test_cases_of_one_subject_come_newest_first_without_those_of_others(tables):
    for number, subject in enumerate(("walking", "own-cup", "walking")):
        add_case(
            replace(
                CASE, case_id=f"cas_{number}", subject=subject, opened_at=f"2026-11-2{number}T04:00:00.000Z"
            )
        )
    found = list_cases_of("walking", "review", 10).items
    assert [item["case_id"] for item in found] == ["cas_2", "cas_0"]
    assert found[0]["due_at"] is None and found[0]["note"] == "茶"


def test_a_case_replaced_within_a_transaction_is_stored_like_any_other(tables):
    add_case(CASE)
    read = get_case("cas_1", "review")
    tx = Transaction()
    add_replacement(tx, read, replace(read, state="approved", body={"note": "水"}))
    tx.commit()
    assert get_case("cas_1", "review") == replace(read, state="approved", body={"note": "水"}, version=2)
    assert [item["case_id"] for item in list_cases("review", "approved", 9).items] == ["cas_1"]
    late = Transaction()
    add_replacement(late, read, replace(read, state="rejected"))
    with pytest.raises(TransactionLost) as lost:
        late.commit()
    assert lost.value.labels == {"case"}
