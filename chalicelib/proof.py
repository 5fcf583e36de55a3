"""Checks a resident's export without the platform: `python -m chalicelib.proof verify FILE [--day day.json]`.

One file, standard library only; copy it anywhere and run it. It repeats the rules of the platform and must import none
of them, so that it is a second opinion; `tests/test_proof.py` holds both to the same results.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, DecimalException, localcontext
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
WORTH_NOTHING = frozenset({"cap-per-day"})
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
        "行为：{activities} 条逐条按方法学重算，减排量与毫积分一致；每日次数未超上限。",
        "Activities: {activities} computed again from their methodology; grams and millipoints agree, caps are kept.",
    ),
    "grants": (
        "发放：{grants} 笔发放与当日行为的摘要、合计一致；{unfound} 笔当时的行为清单未能还原；"
        "{unbooked} 条行为尚未入账。",
        "Grants: {grants} agree with digest and totals of their day; of {unfound} the list as it was is not known; "
        "{unbooked} activities are not booked yet.",
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
        "第 {seq} 条账目（发放 {day}）：{what} 不符。",
        "entry {seq} (grant of {day}): {what} differs.",
    ),
    "parties": ("第 {seq} 条账目的双方不对。", "the parties of entry {seq} are not those of its kind."),
    "below-zero": ("第 {seq} 条账目之后出现负数。", "a balance is below zero after entry {seq}."),
    "share": ("第 {seq} 条账目没有按比例扣减。", "entry {seq} does not draw grams in proportion."),
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
    used = {line.split("|")[0] for lines in export["sheets"].values() for line in lines.values()}
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
    """Compute every activity again."""
    count = 0
    for day, lines in export["sheets"].items():
        paid: Counter[str] = Counter()
        for key, line in lines.items():
            count += 1
            _check_line(export, day, key, line, paid)
    return "activities", {"activities": count}


def _check_line(export: Doc, day: str, key: str, line: str, paid: Counter[str]) -> None:
    ref, second, shown, grams, millipoints, source, mark, batch_id, reason = line.split("|")
    document = export["methodologies"][ref]["document"]
    values = [int(value) for value in shown.split(",")] if shown else []
    inputs = dict(zip(sorted(document["inputs"]), values, strict=True))
    fields = [
        ref,
        int(second),
        ",".join(map(str, values)),
        int(grams),
        int(millipoints),
        source,
        mark,
        batch_id,
    ]
    require("|".join(map(str, [*fields, reason])) == line, "form", where=f"{day} {key}", what=line)
    stated, computed = (int(grams), int(millipoints)), worth(document, inputs, EVIDENCE[mark])
    facts = {"day": day, "key": key, "stated": stated, "computed": computed}
    ranges = [(document["inputs"][name], value) for name, value in inputs.items()]
    in_range = all(allowed["minimum"] <= value <= allowed["maximum"] for allowed, value in ranges)
    require(in_range and 0 <= int(second) < 25 * 3600, "activity", what="out of range", **facts)
    is_valid = document["valid_from"] <= day <= (document["valid_to"] or day)
    require(is_valid, "activity", what="methodology not valid that day", **facts)
    if reason:
        require(reason in WORTH_NOTHING and stated == (0, 0), "activity", what=reason, **facts)
        return
    require(stated == computed, "activity", what=ref, **facts)
    paid[document["code"]] += 1
    is_within = paid[document["code"]] <= document["caps"]["events_per_day"]
    require(is_within, "activity", what="over the cap", **facts)


def check_grants(export: Doc) -> Said:
    """Compare every grant with the activities that stood on the sheet of its day."""
    entries = [json.loads(item["body"]) for item in export["entries"]]
    grants = [entry for entry in entries if entry["kind"] == "grant"]
    require(
        set(export["grants"]) == {str(grant["seq"]) for grant in grants}, "form", where="grants", what="seq"
    )
    carry, unfound = 0, 0
    booked: dict[str, tuple[int, int]] = {}
    known: dict[str, set[str]] = {}
    for grant in grants:
        facts, day = grant["facts"], grant["facts"]["day"]
        points, carry = divmod(carry + facts["millipoints"], 1000)
        lot = [[int(day[:4]), grant["lots"][0][1], points, grant["grams_co2e"]]]
        require(
            grant["lots"] == lot and facts["carry"] == carry, "grant", seq=grant["seq"], day=day, what="lot"
        )
        before = booked.get(day, (0, 0))
        booked[day] = before[0] + grant["grams_co2e"], before[1] + facts["millipoints"]
        keys = export["grants"][str(grant["seq"])]
        if keys is None:
            unfound += 1
            continue
        _check_sheet(export, grant, keys, booked[day])
        is_growing = known.get(day, set()) <= set(keys)
        require(is_growing and keys == sorted(set(keys)), "grant", seq=grant["seq"], day=day, what="list")
        known[day] = set(keys)
    unbooked = sum(len(set(lines) - known.get(day, set())) for day, lines in export["sheets"].items())
    return "grants", {"grants": len(grants), "unfound": unfound, "unbooked": unbooked}


def _check_sheet(export: Doc, grant: Doc, keys: list[str], booked: tuple[int, int]) -> None:
    day = grant["facts"]["day"]
    lines = {key: export["sheets"][day][key] for key in keys}
    digest = digest_of({"account_id": export["account_id"], "on": day, "activities": lines})
    require(digest == grant["facts"]["sheet"], "grant", seq=grant["seq"], day=day, what="digest")
    worths = [line.split("|")[3:5] for line in lines.values()]
    sums = sum(int(grams) for grams, _ in worths), sum(int(millipoints) for _, millipoints in worths)
    require(sums == booked, "grant", seq=grant["seq"], day=day, what=f"{sums} / {booked}")


class Lots:
    """What an account has, lot by lot, and what it holds for vouchers, as its entries say."""

    def __init__(self, account_id: str) -> None:
        self.own, self.held_name = account_id, f"{account_id}/held"
        self.lots: dict[tuple[int, str], tuple[int, int]] = {}
        self.held = [0, 0]
        self.holds: dict[str, Any] = {}
        self.posts: dict[str, Any] = {}

    def follow(self, entry: Doc) -> None:
        """Apply one entry; Difference when it is not possible or not as held."""
        seq, debit, credit = entry["seq"], entry["debit"], entry["credit"]
        require(debit != credit and self._is_between(entry["kind"], debit, credit), "parties", seq=seq)
        for vintage, expires_on, points, grams in entry["lots"]:
            require(min(points, grams) >= 0, "below-zero", seq=seq)
            lot = vintage, expires_on
            if debit == self.own:
                has_points, has_grams = self.lots.get(lot, (0, 0))
                share = has_grams if points == has_points else has_grams * points // max(has_points, 1)
                is_drawn = entry["kind"] in ("hold", "charge", "expire")
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
        carry = entry["facts"]["carry"] if entry["kind"] == "grant" else carry
    account = {
        "seq": len(export["entries"]),
        "head_hash": export["entries"][-1]["hash"] if export["entries"] else GENESIS,
        "lots": sorted(([v, e, *has] for (v, e), has in fold.lots.items()), key=lambda lot: (lot[1], lot[0])),
        "held": fold.held,
        "millipoints_carry": carry,
    }
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
    """Check a file and say in words what was checked; 0 when all agrees, 1 at the first difference."""
    parser = argparse.ArgumentParser(prog="python -m chalicelib.proof", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("verify", help="check an exported file")
    command.add_argument("file", type=Path, help="what GET /v1/me/export answered")
    command.add_argument(
        "--day", type=Path, help="what GET /v1/public/days/{date} answered, downloaded separately"
    )
    command.add_argument("--lang", choices=("zh", "en"), default="zh")
    asked = parser.parse_args(arguments)
    lang = ("zh", "en").index(asked.lang)
    try:
        day = asked.day.read_bytes() if asked.day else None
        for code, facts in verify(asked.file.read_bytes(), day):
            sys.stdout.write("✓ " + WORDS[code][lang].format(**facts) + "\n")
    except OSError as error:
        parser.error(str(error))
    except Difference as found:
        sys.stdout.write("✗ " + WORDS["bad"][lang] + WORDS[found.code][lang].format(**found.facts) + "\n")
        return 1
    sys.stdout.write(WORDS["ok"][lang] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
