"""Owns a resident's export: everything the platform recorded and booked of them, with what is needed to check it.

Must not change anything, nor wait for the night: what is not yet booked or published is in it and marked by its absence
from grants and tree.
"""

from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.days import to_text
from chalicelib.domain.exports import export_document
from chalicelib.errors import Refused
from chalicelib.services.methodologies import all_refs
from chalicelib.services.proofs import newest_proof
from chalicelib.store.accounts import find_account
from chalicelib.store.entries import journal_of
from chalicelib.store.sheets import list_sheets

EXPORT_BYTES_MAX = 5_000_000
_SHEETS_MAX = 10_000


def export_account(account_id: str, now: datetime) -> str:
    """Return the sealed export as canonical JSON; Refused `export-too-large` over 5 MB, what one answer may carry.

    The order of reading matters: the published head is not later than the account; entries up to the account's seq
    never change, and the sheets behind them only grow.
    """
    proof = newest_proof(account_id)
    account = find_account(account_id) or Account(account_id)
    journal = [(body, digest) for body, digest in journal_of(account_id)][: account.seq]
    sheets = list_sheets(account_id, None, _SHEETS_MAX)
    document = export_document(account, journal, sheets, all_refs(), to_text(now), proof)
    text = canonical_json(document)
    if len(text.encode()) > EXPORT_BYTES_MAX:
        raise Refused("export-too-large", "this history is too long for one answer")
    return text
