"""Nicknames: short, plain, no number to call, none of the blocked words."""

import pytest

from chalicelib.domain.nicknames import fault_of
from chalicelib.profiles.words import blocked_words


@pytest.mark.parametrize("nickname", ["贺兰山下的风", "小 王-2", "Anna", "阿·依古丽", "王5566"])
def test_plain_names_are_taken(nickname: str) -> None:
    assert fault_of(nickname, blocked_words()) is None


@pytest.mark.parametrize(
    ("nickname", "what"),
    [
        ("王", "characters"),
        ("一二三四五六七八九十一", "characters"),
        ("13800138", "number"),
        ("１３８００１", "number"),
        ("一三八零零一", "number"),
        ("13 80-013", "number"),
        ("社区居委会", "blocked"),
        ("ＡＤＭＩＮ", "blocked"),
        ("官·方", "blocked"),
        ("a😀b", "letters"),
        (" 小王", "letters"),
        ("小  王", "letters"),
    ],
)
def test_what_names_a_person_to_call_or_an_office_is_refused(nickname: str, what: str) -> None:
    fault = fault_of(nickname, blocked_words())
    assert fault is not None and what in fault
