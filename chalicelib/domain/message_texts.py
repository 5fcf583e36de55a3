"""Owns the words of messages, Chinese and English, one template per kind; plain, from the resident's point of view.

Must not decide who gets a message. A template names what it needs in braces; `domain.message_words` writes each.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.message_words import Words

LANGUAGES = ("zh-CN", "en")
_OBJECT_ZH = "如有疑问，可在这条记录里点「我有异议」，我们会在规定时间内答复。"
_OBJECT_EN = "If you disagree, open the record and choose “I object”; you will get an answer in time."

Texts = Mapping[str, tuple[str, str]]

_ZH: Texts = {
    "points-granted": (
        "{points}到账",
        "您{day}的低碳行为已核算：减排{grams}，{points}到账，现在就可以使用。",
    ),
    "points-granted.carry": (
        "减排{grams}已入账",
        "您{day}的低碳行为已核算：减排{grams}。不足 1 积分的部分不会丢，会累计到下一次。",
    ),
    "voucher-redeemed": ("兑换成功，用去{points}", "您{place}使用了{offer}，用去{points}。"),
    "points-charged": ("付款成功，用去{points}", "您{place}付款{bill}，用去{points}。"),
    "charge-in-review": (
        "一笔付款正在核实",
        "您{place}付款{bill}，正在人工核实，先留存{points}。通过后完成付款，未通过会退回积分。",
    ),
    "charge-cancelled": (
        "付款未完成，{points}已退回",
        "您的一笔付款没有完成，{points}已回到您的账户{expiry}。",
    ),
    "voucher-voided": ("{points}已退回", "{why}{offer}已退回，{points}回到您的账户{expiry}。"),
    "voucher-timed-out": (
        "优惠券到期未用，{points}已退回",
        "{offer}到期未使用，{points}已回到您的账户{expiry}。",
    ),
    "points-refunded": ("退款{points}", "商户退回了{offer}，{points}回到您的账户{expiry}。"),
    "points-expired": ("{points}已到期", "有效期到{until}的{points}已到期，对应的减排量归入城市碳池。"),
    "points-corrected.up": (
        "{points_change}：一条记录已更正",
        "您{day}的一条低碳行为记录{correction}，{points_change}。" + _OBJECT_ZH,
    ),
    "points-corrected.down": (
        "{points_change}：一条记录已更正",
        "您{day}的一条低碳行为记录{correction}，{points_change}。" + _OBJECT_ZH,
    ),
    "points-borne": (
        "一条记录已更正，{points}由项目承担",
        "您{day}的一条低碳行为记录{correction}。其中{points}您已经用掉、已到期或正留给优惠券，由项目承担；您不欠任何积分。"
        + _OBJECT_ZH,
    ),
    "points-borne.grams": (
        "一条记录已更正，积分不变",
        "您{day}的一条低碳行为记录{correction}。其中{grams}的减排量已随积分用掉或到期，由项目承担；您不欠任何积分。"
        + _OBJECT_ZH,
    ),
    "points-repaid": (
        "{points}归还项目",
        "刚退回或恢复的积分中，有{points}对应的记录此前更正时，因积分已经用掉而由项目承担。"
        "同一笔积分不发两次，这部分归还项目；您不欠任何积分。",
    ),
    "points-awarded": ("奖励{points}", "您获得奖励{points}{reason}{expiry}。"),
    "points-expiring": (
        "{points}将在{until}到期",
        "您有{points}将在{until}到期，{left}。到期后不能再用，去看看可以兑换什么。",
    ),
    "voucher-due": ("优惠券将在{due}到期", "{offer}请在{due}前使用，到期未用会自动退回{points}。"),
    "appeal-decided.upheld": ("您的异议成立", "我们核对后认为您说得对{reason}。相关记录会随之更正。"),
    "appeal-decided.rejected": ("您的异议已答复", "我们核对后维持原来的结果{reason}。"),
    "appeal-asked": (
        "关于您的异议，请补充说明",
        "运营人员有一个问题，请在“我的申诉”里答复；过期未答复，将按现有材料处理。",
    ),
    "appeal-escalated": (
        "您的异议超过了答复期限",
        "很抱歉，您的异议没有在期限内答复，已报主管部门督办。您不需要再做什么。",
    ),
    "star-won": ("恭喜成为{title}", "您在{place}{period}的低碳行动中表现突出{reason}。"),
    "star-revoked": (
        "{title}荣誉已撤销",
        "您{period}的{title}荣誉已撤销{reason}。奖励中尚未使用的积分一并收回，已经使用的不追回。"
        + _OBJECT_ZH,
    ),
}
_EN: Texts = {
    "points-granted": (
        "{points} added",
        "Your low-carbon actions of {day} are counted: {grams} saved, {points} added. They can be spent now.",
    ),
    "points-granted.carry": (
        "{grams} saved",
        "Your low-carbon actions of {day} are counted: {grams} saved. Less than a point is kept for the next time.",
    ),
    "voucher-redeemed": ("Redeemed for {points}", "You used {offer}{place}. Points spent: {points}."),
    "points-charged": ("Paid with {points}", "You paid {bill}{place}. Points spent: {points}."),
    "charge-in-review": (
        "A payment is being checked",
        "You paid {bill}{place}. Somebody checks the payment; {points} are kept aside and return if it is refused.",
    ),
    "charge-cancelled": (
        "Payment not completed, {points} returned",
        "A payment of yours was not completed; {points} returned to you{expiry}.",
    ),
    "voucher-voided": ("{points} returned", "{offer} was given back{why}; {points} returned to you{expiry}."),
    "voucher-timed-out": (
        "Voucher not used, {points} returned",
        "{offer} was not used in time; {points} returned to you{expiry}.",
    ),
    "points-refunded": ("Refund of {points}", "The merchant took back {offer}; {points} returned{expiry}."),
    "points-expired": (
        "{points} expired",
        "{points} valid until {until} expired; the emissions they stand for go to the city's pool.",
    ),
    "points-corrected.up": (
        "{points_change}: a record was corrected",
        "A record of {day} {correction}: {points_change}. " + _OBJECT_EN,
    ),
    "points-corrected.down": (
        "{points_change}: a record was corrected",
        "A record of {day} {correction}: {points_change}. " + _OBJECT_EN,
    ),
    "points-borne": (
        "A record was corrected, the programme bears {points}",
        "A record of {day} {correction}. {points} of it had been used, had expired or are kept for a voucher: "
        "the programme bears that, you owe nothing. " + _OBJECT_EN,
    ),
    "points-borne.grams": (
        "A record was corrected, points unchanged",
        "A record of {day} {correction}. {grams} of it have gone with points that were used or have expired: "
        "the programme bears that, you owe nothing. " + _OBJECT_EN,
    ),
    "points-repaid": (
        "{points} go to the programme",
        "Of what has just come back to you, {points} were borne by the programme when a record was corrected after "
        "they had been used. They are not given twice; you owe nothing.",
    ),
    "points-awarded": ("Bonus of {points}", "You were awarded {points}{reason}{expiry}."),
    "points-expiring": (
        "{points} will expire on {until}",
        "{points} will expire on {until}, {left}. They cannot be used afterwards; see what you can get.",
    ),
    "voucher-due": (
        "A voucher expires on {due}",
        "Use {offer} before {due}; otherwise {points} return to you by themselves.",
    ),
    "appeal-decided.upheld": ("Your objection is upheld", "We checked, and you are right{reason}."),
    "appeal-decided.rejected": ("Your objection is answered", "We checked, and the result stands{reason}."),
    "appeal-asked": (
        "A question about your objection",
        "We need to know more: please answer under “My objections”. Without an answer we decide by what we have.",
    ),
    "appeal-escalated": (
        "Your objection was not answered in time",
        "We are sorry. It has been passed on to the supervising authority; you need not do anything.",
    ),
    "star-won": ("You are {title}", "You stood out{place}, {period}{reason}."),
    "star-revoked": (
        "{title} was revoked",
        "Your award of {period} was revoked{reason}. Bonus points not yet used go with it. " + _OBJECT_EN,
    ),
}
_TEXTS: Mapping[str, Texts] = {"zh-CN": _ZH, "en": _EN}
KIND_TITLES: Mapping[str, str] = {
    "points-granted": "积分到账",
    "voucher-redeemed": "兑换成功",
    "points-charged": "积分付款",
    "charge-in-review": "付款核实",
    "charge-cancelled": "付款未完成",
    "voucher-voided": "优惠券退回",
    "voucher-timed-out": "优惠券到期退回",
    "points-refunded": "商户退款",
    "points-expired": "积分已到期",
    "points-corrected": "记录更正",
    "points-borne": "项目承担的更正",
    "points-repaid": "积分归还项目",
    "points-awarded": "积分奖励",
    "points-expiring": "积分即将到期",
    "voucher-due": "优惠券即将到期",
    "appeal-decided": "异议答复",
    "appeal-asked": "异议补充说明",
    "appeal-escalated": "异议督办",
    "star-won": "低碳之星",
    "star-revoked": "荣誉撤销",
}


def render(kind: str, facts: Mapping[str, Any], language: str = "zh-CN") -> tuple[str, str]:
    """Return title and body of a message; KeyError for a kind or language without words, or a fact that is missing.

    >>> render("points-granted", {"points": 35, "grams_co2e": 420, "day": "2026-11-20"})[0]
    '35 积分到账'
    >>> render("points-granted", {"points": 0, "grams_co2e": 80, "day": "2026-11-20"}, "en")[0]
    '80 g CO₂ saved'
    """
    texts = _TEXTS[language]
    words = Words(facts, is_chinese=language == "zh-CN")
    title, body = texts[_variant(kind, facts)]
    return title.format_map(words), body.format_map(words)


def _variant(kind: str, facts: Mapping[str, Any]) -> str:
    if kind == "points-granted":
        return kind if facts["points"] else "points-granted.carry"
    if kind == "points-corrected":
        return f"{kind}.up" if facts["points_change"] >= 0 else f"{kind}.down"
    if kind == "points-borne":
        return kind if facts["points"] else "points-borne.grams"
    if kind == "appeal-decided":
        return f"{kind}.{facts['outcome']}"
    return kind
