"""Owns the writing of one correction on a day sheet, as part of a transaction.

Must not decide. Attribute names are those of `store.sheets`: e<key>~<number> one correction, x how many there are.
"""

from chalicelib.domain.clashes import OneAtATime, slot_of
from chalicelib.domain.corrections import Correction, encode_correction
from chalicelib.domain.sheets import Sheet, has_pending
from chalicelib.store.client import Item, number, text
from chalicelib.store.sheets import (
    SETTLED_AS_READ,
    settled_as_read,
    shard_of,
    sheet_key,
    slot_digest,
)
from chalicelib.store.transactions import Transaction


def add_correction(
    tx: Transaction, before: Sheet, after: Sheet, correction: Correction, rule: OneAtATime
) -> None:
    """Append `correction` to the sheet and move totals and counters along.

    Lost when anything was written on the sheet since it was read. A day whose totals change is open again until the
    night writes back what was settled of it.
    """
    table, key = sheet_key(before.account_id, before.on)
    activity = before.activities[correction.event_key]
    names = {"n": "n", "x": "x", "g": "g", "mp": "mp", "sg": "sg", "sm": "sm", "k": "e" + correction.name}
    sets, adds, removes = ["#k = :line"], ["#n :one", "#x :one", "#g :grams", "#mp :millipoints"], ""
    values: Item = {
        ":line": text(encode_correction(correction)),
        ":one": number(1),
        ":grams": number(after.grams_co2e - before.grams_co2e),
        ":millipoints": number(after.millipoints - before.millipoints),
        ":version": number(before.version),
        **settled_as_read(before),
    }
    if after.totals != before.totals:
        names["open"] = "open"
        values[":open"] = text(shard_of(before.account_id))
        sets.append("#open = :open")
    if after.paid_by_code != before.paid_by_code:
        names["c"] = "c:" + activity.code
        adds.append("#c :one")
    if activity.code in rule.codes and correction.grams_co2e:
        names["f"] = "f"
        values[":slots"] = {"SS": [slot_digest(slot_of(activity, rule))]}
        adds.append("#f :slots")
    if has_pending(before) and not has_pending(after):
        names["pending"] = "pending"
        removes = " REMOVE #pending"
    tx.update(
        f"sheet {before.on}",
        table,
        key,
        f"SET {', '.join(sets)}{removes} ADD {', '.join(adds)}",
        f"#n = :version AND {SETTLED_AS_READ}",
        values,
        **names,
    )
