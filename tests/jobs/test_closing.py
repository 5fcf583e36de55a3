"""The nightly closing: what it tells besides the statements it makes."""

import json
from datetime import timedelta

import pytest

from chalicelib.jobs import closing
from chalicelib.services import disputes
from tests.services.ledger import NOW
from tests.services.settling_days import NIGHT, ON, open_for_business, redeem


def told(printed: str) -> list[int]:
    """Return the numbers of overdue disputes that were written as a metric."""
    lines = [json.loads(line) for line in printed.splitlines()]
    return [line["DisputesOverdue"] for line in lines if "DisputesOverdue" in line]


def test_every_night_tells_how_many_disputes_nobody_answered_in_time(
    tables: None, capsys: pytest.CaptureFixture[str]
) -> None:
    open_for_business()
    redeem("voucher-00001")
    assert closing.run(NOW + NIGHT, lambda: False) == "done"
    asked = {"store_id": "sto_1", "on": ON, "line_no": 1, "reason": "没有消费"}
    disputes.open_dispute("mer_laundry", asked, "stf_li", NOW + NIGHT)
    assert told(capsys.readouterr().out) == [0]
    assert closing.run(NOW + timedelta(days=12), lambda: False) == "done"
    assert told(capsys.readouterr().out) == [1]
