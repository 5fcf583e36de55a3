"""Explanations: the arithmetic in words, equal to what was stored."""

import pytest

from chalicelib.domain.evidence import EVIDENCE_MARKS
from chalicelib.domain.formulas import FORMULAS
from chalicelib.errors import NotFound
from chalicelib.services.explaining import _FORMULA_WORDS, explain_activity, get_activity
from tests.services.ledger import record


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
    record("res_a", "e1", "e2", "e3", "e4")
    explained = explain_activity("res_a", record("res_a", "e5")[0].activity_id)
    assert explained["grams_co2e"] == 0
    assert any("超过这种行为每天可计入的次数" in step for step in explained["steps"])


@pytest.mark.parametrize("wanted", ["", "x", "20261120-none", "20261320-x", "20261120"])
def test_what_is_not_there_is_not_there(tables, wanted):
    record("res_a", "e1")
    with pytest.raises(NotFound, match="activity-unknown"):
        get_activity("res_a", wanted)


def test_an_activity_of_somebody_else_is_not_there(tables):
    activity_id = record("res_a", "e1")[0].activity_id
    with pytest.raises(NotFound, match="activity-unknown"):
        explain_activity("res_b", activity_id)
