"""Owns the words, in Chinese, for what becomes of an activity: why it counts less, what was decided, what was booked.

Must not look anything up.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.activities import OVERLAP, SAME_EVENT
from chalicelib.domain.corrections import CONFIRM, REJECT, REPLACE, RESTORE, REVERSE, Correction
from chalicelib.domain.entries import SYS_LOSS
from chalicelib.domain.night_causes import is_of_the_night, reason_in
from chalicelib.domain.projects import CLAIMED

_REASONS = {
    "cap-per-day": "超过这种行为每天可计入的次数，这一次只记录，不计减排量和积分。",
    "cap-per-resident": "当天所有行为合计的积分达到每日上限，这一次只计入剩余部分：{grams} 克、{points} 积分。",
    "pending": "这种行为需要核查机构核实，核实之前不计减排量和积分。",
    "same-event": "另一个数据来源已经报告了同一次行为，同一次行为只计一次。",
    "overlap": "与同一时间的另一次出行重叠，一个人不会同时乘坐两种交通工具，不重复计入。",
}
_CORRECTIONS = {
    CONFIRM: "核查机构核实了这次行为：计入 {grams} 克、{points} 积分。",
    REJECT: "核查机构没有认可这次行为：不计减排量和积分。",
    REPLACE: "改按这一方法学的第 {version} 版计算：{grams} 克、{points} 积分。",
    REVERSE: "这次行为已被冲回，不再计入减排量和积分；如有异议，可以申诉。",
    RESTORE: "申诉成立，恢复计入：{grams} 克、{points} 积分。",
}
_INSTEAD = "与它重复的另一条记录已不再计入，改为计入这一次：{grams} 克、{points} 积分。"
_BOOKED = {
    CONFIRM: "核实后计入",
    REJECT: "未获认可",
    REPLACE: "改按新版方法学计算",
    REVERSE: "被冲回",
    RESTORE: "恢复计入",
}
_REPAID = (
    "第 {returned_by} 条账目退回或恢复的积分中，有 {points} 积分、{grams_co2e} 克在此前更正时已由项目承担，"
    "同一笔积分不发两次，这部分归还项目。"
)
_FOUND = {
    SAME_EVENT: _REASONS[SAME_EVENT],
    OVERLAP: _REASONS[OVERLAP],
    CLAIMED: "这次所用的充电桩、电表或车辆属于在别处登记的减排项目，同一减排量不计两次。",
}
_REFUSALS = {
    "unknown-methodology": "本市没有这种低碳行为。",
    "methodology-not-valid": "这种行为当天不在计入的有效期内。",
    "in-the-future": "发生时间在未来。",
    "outside-window": "发生得太早，已过可以补录的期限。",
    "evidence-not-accepted": "缺少这种行为所要求的凭证。",
    "wrong-inputs": "数据项或单位与这种行为的要求不符。",
    "quantity-out-of-range": "数量不合理。",
    "source-not-accredited": "报送这次行为的来源当天没有获得核查机构的认可。",
    "evidence-missing": "缺少要求附上的照片。",
    "evidence-invalid": "所附的照片不能使用。",
    CLAIMED: _FOUND[CLAIMED],
    "sheet-full": "当天的记录已满。",
    "methodology-not-allowed": "报告这一行为的机构没有提供这类数据的资格。",
    "wrong-duration": "结束时间不合理。",
    "wrong-event-day": "报送机构给出的事件编号与发生日期不符，同一事件不能换一天再记。",
}


def points_words(millipoints: int) -> str:
    """Return millipoints as points, without trailing zeros.

    >>> points_words(51_500), points_words(8000)
    ('51.5', '8')
    """
    whole, rest = divmod(millipoints, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def reason_words(reason: str, grams_co2e: int, millipoints: int) -> str:
    """Return why an activity is worth only so much."""
    return _REASONS[reason].format(grams=grams_co2e, points=points_words(millipoints))


def refusal_words(reason: str) -> str:
    """Return why something was refused; one sentence for codes that have none of their own.

    >>> refusal_words("outside-window")
    '没有计入：发生得太早，已过可以补录的期限。'
    """
    return "没有计入：" + _REFUSALS.get(reason, "不符合计入的条件。")


def correction_words(made: Correction, version: int) -> str:
    """Return what was decided about an activity, and by which cap that was cut; `version` is the one that counts."""
    found = reason_in(made.cause, _FOUND)
    if found is not None:
        return f"夜间核查发现：{_FOUND[found]}已不再计入减排量和积分；如有异议，可以申诉。"
    points = points_words(made.millipoints)
    words = _INSTEAD if made.kind == RESTORE and is_of_the_night(made.cause) else _CORRECTIONS[made.kind]
    said = words.format(grams=made.grams_co2e, points=points, version=version)
    return said + (reason_words(made.reason, made.grams_co2e, made.millipoints) if made.reason else "")


def entry_words(entry: Mapping[str, Any]) -> str | None:
    """Return what an `adjust`, `repay` or `bonus` is about, None for other kinds; `entry` is its stored body."""
    if entry["kind"] == "repay":
        return _REPAID.format(**entry, **entry["facts"])
    if entry["kind"] == "bonus":
        is_given = entry["credit"] == entry["account_id"]
        said = (
            f"奖励 {entry['points']} 积分"
            if is_given
            else f"撤销荣誉，收回奖励中尚未使用的 {entry['points']} 积分"
        )
        return f"{said}：{entry['facts']['reason']}。"
    return _adjustment_words(entry) if entry["kind"] == "adjust" else None


def _adjustment_words(entry: Mapping[str, Any]) -> str:
    about = f"{entry['facts']['day']} 的一次行为{_BOOKED[entry['facts']['correction']]}"
    amount = f"{entry['points']} 积分、{entry['grams_co2e']} 克"
    if entry["debit"] == SYS_LOSS:
        return f"{about}：其中 {amount}已经使用或到期，由项目承担，不向您追回。"
    return f"{about}：{'补记' if entry['credit'] == entry['account_id'] else '扣回'} {amount}。"
