"""Batches of corrections: what is asked must be possible, two people agree, nothing runs unseen."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from chalicelib.services.correction_batches import (
    approve_batch,
    list_corrections,
    propose_correction,
    read_correction,
    reject_correction,
    reopen_batch,
)
from tests.services.correcting import ASKED, BATCH, SEEN, pretend_preview, propose
from tests.services.proposing import AUTHOR, NOW, next_version, publish

pytestmark = pytest.mark.usefixtures("tables")
OTHER = "stf_second"


@pytest.fixture(autouse=True)
def published(tables):
    publish()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"methodology_id": "flying"}, "/methodology_id"),
        ({"old_versions": [1, 7]}, "/old_versions/1"),
        ({"new_version": 3}, "/new_version"),
        ({"new_version": 1}, "/old_versions/0"),
        ({"to_on": "2026-10-31"}, "/to_on"),
        ({"from_on": "2025-01-01"}, "/to_on"),
        ({"to_on": "2026-11-20"}, "/to_on"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_by_field(changes, pointer):
    with pytest.raises(InvalidInput) as refused:
        propose(**changes)
    assert pointer in [error["pointer"] for error in refused.value.facts["errors"]]
    with pytest.raises(NotFound, match="correction-unknown"):
        read_correction(BATCH)


def test_versions_that_measure_something_else_are_not_converted():
    by_event = next_version(
        formula="per_event", inputs={}, factors=_per_event(), valid_from="2026-11-23", points_per_kg=50
    )
    publish(by_event, "prp_by_event_03")
    with pytest.raises(InvalidInput) as refused:
        propose(old_versions=[1, 2], new_version=3)
    pointers = [error["pointer"] for error in refused.value.facts["errors"]]
    assert pointers == ["/old_versions/0", "/old_versions/1"]


def _per_event():
    factor = next_version()["factors"]["grams_per_unit"]
    return {"reduction_per_event": {**factor, "value": "40", "unit": "gCO2e/ride"}}


def test_the_same_proposal_again_answers_the_same_and_another_under_its_id_is_refused():
    first = propose()
    assert propose(now=NOW + timedelta(days=400)) == first | {"_hit": True}
    for changes in ({"reason": "另一个理由"}, {"to_on": "2026-11-18"}):
        with pytest.raises(Conflict, match="idempotency-key-reused"):
            propose(**changes)
    with pytest.raises(Conflict, match="idempotency-key-reused"):
        propose_correction(ASKED, OTHER, NOW)


def test_a_batch_is_approved_once_by_another_person_who_has_seen_its_preview():
    propose()
    with pytest.raises(Refused, match="preview-missing"):
        approve_batch(BATCH, SEEN, OTHER, NOW)
    pretend_preview()
    with pytest.raises(Forbidden, match="needs-second-person"):
        approve_batch(BATCH, SEEN, AUTHOR, NOW)
    with pytest.raises(Conflict, match="correction-decided"):
        reopen_batch(BATCH)
    case, is_hit = approve_batch(BATCH, SEEN, OTHER, NOW)
    assert (case.state, case.body["run"], is_hit) == ("running", f"correct-{BATCH}-1", False)
    assert approve_batch(BATCH, SEEN, OTHER, NOW) == (case, True)
    for act in (
        lambda: approve_batch(BATCH, SEEN, "stf_third", NOW),
        lambda: reject_correction(BATCH, "不再需要", OTHER, NOW),
    ):
        with pytest.raises(Conflict, match="correction-decided"):
            act()


def test_only_the_preview_that_was_seen_is_approved():
    propose()
    pretend_preview()
    pretend_preview(digest=64 * "b")
    with pytest.raises(Conflict) as refused:
        approve_batch(BATCH, SEEN, OTHER, NOW)
    assert (refused.value.code, refused.value.facts["digest"]) == ("preview-changed", 64 * "b")
    assert approve_batch(BATCH, 64 * "b", OTHER, NOW)[0].state == "running"


def test_a_preview_of_more_than_a_week_ago_is_not_approved():
    propose()
    pretend_preview(computed_at=NOW - timedelta(days=7, seconds=1))
    with pytest.raises(Refused, match="preview-stale"):
        approve_batch(BATCH, SEEN, OTHER, NOW)
    pretend_preview(computed_at=NOW - timedelta(days=7))
    assert approve_batch(BATCH, SEEN, OTHER, NOW)[0].state == "running"


def test_a_batch_is_closed_with_a_reason_before_it_runs():
    propose()
    closed = reject_correction(BATCH, "数据有误", AUTHOR, NOW)
    assert (closed["state"], closed["closing_reason"]) == ("rejected", "数据有误")
    assert reject_correction(BATCH, "数据有误", AUTHOR, NOW) == closed | {"_hit": True}
    pretend_preview()
    with pytest.raises(Conflict, match="correction-decided"):
        approve_batch(BATCH, SEEN, OTHER, NOW)


def test_batches_are_found_by_state_and_by_methodology_without_their_tables():
    propose()
    propose(correction_id="cor_second_one")
    reject_correction("cor_second_one", "重复提议", AUTHOR, NOW)
    assert [b["correction_id"] for b in list_corrections(None, None, 20, None).items] == [BATCH]
    assert [b["correction_id"] for b in list_corrections("rejected", None, 20, None).items] == [
        "cor_second_one"
    ]
    both = list_corrections(None, "shared-bicycle", 20, None).items
    assert len(both) == 2 and "preview" not in both[0]
