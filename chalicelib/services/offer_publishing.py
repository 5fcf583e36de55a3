"""Owns the writing of an offer in force: each version checked, entered and let through in one transaction.

Must not know why: approved drafts (`services.offer_drafts`), demonstrations and the ending of an offer use it.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import offers as rules
from chalicelib.errors import InvalidInput
from chalicelib.services.methodologies import counting_ids
from chalicelib.services.staff import check_stores
from chalicelib.store.catalogue import find_document
from chalicelib.store.offer_counters import add_counter_version
from chalicelib.store.transactions import Transaction
from chalicelib.store.versions import Change, add_version

KIND = "offer"


def add_offer_version(tx: Transaction, offer: dict[str, Any], change: Change) -> None:
    """Write `offer` as the version it names; from its commit on only this version can be taken."""
    add_version(tx, KIND, offer, change)
    add_counter_version(tx, offer["id"], offer["version"])


def checked_offer(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the offer in `fields` as it is stored; InvalidInput names every field that is wrong.

    Its stores must be its merchant's, its audience and its methodologies must exist.
    """
    faults = rules.faults_in(fields)
    if "behaviour" in fields:
        known = set(counting_ids())
        for position, methodology_id in enumerate(fields["behaviour"]["methodology_ids"]):
            if methodology_id not in known:
                pointer = f"/behaviour/methodology_ids/{position}"
                faults.append({"pointer": pointer, "detail": f"there is no methodology {methodology_id!r}"})
    audience_id = fields.get("audience_id")
    if audience_id is not None and find_document("audience", audience_id) is None:
        faults.append({"pointer": "/audience_id", "detail": f"there is no audience {audience_id!r}"})
    if not _is_picture(fields.get("picture"), fields["merchant_id"]):
        faults.append({"pointer": "/picture", "detail": "must be an https address or a picture you uploaded"})
    if faults:
        raise InvalidInput(faults)
    check_stores(fields["merchant_id"], fields["store_ids"])
    return rules.with_stored_times(fields)


def _is_picture(picture: str | None, merchant_id: str) -> bool:
    return picture is None or picture.startswith(("https://", f"pictures/{merchant_id}/"))
