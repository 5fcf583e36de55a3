"""Owns how single facts are written in messages: points, grams, days, money, as a Chinese or an English reader expects.

Must not hold sentences; `domain.message_texts` does.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from chalicelib.domain.messages import is_charge

_GRAMS_PER_KG = 1000
_CORRECTIONS: Mapping[str, tuple[str, str]] = {
    "confirm": ("已通过核验", "was verified"),
    "reject": ("未通过核验", "was not confirmed"),
    "replace": ("按更正后的核算方法重新计算", "was computed again by a corrected method"),
    "reverse": ("经核对不应计入", "should not have counted"),
    "restore": ("经复核计入", "counts after a review"),
}
_WHY_VOIDED: Mapping[str, tuple[str, str]] = {
    "merchant-suspended": ("商户已暂停合作，", " because the merchant is suspended"),
    "merchant-left": ("商户已退出合作，", " because the merchant has left"),
}
_CORRECTED = ("已更正", "was corrected")


class Words(dict[str, str]):
    """What stands for a placeholder, made of the facts when a template asks for it."""

    def __init__(self, facts: Mapping[str, Any], is_chinese: bool) -> None:
        super().__init__()
        self._facts, self._is_chinese = facts, is_chinese

    def __missing__(self, name: str) -> str:
        return WORDS[name](self._facts, self._is_chinese)


def _points(facts: Mapping[str, Any], is_chinese: bool) -> str:
    return _points_text(facts["points"], is_chinese)


def _points_text(points: int, is_chinese: bool) -> str:
    if is_chinese:
        return f"{points:,} 积分"
    return f"{points:,} point" if abs(points) == 1 else f"{points:,} points"


def _points_change(facts: Mapping[str, Any], is_chinese: bool) -> str:
    change = facts["points_change"]
    if change == 0:
        return "积分不变" if is_chinese else "points unchanged"
    if is_chinese:
        return f"{'增加' if change > 0 else '扣减'} {_points_text(abs(change), True)}"
    return f"{'+' if change > 0 else '−'}{_points_text(abs(change), False)}"


def _grams(facts: Mapping[str, Any], is_chinese: bool) -> str:
    grams = facts["grams_co2e"]
    if grams < _GRAMS_PER_KG:
        return f" {grams} 克二氧化碳" if is_chinese else f"{grams} g CO₂"
    whole, rest = divmod(grams, _GRAMS_PER_KG)
    amount = f"{whole:,}.{rest // 10:02d}"
    return f" {amount} 千克二氧化碳" if is_chinese else f"{amount} kg CO₂"


def _day(name: str) -> Callable[[Mapping[str, Any], bool], str]:
    def word(facts: Mapping[str, Any], is_chinese: bool) -> str:
        return day_text(date.fromisoformat(facts[name]), is_chinese)

    return word


def day_text(on: date, is_chinese: bool) -> str:
    """Return a day as people write it.

    >>> day_text(date(2026, 12, 31), True), day_text(date(2026, 12, 31), False)
    ('12月31日', '31 December 2026')
    """
    return f"{on.month}月{on.day}日" if is_chinese else f"{on.day} {on:%B %Y}"


def _corrected_day(facts: Mapping[str, Any], is_chinese: bool) -> str:
    if facts.get("day"):
        return _day("day")(facts, is_chinese)
    return "" if is_chinese else "yours"


def _left(facts: Mapping[str, Any], is_chinese: bool) -> str:
    days = facts["days"]
    if days == 0:
        return "今天是最后一天" if is_chinese else "today"
    if is_chinese:
        return f"还有 {days} 天"
    return "tomorrow" if days == 1 else f"in {days} days"


def _offer(facts: Mapping[str, Any], is_chinese: bool) -> str:
    title = facts.get("offer_title")
    if title:
        return f"「{title}」" if is_chinese else f"“{title}”"
    if is_charge(facts):
        return "这笔付款" if is_chinese else "a payment"
    return "这次兑换" if is_chinese else "what you redeemed"


def _place(facts: Mapping[str, Any], is_chinese: bool) -> str:
    name = facts.get("place_name") or facts.get("store_name")
    if not name:
        return ""
    return f"在{name}" if is_chinese else f" at {name}"


def _bill(facts: Mapping[str, Any], is_chinese: bool) -> str:
    fen = facts.get("bill_fen")
    if fen is None:
        return "" if is_chinese else "a bill"
    yuan = f"{fen // 100:,}.{fen % 100:02d}"
    return f" {yuan} 元" if is_chinese else f"¥{yuan}"


def _expiry(facts: Mapping[str, Any], is_chinese: bool) -> str:
    if not facts.get("expires_on"):
        return ""
    on = day_text(date.fromisoformat(facts["expires_on"]), is_chinese)
    return f"，可用到{on}" if is_chinese else f", valid until {on}"


def _correction(facts: Mapping[str, Any], is_chinese: bool) -> str:
    return _CORRECTIONS.get(facts.get("correction", ""), _CORRECTED)[0 if is_chinese else 1]


def _why_voided(facts: Mapping[str, Any], is_chinese: bool) -> str:
    return _WHY_VOIDED.get(facts.get("reason", ""), ("", ""))[0 if is_chinese else 1]


def _reason(facts: Mapping[str, Any], is_chinese: bool) -> str:
    reason = facts.get("reason")
    if not reason:
        return ""
    return f"：{reason}" if is_chinese else f": {reason}"


def _plain(name: str) -> Callable[[Mapping[str, Any], bool], str]:
    return lambda facts, _is_chinese: str(facts[name])


WORDS: Mapping[str, Callable[[Mapping[str, Any], bool], str]] = {
    "points": _points,
    "points_change": _points_change,
    "grams": _grams,
    "day": _corrected_day,
    "until": _day("expires_on"),
    "due": _day("due_on"),
    "left": _left,
    "offer": _offer,
    "place": _place,
    "bill": _bill,
    "expiry": _expiry,
    "correction": _correction,
    "reason": _reason,
    "why": _why_voided,
    "title": _plain("title"),
    "period": _plain("period"),
}
