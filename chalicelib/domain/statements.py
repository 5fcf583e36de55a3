"""Owns the daily statement of a store: its lines, the figures they add up to, the document and how one follows another.

Must not read, sign or store anything. Amounts of a line are signed: what came to the merchant is positive.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.entries import Entry

FORMAT = "tanhui-statement/1"
VOUCHER, CHARGE, VOID, REFUND, ADJUSTMENT = "voucher", "charge", "void", "refund", "adjustment"
NO_STORE = "none"
"""Stands for the store of an entry that names none, so that every entry is in some statement."""
DISPUTE_PREFIX = "dsp_"
LINES_PER_BLOCK = 200

_PART = ("count", "points", "grams_co2e", "fen")
_PART_OF = {
    VOUCHER: "redeemed",
    CHARGE: "redeemed",
    VOID: "voids",
    REFUND: "refunds",
    ADJUSTMENT: "adjustments",
}
_PARTS = ("redeemed", "voids", "refunds", "adjustments")
_NET = ("points", "grams_co2e", "fen")
_SEALED = ("digest", "kid", "signature")
Line = dict[str, Any]
Figures = dict[str, Any]
Statement = dict[str, Any]


def line_of(entry: Entry, merchant_id: str) -> Line:
    """Return the line for one entry between a resident and a merchant."""
    facts = entry.facts
    sign = 1 if entry.credit == merchant_id else -1
    kind = _kind(entry, sign)
    refund_id = facts.get("refund_id")
    is_disputed = isinstance(refund_id, str) and refund_id.startswith(DISPUTE_PREFIX)
    return {
        "at": entry.at,
        "kind": kind,
        "redemption_id": facts.get("redemption_id"),
        "charge_id": facts.get("charge_id"),
        "offer_id": facts.get("offer_id"),
        "refund_id": refund_id,
        "dispute_id": refund_id if is_disputed else None,
        "staff_id": facts.get("staff_id"),
        "points": sign * entry.points,
        "grams_co2e": sign * entry.grams_co2e,
        "bill_fen": facts.get("bill_fen", 0),
        "fen": sign * facts.get("fen", 0),
        "vintages": [[lot.vintage, sign * lot.points, sign * lot.grams_co2e] for lot in entry.lots],
        "reason": facts.get("reason"),
    }


def _kind(entry: Entry, sign: int) -> str:
    if sign > 0:
        return CHARGE if "charge_id" in entry.facts else VOUCHER
    # A refund has an id of its own; a cashier may well give "void" as its reason.
    return REFUND if "refund_id" in entry.facts else VOID


def adjustment_line(adjustment: Mapping[str, Any]) -> Line:
    """Return the line of a decided dispute about money only: no points, no grams, `fen` as decided."""
    return {
        "at": adjustment["at"],
        "kind": ADJUSTMENT,
        "redemption_id": adjustment["redemption_id"],
        "charge_id": adjustment["charge_id"],
        "offer_id": adjustment["offer_id"],
        "refund_id": None,
        "dispute_id": adjustment["dispute_id"],
        "staff_id": None,
        "points": 0,
        "grams_co2e": 0,
        "bill_fen": 0,
        "fen": adjustment["fen"],
        "vintages": [],
        "reason": adjustment["reason"],
    }


def store_of(entry: Entry) -> str:
    """Return the store in whose statement an entry belongs."""
    return entry.facts.get("store_id") or NO_STORE


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Return the lines numbered from 1, in the one order that their statement has."""
    ranked = sorted(
        lines, key=lambda line: (line["at"], str(line["redemption_id"]), line["kind"], str(line["refund_id"]))
    )
    return [{"line_no": number, **line} for number, line in enumerate(ranked, 1)]


def figures_of(lines: Iterable[Line]) -> Figures:
    """Return what lines add up to.

    >>> figures_of([])["net"]
    {'points': 0, 'grams_co2e': 0, 'fen': 0}
    """
    parts = {name: dict.fromkeys(_PART, 0) for name in _PARTS}
    vintages: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    offers: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_PART, 0))
    cashiers: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_PART, 0))
    bill_fen = 0
    for line in lines:
        _add_line(parts[_PART_OF[line["kind"]]], line, line["kind"] == ADJUSTMENT)
        for group in (offers[line["offer_id"]], cashiers[line["staff_id"]]):
            group["count"] += 1
            for name in _NET:
                group[name] += line[name]
        for vintage, points, grams in line["vintages"]:
            vintages[vintage][0] += points
            vintages[vintage][1] += grams
        bill_fen += line["bill_fen"]
    return {
        **parts,
        "bill_fen": bill_fen,
        "net": _net_of(parts),
        "vintages": [{"vintage": v, "points": p, "grams_co2e": g} for v, (p, g) in sorted(vintages.items())],
        "offers": _rows("offer_id", offers),
        "cashiers": _rows("staff_id", cashiers),
    }


def _add_line(part: dict[str, int], line: Line, is_signed: bool) -> None:
    """Count a line; voids and refunds are shown by their size, an adjustment with its sign."""
    part["count"] += 1
    for name in _NET:
        part[name] += line[name] if is_signed else abs(line[name])


def _net_of(parts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    taken, plus = ("voids", "refunds"), ("redeemed", "adjustments")
    return {name: sum(parts[p][name] for p in plus) - sum(parts[p][name] for p in taken) for name in _NET}


def _rows(key: str, groups: Mapping[Any, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [{key: name, **groups[name]} for name in sorted(groups, key=lambda name: name or "")]


def summed(all_figures: Sequence[Figures]) -> Figures:
    """Return several figures as one: a month's from its days', a merchant's from its stores'.

    >>> summed([figures_of([]), figures_of([])]) == figures_of([])
    True
    """
    parts = {p: {n: sum(f[p][n] for f in all_figures) for n in _PART} for p in _PARTS}
    vintages = _summed_rows("vintage", ("points", "grams_co2e"), all_figures, "vintages")
    return {
        **parts,
        "bill_fen": sum(f["bill_fen"] for f in all_figures),
        "net": _net_of(parts),
        "vintages": vintages,
        "offers": _summed_rows("offer_id", _PART, all_figures, "offers"),
        "cashiers": _summed_rows("staff_id", _PART, all_figures, "cashiers"),
    }


def _summed_rows(
    key: str, names: Sequence[str], all_figures: Sequence[Figures], rows: str
) -> list[dict[str, Any]]:
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    for figures in all_figures:
        for row in figures[rows]:
            for name in names:
                sums[row[key]][name] += row[name]
    return [{key: one, **sums[one]} for one in sorted(sums, key=lambda one: (one is not None, one or ""))]


def statement_of(
    merchant_id: str, store_id: str, on: date, lines: Sequence[Line], before: Statement | None, closed_at: str
) -> Statement:
    """Return the statement over a store's numbered lines of one day, following `before`; not sealed yet.

    `totals` are all statements of the store up to this one, so that the newest tells the sum of all.
    """
    figures = figures_of(lines)
    earlier = before["totals"] if before else dict.fromkeys(_NET, 0)
    return {
        "format": FORMAT,
        "merchant_id": merchant_id,
        "store_id": store_id,
        "on": on.isoformat(),
        "number": before["number"] + 1 if before else 1,
        "previous": {"on": before["on"], "digest": before["digest"]} if before else None,
        "figures": figures,
        "totals": {name: earlier[name] + figures["net"][name] for name in _NET},
        "lines": len(lines),
        "lines_digest": digest_of(list(lines)),
        "closed_at": closed_at,
    }


def decided_of(statement: Statement) -> Statement:
    """Return what a statement's digest and signature speak of: all of it but these."""
    return {name: value for name, value in statement.items() if name not in _SEALED}


def blocks_of(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the lines in pieces small enough to be kept each as one item."""
    for start in range(0, len(lines), LINES_PER_BLOCK):
        yield list(lines[start : start + LINES_PER_BLOCK])


def faults_between(before: Statement | None, statement: Statement) -> Iterator[str]:
    """Yield how a statement does not follow the one before it, or is not what its digest says."""
    if statement["digest"] != digest_of(decided_of(statement)):
        yield "it is not what its digest says"
    expected = {"on": before["on"], "digest": before["digest"]} if before else None
    if statement["previous"] != expected or statement["number"] != (before["number"] + 1 if before else 1):
        yield "it does not follow the statement before it"
    earlier = before["totals"] if before else dict.fromkeys(_NET, 0)
    if any(statement["totals"][n] != earlier[n] + statement["figures"]["net"][n] for n in _NET):
        yield "its totals are not those before it and its own net"
