"""The release job: what is due and what merchants do not honour, in one run with one count."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.jobs import releasing
from chalicelib.services import merchants
from chalicelib.services.job_runs import list_jobs
from chalicelib.services.vouchers import take_voucher
from chalicelib.store.catalogue import put_document
from tests.services.ledger import NOW, add_offer, add_shop, record

TERMS = {"reason": "资质过期", "notice": "该商户暂停服务。", "open_vouchers": "release"}


def test_one_run_releases_what_is_due_and_what_is_not_honoured(tables, clock, capsys):
    clock.now = NOW
    add_shop(points=5)
    add_offer("off_short", points=5, ends_at="2026-11-21T05:00:00.000Z")
    record("res_a", "e1")
    for number, offer_id in enumerate(("off_coat", "off_short")):
        take_voucher("res_a", f"red_{number}", offer_id, NOW)
    merchants.suspend_merchant("mer_laundry", TERMS, "op", NOW)
    assert releasing.run(NOW + timedelta(hours=2), lambda: False) == "done"
    run = next(job["last_run"] for job in list_jobs() if job["job"] == "release")
    assert (run["state"], run["counts"]["vouchers"], run["counts"]["points"]) == ("done", 2, 10)
    assert (run["counts"]["reviews"], run["counts"]["failed"]) == (0, 0)


def test_a_run_out_of_time_is_handed_on(tables, clock, capsys, monkeypatch):
    sent = []
    monkeypatch.setattr("chalicelib.jobs.running.send_message", lambda *message: sent.append(message))
    clock.now = NOW
    add_shop(points=5)
    record("res_a", "e1")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    merchants.suspend_merchant("mer_laundry", TERMS, "op", NOW)
    assert releasing.run(NOW + timedelta(hours=2), lambda: True) == "unfinished"
    assert sent == [("jobs", {"job": "release"})]


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 20, 19, 10, tzinfo=UTC), 3),
        (datetime(2026, 11, 22, 4, 0, tzinfo=UTC), 36),
    ],
)
def test_every_run_says_how_old_the_newest_published_day_is(tables, capsys, now, hours):
    for day in ("2026-11-19", "2026-11-20"):
        put_document("day", day, {"date": day})
    releasing.run(now, lambda: False)
    assert f'"PublishedDayAgeHours":{hours}' in capsys.readouterr().out


def test_while_no_day_is_published_there_is_no_measurement_and_a_failed_one_does_not_stop_the_release(
    tables, capsys, monkeypatch
):
    assert releasing.run(NOW, lambda: False) == "done"
    assert "PublishedDayAgeHours" not in capsys.readouterr().out
    monkeypatch.setattr(releasing, "newest_age_hours", lambda now: 1 // 0)
    assert releasing.run(NOW, lambda: False) == "done"
