"""The way of a methodology version into force: three people, every step repeatable, nothing published unseen."""

from datetime import timedelta

import pytest

from chalicelib.domain.proposals import PUBLISHED, RECOMMENDED, SUBMITTED
from chalicelib.errors import Conflict, Forbidden, InvalidInput, Refused
from chalicelib.services import deciding, methodology_proposals
from chalicelib.services.methodologies import get_methodology, list_methodologies, list_versions, versions_of
from chalicelib.services.methodology_proposals import reject_proposal, withdraw_proposal
from chalicelib.services.proposal_views import get_proposal, list_proposals
from chalicelib.store.methodologies import list_published
from chalicelib.store.transactions import Transaction
from tests.services.proposing import (
    AUTHOR,
    EXPERT,
    NOW,
    PROPOSAL,
    REGULATOR,
    approve,
    faster_bicycle,
    next_version,
    pretend_effect,
    publish,
    review,
    submit,
    with_factor,
)

pytestmark = pytest.mark.usefixtures("tables")


def pointers(refused):
    return [error["pointer"] for error in refused.value.facts["errors"]]


def test_a_version_is_published_by_three_people_and_shows_its_digest():
    submitted = submit()
    assert submitted["state"] == SUBMITTED
    assert review()["state"] == RECOMMENDED
    pretend_effect()
    approved = approve()
    assert (approved["state"], approved["version_state"]) == (PUBLISHED, "announced")
    assert approved["digest"] == submitted["digest"] == versions_of("shared-bicycle")[0].digest
    (record,) = list_published()
    assert record["document"]["approval"] == {"state": "by-proposal", "proposal_id": PROPOSAL}
    assert (record["submitted_by"], record["review"]["reviewed_by"], record["approved_by"]) == (
        AUTHOR,
        EXPERT,
        REGULATOR,
    )


def test_the_public_sees_what_was_announced_and_who_reviewed_it_but_nobody_of_the_office():
    publish()
    newest, oldest = list_versions("shared-bicycle", NOW)
    assert (newest["state"], newest["first_on"], newest["superseded_by"]) == ("announced", "2026-11-22", None)
    assert (oldest["state"], oldest["last_on"], oldest["superseded_by"]) == ("effective", "2026-11-21", 2)
    assert newest["publication"]["review"]["reviewer_name"] == "陈教授"
    assert "stf_" not in str(newest)
    assert get_methodology("shared-bicycle", None, NOW)["version"] == 1
    later = NOW + timedelta(days=2)
    assert get_methodology("shared-bicycle", None, later)["version"] == 2
    assert get_methodology("shared-bicycle", 1, later)["state"] == "superseded"
    assert [m["version"] for m in list_methodologies(later) if m["id"] == "shared-bicycle"] == [2]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"version": 3}, "/document/version"),
        ({"version": 1}, "/document/version"),
        ({"code": "zz"}, "/document/code"),
        ({"id": "flying"}, "/document/id"),
        ({"valid_from": "2026-11-21"}, "/document/valid_from"),
        ({"valid_from": "2026-01-01"}, "/document/valid_from"),
        ({"valid_from": "2036-01-01"}, "/document/valid_from"),
        ({"valid_from": "soon"}, "/document/valid_from"),
        ({"points_per_kg": 0}, "/document/points_per_kg"),
        ({"colour": "green"}, "/document/colour"),
        ({"inputs": {"distance_m": {"minimum": 1.5, "maximum": 2}}}, "/document/inputs/distance_m/minimum"),
        ({"name": {"zh": "坏\ud800", "en": "bad"}}, "/document/name/zh"),
    ],
)
def test_a_document_that_cannot_be_the_next_version_is_refused_by_field(changes, pointer):
    with pytest.raises(InvalidInput, match="methodology-implausible") as refused:
        submit({**next_version(), **changes})
    assert pointer in pointers(refused)
    assert list_proposals(None, None, 20, None, NOW).items == []


def test_the_linter_stops_a_factor_out_of_range_with_pointer_and_reason():
    with pytest.raises(InvalidInput) as refused:
        submit(with_factor(next_version(), "grams_per_unit", value="400"))
    assert "/document/factors/grams_per_unit/value" in pointers(refused)


def test_a_document_that_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(InvalidInput, match="at most 20000"):
        submit({**next_version(), **{f"field{number}": 1 for number in range(3000)}})


def test_a_demo_version_is_refused_where_the_deployment_is_no_demonstration(monkeypatch):
    monkeypatch.setattr(methodology_proposals, "config", lambda: _Plain())
    with pytest.raises(InvalidInput) as refused:
        submit(next_version(demo=True))
    assert pointers(refused) == ["/document/demo"]


class _Plain:
    demo, profile_id = False, "yinchuan"


def test_what_the_linter_warns_of_needs_the_reviewer_s_answer():
    submitted = submit(with_factor(faster_bicycle(), "grams_per_unit", year=2027))
    assert [w["pointer"] for w in submitted["warnings"]] == ["/factors/grams_per_unit/year"]
    with pytest.raises(InvalidInput, match="has no answer"):
        review(answers=[])
    with pytest.raises(InvalidInput) as refused:
        review(answers=[{"pointer": "/class", "statement": "没有问题"}])
    assert pointers(refused) == ["/answers", "/answers/0/pointer"]
    answered = review(answers=[{"pointer": "/factors/grams_per_unit/year", "statement": "年份为发布年"}])
    assert answered["state"] == RECOMMENDED


def test_every_step_repeated_answers_the_same_and_changes_nothing():
    first = submit()
    assert submit()["_hit"] and submit(now=NOW + timedelta(days=5)) | {"_hit": True} == first | {"_hit": True}
    reviewed = review()
    assert review(now=NOW + timedelta(hours=1)) == reviewed | {"_hit": True}
    pretend_effect()
    approved = approve()
    assert approve(now=NOW + timedelta(days=9))["_hit"]
    again = get_proposal(PROPOSAL, NOW)
    assert again == approved and len(list_published()) == 1
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        submit(faster_bicycle(points_per_kg=70))
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        submit(by="stf_other")


def test_nobody_acts_twice_on_one_proposal():
    submit()
    with pytest.raises(Forbidden, match="needs-second-person"):
        review(by=AUTHOR)
    review()
    pretend_effect()
    for person in (AUTHOR, EXPERT):
        with pytest.raises(Forbidden, match="needs-second-person"):
            approve(by=person)
    with pytest.raises(Forbidden, match="needs-second-person"):
        reject_proposal(PROPOSAL, "不合适", AUTHOR, NOW)
    with pytest.raises(Forbidden, match="proposal-of-others"):
        withdraw_proposal(PROPOSAL, EXPERT, NOW)
    assert list_published() == []


def test_nothing_is_published_without_review_recommendation_and_effect():
    submit()
    pretend_effect()
    with pytest.raises(Refused, match="review-missing"):
        approve()
    review(verdict="not-recommended")
    with pytest.raises(Refused, match="review-objects"):
        approve()
    submit(proposal_id="prp_second_try")
    review("prp_second_try")
    with pytest.raises(Refused, match="effect-missing"):
        approve("prp_second_try")
    pretend_effect("prp_second_try", digest="of another document")
    with pytest.raises(Refused, match="effect-missing"):
        approve("prp_second_try")
    assert list_published() == []


@pytest.mark.parametrize("changes", [{"to_on": "2026-10-31"}, {"table": {"failed": 1}}])
def test_an_old_or_incomplete_effect_does_not_let_a_proposal_pass(changes):
    submit()
    review()
    pretend_effect(**changes)
    with pytest.raises(Refused, match="effect-outdated"):
        approve()
    assert list_published() == []


def test_a_proposal_that_came_too_late_for_its_first_day_is_not_published():
    submit()
    review()
    pretend_effect()
    with pytest.raises(Refused, match="proposal-outdated") as refused:
        approve(now=NOW + timedelta(hours=13))
    assert pointers(refused) == ["/document/valid_from"]
    assert get_proposal(PROPOSAL, NOW)["decide_before"] == "2026-11-20T16:00:00.000Z"


def test_of_two_proposals_for_the_same_version_only_one_is_published():
    for proposal_id in ("prp_first_one", "prp_second_one"):
        submit(proposal_id=proposal_id)
        review(proposal_id)
        pretend_effect(proposal_id)
    approve("prp_first_one")
    with pytest.raises(Refused, match="proposal-outdated"):
        approve("prp_second_one")
    assert [record["proposal_id"] for record in list_published()] == ["prp_first_one"]


def test_of_two_who_approve_at_once_one_publishes_and_the_other_is_told(monkeypatch):
    submit()
    review()
    pretend_effect()
    real, raced = Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            approve(by="stf_quicker")
        return real(self)

    monkeypatch.setattr(Transaction, "commit", race)
    with pytest.raises(Conflict, match="proposal-decided"):
        approve()
    (record,) = list_published()
    assert record["approved_by"] == "stf_quicker"


def test_a_rejection_that_comes_between_wins_over_the_approval(monkeypatch):
    submit()
    review()
    pretend_effect()
    real, raced = Transaction.commit, []

    def race(self):
        if not raced:
            raced.append(True)
            reject_proposal(PROPOSAL, "先补充数据来源", "stf_second_regulator", NOW)
        return real(self)

    monkeypatch.setattr(Transaction, "commit", race)
    with pytest.raises(Conflict, match="proposal-decided"):
        approve()
    assert list_published() == []


def test_of_two_experts_who_review_at_once_one_review_stands(monkeypatch):
    submit()
    real, raced = deciding.replace_case, []

    def race(read, changed):
        if not raced:
            raced.append(True)
            review(by="stf_quicker", statement="由另一位专家评审")
        return real(read, changed)

    monkeypatch.setattr(deciding, "replace_case", race)
    with pytest.raises(Conflict, match="proposal-decided"):
        review()
    assert get_proposal(PROPOSAL, NOW)["review"]["reviewed_by"] == "stf_quicker"


def test_what_was_decided_while_an_effect_came_in_is_decided_again_and_not_lost(monkeypatch):
    submit()
    real, raced = deciding.replace_case, []

    def race(read, changed):
        if not raced:
            raced.append(True)
            pretend_effect()
        return real(read, changed)

    monkeypatch.setattr(deciding, "replace_case", race)
    review()
    shown = get_proposal(PROPOSAL, NOW)
    assert shown["state"] == RECOMMENDED and shown["effect"] is not None


@pytest.mark.parametrize("after_write", [False, True])
def test_an_approval_killed_at_its_write_and_repeated_publishes_once(monkeypatch, after_write):
    submit()
    review()
    pretend_effect()
    real = Transaction.commit

    def killed(self):
        if after_write:
            real(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Transaction, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        approve()
    monkeypatch.setattr(Transaction, "commit", real)
    assert approve()["state"] == PUBLISHED
    assert len(list_published()) == 1


def test_a_closed_proposal_stays_closed():
    submit()
    withdrawn = withdraw_proposal(PROPOSAL, AUTHOR, NOW)
    assert withdraw_proposal(PROPOSAL, AUTHOR, NOW) == withdrawn | {"_hit": True}
    for act in (review, approve, lambda: reject_proposal(PROPOSAL, "太迟了", REGULATOR, NOW)):
        with pytest.raises(Conflict, match="proposal-decided"):
            act()
    submit(proposal_id="prp_second_try")
    rejected = reject_proposal("prp_second_try", "缺少监测数据", REGULATOR, NOW)
    assert (rejected["state"], rejected["closing_reason"]) == ("rejected", "缺少监测数据")
    with pytest.raises(Conflict, match="proposal-decided"):
        withdraw_proposal("prp_second_try", AUTHOR, NOW)
    publish(proposal_id="prp_third_try")
    with pytest.raises(Conflict, match="proposal-decided"):
        withdraw_proposal("prp_third_try", AUTHOR, NOW)


def test_proposals_are_found_by_who_has_to_act_and_by_methodology():
    submit()
    submit(next_version("own-cup"), "prp_own_cup_02")
    review()
    found = list_proposals(None, None, 20, None, NOW).items
    assert {p["proposal_id"] for p in found} == {PROPOSAL, "prp_own_cup_02"}
    assert [p["proposal_id"] for p in list_proposals(RECOMMENDED, None, 20, None, NOW).items] == [PROPOSAL]
    assert [p["proposal_id"] for p in list_proposals(None, "own-cup", 20, None, NOW).items] == [
        "prp_own_cup_02"
    ]
    assert "document" not in found[0]
