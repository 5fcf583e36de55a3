"""Day sheets: what each activity is worth after its corrections, and the digest over all of it."""

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.domain.activities import Activity
from chalicelib.domain.corrections import Correction
from chalicelib.domain.sheets import (
    Sheet,
    add_correction,
    is_counted,
    sheet_digest,
    sheet_lines,
    standing_of,
    worth_of,
)

ON = date(2026, 11, 20)


def sheet_of(*reasons):
    """Return a sheet with an activity for each reason, `k0`, `k1` …; without reason it is worth 80 g."""
    activities = {}
    for number, reason in enumerate(reasons):
        grams = 0 if reason else 80
        line = (f"k{number}", "sb1-x", 60, (), grams, grams * 100, "szt", "operator-signed", "b1", reason)
        activities[line[0]] = Activity(*line)
    grams = sum(a.grams_co2e for a in activities.values())
    paid = {"sb": reasons.count("")} if "" in reasons else {}
    return Sheet("res_a", ON, activities, paid, grams, grams * 100)


def corrected(sheet, kind, grams=0, key="k0", ref="sb1-x", reason=""):
    number = len(sheet.corrections.get(key, ())) + 1
    return add_correction(sheet, Correction(key, number, kind, ref, grams, grams * 100, f"c{number}", reason))


def test_without_corrections_the_digest_is_what_it_always_was():
    assert sheet_digest(sheet_of("", "cap-per-day")) == (
        "fc165c53c1bffebc689e4f8f9acf31c59f6d2e98d43e56a8ddaacc4135ca7570"
    )


def test_the_digest_does_not_depend_on_the_order_of_arrival_and_covers_every_field():
    sheet = corrected(corrected(sheet_of("", ""), "reverse"), "reverse", key="k1")
    backwards = replace(
        sheet,
        activities=dict(reversed(sheet.activities.items())),
        corrections=dict(reversed(sheet.corrections.items())),
    )
    assert sheet_digest(sheet) == sheet_digest(backwards)
    one = replace(sheet.activities["k0"], duration_s=1)
    assert sheet_digest(sheet) != sheet_digest(replace(sheet, activities={**sheet.activities, "k0": one}))
    other = (replace(sheet.corrections["k0"][0], cause="c9"),)
    assert sheet_digest(sheet) != sheet_digest(replace(sheet, corrections={**sheet.corrections, "k0": other}))


def test_the_last_correction_says_what_an_activity_is_worth():
    sheet = corrected(corrected(sheet_of("", ""), "replace", 60, ref="sb2-y"), "reverse", ref="sb2-y")
    assert worth_of(sheet, "k0") == (0, 0, "sb2-y")
    assert worth_of(sheet, "k1") == (80, 8000, "sb1-x")
    assert (sheet.totals, sheet.version) == ((80, 8000), 4)
    assert set(sheet_lines(sheet)) == {"k0", "k0~1", "k0~2", "k1"}


@pytest.mark.parametrize(
    ("reason", "kinds", "outcome"),
    [
        ("", [], "accepted"),
        ("cap-per-day", [], "capped"),
        ("pending", [], "pending"),
        ("pending", ["replace"], "pending"),
        ("pending", ["confirm"], "accepted"),
        ("pending", ["reject"], "rejected"),
        ("pending", ["reject", "restore"], "accepted"),
        ("", ["reverse"], "reversed"),
        ("", ["reverse", "replace"], "reversed"),
        ("", ["replace", "reverse", "restore", "reverse"], "reversed"),
        ("overlap", ["restore"], "accepted"),
    ],
)
def test_the_standing_follows_the_corrections(reason, kinds, outcome):
    sheet = sheet_of(reason)
    for kind in kinds:
        sheet = corrected(sheet, kind)
    assert standing_of(sheet, "k0").outcome == outcome


def test_a_reversed_activity_still_counts_for_its_cap_and_a_confirmed_one_does_from_then_on():
    sheet = corrected(sheet_of("", "pending", "pending"), "reverse")
    assert (is_counted(sheet, "k0"), sheet.paid_by_code) == (True, {"sb": 1})
    sheet = corrected(sheet, "confirm", 80, key="k1")
    sheet = corrected(sheet, "confirm", 0, key="k2", reason="cap-per-day")
    assert (is_counted(sheet, "k1"), is_counted(sheet, "k2"), sheet.paid_by_code) == (True, False, {"sb": 2})
    assert standing_of(sheet, "k2") == ("capped", "cap-per-day")
    assert corrected(corrected(sheet, "reverse", key="k1"), "restore", 80, key="k1").paid_by_code == {"sb": 2}
