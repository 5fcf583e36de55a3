"""Owns the unified social credit code 统一社会信用代码 (GB 32100-2015): 18 characters, the last one checks the others.

Must not look anything up: a code that fits may still belong to nobody.
"""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SHAPE = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


def check_character(first_17: str) -> str:
    """Return the 18th character: place n weighs 3 to the n-th, the weighted sum of all 18 is a multiple of 31.

    >>> check_character("91110000600037341")
    'L'
    """
    total = sum(ALPHABET.index(character) * 3**place for place, character in enumerate(first_17))
    return ALPHABET[-total % len(ALPHABET)]


def fault_in(code: str) -> str | None:
    """Return what is wrong with `code`, None when it fits.

    >>> fault_in("91110000600037341L")
    >>> fault_in("91110000600037342L")
    'the last character does not check the others'
    """
    if not _SHAPE.fullmatch(code):
        return "must be 18 digits and capital letters (without I, O, S, V, Z), places 3 to 8 digits"
    if check_character(code[:17]) != code[17]:
        return "the last character does not check the others"
    return None
