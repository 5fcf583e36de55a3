"""Writes the OpenAPI document: `python -m infra.openapi` after a change of the interface, `--check` to compare."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Write (or, with `--check`, compare) the served and the documented copy; return the exit code."""
    from chalicelib.api import blueprints, openapi

    assert blueprints.PARTS, "importing the blueprints fills the table of access"
    texts = openapi.document_texts()
    copies = {openapi.COPY: texts["served"], ROOT / "docs" / "openapi.json": texts["documented"]}
    if "--check" in arguments:
        stale = [
            copy for copy, text in copies.items() if not copy.exists() or copy.read_text("utf-8") != text
        ]
        for copy in stale:
            sys.stderr.write(f"{copy.relative_to(ROOT)} is not what the code says; run `make openapi`.\n")
        return 1 if stale else 0
    for copy, text in copies.items():
        copy.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
