"""`make bench`: measures what the product promises about speed, as ratios and counts in one run.

Usage: python -m tests.bench [name …]; without names all of them. Exit code 1 when a bound is not kept.
"""

import argparse
import importlib
import subprocess
import sys

from tests.bench.harness import Table, emulator

NAMES = (
    "start",
    "quantify",
    "record",
    "take",
    "post",
    "tills",
    "imports",
    "proof",
    "audit",
    "phone",
    "boards",
    "expiry",
    "growth",
)


def main() -> int:
    """Run the benchmarks named on the command line, each in a process and with an emulator of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which to run: {', '.join(NAMES)} (all)")
    parser.add_argument(
        "--items", type=int, default=1_000_000, help="stored items of the large side of growth; due accounts"
    )
    arguments = parser.parse_args()
    names = arguments.names or list(NAMES)
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    if len(names) == 1:
        return _run(names[0], arguments.items)
    command = [sys.executable, "-m", "tests.bench", "--items", str(arguments.items)]
    codes = [subprocess.run([*command, name], check=False).returncode for name in names]
    print("All bounds are kept." if not any(codes) else "Some bounds are not kept.")
    return max(codes)


def _run(name: str, items: int) -> int:
    table = Table()
    module = importlib.import_module(f"tests.bench.{name}")
    print(f"-- {name}", flush=True)
    with emulator():
        module.run(table, items) if name in ("expiry", "growth") else module.run(table)
    return 0 if all(row.is_kept for row in table.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
