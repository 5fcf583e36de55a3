"""Explanations: the arithmetic in words, equal to what was stored."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.activities import CAPS, WITHHELD
from chalicelib.domain.corrections import KINDS
from chalicelib.domain.evidence import EVIDENCE_MARKS
from chalicelib.domain.formulas import FORMULAS
from chalicelib.errors import NotFound
from chalicelib.services import wording
from chalicelib.services.activities import record_day
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.entries import list_entries
from chalicelib.services.explaining import _FORMULA_WORDS, explain_activity, get_activity
from tests.services.ledger import NOW, observation, record

YESTERDAY = NOW - timedelta(days=1)
SOON = timedelta(seconds=30)


def test_an_activity_is_explained_with_factor_source_grade_and_steps(tables):
    activity_id = record("res_a", "e1")[0].activity_id
    explained = explain_activity("res_a", activity_id)
    factor = explained["factors"][0]
    assert (factor["value"], factor["grade"], factor["place"], factor["year"]) == ("515.5", "A", "广州", 2015)
    assert explained["recomputed"] == {"grams_co2e": 515, "millipoints": 51_500}
    assert explained["steps"][0] == "乘坐地铁一次：1 次 × 515.5 克/次（广州，2015 年）。"
    assert "51.5 积分" in explained["steps"][-1]
    assert len(explained["methodology"]["digest"]) == 64


def test_the_grid_formula_is_written_out(tables):
    activity_id = record("res_a", "e1", methodology_id="yc-electric-bus", inputs={"distance_m": 5200})[
        0
    ].activity_id
    step = explain_activity("res_a", activity_id)["steps"][0]
    assert step.startswith("5.2 公里 × [26.9 克/公里")
    assert "宁夏电网 618.7" in step


@pytest.mark.parametrize(
    ("methodology_id", "inputs", "words"),
    [
        ("shared-bicycle", {"distance_m": 3250}, "骑行共享单车：3.25 公里 × 40 克/公里（武汉，2024 年）。"),
        ("clothes-return", {"clothes_g": 2000}, "旧衣回收：2 千克 × 1280 克/千克（泸州，2024 年）。"),
        (
            "yc-ev-charging",
            {"charged_wh": 30_000},
            "30 千瓦时 × [汽油车 164.5 克/公里（英国，2024 年）× 6 公里/千瓦时 − 宁夏电网 618.7 克/千瓦时]。",
        ),
    ],
)
def test_a_measured_quantity_is_written_out_in_its_unit(tables, methodology_id, inputs, words):
    activity_id = record("res_a", "e1", methodology_id=methodology_id, inputs=inputs)[0].activity_id
    assert explain_activity("res_a", activity_id)["steps"][0] == words


@pytest.mark.parametrize("evidence", EVIDENCE_MARKS)
def test_every_kind_of_evidence_is_worded_and_stored(tables, evidence):
    activity_id = record("res_a", "e1", methodology_id="clean-plate", evidence=evidence)[0].activity_id
    explained = explain_activity("res_a", activity_id)
    assert explained["evidence"] == evidence
    assert explained["recomputed"]["grams_co2e"] == explained["grams_co2e"] > 0


def test_every_formula_can_be_worded():
    assert _FORMULA_WORDS.keys() == FORMULAS.keys()


def test_a_capped_activity_says_why_it_is_worth_nothing(tables):
    record("res_a", "c1", "c2", "c3", methodology_id="own-cup")
    explained = explain_activity("res_a", record("res_a", "c4", methodology_id="own-cup")[0].activity_id)
    assert (explained["grams_co2e"], explained["outcome"]) == (0, "capped")
    assert explained["cut"] == {"grams_co2e": 40, "millipoints": 4000}
    assert any("超过这种行为每天可计入的次数" in step for step in explained["steps"])


def test_what_the_day_of_a_resident_had_no_room_for_is_said_with_what_was_left(tables):
    explained = explain_activity("res_a", record("res_a", "e1", "e2", "e3", "e4")[3].activity_id)
    assert (explained["outcome"], explained["reason"]) == ("capped", "cap-per-resident")
    assert explained["cut"] == {"grams_co2e": 60, "millipoints": 6000}
    assert any("每日上限，这一次只计入剩余部分：455 克、45.5 积分" in step for step in explained["steps"])


def test_every_correction_is_told_and_the_worth_is_the_last_one(tables):
    activity_id = record("res_a", "e1")[0].activity_id
    on, key = date(2026, 11, 20), activity_id.partition("-")[2]
    reverse_activity("res_a", on, key, "job_1", NOW)
    explained = explain_activity("res_a", activity_id)
    assert (explained["outcome"], explained["grams_co2e"], explained["cut"]) == ("reversed", 0, None)
    assert explained["recomputed"]["grams_co2e"] == 515
    restore_activity("res_a", on, key, "apl_1", NOW)
    view = get_activity("res_a", activity_id)
    assert [(c["kind"], c["cause"]) for c in view["corrections"]] == [
        ("reverse", "job_1"),
        ("restore", "apl_1"),
    ]
    assert (view["outcome"], view["grams_co2e"]) == ("accepted", 515)
    texts = [entry["text"] for entry in list_entries("res_a", 9, None).items]
    assert texts[0] == "2026-11-20 的一次行为恢复计入：补记 51 积分、515 克。"
    assert texts[1] == "2026-11-20 的一次行为被冲回：扣回 51 积分、515 克。"
    assert texts[2] is None


def test_every_reason_and_every_correction_has_its_words():
    assert {*CAPS, *WITHHELD} == wording._REASONS.keys()
    assert KINDS == wording._CORRECTIONS.keys() == wording._BOOKED.keys()


@pytest.mark.parametrize(("source", "reason"), [("hlj", "same-event"), ("szt", "overlap")])
def test_a_trip_that_cannot_be_another_one_says_so(tables, source, reason):
    record("res_a", "e1")
    twice = record("res_a", "e1", source=source, methodology_id="szt-bus-ride", at=YESTERDAY + SOON)[0]
    if source == "szt":
        assert twice.outcome == "duplicate"
        twice = record_day("res_a", YESTERDAY.date(), [observation("x", YESTERDAY + SOON)], NOW)[0]
    explained = explain_activity("res_a", twice.activity_id)
    assert (explained["outcome"], explained["reason"], explained["grams_co2e"]) == (reason, reason, 0)
    assert {"same-event": "同一次行为只计一次", "overlap": "出行"}[reason] in explained["steps"][2]


@pytest.mark.parametrize("wanted", ["", "x", "20261120-none", "20261320-x", "20261120"])
def test_what_is_not_there_is_not_there(tables, wanted):
    record("res_a", "e1")
    with pytest.raises(NotFound, match="activity-unknown"):
        get_activity("res_a", wanted)


def test_an_activity_of_somebody_else_is_not_there(tables):
    activity_id = record("res_a", "e1")[0].activity_id
    with pytest.raises(NotFound, match="activity-unknown"):
        explain_activity("res_b", activity_id)
