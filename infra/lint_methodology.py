"""Owns `python -m infra.lint_methodology FILE…`: says in words what is wrong or doubtful in methodology documents.

Must not publish. Exit code 0 when nothing is refused, 1 when something is, 2 when a file cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from chalicelib.domain.json_lines import line_of
from chalicelib.domain.plausibility import REFUSE, Finding, is_refused, lint_methodology
from chalicelib.profiles import WrongDocumentError, read_document

_WORDS = {REFUSE: "refused"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Lint every file named and print what was found."""
    parser = argparse.ArgumentParser(description="Check methodology documents before they are published.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    return max(_lint(path) for path in parser.parse_args(arguments).files)


def _lint(path: Path) -> int:
    try:
        findings = read_document(path, lint_methodology)
        text = path.read_text(encoding="utf-8")
    except (WrongDocumentError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for finding in findings:
        print(_words(path, text, finding))
    if is_refused(findings):
        print(f"{path.name}: refused; it must not be published like this.")
        return 1
    print(f"{path.name}: may be published" + (", if a reviewer accepts the warnings." if findings else "."))
    return 0


def _words(path: Path, text: str, finding: Finding) -> str:
    where = f"{path.name}, line {line_of(text, finding.pointer)}, {finding.pointer or '/'}"
    return f"{_WORDS.get(finding.severity, 'warning')}: {where}: {finding.reason}"


if __name__ == "__main__":
    sys.exit(main())
