"""Checks a resident's export without the platform: `python -m chalicelib.proof verify FILE [--day day.json]`.

One file, standard library only; copy it anywhere and run it. It repeats the rules of the platform and must import none
of them, so that it is a second opinion; `tests/test_proof.py` holds both to the same results.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, DecimalException, localcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

EXPORT_FORMAT, DAY_FORMAT = "tanhui-export/1", "tanhui-day/1"
ENTRY_FIELDS = {"account_id", "at", "credit", "debit", "facts", "grams_co2e", "kind", "lots", "points", "seq"}
FIELDS = {"format", "account_id", "made_at", "account", "entries", "sheets", "grants", "methodologies"} | {
    "day",
    "inclusion",
    "digest",
}
EVIDENCE = {
    "o": "operator-signed",
    "t": "third-party-matched",
    "p": "platform-observed",
    "s": "self-declared",
}
INPUTS_PER_UNIT = {
    "distance_m": 1000,
    "steps": 1,
    "clothes_g": 1000,
    "electricity_wh": 1000,
    "gas_dm3": 1000,
    "charged_wh": 1000,
}
CUT = "cap-per-resident"
BY_NIGHT = "recheck-"
WITHHELD = frozenset({"pending", "same-event", "overlap"})
WORTH_NOTHING = frozenset({"cap-per-day", *WITHHELD})
# kind of correction -> how an activity must stand for it; a replaced version fits any standing
MAY_FOLLOW = {
    "confirm": {"pending"},
    "reject": {"pending"},
    "reverse": {"", CUT},
    "restore": {"reverse", "reject", "same-event", "overlap"},
}
DETAILS = re.compile(r"d[1-9][0-9]{0,5}|a[A-Za-z0-9_-]{16}|d[1-9][0-9]{0,5};a[A-Za-z0-9_-]{16}")
CAUSE = re.compile(r"[A-Za-z0-9_-]{1,40}")
GENESIS = "0" * 64
Doc = Mapping[str, Any]
Said = tuple[str, dict[str, Any]]

WORDS: Mapping[str, tuple[str, str]] = {
    "chain": (
        "账目链：{entries} 条账目逐条重算，序号连续，哈希首尾相接。",
        "Journal: {entries} entries hashed again; numbers without a gap, every hash follows from the one before.",
    ),
    "documents": (
        "方法学：{documents} 份文件的摘要与行为记录中引用的一致。",
        "Methodologies: the digests of {documents} documents are those that the activities name.",
    ),
    "activities": (
        "行为：{activities} 条、更正 {corrections} 条逐条按方法学重算，减排量与毫积分一致；每日次数未超上限。",
        "Activities: {activities}, and {corrections} corrections, computed again from their methodology; "
        "grams and millipoints agree, caps are kept.",
    ),
    "grants": (
        "发放：{grants} 笔发放、{adjusts} 笔更正与当日行为的摘要、合计一致；{unfound} 笔当时的行为清单未能还原；"
        "{unbooked} 条行为或更正不在任何一笔的清单中（尚未入账，或不计减排量），只受整份文件的摘要约束。",
        "Grants: {grants} and {adjusts} adjustments agree with digest and totals of their day; of {unfound} the list "
        "as it was is not known; {unbooked} activities or corrections are in the list of none (not booked yet, or "
        "worth nothing): only the digest over the file binds them.",
    ),
    "lots": (
        "积分批次：逐批推算，从未为负，按比例扣减；结余 {points} 积分、{grams} 克，与账户一致。",
        "Lots: each followed, never below zero, drawn in proportion; {points} points, {grams} g remain, as stated.",
    ),
    "included": (
        "公布的总根：截至第 {seq} 条的账目包含在 {date} 公布的总根 {root} 中（{leaves} 个账户）；"
        "其后 {later} 条尚未公布。",
        "Published root: entries up to {seq} are in the root {root} of {date} ({leaves} accounts); "
        "{later} later ones not yet.",
    ),
    "day": (
        "公布文件：与另行下载的 {date} 公布文件完全一致。",
        "Public document: identical with the one of {date} downloaded separately.",
    ),
    "no-day": (
        "公布的总根：尚无公布文件，未核对。",
        "Published root: nothing is published yet; not checked.",
    ),
    "not-included": (
        "公布的总根：{date} 公布时本账户还没有账目，未核对。",
        "Published root: the account had no entry when {date} was published; not checked.",
    ),
    "day-unchecked": (
        "提示：总根取自导出文件本身；请另行下载公布文件并用 --day 核对。",
        "Note: the root is the one in this file; download the public document yourself and compare it with --day.",
    ),
    "seal": (
        "文件：写法规范，整份文件的摘要一致。",
        "File: in canonical form; the digest over all of it agrees.",
    ),
    "ok": ("核对完成，没有发现不一致。", "Everything checked agrees."),
    "partly": (
        "未能全部核对：{unfound} 笔发放或更正当时的行为清单未能还原，没有逐条核对；其余没有发现不一致。",
        "Not everything could be checked: of {unfound} grants or adjustments the list as it was is not known; "
        "all else agrees.",
    ),
    "bad": ("发现不一致：", "A difference was found: "),
    "unreadable": ("文件无法读取：{why}", "the file cannot be read: {why}"),
    "form": ("{where} 的写法不对：{what}", "{where} is malformed: {what}"),
    "entry-order": (
        "第 {seq} 条账目的位置不对（缺失、插入或调换）。",
        "entry {seq} is out of place (one is missing, inserted or exchanged).",
    ),
    "entry-hash": (
        "第 {seq} 条账目的内容与其哈希不符。",
        "the hash of entry {seq} does not follow from its content and the entry before.",
    ),
    "entry-sums": (
        "第 {seq} 条账目的合计与各批次之和不符。",
        "the totals of entry {seq} are not those of its lots.",
    ),
    "head": (
        "账户的末条序号或哈希与账目不符。",
        "the account's last number or hash is not that of the journal.",
    ),
    "document": (
        "方法学 {ref} 的文件与其摘要不符。",
        "the document of methodology {ref} does not have its digest.",
    ),
    "activity": (
        "{day} 的行为 {key}：{what}。记录 {stated}，重算 {computed}。",
        "activity {key} of {day}: {what}; stated {stated}, computed {computed}.",
    ),
    "grant": (
        "第 {seq} 条账目（{day} 的发放或更正）：{what} 不符。",
        "entry {seq} (grant or adjustment of {day}): {what} differs.",
    ),
    "parties": ("第 {seq} 条账目的双方不对。", "the parties of entry {seq} are not those of its kind."),
    "below-zero": ("第 {seq} 条账目之后出现负数。", "a balance is below zero after entry {seq}."),
    "share": ("第 {seq} 条账目没有按比例扣减。", "entry {seq} does not draw grams in proportion."),
    "repay": (
        "第 {seq} 条账目退回的积分中，此前由项目承担的部分没有如数归还。",
        "what entry {seq} gave back was borne by the programme before, and is not repaid as it should be.",
    ),
    "hold": ("第 {seq} 条账目与其预留不符。", "entry {seq} does not agree with what was held."),
    "balance": ("推算的账户与所列不符：{what}", "the account as it follows is not the one stated: {what}"),
    "root": ("证明路径得不到公布的总根。", "the path does not lead to the published root."),
    "day-digest": ("公布文件的摘要不符。", "the public document does not have its digest."),
    "day-differs": (
        "公布文件与另行下载的不同。",
        "the public document is not the one downloaded separately.",
    ),
    "sealed": ("文件被改动过：整份文件的摘要不符。", "the file was changed: its digest does not agree."),
}


class Difference(Exception):
    """The first thing that is not as it should be; `code` is a key of WORDS."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def canonical(document: Any) -> str:
    """Return JSON with sorted keys, without spaces and escapes."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(document: Any) -> str:
    """Return the hexadecimal SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def require(is_so: bool, code: str, **facts: Any) -> None:
    """Raise a Difference unless `is_so`."""
    if not is_so:
        raise Difference(code, **facts)


def read(data: bytes) -> Any:
    """Return the JSON in `data`; numbers are whole."""

    def refuse(text: str) -> Any:
        raise ValueError(f"{text[:20]} is not a whole number")

    try:
        return json.loads(data.decode(), parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Difference("unreadable", why=str(error)[:120]) from None


def verify(data: bytes, day: bytes | None = None) -> Iterator[Said]:
    """Yield what was checked, as a key of WORDS and its facts; Difference at the first difference.

    `day` is the public document as downloaded by somebody else.
    """
    export = read(data)
    require(isinstance(export, dict) and set(export) == FIELDS, "form", where="export", what="fields")
    require(export["format"] == EXPORT_FORMAT, "form", where="export", what="format")
    for check in (check_chain, check_documents, check_activities, check_grants, check_lots, check_inclusion):
        try:
            yield check(export)
        except (LookupError, TypeError, ValueError, AttributeError, DecimalException) as error:
            raise Difference("form", where=check.__name__.removeprefix("check_"), what=repr(error)) from None
    if day is not None:
        require(canonical(read(day)) == canonical(export["day"]), "day-differs")
        yield "day", {"date": export["day"]["date"]}
    elif export["day"] is not None:
        yield "day-unchecked", {}
    unsealed = {name: value for name, value in export.items() if name != "digest"}
    require(digest_of(unsealed) == export["digest"], "sealed")
    require(data.removesuffix(b"\n") == canonical(export).encode(), "sealed")
    yield "seal", {}


def check_chain(export: Doc) -> Said:
    """Hash every entry again."""
    head = GENESIS
    for seq, item in enumerate(export["entries"], 1):
        entry = read(item["body"].encode())
        is_formed = set(item) == {"body", "hash"} and set(entry) == ENTRY_FIELDS
        require(is_formed and canonical(entry) == item["body"], "form", where=f"entry {seq}", what="body")
        is_next = entry["seq"] == seq and entry["account_id"] == export["account_id"]
        require(is_next, "entry-order", seq=seq)
        require(
            hashlib.sha256((head + item["body"]).encode()).hexdigest() == item["hash"], "entry-hash", seq=seq
        )
        sums = [sum(lot[2] for lot in entry["lots"]), sum(lot[3] for lot in entry["lots"])]
        require(sums == [entry["points"], entry["grams_co2e"]], "entry-sums", seq=seq)
        head = item["hash"]
    account = export["account"]
    require([account["seq"], account["head_hash"]] == [len(export["entries"]), head], "head")
    return "chain", {"entries": len(export["entries"])}


def check_documents(export: Doc) -> Said:
    """Hash every methodology document again and compare with the reference that activities carry."""
    used = {
        line.split("|")["~" in name] for lines in export["sheets"].values() for name, line in lines.items()
    }
    require(used == set(export["methodologies"]), "form", where="methodologies", what="not those used")
    for ref, item in export["methodologies"].items():
        document, digest = item["document"], digest_of(item["document"])
        short = base64.urlsafe_b64encode(bytes.fromhex(digest)[:9]).decode()
        is_named = ref == f"{document['code']}{document['version']}-{short}"
        require(
            is_named and canonical(item) == canonical({"digest": digest, "document": document}),
            "document",
            ref=ref,
        )
    return "documents", {"documents": len(export["methodologies"])}


def _per_event(value: Callable[[str], Decimal], inputs: Mapping[str, int]) -> Decimal:
    return value("reduction_per_event")


def _per_quantity(value: Callable[[str], Decimal], inputs: Mapping[str, int]) -> Decimal:
    ((name, amount),) = inputs.items()
    return value("grams_per_unit") * amount / INPUTS_PER_UNIT[name]


def _per_kwh_charged(value: Callable[[str], Decimal], inputs: Mapping[str, int]) -> Decimal:
    per_kwh = value("baseline_per_km") * value("km_per_kwh") - value("grid_here")
    return max(per_kwh, Decimal(0)) * inputs["charged_wh"] / 1000


def _per_km_on_grid(value: Callable[[str], Decimal], inputs: Mapping[str, int]) -> Decimal:
    lost = value("kwh_per_km") * (value("grid_here") - value("grid_there"))
    return max(value("reduction_per_km_there") - lost, Decimal(0)) * inputs["distance_m"] / 1000


FORMULAS = {
    "per_event": _per_event,
    "per_quantity": _per_quantity,
    "per_km_on_grid": _per_km_on_grid,
    "per_kwh_charged": _per_kwh_charged,
}


def worth(document: Doc, inputs: Mapping[str, int], evidence: str) -> tuple[int, int]:
    """Return grams (rounded once, down) and millipoints of one activity before caps."""
    with localcontext(prec=28):
        exact = FORMULAS[document["formula"]](
            lambda name: Decimal(document["factors"][name]["value"]), inputs
        )
        grams = int(exact * document["evidence_share_percent"][evidence] / 100)
    return grams, grams * document["points_per_kg"]


def check_activities(export: Doc) -> Said:
    """Compute every activity and every correction again."""
    count = corrections = 0
    for day, lines in export["sheets"].items():
        checked: list[_Line] = []
        known = [name for name in lines if "~" not in name]
        for key in known:
            made = [name for name in lines if name.startswith(f"{key}~")]
            line = _Line(export, day, key, lines[key])
            line.check()
            for number in range(1, len(made) + 1):
                line.correct(f"{key}~{number}", lines[f"{key}~{number}"])
            corrections += len(made)
            checked.append(line)
        _check_caps(checked)
        count += len(known)
        require(len(lines) == count_of(lines), "form", where=day, what="a correction without its activity")
    return "activities", {"activities": count, "corrections": corrections}


def count_of(lines: Mapping[str, str]) -> int:
    """Return how many of the lines are activities, or corrections of one of them."""
    return sum(name.partition("~")[0] in lines for name in lines)


class _Line:
    """One activity as it was recorded, and how it stands after each of its corrections."""

    def __init__(self, export: Doc, day: str, key: str, line: str) -> None:
        self.export, self.day, self.key, self.line = export, day, key, line
        ref, second, shown, grams, millipoints, source, mark, batch_id, reason, *more = line.split("|")
        self.document, self.ref, self.evidence = self._document(ref), ref, EVIDENCE[mark]
        self.second, self.values = int(second), [int(value) for value in shown.split(",")] if shown else []
        self.stated, self.reason, self.standing = (int(grams), int(millipoints)), reason, reason
        self.is_counted = self.counts_instead = False
        fields = [
            ref,
            self.second,
            ",".join(map(str, self.values)),
            *self.stated,
            source,
            mark,
            batch_id,
            reason,
        ]
        is_formed = "|".join(map(str, [*fields, *more])) == line and len(more) <= 1
        is_detailed = all(DETAILS.fullmatch(details) for details in more)
        require(is_formed and is_detailed, "form", where=f"{day} {key}", what=line)

    def check(self) -> None:
        """Compute what was recorded again."""
        inputs = self._inputs(self.document)
        ranges = [(self.document["inputs"][name], value) for name, value in inputs.items()]
        in_range = all(allowed["minimum"] <= value <= allowed["maximum"] for allowed, value in ranges)
        self._require(in_range and 0 <= self.second < 25 * 3600, "out of range")
        is_valid = self.document["valid_from"] <= self.day <= (self.document["valid_to"] or self.day)
        self._require(is_valid, "methodology not valid that day")
        self._check_worth(self.document, self.reason)
        self.is_counted = not self.reason

    def correct(self, name: str, line: str) -> None:
        """Hold one more correction against what the activity was, and compute its worth again."""
        kind, ref, grams, millipoints, cause, *more = line.removeprefix("=").split("|")
        reason, self.stated = "".join(more), (int(grams), int(millipoints))
        is_formed = line == "|".join(
            ["=" + kind, ref, *map(str, self.stated), cause, *([reason] if more else [])]
        )
        require(is_formed and bool(CAUSE.fullmatch(cause)), "form", where=f"{self.day} {name}", what=line)
        is_credited = kind in ("confirm", "restore") or (kind == "replace" and self.standing in ("", CUT))
        may_follow = kind == "replace" or self.standing in MAY_FOLLOW[kind]
        is_its_ref = (kind == "replace") == (ref != self.ref)
        self._require(may_follow and is_its_ref and (is_credited or not reason), kind)
        document = self._document(ref)
        self._require(document["code"] == self.document["code"], "another methodology")
        self._check_worth(document, reason if is_credited else kind)
        if is_credited or kind != "replace":
            self.standing = reason if is_credited else kind
        if (
            kind in ("confirm", "restore")
            and self.stated[0]
            and self.reason in WITHHELD
            and not self.is_counted
        ):
            self.is_counted, self.counts_instead = True, cause.startswith(BY_NIGHT)
        self.ref = ref

    def _check_worth(self, document: Doc, reason: str) -> None:
        computed = worth(document, self._inputs(document), self.evidence)
        if not reason:
            self._require(self.stated == computed, document["id"], computed)
        elif reason == CUT:
            is_cut = 0 <= self.stated[0] < computed[0]
            is_cut = is_cut and self.stated[1] == self.stated[0] * document["points_per_kg"]
            self._require(is_cut, reason, computed)
        else:
            is_known = reason in WORTH_NOTHING or reason in ("reject", "reverse", "replace")
            self._require(is_known and self.stated == (0, 0), reason, (0, 0))

    def check_cap(self, uses: Counter[str]) -> None:
        """Hold how many of its kind use room of the cap of its behaviour to that cap."""
        self._require(uses[self.document["code"]] <= self.document["caps"]["events_per_day"], "over the cap")

    def _document(self, ref: str) -> Doc:
        document: Doc = self.export["methodologies"][ref]["document"]
        return document

    def _inputs(self, document: Doc) -> dict[str, int]:
        return dict(zip(sorted(document["inputs"]), self.values, strict=True))

    def _require(self, is_so: bool, what: str, computed: tuple[int, int] | None = None) -> None:
        facts = {"day": self.day, "key": self.key, "stated": self.stated, "computed": computed}
        require(is_so, "activity", what=what, **facts)


def _check_caps(lines: list[_Line]) -> None:
    """Count what was ever credited of each behaviour that day, and what still is, for its cap.

    What was credited at night instead of another takes the room that the other has left, and no more than that.
    """
    counted = [line for line in lines if line.is_counted]
    ever = Counter(line.document["code"] for line in counted if not line.counts_instead)
    still = Counter(line.document["code"] for line in counted if line.standing in ("", CUT))
    for line in counted:
        line.check_cap(ever)
        line.check_cap(still)


def check_grants(export: Doc) -> Said:
    """Compare every grant and adjustment with what stood on the sheet of its day."""
    entries = [json.loads(item["body"]) for item in export["entries"]]
    booked = [entry for entry in entries if entry["kind"] in ("grant", "adjust")]
    seqs = {str(entry["seq"]) for entry in booked}
    require(set(export["grants"]) == seqs, "form", where="grants", what="seq")
    fold = _Days(export)
    # a repayment stands behind what it repays from, also between two entries of one correction
    others = [entry for entry in entries if entry["kind"] != "repay"]
    for entry, following in pairwise([*others, None]):
        if entry["kind"] in ("grant", "adjust"):
            fold.follow(entry, following)
    lines_by_day = export["sheets"].items()
    unbooked = sum(len(set(lines) - fold.known.get(day, set())) for day, lines in lines_by_day)
    grants = sum(entry["kind"] == "grant" for entry in booked)
    counts = {
        "grants": grants,
        "adjusts": len(booked) - grants,
        "unfound": fold.unfound,
        "unbooked": unbooked,
    }
    return "grants", counts


class _Days:
    """What was booked of each day so far, the fraction of a point carried on, and what stood on the sheets then."""

    def __init__(self, export: Doc) -> None:
        self.export, self.own = export, export["account_id"]
        self.carry = self.due = self.unfound = 0
        self.booked: dict[str, tuple[int, int]] = {}
        self.known: dict[str, set[str]] = {}

    def follow(self, entry: Doc, following: Doc | None) -> None:
        """Take one grant or adjustment in; `following` is the next entry that is no repayment."""
        self.day, self.seq, facts = entry["facts"]["day"], entry["seq"], entry["facts"]
        self._require(entry["kind"] == "grant" or set(facts) == ADJUST_FACTS, "facts")
        points, self.carry = divmod(self.carry + facts["millipoints"], 1000)
        self._require(facts["carry"] == self.carry, "carry")
        self._check_lots(entry, points)
        before, sign = self.booked.get(self.day, (0, 0)), 1 if entry["credit"] == self.own else -1
        self.booked[self.day] = before[0] + sign * entry["grams_co2e"], before[1] + facts["millipoints"]
        names = self.export["grants"][str(self.seq)]
        goes_on = following is not None and _is_same_correction(entry, following)
        if goes_on:
            self._require(
                following is not None and names == self.export["grants"][str(following["seq"])], "list"
            )
            return
        self._require(self.due == 0, "lots")
        self.unfound += names is None
        if names is not None:
            self._check_sheet(entry, names)

    def _check_lots(self, entry: Doc, points: int) -> None:
        """Hold the lots against the points that came of the millipoints: given, taken, or borne by the programme."""
        vintages, debit = {lot[0] for lot in entry["lots"]}, entry["debit"]
        self._require(vintages <= {int(self.day[:4])}, "lot")
        if debit == "sys_loss":
            self._require(entry["points"] == self.due and entry["facts"]["millipoints"] == 0, "lot")
            self.due = 0
        elif debit == self.own:
            self.due = -points - entry["points"]
            self._require(self.due >= 0 and entry["facts"]["millipoints"] <= 0, "lot")
        else:
            self._require(len(entry["lots"]) == 1 and entry["points"] == points >= 0, "lot")

    def _check_sheet(self, entry: Doc, names: list[str]) -> None:
        lines = {name: self.export["sheets"][self.day][name] for name in names}
        is_growing = self.known.get(self.day, set()) <= set(names)
        self._require(is_growing and names == sorted(set(names)), "list")
        self.known[self.day] = set(names)
        document: dict[str, Any] = {"account_id": self.own, "on": self.day}
        document["activities"] = {name: line for name, line in lines.items() if "~" not in name}
        corrections = {name: line for name, line in lines.items() if "~" in name}
        if corrections:
            document["corrections"] = corrections
        self._require(digest_of(document) == entry["facts"]["sheet"], "digest")
        last = {key: _last_line(lines, key) for key in document["activities"]}
        worths = [line.split("|")[2:4] if line[0] == "=" else line.split("|")[3:5] for line in last.values()]
        sums = sum(int(grams) for grams, _ in worths), sum(int(millipoints) for _, millipoints in worths)
        self._require(sums == self.booked[self.day], f"{sums} / {self.booked[self.day]}")
        if entry["kind"] == "adjust":
            fields = last[entry["facts"]["key"]].split("|")
            is_its = [fields[0], fields[4]] == ["=" + entry["facts"]["correction"], entry["facts"]["cause"]]
            self._require(is_its, "correction")

    def _require(self, is_so: bool, what: str) -> None:
        require(is_so, "grant", seq=self.seq, day=self.day, what=what)


ADJUST_FACTS = {"carry", "cause", "correction", "day", "key", "millipoints", "sheet"}


def _is_same_correction(entry: Doc, following: Doc) -> bool:
    """Say whether two adjustments in a row book one correction: more of one and less of the other, or a loss."""
    if {entry["kind"], following["kind"]} != {"adjust"}:
        return False
    return all(entry["facts"][name] == following["facts"][name] for name in ("day", "key", "cause", "sheet"))


def _last_line(lines: Mapping[str, str], key: str) -> str:
    number = 0
    while f"{key}~{number + 1}" in lines:
        number += 1
    return lines[f"{key}~{number}"] if number else lines[key]


class Lots:
    """What an account has, lot by lot, and what it holds for vouchers, as its entries say."""

    def __init__(self, account_id: str) -> None:
        self.own, self.held_name = account_id, f"{account_id}/held"
        self.lots: dict[tuple[int, str], tuple[int, int]] = {}
        self.held = [0, 0]
        self.holds: dict[str, Any] = {}
        self.posts: dict[str, Any] = {}
        self.borne: list[list[int]] = []
        self.left_at: dict[Any, int] = {}
        self.due: list[Any] = []

    def follow(self, entry: Doc) -> None:
        """Apply one entry; Difference when it is not possible or not as held."""
        seq, kind, debit, credit = (entry[name] for name in ("seq", "kind", "debit", "credit"))
        require(debit != credit and self._is_between(kind, debit, credit), "parties", seq=seq)
        for vintage, expires_on, points, grams in entry["lots"]:
            require(min(points, grams) >= 0 and not (grams and kind == "bonus"), "below-zero", seq=seq)
            lot = vintage, expires_on
            if debit == self.own:
                has_points, has_grams = self.lots.get(lot, (0, 0))
                share = has_grams if points == has_points else has_grams * points // max(has_points, 1)
                is_drawn = kind in ("hold", "charge", "expire")
                require(not is_drawn or grams == share, "share", seq=seq)
                self._move(lot, -points, -grams)
            if credit == self.own:
                self._move(lot, points, grams)
            for party, sign in ((debit, -1), (credit, 1)):
                if party == self.held_name:
                    self.held = [self.held[0] + sign * points, self.held[1] + sign * grams]
        smallest = min((amount for lot_has in self.lots.values() for amount in lot_has), default=0)
        require(min(smallest, *self.held) >= 0, "below-zero", seq=seq)
        self._resolve(entry)
        self._repay(entry)

    def _move(self, lot: tuple[int, str], points: int, grams: int) -> None:
        has = self.lots.pop(lot, (0, 0))
        now = has[0] + points, has[1] + grams
        if now != (0, 0):
            self.lots[lot] = now

    def _is_between(self, kind: str, debit: str, credit: str) -> bool:
        mine = (self.own, self.held_name)
        return {
            "grant": (debit, credit) == ("sys_issuance", self.own),
            "hold": (debit, credit) == mine,
            "void": (credit, debit) == mine,
            "expire": (debit, credit) == (self.own, "sys_expired"),
            "post": debit == self.held_name and credit not in mine,
            "charge": debit == self.own and credit not in mine and not credit.startswith("sys_"),
            "refund": credit == self.own and debit not in mine,
            "adjust": (debit, credit)
            in {
                ("sys_issuance", self.own),
                (self.own, "sys_issuance"),
                ("sys_loss", "sys_issuance"),
            },
            "repay": (debit, credit) == (self.own, "sys_loss"),
            "bonus": {debit, credit} == {"sys_bonus", self.own},
        }.get(kind, debit in mine or credit in mine)

    def _resolve(self, entry: Doc) -> None:
        """Hold a post, void or refund to the very lots of the hold, post or charge it resolves, once."""
        kind, lots, number = entry["kind"], entry["lots"], entry["facts"].get("redemption_id")
        if kind == "hold":
            require(number not in self.holds, "hold", seq=entry["seq"])
            self.holds[number] = lots
        elif kind == "charge":
            require(number not in self.posts, "hold", seq=entry["seq"])
            self.posts[number] = lots
        elif kind == "refund":
            back, self.posts[number] = taken_back(self.posts.get(number, []), entry["points"])
            require(_without_days(back) == _without_days(lots), "hold", seq=entry["seq"])
        elif kind in ("post", "void"):
            before = self.holds.pop(number, None)
            is_same = lots == before if kind == "post" else _without_days(lots) == _without_days(before or [])
            require(is_same, "hold", seq=entry["seq"])
            if kind == "post":
                self.posts[number] = lots

    def _repay(self, entry: Doc) -> None:
        """Hold what comes back against what the programme has borne since it had left: that is repaid at once."""
        due, self.due = self.due, []
        if due or entry["kind"] == "repay":
            is_due = entry["kind"] == "repay" and entry["facts"] == {"returned_by": entry["seq"] - 1}
            require(bool(due) and is_due and entry["lots"] == due, "repay", seq=entry["seq"] - 1)
            return
        seq, facts, is_taking = int(entry["seq"]), entry["facts"], entry["kind"] in ("hold", "charge")
        name = (facts["day"], facts["key"]) if entry["kind"] == "adjust" else facts.get("redemption_id")
        if is_taking or (entry["kind"] == "adjust" and entry["debit"] == self.own):
            self.left_at[name] = seq
        for vintage, expires_on, points, grams in entry["lots"]:
            if entry["debit"] == "sys_loss":
                self._lose([seq, vintage, points, grams])
            elif _is_return(entry):
                unknown = 0 if str(facts.get("cause")).startswith(BY_NIGHT) else seq
                back = self._pay_back(vintage, points, grams, self.left_at.get(name, unknown))
                self.due += [[vintage, expires_on, *back]] if any(back) else []
        self.borne = [loss for loss in self.borne if any(loss[2:])]

    def _lose(self, loss: list[int]) -> None:
        """Note a loss; the newest of a vintage takes it in when four are kept apart already."""
        for last in [known for known in self.borne if known[1] == loss[1]][3:]:
            self.borne.remove(last)
            loss = [*loss[:2], last[2] + loss[2], last[3] + loss[3]]
        self.borne.append(loss)

    def _pay_back(self, vintage: int, points: int, grams: int, left_at: int) -> list[int]:
        """Take from the losses booked since what comes back had left, the oldest first."""
        back = [0, 0]
        for loss in self.borne:
            if loss[1] == vintage and loss[0] > left_at:
                taken = min(points - back[0], loss[2]), min(grams - back[1], loss[3])
                back = [back[0] + taken[0], back[1] + taken[1]]
                loss[2:] = [loss[2] - taken[0], loss[3] - taken[1]]
        return back


def _is_return(entry: Doc) -> bool:
    """Say whether an entry gives back what was given before; what is confirmed counts for the first time."""
    if entry["kind"] == "adjust":
        is_again = entry["facts"]["correction"] in ("restore", "replace")
        return is_again and entry["credit"] == entry["account_id"]
    return entry["kind"] in ("void", "refund")


def _without_days(lots: list[Any]) -> list[Any]:
    """Points that come back after their lot's last day get days of grace: only that day may differ."""
    return sorted([vintage, points, grams] for vintage, _, points, grams in lots)


def taken_back(draws: list[Any], points: int) -> tuple[list[Any], list[Any]]:
    """Return what goes back with `points` of what was drawn, the last drawn first, and what does not."""
    back: list[Any] = []
    left: list[Any] = []
    for vintage, expires_on, has_points, has_grams in reversed(draws):
        take = min(has_points, points)
        grams = has_grams if take == has_points else has_grams * take // has_points
        points -= take
        if take:
            back.append([vintage, expires_on, take, grams])
        if take < has_points:
            left.insert(0, [vintage, expires_on, has_points - take, has_grams - grams])
    return back, left


def check_lots(export: Doc) -> Said:
    """Follow every lot through the journal and compare what remains with the account."""
    fold, carry = Lots(export["account_id"]), 0
    for item in export["entries"]:
        entry = json.loads(item["body"])
        fold.follow(entry)
        carry = entry["facts"]["carry"] if entry["kind"] in ("grant", "adjust") else carry
    require(not fold.due, "repay", seq=len(export["entries"]))
    account = {
        "seq": len(export["entries"]),
        "head_hash": export["entries"][-1]["hash"] if export["entries"] else GENESIS,
        "lots": sorted(([v, e, *has] for (v, e), has in fold.lots.items()), key=lambda lot: (lot[1], lot[0])),
        "held": fold.held,
        "millipoints_carry": carry,
    }
    account |= {"borne": fold.borne} if fold.borne else {}
    require(canonical(account) == canonical(export["account"]), "balance", what=canonical(account))
    points, grams = (sum(has[i] for has in fold.lots.values()) for i in (0, 1))
    return "lots", {"points": points, "grams": grams}


def check_inclusion(export: Doc) -> Said:
    """Follow the path from the account's published head to the published root."""
    day, inclusion = export["day"], export["inclusion"]
    if day is None:
        require(inclusion is None, "form", where="inclusion", what="without a day")
        return "no-day", {}
    unsealed = {name: value for name, value in day.items() if name != "digest"}
    require(day["format"] == DAY_FORMAT and digest_of(unsealed) == day["digest"], "day-digest")
    if inclusion is None:
        return "not-included", {"date": day["date"]}
    seq, count = inclusion["seq"], len(export["entries"])
    require(set(inclusion) == {"seq", "index", "path"}, "form", where="inclusion", what="fields")
    is_whole = type(seq) is int and type(inclusion["index"]) is int
    require(is_whole and 0 <= seq <= count, "root")
    head = export["entries"][seq - 1]["hash"] if seq else GENESIS
    leaf = canonical({"account_id": export["account_id"], "head_hash": head, "seq": seq})
    node = hashlib.sha256(b"\0" + leaf.encode()).digest()
    path = [bytes.fromhex(sibling) for sibling in inclusion["path"]]
    require([sibling.hex() for sibling in path] == inclusion["path"], "root")
    require(root_by_path(node, inclusion["index"], day["leaves"], path).hex() == day["root"], "root")
    facts = {
        "seq": seq,
        "date": day["date"],
        "root": day["root"],
        "leaves": day["leaves"],
        "later": count - seq,
    }
    return "included", facts


def root_by_path(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root to which `path` leads in a tree of `size` leaves (RFC 9162, 2.1.3.2), b"" when to none."""
    at, last = index, size - 1
    if not 0 <= at <= last:
        return b""
    for sibling in path:
        if last == 0:
            return b""
        is_right = at & 1 or at == last
        pair = sibling + node if is_right else node + sibling
        node = hashlib.sha256(b"\1" + pair).digest()
        while is_right and not at & 1 and at:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return node if last == 0 else b""


def main(arguments: list[str]) -> int:
    """Check a file and say in words what was checked.

    0 when all agrees, 1 at the first difference, 2 when not all of it could be checked but the rest agrees.
    """
    parser = argparse.ArgumentParser(prog="python -m chalicelib.proof", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("verify", help="check an exported file")
    command.add_argument("file", type=Path, help="what GET /v1/me/export answered")
    command.add_argument(
        "--day", type=Path, help="what GET /v1/public/days/{date} answered, downloaded separately"
    )
    command.add_argument("--lang", choices=("zh", "en"), default="zh")
    asked = parser.parse_args(arguments)
    lang, unfound = ("zh", "en").index(asked.lang), 0
    try:
        day = asked.day.read_bytes() if asked.day else None
        for code, facts in verify(asked.file.read_bytes(), day):
            sys.stdout.write("✓ " + WORDS[code][lang].format(**facts) + "\n")
            unfound += facts.get("unfound", 0)
    except OSError as error:
        parser.error(str(error))
    except Difference as found:
        sys.stdout.write("✗ " + WORDS["bad"][lang] + WORDS[found.code][lang].format(**found.facts) + "\n")
        return 1
    sys.stdout.write(WORDS["partly" if unfound else "ok"][lang].format(unfound=unfound) + "\n")
    return 2 if unfound else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
