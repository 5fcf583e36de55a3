"""Owns the accreditation of sources: granted and revoked by verifiers, read by whoever records, published to all.

Must not change what was granted: a record is written once; a revocation is another one and only ever shortens.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.domain.accreditations import (
    PLATFORM,
    SELF,
    SELF_DECLARED,
    Accreditation,
    evidence_on,
    from_stored,
    parse_accreditation,
    stored_form,
)
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.pages import Page
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from chalicelib.profiles import current_profile
from chalicelib.services.methodologies import counting_ids, versions_of
from chalicelib.store.catalogue import (
    cached_documents,
    find_document,
    get_document,
    list_after,
    list_documents,
    put_document,
)
from chalicelib.store.client import pause

KIND, REVOCATION = "accreditation", "accreditation-revocation"
NOT_ACCREDITED = "source-not-accredited"
CLAIMED = "operator-signed"  # what a delivery claims to be; it counts only with an accreditation
YEARS_MAX = 5
_ATTEMPTS_MAX = 5
_ASKED = ("source", "methodologies", "evidence", "valid_from", "valid_to", "document_ref", "statement")


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who verifies, and for which organisation; "" when none was entered: such a one verifies nothing."""

    staff_id: str
    organisation: str = ""


def accredit_source(asked: Mapping[str, Any], verifier: Verifier, now: datetime) -> dict[str, Any]:
    """Grant an accreditation {source, methodologies, evidence, valid_from, valid_to, document_ref, statement}.

    The very same asked for again by the same verifier is the one that stands (`_hit`). InvalidInput names every wrong
    field; NotFound `partner-unknown`; Forbidden `verifier-is-source`.
    """
    check_independent(verifier, asked["source"])
    _check_asked(asked)
    source = asked["source"]
    wanted = {**{name: asked[name] for name in _ASKED}, "accredited_by": verifier.staff_id}
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        known, ended = list_documents(KIND, _prefix(source)), _ended(_prefix(source))
        for document in known:
            if wanted.items() <= document.items() and document["id"] not in ended:
                return _shown(document, ended, now) | {"_hit": True}
        accreditation = {
            "id": f"{_prefix(source)}{len(known) + 1:04d}",
            **wanted,
            "accredited_at": to_text(now),
        }
        try:
            put_document(KIND, accreditation["id"], accreditation)
        except Conflict:
            pause(attempt)
            continue
        return _shown(accreditation, {}, now)
    raise Unavailable("too-busy", "too many changes at once; the same request may be sent again")


def revoke_accreditation(
    accreditation_id: str, from_on: str, reason: str, verifier: Verifier, now: datetime
) -> dict[str, Any]:
    """Let an accreditation hold only for days before `from_on` (ISO), which may be past; nothing is undone by it.

    Again with the same day: the revocation that stands (`_hit`). NotFound `accreditation-unknown`; Conflict
    `accreditation-revoked` when it has ended earlier already.
    """
    accreditation = get_document(KIND, accreditation_id)
    check_independent(verifier, accreditation["source"])
    ended = _ended(f"{accreditation_id}.").get(accreditation_id)
    if ended is not None and ended["revoked_from"] < from_on:
        detail = "it has ended earlier already"
        raise Conflict("accreditation-revoked", detail, revoked_from=ended["revoked_from"])
    record = {
        "accreditation_id": accreditation_id,
        "revoked_from": from_on,
        "reason": reason,
        "revoked_by": verifier.staff_id,
        "revoked_at": to_text(now),
    }
    is_known = not _put_once(REVOCATION, f"{accreditation_id}.{from_on}", record)
    return _shown(accreditation, _ended(f"{accreditation_id}."), now) | {"_hit": is_known}


def list_accreditations(source: str | None, limit: int, cursor: str | None, now: datetime) -> Page:
    """Return a page of accreditations, all or one source's, in the order of their ids."""
    prefix = _prefix(source) if source else ""
    found, ended = list_after(KIND, prefix, cursor, limit), _ended(prefix)
    more = found[-1]["id"] if len(found) == limit else None
    return Page([_shown(document, ended, now) for document in found], more)


def list_sources(now: datetime) -> list[dict[str, Any]]:
    """Return what anybody may know of every accreditation: source, grade, methodologies, validity, document."""
    names = {partner["id"]: partner["name"] for partner in list_documents("partner")}
    names |= {SELF: "居民本人申报", PLATFORM: "平台观察"}
    ended = _ended("")
    shown = (_shown(document, ended, now) for document in list_documents(KIND))
    return [
        {"name": names.get(one["source"], one["source"]), **{name: one[name] for name in _PUBLIC}}
        for one in shown
    ]


_PUBLIC = (
    *("source", "methodologies", "evidence", "valid_from", "valid_to"),
    *("revoked_from", "state", "document_ref"),
)


def accreditations_of(source: str) -> tuple[Accreditation, ...]:
    """Return what holds for a source, as it was at most 30 s ago, revocations counted."""
    ended = _first(cached_documents(REVOCATION, _prefix(source)))
    found = []
    for document in cached_documents(KIND, _prefix(source)):
        revocation = ended.get(document["id"])
        found.append(parse_accreditation(document, revocation["revoked_from"] if revocation else None))
    return tuple(found)


def grade_of(accreditations: Iterable[Accreditation], methodology_id: str, on: date) -> tuple[str, str]:
    """Return the grade with which a delivered activity counts and, when its source is not accredited, the refusal."""
    evidence = evidence_on(accreditations, methodology_id, on)
    return (evidence, "") if evidence else (CLAIMED, NOT_ACCREDITED)


def pin(source: str) -> list[Any]:
    """Return what holds for a source now, in a form that a long run keeps, to be judged alike to its end."""
    return [stored_form(one) for one in accreditations_of(source)]


def pinned(stored: list[Any] | None, source: str) -> tuple[Accreditation, ...]:
    """Return what `pin` returned; for a run that kept nothing, what holds now."""
    return accreditations_of(source) if stored is None else tuple(map(from_stored, stored))


def may_declare(methodology_id: str, on: date) -> bool:
    """Say whether residents' own word counts for a methodology on a day.

    The methodology itself admits it and says with which share. Where a verifier has ever accredited own word for it,
    their periods and revocations bind.
    """
    found = [one for one in accreditations_of(SELF) if methodology_id in one.methodologies]
    return not found or evidence_on(found, methodology_id, on) is not None


def _prefix(source: str) -> str:
    return f"{source}."


def _ended(prefix: str) -> dict[str, dict[str, Any]]:
    return _first(list_documents(REVOCATION, prefix))


def _first(revocations: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return by accreditation the revocation that ends it first; their ids are in the order of days."""
    first: dict[str, dict[str, Any]] = {}
    for one in revocations:
        first.setdefault(one["accreditation_id"], one)
    return first


def _put_once(kind: str, id: str, document: dict[str, Any]) -> bool:
    try:
        put_document(kind, id, document)
    except Conflict:
        return False
    return True


def check_independent(verifier: Verifier, source: str) -> None:
    """Raise Forbidden `verifier-is-source` when a verifier belongs to the source they would judge.

    Of one without an organisation nobody can say that: Forbidden `verifier-without-organisation`.
    """
    if not verifier.organisation:
        raise Forbidden("verifier-without-organisation", "whoever verifies does so for an organisation")
    if verifier.organisation == source:
        raise Forbidden("verifier-is-source", "nobody verifies what their own organisation delivers")


def _check_asked(asked: Mapping[str, Any]) -> None:
    source, evidence = asked["source"], asked["evidence"]
    if source not in (SELF, PLATFORM) and find_document("partner", source) is None:
        raise NotFound("partner-unknown", f"there is no partner {source!r}", id=source)
    faults = []
    if (evidence == SELF_DECLARED) != (source == SELF):
        faults.append({"pointer": "/evidence", "detail": "self-declared 只用于 self，self 也只能是它"})
    for position, methodology_id in enumerate(asked["methodologies"]):
        pointer = f"/methodologies/{position}"
        if methodology_id not in counting_ids():
            faults.append({"pointer": pointer, "detail": f"本市没有方法学 {methodology_id}"})
        elif not any(evidence in m.evidence_share_percent for m in versions_of(methodology_id)):
            faults.append({"pointer": pointer, "detail": f"方法学 {methodology_id} 不接受 {evidence}"})
    valid_from, valid_to = date.fromisoformat(asked["valid_from"]), date.fromisoformat(asked["valid_to"])
    if valid_to < valid_from:
        faults.append({"pointer": "/valid_to", "detail": "早于 valid_from"})
    elif valid_to.year - valid_from.year > YEARS_MAX:
        faults.append({"pointer": "/valid_to", "detail": f"最长 {YEARS_MAX} 年"})
    if faults:
        raise InvalidInput(faults)


def _shown(
    document: Mapping[str, Any], ended: Mapping[str, Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    revocation = ended.get(document["id"], {"revoked_from": None, "reason": None})
    today = local_day(now, current_profile().tz).isoformat()
    return {
        **document,
        "revoked_from": revocation["revoked_from"],
        "revoked_reason": revocation["reason"],
        "state": _state(document, revocation["revoked_from"], today),
    }


def _state(document: Mapping[str, Any], revoked_from: str | None, today: str) -> str:
    if revoked_from is not None and revoked_from <= today:
        return "revoked"
    if today < document["valid_from"]:
        return "not-yet"
    return "valid" if today <= document["valid_to"] else "expired"
