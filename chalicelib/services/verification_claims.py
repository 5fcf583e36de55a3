"""Owns that no activity is in two open verification batches: a batch claims its methodology, source and days.

Must not know what a batch is judged by. A claim ends with its batch: nothing has to be taken back when one closes.
"""

from dataclasses import replace
from typing import Any

from chalicelib.errors import Conflict
from chalicelib.keys import keyed_digest
from chalicelib.store import cases
from chalicelib.store.cases import NO_DEADLINE, Case
from chalicelib.store.transactions import Transaction

KIND, HELD = "verification-population", "held"


def add_batch(batch: Case, closed_states: frozenset[str]) -> bool:
    """Store a new batch with its claim, in one transaction; False when its id is taken, by whatever.

    Conflict `verification-overlaps` with the batch that is open over some of the same days. TransactionLost when
    somebody opened or claimed at the same time.
    """
    if cases.find_case_of_any_kind(batch.case_id) is not None:
        return False
    claims_id = "vpop_" + keyed_digest(KIND, batch.body["methodology_id"], batch.body["source"])
    held = cases.find_case(claims_id, KIND)
    standing = [one for one in _claims(held) if _is_open(one["batch_id"], batch.kind, closed_states)]
    mine = {"batch_id": batch.case_id, "from_on": batch.body["from_on"], "to_on": batch.body["to_on"]}
    for other in standing:
        if other["from_on"] <= mine["to_on"] and mine["from_on"] <= other["to_on"]:
            raise Conflict("verification-overlaps", "a batch over some of these days is open", **other)
    body = {"batches": [*standing, mine]}
    tx = Transaction()
    cases.add_new_case(tx, batch)
    if held is None:
        claims = Case(claims_id, KIND, HELD, batch.subject, batch.opened_at, NO_DEADLINE, body)
        cases.add_new_case(tx, claims)
    else:
        cases.add_replacement(tx, held, replace(held, body=body))
    tx.commit()
    return True


def _claims(held: Case | None) -> list[dict[str, Any]]:
    return held.body["batches"] if held is not None else []


def _is_open(batch_id: str, kind: str, closed_states: frozenset[str]) -> bool:
    """Say whether a batch still holds its days; closed, it never opens again."""
    return cases.get_case(batch_id, kind).state not in closed_states
