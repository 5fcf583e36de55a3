"""Owns the people table: logins, what a resident agreed to and which cards they bound, and whose a card is.

Must not decide. Items: `login#<digest>` + role (who signs in), `<account id>` + `person` (consents and cards, with a
version), `<account id>` + `consent#<version>#<purpose>` (what was agreed when, never changed), `card#<digest>` +
`binding` (whose it is while the consent stands; afterwards the day of its release and nobody's id, for ever). No item
holds a card number or a name of a resident.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.config import config
from chalicelib.errors import Conflict
from chalicelib.keys import keyed_digest
from chalicelib.store.client import BATCH_GET_MAX, Item, batch_get, dynamodb, number, text
from chalicelib.store.transactions import Transaction, TransactionLost

_MERCHANT_ROLES = ("cashier", "merchant_manager")
# What stands under a login whose account was closed: nothing of the account, and free for a new one.
_RELEASED: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Person:
    """What a resident agreed to, by purpose, and their cards, oldest first; `version` 0 before the first change.

    `closed_at` is empty until the resident has closed the account.
    """

    account_id: str
    version: int
    consents: dict[str, dict[str, Any]]
    cards: tuple[dict[str, str], ...]
    closed_at: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """Whose a card is, and from which local day on its trips count.

    `released_on` is the day of the release that a new binding follows, None for a card that nobody had.
    """

    account_id: str
    covers_from_on: str
    released_on: str | None = None


def find_or_add_resident(login_digest: str, account_id: str, at: str) -> str:
    """Return the account of a login; the first caller's `account_id` becomes it, whoever races."""
    known = find_resident(login_digest)
    if known is not None:
        return known
    body = {"account_id": account_id, "added_at": at}
    client = dynamodb()
    try:
        client.put_item(
            TableName=_table(),
            Item=_item(f"login#{login_digest}", "resident", body),
            ConditionExpression="attribute_not_exists(person_id) OR body = :released",
            ExpressionAttributeValues={":released": _item("", "", _RELEASED)["body"]},
        )
    except client.exceptions.ConditionalCheckFailedException:
        winner = find_resident(login_digest)
        assert winner is not None, "a login is released by its account's closing only"
        return winner
    return account_id


def find_resident(login_digest: str) -> str | None:
    """Return the account of a login that has signed in as a resident, or None."""
    found = _find(f"login#{login_digest}", "resident")
    return None if found is None or found == _RELEASED else str(found["account_id"])


def release_login(login_digest: str, account_id: str) -> None:
    """Forget whose login this is, if it is still this account's; signing in again begins a new account."""
    login, client = f"login#{login_digest}", dynamodb()
    known = _find(login, "resident")
    if known is None or known.get("account_id") != account_id:
        return
    # Nobody else's account ever takes the place of one that was not released: what was read is what is overwritten.
    client.put_item(
        TableName=_table(),
        Item=_item(login, "resident", _RELEASED),
        ConditionExpression="body = :read",
        ExpressionAttributeValues={":read": _item(login, "resident", known)["body"]},
    )


def merchants_of(login_digest: str) -> tuple[str, ...]:
    """Return the merchants whose staff a login belongs to; one round trip."""
    login = text(f"login#{login_digest}")
    keys = [(_table(), {"person_id": login, "item": text(f"staff#{role}")}) for role in _MERCHANT_ROLES]
    bodies = (json.loads(item["body"]["S"]) for _, item in batch_get(keys))
    return tuple(sorted({b["merchant_id"] for b in bodies if b["merchant_id"] and not b.get("removed_at")}))


def find_staff(login_digest: str, role: str) -> dict[str, Any] | None:
    """Return `{staff_id, role, merchant_id, store_ids, name}` of a staff login; None when unknown or removed."""
    found = _find(f"login#{login_digest}", f"staff#{role}")
    return None if found is None or found.get("removed_at") else found


def put_staff(subject: str, role: str, merchant_id: str, store_ids: Sequence[str], name: str) -> str:
    """Enter (or replace) a staff login of the development provider; return the staff id, the same every time.

    It stands for the person, not the role: whoever holds two roles is still one person where two are demanded.
    """
    staff_id = "stf_" + keyed_digest("staff-id", "dev", subject)
    body = {
        "staff_id": staff_id,
        "role": role,
        "merchant_id": merchant_id,
        "store_ids": list(store_ids),
        "name": name,
    }
    login = f"login#{keyed_digest('login', 'dev', subject)}"
    dynamodb().put_item(TableName=_table(), Item=_item(login, f"staff#{role}", body))
    return staff_id


def get_person(account_id: str) -> Person:
    """Return a resident's consents and cards; one strongly consistent read."""
    key = {"person_id": text(account_id), "item": text("person")}
    item = dynamodb().get_item(TableName=_table(), Key=key, ConsistentRead=True).get("Item")
    if item is None:
        return Person(account_id, 0, {}, ())
    body = json.loads(item["body"]["S"])
    closed_at = body.get("closed_at", "")
    return Person(account_id, int(item["version"]["N"]), body["consents"], tuple(body["cards"]), closed_at)


def save_person(
    person: Person,
    consent_changes: Sequence[dict[str, str]] = (),
    bound: dict[str, Binding] | None = None,
    unbound: Mapping[str, str] | None = None,
    along: Callable[[Transaction], None] | None = None,
) -> None:
    """Write `person`, whose `version` is the one that was read, with all that hangs on it, at once or not at all.

    `consent_changes` {purpose, at, …} join the history; `bound` are the new bindings by card digest, `unbound` the
    local days of release. A card is bound only while it is as `find_release` has shown it. `along` adds what else
    belongs to it. Raises Conflict `card-bound-elsewhere` or `changed-meanwhile`.
    """
    tx = Transaction()
    _add_person(tx, person)
    for change in consent_changes:
        label = f"consent#{person.version + 1:06d}#{change['purpose']}"
        item = _item(person.account_id, label, change)
        tx.put("consent", _table(), item, "attribute_not_exists(person_id)")
    for digest, binding in (bound or {}).items():
        _add_binding(tx, digest, binding)
    for digest, released_on in (unbound or {}).items():
        _add_release(tx, digest, person.account_id, released_on)
    if along is not None:
        along(tx)
    try:
        tx.commit()
    except TransactionLost as lost:
        is_own_race = "person" in lost.labels
        if "card" in lost.labels and not is_own_race and not lost.conflict:
            raise Conflict("card-bound-elsewhere", "this card is bound to another account") from lost
        raise Conflict("changed-meanwhile", "consents or cards were changed meanwhile") from lost


def find_release(card_digest: str) -> str | None:
    """Return the local day on which the card was last released; None when it never was, or somebody has it."""
    found = _find(f"card#{card_digest}", "binding")
    return None if found is None else found.get("released_on")


def bindings_by_card(card_digests: Iterable[str]) -> dict[str, Binding]:
    """Return the bindings of the given cards that are bound, by card digest; 100 cards a round trip."""
    digests = sorted(set(card_digests))
    found: dict[str, Binding] = {}
    for start in range(0, len(digests), BATCH_GET_MAX):
        keys = [
            (_table(), {"person_id": text(f"card#{digest}"), "item": text("binding")})
            for digest in digests[start : start + BATCH_GET_MAX]
        ]
        for _, item in batch_get(keys):
            body = json.loads(item["body"]["S"])
            digest = item["person_id"]["S"].removeprefix("card#")
            is_bound = "account_id" in body
            if is_bound:
                found[digest] = Binding(body["account_id"], body["covers_from_on"])
    return found


def _add_binding(tx: Transaction, digest: str, binding: Binding) -> None:
    body = {"account_id": binding.account_id, "covers_from_on": binding.covers_from_on}
    item = _item(f"card#{digest}", "binding", body) | {"account_id": text(binding.account_id)}
    if binding.released_on is None:
        tx.put("card", _table(), item, "attribute_not_exists(person_id)")
    else:
        # Only a release has this attribute: a card bound meanwhile, or released on a later day, fails the condition.
        tx.put("card", _table(), item, "released_on = :seen", {":seen": text(binding.released_on)})


def _add_release(tx: Transaction, digest: str, account_id: str, released_on: str) -> None:
    """The item stays, without its holder: whoever binds the card next must not be paid for days paid already."""
    item = _item(f"card#{digest}", "binding", {"released_on": released_on})
    item["released_on"] = text(released_on)
    mine_or_gone = "attribute_not_exists(person_id) OR account_id = :mine"
    tx.put("unbound", _table(), item, mine_or_gone, {":mine": text(account_id)})


def _add_person(tx: Transaction, person: Person) -> None:
    body: dict[str, Any] = {"consents": person.consents, "cards": list(person.cards)}
    if person.closed_at:
        body["closed_at"] = person.closed_at
    item = _item(person.account_id, "person", body) | {"version": number(person.version + 1)}
    if person.version == 0:
        tx.put("person", _table(), item, "attribute_not_exists(person_id)")
    else:
        tx.put("person", _table(), item, "#v = :read", {":read": number(person.version)}, v="version")


def _find(person_id: str, item: str) -> dict[str, Any] | None:
    key = {"person_id": text(person_id), "item": text(item)}
    found = dynamodb().get_item(TableName=_table(), Key=key, ConsistentRead=True).get("Item")
    return None if found is None else json.loads(found["body"]["S"])


def _item(person_id: str, item: str, body: dict[str, Any]) -> Item:
    stored = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {"person_id": text(person_id), "item": text(item), "body": text(stored)}


def _table() -> str:
    return config().table("people")
