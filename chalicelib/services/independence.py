"""Owns who stands behind a correction, so that nobody decides over an objection to what they did themselves.

Must not decide anything; `services.appeals` asks before it does.
"""

from collections.abc import Iterator

from chalicelib.domain.corrections import REJECT, REPLACE, REVERSE, Correction
from chalicelib.domain.night_causes import reason_in
from chalicelib.domain.projects import CLAIMED
from chalicelib.domain.sheets import Sheet
from chalicelib.errors import Forbidden
from chalicelib.services.explaining import find_activity
from chalicelib.store.cases import Case, find_case_of_any_kind
from chalicelib.store.catalogue import find_document
from chalicelib.store.projects import find_claims

_LOWERING = frozenset({REJECT, REVERSE, REPLACE})
_DECIDING = ("decided_by", "proposed_by", "approved_by")


def check_unconcerned(account_id: str, activity_id: str | None, person_id: str, own_account_id: str) -> None:
    """Raise Forbidden `appeal-not-independent` when the objection is one's own, or to what one has decided.

    Behind a correction stand those who decided the case that is its cause, who proposed and approved the batch, who
    judged an activity of its sample, or who registered the project that claims the asset. A job alone is nobody.
    """
    if own_account_id == account_id:
        raise Forbidden("appeal-not-independent", "nobody decides over an objection of their own")
    if activity_id is None:
        return
    sheet, event_key = find_activity(account_id, activity_id)
    if person_id in people_behind(sheet, event_key):
        raise Forbidden(
            "appeal-not-independent", "this person stands behind the decision that is objected to"
        )


def people_behind(sheet: Sheet, event_key: str) -> set[str]:
    """Return the staff ids of all who stand behind what lowered the worth of an activity."""
    lowering = [made for made in sheet.corrections.get(event_key, ()) if made.kind in _LOWERING]
    return {person for made in lowering for person in _behind(sheet, made) if person}


def _behind(sheet: Sheet, made: Correction) -> Iterator[str | None]:
    case = find_case_of_any_kind(made.cause)
    if case is not None:
        yield from (case.body.get(name) for name in _DECIDING)
        yield from _judges(case)
    elif reason_in(made.cause, (CLAIMED,)):
        asset = sheet.activities[made.event_key].asset
        for claim in find_claims([asset], consistent=True).values():
            project = find_document("project", claim["project_id"])
            yield project["registered_by"] if project is not None else None


def _judges(case: Case) -> Iterator[str | None]:
    return (drawn["judged_by"] for drawn in case.body.get("sample", ()))
