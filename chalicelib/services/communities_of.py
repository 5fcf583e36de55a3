"""Owns the question which community each of some residents has chosen.

Must not decide what a community is. A resident without one counts under none.
"""


def communities_of(account_ids: list[str]) -> dict[str, str]:
    """Return the community by account id, of those that have chosen one; residents cannot choose any yet."""
    return {}
