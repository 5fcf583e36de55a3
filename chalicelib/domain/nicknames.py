"""Owns what a nickname may be: short, plain, no number somebody could be called at, none of the blocked words.

Must not hold the words; they are data (`chalicelib/profiles/words`).
"""

import re
import unicodedata
from collections.abc import Iterable

CHARS_MAX = 10
_PLAIN = re.compile(r"[\w·]+(?:[ -][\w·]+)*")
_DIGITS_IN_A_ROW_MAX = 4


def fault_of(nickname: str, blocked: Iterable[str]) -> str | None:
    """Return what is wrong with a nickname, None when nothing is.

    >>> fault_of("贺兰山下的风", ["管理员"]), fault_of("小 王-2", [])
    (None, None)
    >>> [fault_of(one, ["管理员"]) for one in ("王", "13 8 0013", "管·理-员", "x" * 11)]
    ['must have from 2 to 10 characters', 'must not look like a number', 'holds a blocked word', \
'must have from 2 to 10 characters']
    """
    if not 2 <= len(nickname) <= CHARS_MAX:
        return f"must have from 2 to {CHARS_MAX} characters"
    if not _PLAIN.fullmatch(nickname):
        return "may hold letters, digits, · and single spaces or hyphens between them"
    bare = _bare(nickname)
    if sum(char.isnumeric() for char in bare) > _DIGITS_IN_A_ROW_MAX:
        return "must not look like a number"
    if any(_bare(word) in bare for word in blocked):
        return "holds a blocked word"
    return None


def _bare(text: str) -> str:
    """Return what is left when width, case and everything between the letters are disregarded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())
