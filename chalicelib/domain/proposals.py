"""Owns the states of a proposed methodology version, and what a review must say.

Must not know people or tables.
"""

from collections.abc import Mapping, Sequence

SUBMITTED, RECOMMENDED, OBJECTED = "submitted", "recommended", "objected"
PUBLISHED, REJECTED, WITHDRAWN = "published", "rejected", "withdrawn"
OPEN_STATES = (SUBMITTED, RECOMMENDED, OBJECTED)
STATES = (*OPEN_STATES, PUBLISHED, REJECTED, WITHDRAWN)

VERDICTS: Mapping[str, str] = {"recommended": RECOMMENDED, "not-recommended": OBJECTED}


def answer_faults(
    warnings: Sequence[Mapping[str, str]], answers: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return what is wrong with a reviewer's answers: each warning of the linter needs one, and nothing else does.

    >>> answer_faults([{"pointer": "/factors"}], [{"pointer": "/factors"}])
    []
    >>> answer_faults([{"pointer": "/factors"}], [])
    [{'pointer': '/answers', 'detail': 'the warning at /factors has no answer'}]
    """
    warned, answered = {w["pointer"] for w in warnings}, {a["pointer"] for a in answers}
    faults = [
        {"pointer": "/answers", "detail": f"the warning at {pointer} has no answer"}
        for pointer in sorted(warned - answered)
    ]
    for position, answer in enumerate(answers):
        if answer["pointer"] not in warned:
            faults.append({"pointer": f"/answers/{position}/pointer", "detail": "no warning stands there"})
    return faults
