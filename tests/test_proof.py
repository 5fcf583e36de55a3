"""The independent verifier: it agrees with the platform on every history, and finds whatever was changed."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import moto
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from chalicelib import proof
from chalicelib.domain.activities import CAP_PER_RESIDENT, EVIDENCE_MARKS, WITHHELD, WORTH_NOTHING
from chalicelib.domain.canonical import canonical_json
from chalicelib.domain.corrections import KINDS
from chalicelib.domain.formulas import FORMULA_FACTORS, FORMULA_INPUTS, FORMULAS, MEASURES
from chalicelib.domain.methodologies import parse_methodology, quantify
from chalicelib.domain.night_causes import INSTEAD, is_of_the_night
from chalicelib.errors import NotFound
from chalicelib.profiles import all_methodologies
from chalicelib.services.auditing import run_audit
from chalicelib.services.charge_changes import refund_charge
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.exports import export_account
from chalicelib.services.public_days import day_text
from chalicelib.services.reviews import release_charge
from chalicelib.services.vouchers import take_voucher, void_voucher
from tests.services.delivering import add_bucket
from tests.services.ledger import add_shop, forget_places, record
from tests.services.paying import CASHIER, NOW, add_phone, earn, open_shop
from tests.services.paying import charge as pay
from tests.services.proving import checked, parsed, publish_yesterday, rich_history, sealed
from tests.services.test_ledger_histories import Histories

SOURCE = Path(proof.__file__)


@pytest.fixture(scope="module")
def export() -> str:
    from chalicelib.store import catalogue
    from chalicelib.store.tables import MODELS

    catalogue._cache.clear()
    forget_places()
    with moto.mock_aws():
        for model in MODELS:
            model.create_table(wait=True)
        add_bucket()
        text = rich_history()
    catalogue._cache.clear()
    return text


def found_in(text: str | bytes, day: str | None = None) -> str:
    """Return the code of the difference found, or an empty text."""
    try:
        data = text if isinstance(text, bytes) else text.encode()
        list(proof.verify(data, day.encode() if day is not None else None))
    except proof.Difference as difference:
        return difference.code
    return ""


def rechained(export: dict[str, Any]) -> str:
    """Return an export whose chain, account and digest somebody has set right after changing entries."""
    head = "0" * 64
    for item in export["entries"]:
        head = sha256((head + item["body"]).encode()).hexdigest()
        item["hash"] = head
    export["account"] |= {"seq": len(export["entries"]), "head_hash": head}
    return sealed(export)


def renumbered(export: dict[str, Any]) -> str:
    """Return the same with entries numbered anew and grants named by the new numbers."""
    lists = list(export["grants"].values())
    grants = {}
    for seq, item in enumerate(export["entries"], 1):
        entry = json.loads(item["body"]) | {"seq": seq}
        item["body"] = canonical_json(entry)
        if entry["kind"] == "grant":
            grants[str(seq)] = lists[min(len(grants), len(lists) - 1)]
    export["grants"] = grants
    return rechained(export)


def test_the_history_covers_every_kind_of_entry_and_activity(export: str) -> None:
    document = parsed(export)
    kinds = {json.loads(item["body"])["kind"] for item in document["entries"]}
    assert kinds == {"grant", "hold", "post", "refund", "void", "expire", "adjust"}
    everything = [line.split("|") for lines in document["sheets"].values() for line in lines.values()]
    lines = [line for line in everything if line[0][0] != "="]
    assert {line[6] for line in lines} == {EVIDENCE_MARKS["operator-signed"], EVIDENCE_MARKS["self-declared"]}
    assert {line[8] for line in lines} == {"", CAP_PER_RESIDENT, *WORTH_NOTHING}
    assert {line[9] for line in lines if len(line) > 9} == {"d240", "d400", "a" + "a" * 16}
    assert {line[0][1:] for line in everything if line[0][0] == "="} == KINDS
    assert found_in(export) == ""


def test_a_changed_byte_anywhere_is_found(export: str) -> None:
    data = export.encode()
    for at in range(len(data)):
        changed = bytes([data[at] ^ (1 << at % 7)])
        assert found_in(data[:at] + changed + data[at + 1 :]), (at, data[at - 20 : at + 20])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_byte_more_or_less_or_other_is_found(export: str, data: Any) -> None:
    raw = export.encode()
    at = data.draw(st.integers(0, len(raw) - 1))
    put = data.draw(st.binary(max_size=2))
    changed = raw[:at] + put + raw[at + data.draw(st.integers(0, 2)) :]
    if changed != raw and changed != raw + b"\n":
        assert found_in(changed), (at, put)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field and item."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def parent_of(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def others(value: Any) -> Iterator[Any]:
    """Yield values of another meaning, and look-alikes of another type."""
    if isinstance(value, bool):
        yield from (not value, int(value))
    elif isinstance(value, int):
        yield from (value + 1, value - 1, str(value), value in (0, 1) or None)
    elif isinstance(value, str):
        yield from (value + "0", value[:-1] + ("a" if value[-1:] != "a" else "b"), None)
    elif isinstance(value, list):
        yield from ([*value, *value], value[::-1] if value[::-1] != value else [*value, 0], {})
    elif isinstance(value, dict):
        yield from ({**value, "more": 1}, [])
    else:
        yield from (0, "", [])


def test_a_field_changed_anywhere_is_found_even_when_the_file_is_sealed_again(export: str) -> None:
    document = parsed(export)
    day = canonical_json(document["day"])
    for path in places(document):
        if path[0] in ("made_at", "digest") or (path[0] == "grants" and len(path) == 2):
            continue
        old = parent_of(document, path)[path[-1]]
        for new in (new for new in others(old) if canonical_json(new) != canonical_json(old)):
            changed = deepcopy(document)
            parent_of(changed, path)[path[-1]] = new
            assert found_in(sealed(changed), day), (path, old, new)
        changed = deepcopy(document)
        del parent_of(changed, path)[path[-1]]
        assert found_in(sealed(changed), day), path


def test_a_grant_whose_activities_are_withheld_is_said_to_be_unchecked(export: str) -> None:
    document = parsed(export)
    booked_with: dict[str, list[str]] = {}
    for seq in document["grants"]:
        facts = json.loads(document["entries"][int(seq) - 1]["body"])["facts"]
        booked_with.setdefault(facts["sheet"] + facts.get("cause", ""), []).append(seq)
    assert {len(seqs) for seqs in booked_with.values()} == {1, 2}, "one correction has two entries"
    for seqs in booked_with.values():
        changed = deepcopy(document)
        changed["grants"] |= dict.fromkeys(seqs)
        assert checked(sealed(changed))["grants"]["unfound"] == 1
        for seq in seqs:
            changed["grants"][seq] = document["grants"][seq][:-1]
            assert found_in(sealed(changed)) == "grant"


def test_where_a_list_is_not_known_the_command_says_that_not_everything_was_checked(
    export: str, tmp_path: Path
) -> None:
    document = parsed(export)
    seq = next(s for s in document["grants"] if '"grant"' in document["entries"][int(s) - 1]["body"])
    document["grants"][seq] = None
    file = tmp_path / "export.json"
    file.write_text(sealed(document), encoding="utf-8")
    found = run(str(file), folder=tmp_path)
    assert found.returncode == 2 and "没有发现不一致。\n" in found.stdout
    assert "\n未能全部核对：1 笔发放或更正" in found.stdout and "核对完成" not in found.stdout
    english = run(str(file), "--lang", "en", folder=tmp_path)
    assert english.returncode == 2
    assert "Not everything could be checked: of 1 grants" in english.stdout
    assert "only the digest over the file binds them" in english.stdout


def repaid_history() -> str:
    """Spend the points of a trip, lose the trip, get both back; return the export."""
    add_shop(points=51)
    trip = record("res_a", "e1", "e2", now=NOW)
    take_voucher("res_a", "red_1", "off_coat", NOW)
    take_voucher("res_a", "red_2", "off_coat", NOW)
    on, key = (NOW - timedelta(days=1)).date(), trip[0].activity_id.partition("-")[2]
    other = trip[1].activity_id.partition("-")[2]
    reverse_activity("res_a", on, key, "job_1", NOW)
    reverse_activity("res_a", on, other, "job_1", NOW)
    void_voucher("res_a", "red_1", NOW)
    restore_activity("res_a", on, key, "apl_1", NOW)
    reverse_activity("res_a", on, key, "job_2", NOW)
    return export_account("res_a", NOW)


def test_losses_and_their_repayments_verify_and_what_is_still_borne_is_stated(tables: None) -> None:
    text = repaid_history()
    kinds = [json.loads(item["body"])["kind"] for item in parsed(text)["entries"]]
    assert kinds.count("repay") == 2
    assert parsed(text)["account"]["borne"][0][1] == 2026
    assert checked(text)["grants"]["unfound"] == 0
    assert run_audit().findings == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_repayment_left_out_or_made_smaller_is_found_although_all_else_is_set_right(
    tables: None, number: int
) -> None:
    text = repaid_history()
    at = [n for n, item in enumerate(parsed(text)["entries"]) if '"repay"' in item["body"]][number]
    smaller = parsed(text)
    entry = json.loads(smaller["entries"][at]["body"])
    entry["lots"][0][2] -= 1
    entry["points"] -= 1
    smaller["entries"][at]["body"] = canonical_json(entry)
    assert found_in(rechained(smaller)) == "repay"
    without = parsed(text)
    del without["entries"][at]
    for seq, item in enumerate(without["entries"], 1):
        item["body"] = canonical_json(json.loads(item["body"]) | {"seq": seq})
    lists = {int(s): names for s, names in without["grants"].items()}
    without["grants"] = {str(s - (s > at)): names for s, names in lists.items()}
    assert found_in(rechained(without)) == "repay"


@pytest.mark.parametrize("borne", [None, [], [[1, 2026, 1, 1]]])
def test_what_is_borne_must_be_what_the_journal_gives(tables: None, borne: Any) -> None:
    document = parsed(repaid_history())
    del document["account"]["borne"]
    document["account"] |= {} if borne is None else {"borne": borne}
    assert found_in(sealed(document)) == "balance"


def test_every_field_of_an_activity_line_is_bound_by_the_digest_of_its_day(export: str) -> None:
    document = parsed(export)
    for day, lines in document["sheets"].items():
        for key, line in lines.items():
            for number, field in enumerate(line.split("|")):
                for new in (field + "1", field[:-1], "0", "-1", "s" if field == "o" else "o"):
                    parts = line.split("|")
                    parts[number] = new
                    changed = deepcopy(document)
                    changed["sheets"][day][key] = "|".join(parts)
                    assert "|".join(parts) == line or found_in(sealed(changed)), (line, number, new)


def test_a_rewritten_journal_does_not_lead_to_the_published_root(export: str) -> None:
    document = parsed(export)
    for number in range(document["inclusion"]["seq"]):
        changed = deepcopy(document)
        item = changed["entries"][number]
        item["body"] = canonical_json(json.loads(item["body"]) | {"at": "2026-11-21T04:00:00.001Z"})
        assert found_in(sealed(changed)) == "entry-hash"
        assert found_in(rechained(changed)) == "root", number


def _lists_of_entries(entries: list[Any]) -> Iterator[list[Any]]:
    for number in range(len(entries)):
        yield entries[:number] + entries[number + 1 :]
        yield [*entries[:number], entries[number], *entries[number:]]
        if number:
            yield [*entries[: number - 1], entries[number], entries[number - 1], *entries[number + 1 :]]


@pytest.mark.parametrize("repair", [sealed, rechained, renumbered])
def test_a_deleted_inserted_or_exchanged_entry_is_found(
    export: str, repair: Callable[[dict[str, Any]], str]
) -> None:
    document = parsed(export)
    for entries in _lists_of_entries(document["entries"]):
        published = document["inclusion"]["seq"]
        is_unpublished = entries[:published] == document["entries"][:published]
        if is_unpublished and repair is not sealed:
            continue
        changed = deepcopy(document)
        changed["entries"] = deepcopy(entries)
        assert found_in(repair(changed)), len(entries)


def test_a_public_document_made_to_fit_differs_from_the_one_others_have(export: str) -> None:
    document = parsed(export)
    day = canonical_json(document["day"])
    assert checked(export, day)["day"] == {"date": "2026-11-21"}
    forged = {**document["day"], "leaves": 6, "as_of": "2026-11-22T00:00:00.000Z"}
    document["day"] = json.loads(sealed(forged))
    assert found_in(sealed(document)) == ""
    assert found_in(sealed(document), day) == "day-differs"


FACTORS = st.decimals(0, 2000, places=3).map(lambda value: f"{value:f}")


@settings(deadline=None)
@given(
    base=st.sampled_from(list(all_methodologies().values())),
    values=st.lists(FACTORS, min_size=4, max_size=4),
    distance_m=st.integers(0, 10**6),
    share=st.integers(1, 100),
    per_kg=st.integers(1, 1000),
)
def test_both_implementations_give_the_same_integers(base, values, distance_m, share, per_kg) -> None:
    document = deepcopy(dict(base.document))
    for factor, value in zip(document["factors"].values(), values, strict=False):
        factor["value"] = value
    document |= {"evidence_share_percent": {"operator-signed": share}, "points_per_kg": per_kg}
    inputs = dict.fromkeys(document["inputs"], distance_m)
    ours = quantify(parse_methodology(document), inputs, "operator-signed")
    assert proof.worth(document, inputs, "operator-signed") == (ours.grams_co2e, ours.millipoints)


def test_the_verifier_knows_every_formula_evidence_grade_and_reason() -> None:
    assert set(proof.FORMULAS) == set(FORMULAS) == set(FORMULA_FACTORS) == set(FORMULA_INPUTS)
    assert {name: measure.inputs_per_unit for name, measure in MEASURES.items()} == proof.INPUTS_PER_UNIT
    assert {evidence: mark for mark, evidence in proof.EVIDENCE.items()} == dict(EVIDENCE_MARKS)
    assert (proof.CUT, proof.WITHHELD, proof.WORTH_NOTHING) == (CAP_PER_RESIDENT, WITHHELD, WORTH_NOTHING)
    assert {*proof.MAY_FOLLOW, "replace"} == KINDS
    assert is_of_the_night(f"{proof.BY_NIGHT}20261121-{INSTEAD}")


class ProvenHistories(Histories):
    """The random histories of the ledger; after every step both exports must verify, entry by entry."""

    has_bucket = False

    @precondition(lambda self: self.now is not None)
    @rule()
    def publishes(self):
        if not self.has_bucket:
            add_bucket()
            self.has_bucket = True
        publish_yesterday(self.now)

    @rule(who=st.sampled_from(["res_a", "res_b"]))
    def exports(self, who):
        text = export_account(who, self.now)
        newest = parsed(text)["day"]
        said = checked(text, day_text(newest["date"]) if newest else None)
        assert said["grants"]["unfound"] == 0

    def teardown(self):
        if hasattr(self, "aws"):
            for who in ("res_a", "res_b"):
                checked(export_account(who, self.now))
        super().teardown()


TestProvenHistories = ProvenHistories.TestCase
TestProvenHistories.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def paid_history() -> str:
    """Charge, refund in parts, be held for review and let through; return the export."""
    open_shop()
    earn(trips=4)
    phone = add_phone()
    pay(phone, points=60, bill_fen=600)
    for number, fen in enumerate((7, 7, None)):
        refund_charge(CASHIER, "charge-00001", f"refund-00000{number}", fen, "x", NOW)
    staff_phone = add_phone(device_id="phone-staff1", works_at=("mer_laundry",))
    held = pay(staff_phone, charge_id="charge-00002", points=100)
    release_charge(held["redemption_id"], "op_1", "x", NOW)
    refund_charge(CASHIER, "charge-00002", "refund-000001", 30, "x", NOW)
    return export_account("res_a", NOW)


def test_charges_refunds_in_parts_and_reviews_verify(tables: None) -> None:
    document = parsed(paid_history())
    kinds = [json.loads(item["body"])["kind"] for item in document["entries"]]
    assert kinds[-6:] == ["refund", "refund", "refund", "hold", "post", "refund"]
    assert found_in(sealed(document)) == ""


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (lambda e: e["facts"].update(redemption_id="chg_none") if e["kind"] == "refund" else None, "hold"),
        (lambda e: e.update(credit="sys_issuance") if e["kind"] == "charge" else None, "parties"),
        (lambda e: e["lots"][0].__setitem__(3, 1) if e["kind"] == "charge" else None, "share"),
        (lambda e: e["lots"][0].__setitem__(3, 1) if e["kind"] == "refund" else None, "hold"),
    ],
)
def test_a_charge_or_refund_rewritten_and_chained_again_is_found(
    tables: None, changed: Any, code: str
) -> None:
    document = parsed(paid_history())
    for item in document["entries"]:
        entry = json.loads(item["body"])
        changed(entry)
        entry["points"] = sum(lot[2] for lot in entry["lots"])
        entry["grams_co2e"] = sum(lot[3] for lot in entry["lots"])
        item["body"] = canonical_json(entry)
    assert found_in(rechained(document)) == code


def test_a_part_refunded_twice_is_found(tables: None) -> None:
    document = parsed(paid_history())
    last = json.loads(document["entries"][-1]["body"])
    for _ in range(3):
        last["seq"] += 1
        document["entries"].append({"body": canonical_json(last), "hash": ""})
    assert found_in(rechained(document)) == "hold"


def test_the_verifier_is_one_file_of_the_standard_library() -> None:
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            )
            assert all(name and name.split(".")[0] in sys.stdlib_module_names for name in names)


def test_every_sentence_is_there_in_both_languages_with_the_same_facts() -> None:
    for zh, en in proof.WORDS.values():
        assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en))
        assert re.search(r"[一-鿿]", zh) and not re.search(r"[一-鿿]", en)


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the file alone, with nothing of the product beside it."""
    alone = folder / "proof.py"
    alone.write_bytes(SOURCE.read_bytes())
    command = [sys.executable, "-I", str(alone), "verify", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_the_command_says_in_words_what_it_checked(export: str, tmp_path: Path) -> None:
    file, day = tmp_path / "export.json", tmp_path / "day.json"
    file.write_text(export, encoding="utf-8")
    day.write_text(canonical_json(parsed(export)["day"]), encoding="utf-8")
    good = run(str(file), "--day", str(day), folder=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert "账目链" in good.stdout and good.stdout.endswith("核对完成，没有发现不一致。\n")
    english = run(str(file), "--lang", "en", folder=tmp_path)
    assert "Everything checked agrees." in english.stdout and "compare it with --day" in english.stdout
    file.write_text(export.replace("|7301|", "|8301|"), encoding="utf-8")
    bad = run(str(file), "--lang", "en", folder=tmp_path)
    assert bad.returncode == 1
    assert "A difference was found: activity" in bad.stdout
    assert run(str(tmp_path / "none"), folder=tmp_path).returncode == 2


def test_what_is_no_export_is_said_to_be_unreadable(tmp_path: Path) -> None:
    for text, code in (
        ("", "unreadable"),
        ("[1.5]", "unreadable"),
        ("[]", "form"),
        ("[" * 9999, "unreadable"),
    ):
        assert found_in(text) == code


def test_there_is_no_day_before_the_first_publication(tables: None) -> None:
    with pytest.raises(NotFound):
        day_text("2026-11-20")
