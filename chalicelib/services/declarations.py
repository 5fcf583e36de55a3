"""Owns what must stand behind a resident's own word before it is recorded: that it is admitted, and its photo.

Must not record; `services.activities` does, and keeps a note of what is refused here.
"""

from datetime import date

from chalicelib.services.accreditations import NOT_ACCREDITED, may_declare
from chalicelib.services.methodologies import version_on
from chalicelib.services.photos import photo_refusal


def declaration_refusal(
    account_id: str, methodology_id: str, event_id: str, photo_id: str | None, on: date
) -> str:
    """Return why a declaration cannot count whatever its quantity; empty when nothing speaks against it.

    `source-not-accredited` where a verifier has ended own word for the methodology; `evidence-missing` or
    `evidence-invalid` about the photo.
    """
    if not may_declare(methodology_id, on):
        return NOT_ACCREDITED
    methodology = version_on(methodology_id, on)
    return photo_refusal(account_id, event_id, photo_id, methodology is not None and methodology.needs_photo)
