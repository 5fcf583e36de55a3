"""Owns the notes of what was refused: a few lines on a day sheet by which a resident sees why something did not count.

Must not decide. A note is worth nothing, is in no digest and no total, and stands in the way of nothing: the same event
delivered rightly later is recorded as if it had never been refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.evidence import EVIDENCE_MARKS

REFUSALS_MAX = 20
_INPUTS_CHARS_MAX = 200
_EVIDENCE_BY_MARK = {mark: evidence for evidence, mark in EVIDENCE_MARKS.items()}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused observation; `reason` is the code by which it was refused."""

    event_key: str
    methodology_id: str
    at_epoch_s: int
    inputs: Mapping[str, int]
    source: str
    evidence: str
    batch_id: str
    reason: str


def encode_refusal(refusal: Refusal) -> str:
    """Return the stored form, without the key: bounded, quantities left out when they are not plausible as such.

    >>> r = Refusal("k", "walking", 1763600000, {"steps": 10**6}, "self", "self-declared", "", "quantity-out-of-range")
    >>> encode_refusal(r)
    'walking|1763600000|{"steps":1000000}|self|s||quantity-out-of-range'
    >>> decode_refusal("k", encode_refusal(r)) == r
    True
    """
    r = refusal
    inputs = canonical_json(dict(r.inputs))
    shown = inputs if len(inputs.encode()) <= _INPUTS_CHARS_MAX else "{}"
    mark = EVIDENCE_MARKS[r.evidence]
    return f"{r.methodology_id}|{r.at_epoch_s}|{shown}|{r.source}|{mark}|{r.batch_id}|{r.reason}"


def decode_refusal(event_key: str, stored: str) -> Refusal:
    """Return the refusal that `encode_refusal` wrote; ValueError when it is not one."""
    methodology_id, at_epoch_s, rest = stored.split("|", 2)
    inputs, source, mark, batch_id, reason = rest.rsplit("|", 4)
    return Refusal(
        event_key,
        methodology_id,
        int(at_epoch_s),
        json.loads(inputs),
        source,
        _EVIDENCE_BY_MARK[mark],
        batch_id,
        reason,
    )
