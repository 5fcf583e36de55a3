"""Owns the grades of evidence, strongest first, and the mark each is stored with on a sheet.

Must not say what a grade is worth: each methodology does.
"""

from collections.abc import Mapping

EVIDENCE_MARKS: Mapping[str, str] = {
    "operator-signed": "o",
    "third-party-matched": "t",
    "platform-observed": "p",
    "self-declared": "s",
}
