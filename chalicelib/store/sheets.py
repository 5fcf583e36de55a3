"""Owns the stored form of day sheets and the one conditional update that records on them.

Must not decide what may be recorded; `domain.sheets` plans, this module writes the plan or says what stood in its way.
Attribute names are short because they are stored with every item: n activities and corrections, g grams, mp
millipoints, sg and sm what of these is settled, c:<code> paid activities of a methodology, e<key> one activity,
e<key>~<number> one correction of it, x corrections, f the stretches of the day in which a trip starts that counts,
pending the shard of a sheet on which something waits for a verifier, r<key> a note of something refused, rn how many.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from chalicelib.config import config
from chalicelib.domain.activities import decode_activity, encode_activity
from chalicelib.domain.corrections import Correction, decode_correction
from chalicelib.domain.recording import DayRules, Plan
from chalicelib.domain.refusals import REFUSALS_MAX, decode_refusal, encode_refusal
from chalicelib.domain.sheets import Sheet
from chalicelib.keys import keyed_digest
from chalicelib.store.client import Item, dynamodb, number, query_all, text
from chalicelib.store.transactions import Transaction

SHARDS = 16
# An expression takes 300 operators; a blind condition needs at most eight for an addition: its key, three slots.
_BLIND_ADDITIONS_MAX = 24
_SLOT_CHARS = 6

Key = tuple[str, Item]


def shard_of(account_id: str) -> str:
    """Return the two-digit index shard of an account."""
    return f"{hashlib.sha256(account_id.encode()).digest()[0] % SHARDS:02d}"


def sheet_key(account_id: str, on: date) -> Key:
    """Return table and key of a day sheet."""
    return config().table("accounts"), {
        "account_id": text(account_id),
        "item": text(f"sheet#{on.isoformat()}"),
    }


@lru_cache(maxsize=4096)
def slot_digest(slot: int) -> str:
    """Return what stands for a stretch of the day among those in which a trip starts: six characters, keyed."""
    return keyed_digest("start-slot", str(slot))[:_SLOT_CHARS]


def try_add(sheet: Sheet, plan: Plan, is_blind: bool, rules: DayRules) -> Sheet | None:
    """Write `plan` in one conditional update; return None when it is written, else the sheet as stored.

    Blind, the sheet has not been read: the plan holds if its keys are absent, the caps have room and nothing that
    counts starts close to a trip of it. Otherwise the stored sheet must still have the version that was planned for.
    """
    table, key = sheet_key(sheet.account_id, sheet.on)
    names, values, expression = _update_expression(sheet, plan)
    if not is_blind:
        condition = "(#n = :version OR (attribute_not_exists(#n) AND :version = :none))"
        values |= {":version": number(sheet.version), ":none": number(0)}
    elif len(plan.additions) > _BLIND_ADDITIONS_MAX:
        condition = "attribute_not_exists(#n)"
    else:
        condition = _blind_condition(plan, names, values, rules.events_per_day_max - len(plan.additions))
    if plan.refusals:
        condition += _room_for_refusals(plan, values)
    client = dynamodb()
    try:
        client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        item = error.response.get("Item")
        return parse_sheet(item) if item else Sheet(sheet.account_id, sheet.on)
    return None


def _update_expression(sheet: Sheet, plan: Plan) -> tuple[dict[str, str], Item, str]:
    names, values, sets = {"#n": "n"}, {":count": number(len(plan.additions))}, []
    adds = ["#n :count"]
    if plan.additions:
        names |= {"#g": "g", "#mp": "mp", "#open": "open"}
        values[":open"] = text(shard_of(sheet.account_id))
        values[":grams"] = number(sum(a.grams_co2e for a in plan.additions))
        values[":millipoints"] = number(sum(a.millipoints for a in plan.additions))
        sets.append("#open = :open")
        adds += ["#g :grams", "#mp :millipoints"]
    for position, activity in enumerate(plan.additions):
        names[f"#e{position}"] = "e" + activity.event_key
        values[f":e{position}"] = text(encode_activity(activity))
        sets.append(f"#e{position} = :e{position}")
    if plan.has_pending:
        names["#pending"] = "pending"
        sets.append("#pending = :open")
    if plan.slots:
        names["#f"] = "f"
        values[":slots"] = slot_set(plan.slots)
        adds.append("#f :slots")
    for position, (code, count) in enumerate(plan.paid_by_code.items()):
        names[f"#c{position}"] = "c:" + code
        values[f":c{position}"] = number(count)
        adds.append(f"#c{position} :c{position}")
    for position, refusal in enumerate(plan.refusals):
        names[f"#r{position}"] = "r" + refusal.event_key
        values[f":note{position}"] = text(encode_refusal(refusal))
        sets.append(f"#r{position} = :note{position}")
    if plan.refusals:
        names["#rn"] = "rn"
        values[":notes"] = number(len(plan.refusals))
        adds.append("#rn :notes")
    return names, values, f"SET {', '.join(sets)} ADD {', '.join(adds)}"


def _room_for_refusals(plan: Plan, values: Item) -> str:
    values[":notes_room"] = number(REFUSALS_MAX - len(plan.refusals))
    absent = [f" AND attribute_not_exists(#r{position})" for position in range(len(plan.refusals))]
    return f" AND (attribute_not_exists(#rn) OR #rn <= :notes_room){''.join(absent)}"


def slot_set(slots: Iterable[int]) -> dict[str, list[str]]:
    """Return the item value that stands for some stretches of the day."""
    return {"SS": sorted(map(slot_digest, slots))}


def _blind_condition(plan: Plan, names: dict[str, str], values: Item, room_on_sheet: int) -> str:
    values[":room"] = number(room_on_sheet)
    parts = ["(attribute_not_exists(#n) OR #n <= :room)"]
    parts += [f"attribute_not_exists(#e{position})" for position in range(len(plan.additions))]
    for position, code in enumerate(plan.paid_by_code):
        values[f":r{position}"] = number(plan.room_by_code[code])
        parts.append(f"(attribute_not_exists(#c{position}) OR #c{position} <= :r{position})")
    if any(activity.millipoints for activity in plan.additions):
        values[":mp_room"] = number(plan.millipoints_room)
        parts.append("(attribute_not_exists(#mp) OR #mp <= :mp_room)")
    close = sorted({slot + by for slot in plan.slots for by in (-1, 0, 1)})
    if close:
        values |= {f":s{position}": text(slot_digest(slot)) for position, slot in enumerate(close)}
        parts.append(f"NOT ({' OR '.join(f'contains(#f, :s{n})' for n in range(len(close)))})")
    return " AND ".join(parts)


def parse_sheet(item: Item) -> Sheet:
    """Return the sheet stored as `item`."""
    activities = {}
    corrections: dict[str, list[Correction]] = {}
    paid, refusals = {}, {}
    numbers = dict.fromkeys(("g", "mp", "sg", "sm"), 0)
    for name, value in item.items():
        if name in numbers:
            numbers[name] = int(value["N"])
        elif name.startswith("c:"):
            paid[name[2:]] = int(value["N"])
        elif name[0] == "e" and "~" in name:
            correction = decode_correction(name[1:], value["S"])
            corrections.setdefault(correction.event_key, []).append(correction)
        elif name[0] == "e" and "S" in value:
            activities[name[1:]] = decode_activity(name[1:], value["S"])
        elif name[0] == "r" and "S" in value:
            refusals[name[1:]] = decode_refusal(name[1:], value["S"])
    return Sheet(
        account_id=item["account_id"]["S"],
        on=date.fromisoformat(item["item"]["S"].removeprefix("sheet#")),
        activities=activities,
        paid_by_code=paid,
        grams_co2e=numbers["g"],
        millipoints=numbers["mp"],
        settled_grams_co2e=numbers["sg"],
        settled_millipoints=numbers["sm"],
        is_open="open" in item,
        corrections={
            key: tuple(sorted(made, key=lambda correction: correction.number))
            for key, made in corrections.items()
        },
        refusals=refusals,
    )


def stored_counts(item: Item) -> tuple[int, int]:
    """Return the (version, number of corrections) that a stored sheet counts; for the audit."""
    none = number(0)
    return int(item.get("n", none)["N"]), int(item.get("x", none)["N"])


def find_sheet(account_id: str, on: date) -> Sheet | None:
    """Return the sheet of one day, or None."""
    table, key = sheet_key(account_id, on)
    answer = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)
    return parse_sheet(answer["Item"]) if "Item" in answer else None


def list_sheets(account_id: str, before: date | None, limit: int) -> list[Sheet]:
    """Return up to `limit` sheets of a resident, newest first, only days before `before` when given."""
    upper = f"sheet#{before.isoformat()}" if before else "sheet$"
    arguments: dict[str, Any] = {
        "TableName": config().table("accounts"),
        "KeyConditionExpression": "account_id = :a AND #item BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#item": "item"},
        "ExpressionAttributeValues": {":a": text(account_id), ":low": text("sheet#"), ":high": text(upper)},
        "ScanIndexForward": False,
        "Limit": limit + 1,
    }
    sheets = (parse_sheet(item) for item in query_all(arguments, limit + 1))
    return [sheet for sheet in sheets if before is None or sheet.on < before][:limit]


def open_sheets(shard: str, before: date) -> Iterator[tuple[str, date]]:
    """Yield (account_id, day) of the open sheets of one index shard, for days before `before`, oldest first."""
    bound = {":before": text(f"sheet#{before.isoformat()}")}
    return _indexed("by_open_day", "open", shard, " AND #item < :before", bound, {"#item": "item"})


def pending_sheets(shard: str) -> Iterator[tuple[str, date]]:
    """Yield (account_id, day) of the sheets of one index shard with something for a verifier, oldest day first."""
    return _indexed("by_pending", "pending", shard, "", {}, {})


def _indexed(
    index: str, attribute: str, shard: str, more: str, values: Item, names: dict[str, str]
) -> Iterator[tuple[str, date]]:
    arguments = {
        "TableName": config().table("accounts"),
        "IndexName": index,
        "KeyConditionExpression": f"#shard = :shard{more}",
        "ExpressionAttributeNames": {"#shard": attribute, **names},
        "ExpressionAttributeValues": {":shard": text(shard), **values},
    }
    for item in query_all(arguments):
        yield item["account_id"]["S"], date.fromisoformat(item["item"]["S"].removeprefix("sheet#"))


def add_settled_mark(tx: Transaction, sheet: Sheet) -> None:
    """Write the settled totals on the sheet and take it out of the open index.

    Lost when something was added meanwhile, or when somebody else wrote settled totals: a batched read may show a
    sheet from before another settling and the account from after it.
    """
    table, key = sheet_key(sheet.account_id, sheet.on)
    tx.update(
        f"sheet {sheet.on}",
        table,
        key,
        "SET #sg = :grams, #sm = :millipoints REMOVE #open",
        f"#n = :version AND {SETTLED_AS_READ}",
        {
            ":grams": number(sheet.grams_co2e),
            ":millipoints": number(sheet.millipoints),
            ":version": number(sheet.version),
            **settled_as_read(sheet),
        },
        sg="sg",
        sm="sm",
        open="open",
        n="n",
    )


def add_settled_check(tx: Transaction, sheet: Sheet) -> None:
    """Demand that the sheet is settled and corrected as it was read, without writing it.

    More may have been recorded meanwhile. A correction may not: it may have taken away what is about to be booked.
    """
    table, key = sheet_key(sheet.account_id, sheet.on)
    condition = f"{SETTLED_AS_READ} AND (#x = :x_read OR (attribute_not_exists(#x) AND :x_read = :zero))"
    values = {**settled_as_read(sheet), ":x_read": number(sheet.corrections_count)}
    tx.check(f"sheet {sheet.on}", table, key, condition, values, sg="sg", sm="sm", x="x")


SETTLED_AS_READ = (
    "(#sg = :sg_read OR (attribute_not_exists(#sg) AND :sg_read = :zero))"
    " AND (#sm = :sm_read OR (attribute_not_exists(#sm) AND :sm_read = :zero))"
)


def settled_as_read(sheet: Sheet) -> Item:
    """Return the values of `SETTLED_AS_READ` for a sheet as it was read."""
    return {
        ":sg_read": number(sheet.settled_grams_co2e),
        ":sm_read": number(sheet.settled_millipoints),
        ":zero": number(0),
    }
