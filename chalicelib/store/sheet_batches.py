"""Owns the writing of many fresh day sheets at once, as deliveries bring them: one round trip for 25 of them.

Must not touch a sheet that exists. A batch of PartiQL inserts is 25 independent conditional writes, each costing what
one costs alone (a transaction would cost twice that, and fail as a whole).
"""

from collections.abc import Sequence

from chalicelib.config import config
from chalicelib.domain.activities import encode_activity
from chalicelib.domain.recording import Plan
from chalicelib.domain.refusals import encode_refusal
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Unavailable
from chalicelib.store.client import Item, dynamodb, number, text
from chalicelib.store.sheets import shard_of, sheet_key, slot_set

BATCH_MAX = 25
_EXISTS = frozenset({"DuplicateItem", "ConditionalCheckFailed"})
_PASSING = frozenset(
    {"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "InternalServerError"}
)


def insert_sheets(planned: Sequence[tuple[Sheet, Plan]]) -> list[bool]:
    """Write each sheet with its additions if there is none yet; return, in order, which were written.

    False is no failure: that sheet exists, or the table was busy; it is then recorded by itself.
    """
    assert 0 < len(planned) <= BATCH_MAX, "a batch has 1 to 25 sheets"
    answer = dynamodb().batch_execute_statement(
        Statements=[_statement(sheet, plan) for sheet, plan in planned]
    )
    codes = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
    if unknown := {code for code in codes if code is not None} - _EXISTS - _PASSING:
        raise Unavailable("store-refused", f"the store refused a batch: {sorted(unknown)}")
    return [code is None for code in codes]


def _statement(sheet: Sheet, plan: Plan) -> dict[str, object]:
    item = _fresh_item(sheet, plan)
    fields = ",".join(f"'{name}':?" for name in item)
    table = config().table("accounts")
    return {"Statement": f'INSERT INTO "{table}" VALUE {{{fields}}}', "Parameters": list(item.values())}


def _fresh_item(sheet: Sheet, plan: Plan) -> Item:
    """Return the item that recording `plan` on an empty sheet leaves; the form is that of `store.sheets`."""
    item = {
        **sheet_key(sheet.account_id, sheet.on)[1],
        "open": text(shard_of(sheet.account_id)),
        "n": number(len(plan.additions)),
        "g": number(sum(a.grams_co2e for a in plan.additions)),
        "mp": number(sum(a.millipoints for a in plan.additions)),
    }
    if plan.has_pending:
        item["pending"] = item["open"]
    if plan.slots:
        item["f"] = slot_set(plan.slots)
    for code, count in plan.paid_by_code.items():
        item["c:" + code] = number(count)
    for refusal in plan.refusals:
        item["r" + refusal.event_key] = text(encode_refusal(refusal))
    if plan.refusals:
        item["rn"] = number(len(plan.refusals))
    for activity in plan.additions:
        item["e" + activity.event_key] = text(encode_activity(activity))
    return item
