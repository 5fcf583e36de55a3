"""The open data of one morning, in the form it was published and in every form a partner may send it in."""

import csv
import io
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from chalicelib.services import imports, partners
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.date_shifts import first_shift_days
from chalicelib.store.runs import Run
from tests.services.delivering import (
    NOW,
    ROOT,
    accredit,
    adapter,
    bind,
    import_file,
    outcomes_of,
    real_file,
    register,
    report_of,
)


def taps_by_card() -> dict[str, list[dict[str, str]]]:
    """Return the real file as read by the standard library, by card, with line numbers."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    text = real_file().decode("utf-8")
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        rows[row["card_no"]].append({**row, "line": str(number)})
    return rows


def expected_outcome(taps: list[dict[str, str]]) -> dict[int, str]:
    """Return what should become of each line of one bound card, found without the product's code."""
    found: dict[int, str] = {}
    entry: dict[str, str] | None = None
    seen = set()
    for one in sorted(taps, key=lambda t: (t["deal_date"], int(t["line"]))):
        line, what = int(one["line"]), (one["deal_date"], one["deal_type"], one["equ_no"])
        if what in seen:
            found[line] = "duplicate/repeated-in-file"
        elif one["deal_type"] == "巴士":
            found[line] = "accepted"
        elif not one["station"]:
            found[line] = "skipped/no-station"
        elif one["deal_type"] == "地铁入站":
            if entry is not None:
                found[int(entry["line"])] = "skipped/entry-without-exit"
            entry = one
        else:
            is_trip = entry is not None and seconds_between(entry, one) > 0
            found[line] = "accepted" if is_trip else "skipped/exit-without-entry"
            if entry is not None:
                found[int(entry["line"])] = "accepted" if is_trip else "skipped/entry-without-exit"
            entry = None
        seen.add(what)
    if entry is not None:
        found[int(entry["line"])] = "skipped/entry-without-exit"
    return found | told_twice(taps, found)


def told_twice(taps: list[dict[str, str]], found: dict[int, str]) -> dict[int, str]:
    """Return the bus rides that begin within a minute of another accepted one: a person sits in one bus."""
    rides = sorted(
        (t["deal_date"], int(t["line"]))
        for t in taps
        if t["deal_type"] == "巴士" and found[int(t["line"])] == "accepted"
    )
    begun = [(datetime.fromisoformat(at), line) for at, line in rides]
    return {
        line: "skipped/overlap"
        for (before, _), (at, line) in pairwise(begun)
        if at - before < timedelta(minutes=1)
    }


def seconds_between(entry: dict[str, str], leaving: dict[str, str]) -> float:
    times = (datetime.fromisoformat(one["deal_date"]) for one in (leaving, entry))
    return (next(times) - next(times)).total_seconds()


def with_shift(encoding: str = "utf-8", **changes: Any) -> None:
    """Give the demo partner its shipped adapter, date shift included, with changes."""
    changes = {"encoding": encoding, "date_shift": {"to": "yesterday"}, **changes}
    partners.replace_adapter("szt", adapter(**changes))


def test_the_real_file_is_accounted_for_line_by_line(inbox: None) -> None:
    with_shift()
    by_card = taps_by_card()
    bound = [card for card, taps in by_card.items() if len(taps) > 1 or taps[0]["card_no"].endswith("AA")]
    bind(*bound)
    found = import_file(real_file())
    wanted = {line: what for card in bound for line, what in expected_outcome(by_card[card]).items()}
    assert outcomes_of(found["import_id"]) == wanted
    assert found["lines"] == 37_000 == sum(found["outcomes"].values())
    assert found["outcomes"]["unbound"] == 37_000 - len(wanted)
    counts = Counter(what for what in wanted.values())
    assert found["outcomes"]["accepted"] == counts["accepted"]
    trips = 412
    assert found["activities"] == counts["accepted"] - trips
    assert found["date_shift"]["days"] == (date(2026, 11, 20) - date(2018, 9, 1)).days
    assert found["cards_bound"] == len(bound)
    earned = [read_balance(f"res_{card}", NOW)["unsettled"]["grams_co2e"] for card in bound]
    assert sum(earned) == found["grams_co2e"]


def some_lines() -> tuple[list[str], list[list[str]]]:
    """Return header and the lines of 20 cards of the real file that have more than one tap."""
    header, *lines = csv.reader(io.StringIO(real_file().decode(), newline=""))
    cards = [card for card, count in Counter(line[0] for line in lines).items() if count > 1][:20]
    bind(*cards)
    return header, [line for line in lines if line[0] in cards]


def written(rows: list[list[str]], encoding: str = "utf-8", **how: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **how).writerows(rows)
    return text.getvalue().encode(encoding)


def outcome_counts(content: bytes, key: str) -> dict[str, int]:
    found = import_file(content, key)
    assert found["state"] == "done", found["failure"]
    return dict(Counter(what for _, what, *_ in report_of(found["import_id"])))


def test_other_spellings_of_the_same_file_need_only_another_adapter(inbox: None) -> None:
    with_shift()
    header, lines = some_lines()
    first = outcome_counts(written([header, *lines]), "key-as-published")
    assert first["accepted"] > 10
    again = Counter(first) - Counter(accepted=first["accepted"]) + Counter(duplicate=first["accepted"])

    turned = [row[::-1] for row in [header, *lines]]
    assert outcome_counts(written(turned), "key-turned-round") == again
    quoted = written([header, *lines], quoting=csv.QUOTE_ALL)
    assert outcome_counts(quoted, "key-all-quoted") == again
    with_shift("utf-8-sig")
    assert outcome_counts(written([header, *lines], "utf-8-sig"), "key-with-bom") == again
    with_shift("gb18030")
    assert outcome_counts(written([header, *lines], "gb18030"), "key-gb18030") == again
    renamed = {name: name.upper() for name in header}
    columns = {ours: renamed[theirs] for ours, theirs in adapter()["columns"].items()}
    with_shift(columns=columns, delimiter=";", time={"format": "%Y/%m/%d %H%M%S", "zone": "Asia/Shanghai"})
    respelt = [[*row[:1], row[1].replace("-", "/").replace(":", ""), *row[2:]] for row in lines]
    content = written([[renamed[name] for name in header], *respelt], delimiter=";")
    assert outcome_counts(content, "key-other-names") == again
    positions = {ours: header.index(theirs) + 1 for ours, theirs in adapter()["columns"].items()}
    with_shift(columns=positions, header=False, column_count=len(header))
    assert outcome_counts(written(lines), "key-no-header") == again


def test_a_shifted_file_keeps_its_days_however_late_it_comes_again(inbox: None) -> None:
    with_shift()
    header, lines = some_lines()
    content = written([header, *lines])
    first = import_file(content, "key-first")
    assert first["activities"] > 10
    earned = {f"res_{line[0]}": read_balance(f"res_{line[0]}", NOW)["unsettled"] for line in lines}

    later = import_file(content, "key-second", NOW + timedelta(days=3))
    assert later["date_shift"] == first["date_shift"]
    assert (later["activities"], later["grams_co2e"]) == (0, 0)
    assert later["outcomes"]["duplicate"] == first["outcomes"]["accepted"] + first["outcomes"]["duplicate"]
    assert {who: read_balance(who, NOW)["unsettled"] for who in earned} == earned

    too_late = import_file(content, "key-third", NOW + timedelta(days=9))
    assert set(too_late["reasons"]) == {"rejected/outside-window"}


def test_of_two_first_imports_of_a_shifted_file_one_decides_its_days(inbox: None) -> None:
    body = {"partner_id": "szt", "sha256": "a" * 64, "begun_at": "2026-11-21T04:00:00.000Z"}
    early, late = (Run(f"imp_{n}", "import#szt", body["begun_at"], "running", body) for n in (1, 2))
    assert first_shift_days(early, 3002, date(2026, 11, 20)) == 3002
    assert first_shift_days(late, 3003, date(2026, 11, 21)) == 3002
    another = replace(late, body=body | {"sha256": "b" * 64})
    assert first_shift_days(another, 3003, date(2026, 11, 21)) == 3003
    others = replace(late, body=body | {"partner_id": "other"})
    assert first_shift_days(others, 3003, date(2026, 11, 21)) == 3003


MEASURE = """
import json, os, resource, sys
from pathlib import Path
os.environ["TANHUI_MASTER_SECRET"] = "only-for-tests-0123456789-0123456789"
from chalicelib.domain.adapters import parse_adapter
from chalicelib.services import import_files
from chalicelib.store import files
from chalicelib.store.sorting import Sorter

times, long_line_bytes, content = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
def chunks(key):
    header = content.read_bytes().partition(b"\\n")
    yield header[0] + header[1]
    for copy in range(times):
        with content.open("rb") as lines:
            lines.readline()
            yield from iter(lambda: lines.read(131072), b"")
    for _ in range(long_line_bytes // 131072):
        yield b"x" * 131072
files.read_chunks = chunks
import_files._Content.check = lambda *arguments: None
adapter = parse_adapter(json.loads(Path("chalicelib/profiles/adapters/szt.json").read_text()))
with Sorter() as sorter:
    base, rows = import_files.sort_file({"key": "", "size_bytes": 0, "sha256": ""}, adapter, sorter)
    assert sum(1 for row in sorter.rows_after("")) == rows
print(base.lines_total, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measured(times: int, long_line_bytes: int, path: Path) -> tuple[int, int, int]:
    """Return (lines decided, rows sorted, peak KiB) of reading the file `times` over, in a process of its own."""
    arguments = [sys.executable, "-c", MEASURE, str(times), str(long_line_bytes), str(path)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    decided, rows, peak = map(int, done.stdout.split())
    return decided, rows, peak


def test_memory_is_flat_in_the_length_of_the_file_and_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "taps.csv"
    path.write_bytes(real_file())
    _, rows_once, peak_once = measured(1, 0, path)
    decided, rows_ten, peak_ten = measured(10, 512 * 1024 * 1024, path)
    assert (rows_once, rows_ten, decided) == (37_000, 370_000, 1)
    assert peak_ten <= 1.2 * peak_once, f"{peak_ten} KiB against {peak_once} KiB"


def test_a_missing_file_fails_the_import_by_name(inbox: None) -> None:
    from chalicelib.services import partner_deliveries
    from tests.services.delivering import run

    asked = partner_deliveries.request_upload("szt", "taps.csv", 5, "0" * 64, None, "key-missing", NOW)
    assert run(asked["import_id"]) == "failed"
    assert imports.get_import(asked["import_id"])["failure"]["code"] == "file-missing"


def test_the_same_days_file_delivered_by_two_partners_pays_once(inbox: None) -> None:
    with_shift()
    register("hlj", date_shift={"to": "yesterday"})
    accredit("hlj", "szt-bus-ride", "szt-metro-trip")
    cards = [card for card, taps in taps_by_card().items() if len(taps) > 1][:150]
    bind(*cards)
    first = import_file(real_file())
    earned = {card: read_balance(f"res_{card}", NOW)["grams_co2e"] for card in cards}
    second = import_file(real_file(), "key-00000002", partner_id="hlj")
    assert sum(earned.values()) == first["grams_co2e"] > 0
    assert {card: read_balance(f"res_{card}", NOW)["grams_co2e"] for card in cards} == earned
    assert (second["activities"], second["grams_co2e"], second["outcomes"]["accepted"]) == (0, 0, 0)
    assert second["reasons"]["skipped/same-event"] >= first["activities"]
    assert run_audit().findings == []
