"""The words: every kind, both languages, numbers as people write them."""

import re

import pytest

from chalicelib.domain import message_texts
from chalicelib.domain.message_texts import render
from chalicelib.domain.message_words import WORDS
from chalicelib.domain.messages import KINDS

FACTS = {
    "points": 1200,
    "points_change": -3,
    "grams_co2e": 12_345,
    "day": "2026-11-20",
    "expires_on": "2026-12-31",
    "due_on": "2026-12-05",
    "days": 7,
    "outcome": "rejected",
    "title": "低碳之星",
    "period": "2026年11月",
    "place_name": "锦绣社区",
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_kind_has_words_without_a_gap(kind, language):
    title, body = render(kind, FACTS, language)
    assert title and body
    assert not re.search(r"[{}]|None|  ", title + body)
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", re.sub("低碳之星|锦绣社区|2026年11月", "", title + body))


def test_both_languages_have_the_same_templates_with_the_same_placeholders():
    chinese, english = message_texts._ZH, message_texts._EN
    assert chinese.keys() == english.keys()
    names = {
        name for texts in (chinese, english) for pair in texts.values() for name in _names("".join(pair))
    }
    assert names == set(WORDS), "no word is defined that no template asks for"


def _names(template):
    return re.findall(r"{(\w+)}", template)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"points_change": 12}, "增加 12 积分：一条记录已更正"),
        ({"points_change": -12}, "扣减 12 积分：一条记录已更正"),
        ({"points_change": 0}, "积分不变：一条记录已更正"),
    ],
)
def test_a_correction_says_what_it_changed(facts, expected):
    assert render("points-corrected", {"day": "2026-11-20", **facts})[0] == expected


def test_a_correction_says_why_and_that_one_may_object():
    body = render("points-corrected", {**FACTS, "correction": "reverse"})[1]
    assert "11月20日" in body and "经核对不应计入" in body and "我有异议" in body


def test_what_the_programme_bears_is_told_without_asking_for_anything():
    facts = {**FACTS, "correction": "reverse", "points": 8}
    title, body = render("points-borne", facts)
    assert "8 积分由项目承担" in title and "不欠任何积分" in body and "我有异议" in body
    title, body = render("points-borne", {**facts, "points": 0, "grams_co2e": 80})
    assert "积分不变" in title and "80 克" in body


def test_a_voucher_that_its_merchant_no_longer_honours_says_so():
    body = render("voucher-voided", {**FACTS, "offer_title": "洗衣", "reason": "merchant-left"})[1]
    assert body.startswith("商户已退出合作，「洗衣」已退回")
    assert (
        "because the merchant is suspended;"
        in render("voucher-voided", {**FACTS, "reason": "merchant-suspended"}, "en")[1]
    )


def test_grams_are_written_as_kilograms_from_one_kilogram_on():
    assert "12.34 千克" in render("points-granted", FACTS)[1]
    assert "999 克" in render("points-granted", {**FACTS, "grams_co2e": 999})[1]
    assert "1.00 kg" in render("points-granted", {**FACTS, "grams_co2e": 1009}, "en")[1]


def test_a_bill_is_written_in_yuan():
    assert "付款 12.05 元" in render("points-charged", {**FACTS, "bill_fen": 1205})[1]


def test_a_missing_fact_is_an_error_and_never_a_gap():
    with pytest.raises(KeyError):
        render("points-expiring", {"points": 3})
