"""Accreditation: only what a verifier has accredited counts, as long as it holds, with the grade that was found."""

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.accreditations import Accreditation, evidence_on
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound
from chalicelib.services import accreditations
from chalicelib.services.accreditations import (
    Verifier,
    accredit_source,
    accreditations_of,
    list_accreditations,
    list_sources,
    may_declare,
    pin,
    pinned,
    revoke_accreditation,
)
from chalicelib.services.partner_deliveries import submit_activities
from chalicelib.store import catalogue
from chalicelib.store.sheets import find_sheet
from tests.services import delivering
from tests.services.delivering import (
    NOW,
    accredit,
    bind,
    deliver,
    event_id_of,
    file_of,
    outcomes_of,
    run,
    tap,
)

SUN = Verifier("stf_sun", "hezheng")
ASKED = {
    "source": "szt",
    "methodologies": ["szt-bus-ride"],
    "evidence": "operator-signed",
    "valid_from": "2026-11-01",
    "valid_to": "2026-11-30",
    "document_ref": "核证报告 2",
    "statement": "抽查无差异",
}
ROW = {
    "event_id": "e1",
    "card_no": "AAAA1111",
    "methodology_id": "szt-bus-ride",
    "occurred_at": "2026-11-20T08:30:00+08:00",
    "inputs": {},
}


@pytest.fixture
def partner(tables: None) -> None:
    """The demo partner, registered and not accredited, and a bound card."""
    delivering.add_bucket()
    delivering.register("szt")
    bind("AAAA1111", account_id="res_a")


def submitted(**changes: Any) -> str:
    """Submit one row under a key of its own; return its outcome with the reason."""
    row = {**ROW, **changes}
    row["event_id"] = event_id_of(str(row["event_id"]), str(row["occurred_at"]))
    answer = submit_activities("szt", [row], f"key-{row['event_id']:>08}", NOW, workers=1)["results"][0]
    return f"{answer['outcome']}/{answer['reason']}" if "reason" in answer else answer["outcome"]


@pytest.mark.usefixtures("partner")
def test_what_a_source_delivers_counts_only_with_an_accreditation() -> None:
    assert submitted() == "rejected/source-not-accredited"
    accredit("szt", "szt-metro-trip")
    assert submitted(event_id="e2") == "rejected/source-not-accredited"
    accredit("szt", "szt-bus-ride")
    assert submitted(event_id="e3") == "accepted"


@pytest.mark.usefixtures("partner")
def test_the_day_of_the_event_decides_and_the_city_says_which_day_that_is() -> None:
    accredit("szt", "szt-bus-ride", valid_from="2026-11-19", valid_to="2026-11-19")
    outcomes = [
        submitted(event_id=at, occurred_at=at)
        for at in (
            "2026-11-18T23:59:59+08:00",
            "2026-11-18T16:00:00Z",
            "2026-11-19T15:59:59Z",
            "2026-11-19T16:00:00Z",
        )
    ]
    refused = "rejected/source-not-accredited"
    assert outcomes == [refused, "accepted", "accepted", refused]


@pytest.mark.usefixtures("partner")
def test_the_accredited_grade_is_the_evidence_of_the_row() -> None:
    delivering.register("plates", methodologies=["clean-plate", "szt-bus-ride", "szt-metro-trip"])
    accredit("plates", "clean-plate", evidence="third-party-matched")
    row = {**ROW, "methodology_id": "clean-plate", "event_id": "20261120-e1"}
    submit_activities("plates", [row], "key-00000001", NOW, workers=1)
    sheet = find_sheet("res_a", date(2026, 11, 20))
    assert sheet is not None
    assert [(a.evidence, a.grams_co2e) for a in sheet.activities.values()] == [("third-party-matched", 129)]


@pytest.mark.usefixtures("partner")
def test_the_rows_of_an_unbound_card_stay_unbound_accredited_or_not() -> None:
    assert submitted(card_no="STRANGER1") == "unbound"


@pytest.mark.usefixtures("partner")
def test_a_file_is_judged_by_the_accreditations_of_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    accreditation = accredit("szt", "szt-bus-ride", valid_from="2026-11-20", valid_to="2026-11-20")
    lines = [tap("AAAA1111", f"2026-11-{day} 08:00:00") for day in (19, 20)]
    import_id = deliver(file_of(lines))
    states = iter(["unfinished"])
    monkeypatch.setattr("chalicelib.store.queues.send_message", lambda *_: None)
    monkeypatch.setattr("chalicelib.services.import_runs.SLICE_ROWS", 1)
    assert run(import_id, deadline_at=NOW) == next(states)
    revoke_accreditation(accreditation["id"], "2026-11-01", "数据有误", SUN, NOW)
    catalogue._cache.clear()
    run(import_id)
    assert outcomes_of(import_id) == {2: "rejected/source-not-accredited", 3: "accepted"}


@pytest.mark.usefixtures("partner")
def test_a_revocation_ends_it_from_its_day_and_only_an_earlier_one_changes_that() -> None:
    made = accredit_source(ASKED, SUN, NOW)
    revoked = revoke_accreditation(made["id"], "2026-11-20", "抽查不合格", SUN, NOW)
    assert (revoked["revoked_from"], revoked["state"], revoked["_hit"]) == ("2026-11-20", "revoked", False)
    assert submitted() == "rejected/source-not-accredited"
    assert submitted(event_id="e2", occurred_at="2026-11-19T08:30:00+08:00") == "accepted"
    assert revoke_accreditation(made["id"], "2026-11-20", "再说一次", SUN, NOW)["_hit"]
    with pytest.raises(Conflict, match="accreditation-revoked"):
        revoke_accreditation(made["id"], "2026-11-25", "晚一点", SUN, NOW)
    earlier = revoke_accreditation(made["id"], "2026-11-10", "更早就不合格", SUN, NOW)
    assert (earlier["revoked_from"], earlier["revoked_reason"]) == ("2026-11-10", "更早就不合格")
    assert submitted(event_id="e3", occurred_at="2026-11-19T08:30:00+08:00").startswith("rejected")


@pytest.mark.usefixtures("partner")
def test_the_same_asked_for_again_is_the_one_that_stands() -> None:
    first, again = accredit_source(ASKED, SUN, NOW), accredit_source(ASKED, SUN, NOW + timedelta(hours=1))
    assert again == first | {"_hit": True}
    other = accredit_source({**ASKED, "document_ref": "核证报告 3"}, SUN, NOW)
    assert (first["id"], other["id"]) == ("szt.0001", "szt.0002")
    revoke_accreditation(first["id"], "2026-11-10", "抽查不合格", SUN, NOW)
    assert accredit_source(ASKED, SUN, NOW)["id"] == "szt.0003"


@pytest.mark.usefixtures("partner")
def test_of_two_at_once_both_are_kept_under_numbers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    read, calls = catalogue.list_documents, []

    def overtaken(kind: str, prefix: str = "") -> list[dict[str, Any]]:
        found = read(kind, prefix)
        calls.append(kind)
        if len(calls) == 1:
            accredit_source(ASKED, Verifier("stf_li", "hezheng"), NOW)
        return found

    monkeypatch.setattr(accreditations, "list_documents", overtaken)
    assert accredit_source(ASKED, SUN, NOW)["id"] == "szt.0002"
    assert [one["accredited_by"] for one in list_accreditations("szt", 9, None, NOW).items] == [
        "stf_li",
        "stf_sun",
    ]


@pytest.mark.usefixtures("partner")
def test_nobody_verifies_the_data_of_their_own_organisation() -> None:
    made = accredit_source(ASKED, SUN, NOW)
    own = Verifier("stf_bus", "szt")
    for attempt in (
        lambda: accredit_source(ASKED, own, NOW),
        lambda: revoke_accreditation(made["id"], "2026-11-20", "自己撤销", own, NOW),
    ):
        with pytest.raises(Forbidden, match="verifier-is-source"):
            attempt()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"methodologies": ["szt-bus-ride", "flying"]}, "/methodologies/1"),
        ({"evidence": "third-party-matched"}, "/methodologies/0"),
        ({"evidence": "self-declared"}, "/evidence"),
        ({"source": "self"}, "/evidence"),
        ({"valid_to": "2026-10-31"}, "/valid_to"),
        ({"valid_to": "2032-10-31"}, "/valid_to"),
    ],
)
@pytest.mark.usefixtures("partner")
def test_an_accreditation_that_cannot_be_is_refused_by_the_field(
    change: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        accredit_source({**ASKED, **change}, SUN, NOW)
    assert pointer in [fault["pointer"] for fault in refused.value.facts["errors"]]
    assert list_accreditations(None, 9, None, NOW).items == []


@pytest.mark.usefixtures("partner")
def test_unknown_sources_and_accreditations_are_named() -> None:
    with pytest.raises(NotFound, match="partner-unknown"):
        accredit_source({**ASKED, "source": "nobody"}, SUN, NOW)
    with pytest.raises(NotFound, match="accreditation-unknown"):
        revoke_accreditation("szt.0009", "2026-11-20", "没有这项", SUN, NOW)


@pytest.mark.usefixtures("partner")
def test_own_word_needs_no_accreditation_until_a_verifier_has_limited_it() -> None:
    assert may_declare("own-cup", date(2026, 11, 20))
    accredit("self", "own-cup", evidence="self-declared", valid_from="2026-11-20", valid_to="2026-11-21")
    assert [may_declare("own-cup", date(2026, 11, day)) for day in (19, 20, 21, 22)] == [0, 1, 1, 0]
    assert may_declare("clean-plate", date(2026, 11, 22))


@pytest.mark.usefixtures("partner")
def test_anybody_sees_source_grade_and_validity_and_nobodys_name() -> None:
    accredit_source(ASKED, SUN, NOW)
    (shown,) = list_sources(NOW)
    assert shown == {
        "name": "深圳通",
        "source": "szt",
        "methodologies": ["szt-bus-ride"],
        "evidence": "operator-signed",
        "valid_from": "2026-11-01",
        "valid_to": "2026-11-30",
        "revoked_from": None,
        "state": "valid",
        "document_ref": "核证报告 2",
    }
    assert [list_sources(NOW + timedelta(days=d))[0]["state"] for d in (-30, 9, 10)] == [
        "not-yet",
        "valid",
        "expired",
    ]


@pytest.mark.usefixtures("partner")
def test_a_list_goes_on_where_it_stopped() -> None:
    for number in range(3):
        accredit("szt", "szt-bus-ride", document_ref=f"报告 {number}")
    accredit("platform", "walking", evidence="platform-observed")
    first = list_accreditations(None, 3, None, NOW)
    rest = list_accreditations(None, 3, first.cursor, NOW)
    assert [one["id"] for one in first.items + rest.items] == [
        "platform.0001",
        "szt.0001",
        "szt.0002",
        "szt.0003",
    ]
    assert rest.cursor is None


def test_of_several_that_hold_the_strongest_grade_counts() -> None:
    days = (date(2026, 11, 1), date(2026, 11, 30))
    grades = ["platform-observed", "operator-signed", "third-party-matched"]
    some = [Accreditation(frozenset({"bus"}), grade, *days) for grade in grades]
    assert evidence_on(some, "bus", date(2026, 11, 20)) == "operator-signed"
    assert evidence_on(some[::2], "bus", date(2026, 11, 20)) == "third-party-matched"


@pytest.mark.usefixtures("partner")
def test_a_run_keeps_what_held_when_it_began() -> None:
    made = accredit_source(ASKED, SUN, NOW)
    kept = pin("szt")
    revoke_accreditation(made["id"], "2026-11-10", "抽查不合格", SUN, NOW)
    assert [one.valid_to for one in pinned(kept, "szt")] == [date(2026, 11, 30)]
    assert [one.valid_to for one in pinned(None, "szt")] == [date(2026, 11, 9)]
    assert pinned(None, "szt") == accreditations_of("szt")
