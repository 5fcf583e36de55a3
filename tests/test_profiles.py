"""Profiles as shipped and as mistyped: every typo is named with file, line and field; demos stay in demonstrations."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import chalicelib.profiles as profiles
from chalicelib.config import config
from chalicelib.profiles import (
    WrongDocumentError,
    all_methodologies,
    current_profile,
    load_profile,
    read_methodologies,
    read_profile,
)

SHIPPED = Path(profiles.__file__).parent
CITIES = ("yinchuan", "nanjing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped documents, to make mistakes in."""
    shutil.copytree(SHIPPED / "methodologies", tmp_path / "methodologies")
    for city in CITIES:
        shutil.copy(SHIPPED / f"{city}.json", tmp_path)
    return tmp_path


def mistype(path: Path, right: str, wrong: str) -> int:
    """Put `wrong` for the first `right` and return its line."""
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return text[: text.index(right)].count("\n") + 1


@pytest.mark.parametrize("city", CITIES)
def test_every_city_has_a_behaviour_in_every_scenario(city):
    found = {m.document["scenario"] for m in load_profile(city).methodologies.values()}
    assert found == {"衣", "食", "住", "行", "用", "其他"}


@pytest.mark.parametrize("city", CITIES)
def test_every_city_counts_on_its_own_grid(city):
    place = {"yinchuan": "宁夏", "nanjing": "江苏"}[city]
    for methodology in load_profile(city).methodologies.values():
        if "grid_here" in methodology.factors:
            assert methodology.factors["grid_here"].place == place
        if "electricity_wh" in methodology.inputs:
            assert methodology.factors["grams_per_unit"].place == place


@pytest.mark.parametrize("city", CITIES)
def test_every_city_says_when_two_tell_of_one_bill_one_bag_of_clothes_or_one_charging(city):
    told_once = {
        load_profile(city).methodologies[id].code for id in ("online-bill", "e-statement", "clothes-return")
    }
    told_once |= {m.code for m in load_profile(city).methodologies.values() if m.id.endswith("-ev-charging")}
    assert told_once <= load_profile(city).told_once.keys()
    assert not told_once & load_profile(city).one_at_a_time.codes


def test_a_reduction_of_nanjing_lives_three_years_at_most():
    nanjing = load_profile("nanjing")
    assert nanjing.expires_on(2026) == date(2028, 12, 31)
    assert all(nanjing.expires_on(year) < date(year + 3, 1, 1) for year in range(2024, 2040))


@pytest.mark.parametrize(
    ("right", "wrong", "pointer", "words"),
    [
        ('"window_days": 7', '"window_days": "7"', "/window_days", "whole number from 1 to 31"),
        ('"window_days"', '"window_day"', "/window_day", "unknown field"),
        ('"grace_days": 30', '"grace_days": 300000', "/grace_days", "whole number from 0 to 365"),
        ('"points_per_day_max": 200', '"points_per_day_max": 0', "/points_per_day_max", "from 1 to 100000"),
        ('"same_event_s": 120', '"same_event_s": 1.5', "/one_at_a_time/same_event_s", "from 1 to 3600"),
        ('"nj-electric-bus"', '"bus"', "/one_at_a_time/methodologies/0", "no methodology 'bus'"),
        ('"told_once"', '"told_twice"', "/told_twice", "unknown field"),
        ('"within_s": 900', '"within_s": 0', "/told_once/0/within_s", "from 1 to 86400"),
        ('"within_s": 900', '"within": 900', "/told_once/0", "must have methodologies and within_s"),
        ('"equal": "quantity"', '"equal": "amount"', "/told_once/3/equal", "one of asset, quantity"),
        ('"equal": "quantity"', '"alike": "quantity"', "/told_once/3", "may have equal"),
        ('"e-statement", "online', '"e-statment", "online', "/told_once/0/methodologies/1", "no methodology"),
        ('["online-bill", ', '["shared-bicycle", ', "/told_once/0/methodologies/0", "is a trip already"),
        ('["online-bill", ', '["e-statement", ', "/told_once/0/methodologies/1", "listed twice"),
        ('"行": 120', '"行": 0', "/fen_per_100_points/行", "whole number from 1 to 10000"),
        ('"行": 120', '"航": 120', "/fen_per_100_points", "must have a rate for each of 衣"),
        (
            '"bill_share_percent_max": 50',
            '"bill_share_percent_max": 101',
            "/bill_share_percent_max",
            "1 to 100",
        ),
        ('"Asia/Shanghai"', '"Asia/Shanghia"', "/timezone", "no time zone"),
        ('"clean-plate"', '"clean-plat"', "/methodologies/5", "no methodology 'clean-plat'"),
        ('"clean-plate"', '"walking"', "/methodologies/5", "listed twice"),
        ('"clean-plate"', "17", "/methodologies/5", "no methodology 17"),
        ('"title"', '"titel"', "/consents/transit-data", "must have ['text', 'title', 'version']"),
        ('"title": "公共交通出行数据"', '"title": ""', "/consents/transit-data/title", "not empty"),
        ('"nanjing"', '"nanking"', "/id", "must be 'nanjing'"),
        ('"grace_days": 30', '"window_days": 9', "/window_days", "stands here twice"),
    ],
)
def test_a_typo_in_a_profile_names_file_line_and_field(folder, right, wrong, pointer, words):
    line = mistype(folder / "nanjing.json", right, wrong)
    with pytest.raises(WrongDocumentError) as refused:
        read_profile(folder, "nanjing", all_methodologies())
    if "consents/transit-data" in pointer and pointer.count("/") == 2:
        line -= 2  # the object that lacks the field
    if pointer == "/fen_per_100_points":
        line -= 4
    where = f"nanjing.json, line {line}, {pointer}: "
    assert [fault for fault in refused.value.faults if fault.startswith(where) and words in fault]


def test_all_typos_of_a_profile_are_named_at_once(folder):
    mistype(folder / "nanjing.json", '"window_days": 7', '"window_days": 0')
    mistype(folder / "nanjing.json", '"walking"', '"walkin"')
    with pytest.raises(WrongDocumentError) as refused:
        read_profile(folder, "nanjing", all_methodologies())
    assert [fault.split(", ")[2].split(":")[0] for fault in refused.value.faults] == [
        "/window_days",
        "/methodologies/2",
    ]


def test_a_profile_that_is_no_json_names_the_line(folder):
    line = mistype(folder / "nanjing.json", '"grace_days": 30,', '"grace_days": 30')
    with pytest.raises(WrongDocumentError, match=f"nanjing.json, line {line + 1}: "):
        read_profile(folder, "nanjing", all_methodologies())


def test_a_profile_that_is_not_there_is_named(folder):
    with pytest.raises(WrongDocumentError, match=r"no document nowhere\.json"):
        read_profile(folder, "nowhere", all_methodologies())


@pytest.mark.parametrize(
    ("right", "wrong", "pointer"),
    [
        ('"value": "0.02"', '"value": "0,02"', "/factors/grams_per_unit/value"),
        ('"grade": "B"', '"grade": "E"', "/factors/grams_per_unit/grade"),
        ('"self-declared": 30', '"self-declared": 80', "/evidence_share_percent/self-declared"),
        ('"maximum": 40000', '"maximum": 4', "/inputs/steps/maximum"),
        ('"scenario": "行"', '"scenario": "走"', "/scenario"),
        ('"version": 1', '"version": 2', "/id"),
        ('"code": "wk"', '"code": "oc"', "/code"),
    ],
)
def test_a_typo_in_a_methodology_names_file_line_and_field(folder, right, wrong, pointer):
    path = folder / "methodologies" / "walking.v1.json"
    line = mistype(path, right, wrong)
    if pointer == "/id":
        line = path.read_text(encoding="utf-8").split('"id"')[0].count("\n") + 1
    with pytest.raises(WrongDocumentError) as refused:
        read_methodologies(folder)
    assert any(
        fault.startswith(f"walking.v1.json, line {line}, {pointer}: ") for fault in refused.value.faults
    )


def test_typos_in_several_methodologies_are_named_at_once(folder):
    for name in ("walking", "own-cup"):
        mistype(folder / "methodologies" / f"{name}.v1.json", '"demo": false', '"demo": "false"')
    with pytest.raises(WrongDocumentError) as refused:
        read_methodologies(folder)
    assert [fault.split(",")[0] for fault in refused.value.faults] == ["own-cup.v1.json", "walking.v1.json"]


def _on_stage(monkeypatch, **settings):
    monkeypatch.setattr(profiles, "config", lambda: replace(config(), **settings))


@pytest.mark.parametrize("city", CITIES)
def test_a_stage_that_is_no_demonstration_enables_no_demo_methodology(monkeypatch, city):
    _on_stage(monkeypatch, profile_id=city, demo=False)
    enabled = current_profile().methodologies
    assert enabled
    assert not [m.id for m in enabled.values() if m.demo]
    assert enabled.keys() == {id for id, m in load_profile(city).methodologies.items() if not m.demo}
    assert all(f.grade in "ABC" for m in enabled.values() for f in m.factors.values())


@pytest.mark.parametrize("city", CITIES)
def test_a_demonstration_enables_the_whole_profile(monkeypatch, city):
    _on_stage(monkeypatch, profile_id=city, demo=True)
    assert current_profile() == load_profile(city)
    assert any(m.demo for m in current_profile().methodologies.values())
