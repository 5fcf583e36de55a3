"""Owns what only all segments of an audit together show: sums by party, and counts that have to be equal.

Must not read anything; `services.auditing` gathers.
"""

from collections.abc import Iterator

from chalicelib.domain.auditing import Finding
from chalicelib.domain.entries import SYS_BONUS, SYS_ISSUANCE, SYS_LOSS
from chalicelib.services.sweep_slices import Result

PARTIES_MAX = 3000
MERCHANTS = "merchants"
MAY_OWE = frozenset({SYS_ISSUANCE, SYS_LOSS, SYS_BONUS})


def bounded(parties: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return the sums by party; of more than so many parties, all merchants as one, and from then on always."""
    if len(parties) <= PARTIES_MAX and MERCHANTS not in parties:
        return parties
    bounded: dict[str, list[int]] = {}
    for party, (points, grams) in parties.items():
        is_merchant = not party.startswith(("sys_", "residents"))
        sums = bounded.setdefault(MERCHANTS if is_merchant else party, [0, 0])
        sums[0] += points
        sums[1] += grams
    return bounded


def compare_totals(result: Result) -> Iterator[Finding]:
    """Yield what does not add up over all tables."""
    stored, audited = result["stored_before"], result["entries_before"]
    if stored != audited:
        yield Finding(1, "", f"the table has {stored} entries, the accounts' journals {audited}")
    outside = (result["outside_before"], result["outside_checksum"])
    indexed = (result["indexed_before"], result["indexed_checksum"])
    if outside != indexed:
        yield Finding(
            1, "", f"{outside[0]} entries name a counterparty, its index has {indexed[0]}, or others"
        )
    for place, asset in enumerate(("points", "grams")):
        if sum(sums[place] for sums in result["parties"].values()) != 0:
            yield Finding(1, "", f"{asset} do not sum to zero over all accounts")
        for party, sums in result["parties"].items():
            if sums[place] < 0 and party not in MAY_OWE:
                yield Finding(3, "", f"{party} has {sums[place]} {asset}")
