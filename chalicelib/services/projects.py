"""Owns registered projects and their assets: what another registry has been promised is not paid here as well.

Must not keep an asset's number: what is stored or compared is a keyed digest. A project and its lists are written once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chalicelib.domain.canonical import digest_of
from chalicelib.domain.days import to_text
from chalicelib.domain.pages import Page
from chalicelib.domain.projects import CLAIMED, is_claimed
from chalicelib.errors import Conflict, InvalidInput
from chalicelib.keys import asset_digest
from chalicelib.store.catalogue import find_document, get_document, list_after, list_documents, put_document
from chalicelib.store.projects import Claim, add_claims, find_claims

KIND, BATCH = "project", "project-assets"
BATCHES_MAX, BATCH_ROWS_MAX = 100, 500
_ASKED = ("id", "name", "registry", "from_on", "to_on")


def register_project(asked: Mapping[str, Any], operator_id: str, now: datetime) -> dict[str, Any]:
    """Enter a project {id, name, registry, from_on, to_on}; its assets follow in batches.

    The very same again is the one that stands (`_hit`); Conflict `project-exists` for another under its id;
    InvalidInput for a period that ends before it begins.
    """
    if asked["to_on"] < asked["from_on"]:
        raise InvalidInput.at("/to_on", "早于 from_on")
    wanted = {name: asked[name] for name in _ASKED}
    project = {**wanted, "registered_by": operator_id, "registered_at": to_text(now)}
    try:
        put_document(KIND, asked["id"], project)
    except Conflict:
        known = get_document(KIND, asked["id"])
        if not wanted.items() <= known.items():
            raise
        return _shown(known) | {"_hit": True}
    return _shown(project)


def claim_assets(
    project_id: str, batch_no: int, assets: Sequence[Mapping[str, str]], now: datetime
) -> dict[str, Any]:
    """Claim the assets {kind, number} of batch `batch_no` (1 to 100, at most 500 each) for a project.

    Answers how many are claimed by this project now, and the positions of those that another project has. The same
    batch again answers the same (`_hit`); Conflict `idempotency-key-reused` for another list under its number.
    """
    if not 1 <= batch_no <= BATCHES_MAX:
        raise InvalidInput.at("/path/batch_no", f"1 到 {BATCHES_MAX}")
    assert len(assets) <= BATCH_ROWS_MAX, "a batch has at most 500 assets"
    project = get_document(KIND, project_id)
    digests = [asset_digest(asset["number"]) for asset in assets]
    request_digest = digest_of([[a["kind"], digest] for a, digest in zip(assets, digests, strict=True)])
    batch_id = f"{project_id}.{batch_no:03d}"
    known = find_document(BATCH, batch_id)
    if known is not None:
        if known["request_digest"] != request_digest:
            raise Conflict("idempotency-key-reused", "this batch number stands for another list")
        return _batch_view(known) | {"_hit": True}
    period = {"project_id": project_id, "from_on": project["from_on"], "to_on": project["to_on"]}
    kinds = {digest: asset["kind"] for asset, digest in zip(assets, digests, strict=True)}
    add_claims([(digest, {**period, "kind": kind}) for digest, kind in kinds.items()])
    claims = find_claims(digests, consistent=True)
    elsewhere = [place for place, digest in enumerate(digests) if claims[digest]["project_id"] != project_id]
    batch = {
        "project_id": project_id,
        "batch_no": batch_no,
        "request_digest": request_digest,
        "claimed": sum(claims[digest]["project_id"] == project_id for digest in kinds),
        "claimed_elsewhere": elsewhere,
        "received_at": to_text(now),
    }
    try:
        put_document(BATCH, batch_id, batch)
    except Conflict:
        return claim_assets(project_id, batch_no, assets, now)
    return _batch_view(batch)


def list_projects(limit: int, cursor: str | None) -> Page:
    """Return a page of projects in the order of their ids, each with how many assets it claims."""
    found = list_after(KIND, "", cursor, limit)
    more = found[-1]["id"] if len(found) == limit else None
    return Page([_shown(project) for project in found], more)


def claims_on(digests: Iterable[str]) -> Mapping[str, Claim]:
    """Return the claims on the given assets; nothing is read when there are none."""
    wanted = {digest for digest in digests if digest}
    return find_claims(wanted) if wanted else {}


def refusal_of(claims: Mapping[str, Claim], digest: str, on: date) -> str:
    """Return `claimed-by-project` when a project claims the asset on that day, else nothing."""
    return CLAIMED if digest and is_claimed(claims.get(digest), on) else ""


def _shown(project: Mapping[str, Any]) -> dict[str, Any]:
    batches = list_documents(BATCH, f"{project['id']}.")
    return {**project, "assets": sum(batch["claimed"] for batch in batches), "batches": len(batches)}


def _batch_view(batch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: batch[name] for name in ("project_id", "batch_no", "claimed", "claimed_elsewhere")}
