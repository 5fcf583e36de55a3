"""Owns corrections: what is decided about an activity after it was recorded, each another event on its day sheet.

Must not decide; `domain.correcting` does. From a correction on, the activity is worth what it says, by the methodology
version it names:

- `confirm`: a pending activity is credited; `reject`: it is not
- `replace`: another version counts
- `reverse`: it counts for nothing, e.g. because it was counted twice; `restore`: it counts again, after an appeal
"""

import re
from dataclasses import dataclass

CONFIRM, REJECT, REPLACE, REVERSE, RESTORE = "confirm", "reject", "replace", "reverse", "restore"
KINDS = frozenset({CONFIRM, REJECT, REPLACE, REVERSE, RESTORE})
_CAUSE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of one activity, the `number`th. `cause` is the id of what decided it: verification, job, appeal.

    `reason` says why it is worth less than `methodology_ref` gives: a cap, or another activity it clashes with.
    """

    event_key: str
    number: int
    kind: str
    methodology_ref: str
    grams_co2e: int
    millipoints: int
    cause: str
    reason: str = ""

    def __post_init__(self) -> None:
        assert self.number > 0 and self.kind in KINDS and is_cause(self.cause)
        assert self.grams_co2e >= 0 and self.millipoints >= 0, "an activity is never worth less than nothing"

    @property
    def name(self) -> str:
        """Return the name under which it stands beside its activity.

        >>> Correction("AbC", 2, "reverse", "sb1-x", 0, 0, "job_1").name
        'AbC~2'
        """
        return f"{self.event_key}~{self.number}"


def is_cause(text: str) -> bool:
    """Say whether `text` can name the cause of a correction: 1 to 40 letters, digits, `_` and `-`.

    >>> is_cause("apl_0k3"), is_cause("a|b")
    (True, False)
    """
    return _CAUSE.fullmatch(text) is not None


def encode_correction(correction: Correction) -> str:
    """Return the stored form: `=` and five fields separated by `|`, a sixth only when there is a reason.

    >>> c = Correction("k", 1, "confirm", "sb1-x", 80, 8000, "ver_1")
    >>> encode_correction(c)
    '=confirm|sb1-x|80|8000|ver_1'
    >>> decode_correction("k~1", encode_correction(c)) == c
    True
    """
    c = correction
    line = f"={c.kind}|{c.methodology_ref}|{c.grams_co2e}|{c.millipoints}|{c.cause}"
    return f"{line}|{c.reason}" if c.reason else line


def decode_correction(name: str, stored: str) -> Correction:
    """Return the correction that `encode_correction` wrote; ValueError when it is not one.

    >>> decode_correction("k~1", "=forget|sb1-x|0|0|job_1")
    Traceback (most recent call last):
    ValueError: no correction: '=forget|sb1-x|0|0|job_1'
    """
    event_key, _, number = name.partition("~")
    marked, ref, grams, millipoints, cause, *reason = stored.split("|")
    if marked[:1] != "=" or marked[1:] not in KINDS or not is_cause(cause) or len(reason) > 1:
        raise ValueError(f"no correction: {stored!r}")
    return Correction(
        event_key, int(number), marked[1:], ref, int(grams), int(millipoints), cause, "".join(reason)
    )
