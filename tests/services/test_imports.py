"""A delivered file becomes activities, and every one of its lines is accounted for by name."""

import pytest

from chalicelib.services import imports
from chalicelib.services.balances import read_balance
from tests.services.delivering import (
    BUS,
    ENTRY,
    EXIT,
    NOW,
    bind,
    deliver,
    file_of,
    import_file,
    outcomes_of,
    report_of,
    run,
    tap,
)


def test_rides_and_trips_of_bound_cards_are_accepted_and_earn(inbox: None) -> None:
    bind("AAAA1111", "BBBB2222")
    lines = [
        tap("AAAA1111", "08:00:00"),
        tap("BBBB2222", "08:10:00", ENTRY, device="1"),
        tap("BBBB2222", "08:40:00", EXIT, device="2"),
    ]
    found = import_file(file_of(lines))
    assert found["state"] == "done"
    assert found["outcomes"] == {"accepted": 3, "duplicate": 0, "skipped": 0, "rejected": 0, "unbound": 0}
    assert (found["lines"], found["activities"], found["cards_bound"]) == (3, 2, 2)
    assert found["grams_co2e"] > 0
    assert read_balance("res_AAAA1111", NOW)["unsettled"]["grams_co2e"] > 0
    report = report_of(found["import_id"])
    assert [line for line, *_ in report] == [2, 3, 4]
    assert report[1][3] == report[2][3] != ""


BROKEN = [
    (b"BROKEN01,2026-11-20 08:00:00\r\n", "rejected/wrong-column-count"),
    (b"BROKEN01,2026-11-20 08:\r\n", "rejected/wrong-column-count"),
    ("BROKEN01,2026-11-20 08:00:00,巴士,1\0,231,站\r\n".encode(), "rejected/nul-byte"),
    ("BROKEN01,2026-02-30 08:00:00,巴士,160,231,站\r\n".encode(), "rejected/bad-time"),
    ("BROKEN01,2026-11-20 24:00:00,巴士,160,231,站\r\n".encode(), "rejected/bad-time"),
    ("BROKEN01,2026-W47-5 08:00:00,巴士,160,231,站\r\n".encode(), "rejected/bad-time"),
    ("BROKEN01,,巴士,160,231,站\r\n".encode(), "rejected/bad-time"),
    ("BROKEN01,9999-12-31 23:59:59,巴士,160,231,站\r\n".encode(), "rejected/in-the-future"),
    ("BROKEN01,2026-11-22 08:00:00,巴士,160,231,站\r\n".encode(), "rejected/in-the-future"),
    ("BROKEN01,2026-11-13 23:59:59,巴士,160,231,站\r\n".encode(), "rejected/outside-window"),
    ("BROKEN01,0001-01-01 00:00:00,巴士,160,231,站\r\n".encode(), "rejected/outside-window"),
    ("BROKEN01,2026-11-20 08:00:00,巴士,-160,231,站\r\n".encode(), "rejected/negative-amount"),
    ("BROKEN01,2026-11-20 08:00:00,巴士,1e9,231,站\r\n".encode(), "rejected/bad-amount"),
    ("BROKEN01,2026-11-20 08:00:00,飞机,160,231,站\r\n".encode(), "rejected/unknown-kind"),
    (",2026-11-20 08:00:00,巴士,160,231,站\r\n".encode(), "rejected/bad-card"),
    ('"BROKEN01,2026-11-20 08:00:00,巴士,160,231,站\r\n'.encode(), "rejected/bad-quoting"),
    ("BROKEN01,2026-11-20 08:00:00,巴士,160,231,站\r\n".encode("gb18030"), "rejected/bad-encoding"),
    (b"x" * 20_000 + b"\r\n", "rejected/line-too-long"),
    (b"\r\n", "skipped/blank-line"),
]


def test_every_broken_line_is_named_and_the_rest_of_the_file_is_imported(inbox: None) -> None:
    bind("AAAA1111", "BROKEN01")
    good = file_of([tap("AAAA1111", "08:00:00")])
    found = import_file(
        good + b"".join(line for line, _ in BROKEN) + file_of([tap("AAAA1111", "09:00:00")])[60:]
    )
    wanted = {2: "accepted"} | {3 + i: reason for i, (_, reason) in enumerate(BROKEN)}
    named = outcomes_of(found["import_id"])
    assert {line: named[line] for line in wanted} == wanted
    assert sum(found["outcomes"].values()) == found["lines"] == found["lines_done"]


def test_a_file_cut_off_in_its_last_line_loses_only_that_line(inbox: None) -> None:
    bind("AAAA1111")
    content = file_of([tap("AAAA1111", "08:00:00"), tap("AAAA1111", "09:00:00")])
    found = import_file(content[:-20])
    assert outcomes_of(found["import_id"]) == {2: "accepted", 3: "rejected/wrong-column-count"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (file_of([tap("A" * 8, "08:00:00")]).decode().encode("utf-16"), "wrong-encoding"),
        ("卡号,时间\r\n".encode("gb18030"), "wrong-encoding"),
        (b"card,date\r\nA,2026-11-20 08:00:00\r\n", "wrong-header"),
        (b"\xef\xbb\xbf" + file_of([tap("A" * 8, "08:00:00")]), "wrong-header"),
        (file_of([tap("A" * 8, "08:00:00")]).decode().encode("gb18030"), "wrong-encoding"),
        (file_of([tap("A" * 8, "08:00:00")]).replace(b"160,", b""), "wrong-column-count"),
        (b"y" * 9_000, "wrong-header"),
        (file_of([tap("A" * 8, "08:00:00")]).replace(b"\r\n", b"\r"), "wrong-header"),
    ],
)
def test_a_file_that_is_wholly_wrong_fails_with_the_reason(inbox: None, content: bytes, code: str) -> None:
    from chalicelib.store import files

    if not content:
        import_id = deliver(b"x")
        files._s3().put_object(
            Bucket=files.config().files_bucket, Key=f"inbox/szt/{import_id}/taps.csv", Body=b""
        )
    else:
        import_id = deliver(content)
    assert run(import_id) == "failed"
    found = imports.get_import(import_id)
    assert found["failure"]["code"] == code
    assert found["finished_at"]


@pytest.mark.parametrize("after", [b"", b"\r\n", b"\r\n  \r\n\r\n"])
def test_a_file_without_any_row_fails_by_name(inbox: None, after: bytes) -> None:
    found = import_file(file_of([]) + after)
    assert (found["state"], found["failure"]["code"]) == ("failed", "no-rows")


def test_another_file_than_the_announced_one_is_refused_before_anything_is_recorded(inbox: None) -> None:
    from chalicelib.store import files

    bind("AAAA1111")
    import_id = deliver(file_of([tap("AAAA1111", "08:00:00")]))
    other = file_of([tap("AAAA1111", "09:00:00")])
    files._s3().put_object(
        Bucket=files.config().files_bucket, Key=f"inbox/szt/{import_id}/taps.csv", Body=other
    )
    assert run(import_id) == "failed"
    assert imports.get_import(import_id)["failure"]["code"] == "checksum-mismatch"
    assert read_balance("res_AAAA1111", NOW)["unsettled"]["grams_co2e"] == 0


def test_lines_of_unbound_cards_are_counted_and_appear_nowhere(inbox: None) -> None:
    bind("AAAA1111")
    found = import_file(file_of([tap("STRANGER1", "08:00:00"), tap("AAAA1111", "08:00:00")]))
    assert found["outcomes"]["unbound"] == 1
    assert list(outcomes_of(found["import_id"])) == [3]


def test_no_card_number_is_left_behind_anywhere(inbox: None, tmp_path: object) -> None:
    import json

    from chalicelib.store import files, runs

    bind("AAAA1111")
    found = import_file(file_of([tap("AAAA1111", "08:00:00"), tap("STRANGER1", "08:00:00")]))
    kept = json.dumps(runs.get_run(found["import_id"]).body)
    kept += repr(list(files.read_part(f"parts/{found['import_id']}/00000.csv"))) + repr(
        report_of(found["import_id"])
    )
    assert "AAAA1111" not in kept.replace("res_AAAA1111", "")
    assert "STRANGER1" not in kept


def test_days_before_the_consents_reach_are_skipped(inbox: None) -> None:
    bind("AAAA1111", covers_from_on="2026-11-20")
    lines = [tap("AAAA1111", "2026-11-19 23:59:59"), tap("AAAA1111", "2026-11-20 00:00:00")]
    found = import_file(file_of(lines))
    assert outcomes_of(found["import_id"]) == {2: "skipped/before-consent", 3: "accepted"}


def test_the_same_line_twice_in_a_file_is_a_duplicate_the_second_time(inbox: None) -> None:
    bind("AAAA1111")
    found = import_file(file_of([tap("AAAA1111", "08:00:00")] * 3))
    duplicate = "duplicate/repeated-in-file"
    assert outcomes_of(found["import_id"]) == {2: "accepted", 3: duplicate, 4: duplicate}


def test_the_same_file_delivered_again_is_a_new_import_of_duplicates(inbox: None) -> None:
    bind("AAAA1111")
    content = file_of([tap("AAAA1111", f"08:0{minute}:00", BUS) for minute in range(3)])
    first, second = import_file(content, "key-00000001"), import_file(content, "key-00000002")
    assert first["import_id"] != second["import_id"]
    assert (first["outcomes"]["accepted"], second["outcomes"]["duplicate"]) == (3, 3)
    assert (second["grams_co2e"], second["activities"]) == (0, 0)
    assert read_balance("res_AAAA1111", NOW)["unsettled"]["grams_co2e"] == first["grams_co2e"]


def test_a_finished_import_is_not_run_again(inbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = import_file(file_of([tap("AAAA1111", "08:00:00")]))
    monkeypatch.setattr("chalicelib.store.files.read_chunks", lambda key: pytest.fail("read again"))
    assert run(found["import_id"]) == "done"


def test_two_cards_of_one_resident_share_a_day_and_its_caps(inbox: None) -> None:
    bind("AAAA1111", account_id="res_two")
    bind("BBBB2222", account_id="res_two")
    lines = [tap(card, f"{hour:02d}:00:00") for card in ("AAAA1111", "BBBB2222") for hour in range(6, 10)]
    lines += [tap("BBBB2222", f"{hour:02d}:30:00") for hour in range(6, 10)]
    found = import_file(file_of(lines))
    assert found["cards_bound"] == 2
    assert found["outcomes"]["accepted"] == 6
    assert found["reasons"] == {"skipped/cap-per-day": 3, "skipped/overlap": 3}, (
        "one person, one bus at a time"
    )


def test_one_card_cannot_fill_the_memory(inbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.services.import_files.ROWS_PER_CARD_MAX", 3)
    bind("AAAA1111")
    found = import_file(file_of([tap("AAAA1111", f"08:{minute:02d}:00") for minute in range(5)]))
    assert found["reasons"] == {"rejected/too-many-taps": 2}
    assert sum(found["outcomes"].values()) == 5


def test_without_a_date_shift_the_file_of_2018_is_refused_by_name(inbox: None) -> None:
    bind("AAAA1111")
    found = import_file(
        file_of([tap("AAAA1111", "2018-09-01 08:00:00"), tap("STRANGER1", "2018-09-01 08:00:00")])
    )
    assert found["reasons"] == {"rejected/outside-window": 2}
    assert found["date_shift"] is None
