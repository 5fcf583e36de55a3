"""Notices of delivered files start the right import, once; every other message is harmless."""

import json

import pytest

from chalicelib.jobs import imports as job
from chalicelib.services import imports
from tests.conftest import Clock
from tests.services import delivering

HOUR_MS = 3_600_000


@pytest.fixture
def inbox(tables: None, clock: Clock) -> None:
    delivering.add_bucket()
    delivering.add_partner()
    clock.now = delivering.NOW


def notice(*keys: str) -> str:
    return json.dumps(
        {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": key}}} for key in keys]}
    )


@pytest.mark.usefixtures("inbox")
def test_a_notice_starts_its_import_and_a_repeated_one_changes_nothing() -> None:
    delivering.bind("AAAA1111")
    import_id = delivering.deliver(delivering.file_of([delivering.tap("AAAA1111", "08:00:00")]))
    message = notice(f"inbox/szt/{import_id}/taps.csv")
    assert job.run(message, HOUR_MS) == ["done"]
    finished = imports.get_import(import_id)
    assert finished["outcomes"]["accepted"] == 1
    assert job.run(message, HOUR_MS) == ["done"]
    assert imports.get_import(import_id) == finished


@pytest.mark.usefixtures("inbox")
def test_a_file_name_of_any_script_finds_its_import() -> None:
    assert job.run(notice("inbox/szt/imp_0123456789/%E5%88%B7%E5%8D%A1+1.csv"), HOUR_MS) == ["import-unknown"]


@pytest.mark.usefixtures("inbox")
def test_messages_about_nothing_of_ours_are_dropped() -> None:
    assert job.run(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}), HOUR_MS) == []
    assert job.run(notice("inbox/stray.csv", "reports/szt/imp_1.csv"), HOUR_MS) == []
    assert job.run(json.dumps({"import_id": "imp_unknown"}), HOUR_MS) == ["import-unknown"]
