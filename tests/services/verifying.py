"""What the tests of verification share: pending activities of several residents, and the queue played by hand."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.activities import Recorded
from chalicelib.services import verification_runs
from chalicelib.services.accreditations import Verifier
from chalicelib.store import queues
from tests.services.ledger import NOW, record, use_methodology

SUN = Verifier("stf_sun", "hezheng")
YESTERDAY = (NOW - timedelta(days=1)).date()
ASKED = {
    "batch_id": "batch-0001",
    "methodology_id": "clothes-return",
    "source": "huishou",
    "from_on": "2026-11-18",
    "to_on": "2026-11-21",
    "sample_size": 3,
}


def demand_verification(monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    """Let returned clothes count only when a verifier has confirmed them."""
    use_methodology(monkeypatch, "clothes-return", verification={"required": True, **more})


def return_clothes(account_id: str, *event_ids: str, **changes: Any) -> list[Recorded]:
    """Record bags of clothes of 2 kg as the recycler would deliver them."""
    fields = {
        "methodology_id": "clothes-return",
        "source": "huishou",
        "inputs": {"clothes_g": 2000},
        "evidence": "operator-signed",
        **changes,
    }
    return record(account_id, *event_ids, **fields)


class Queue:
    """The jobs queue: what was sent, worked off when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: list[dict[str, Any]] = []
        monkeypatch.setattr(queues, "send_message", lambda _queue, body: self.messages.append(body))

    def work_off(self) -> list[str]:
        """Work on every message, those sent meanwhile too; return the states reached."""
        states = []
        while self.messages:
            message = self.messages.pop(0)
            states.append(verification_runs.work_on(message["verification"], NOW, lambda: False))
        return states
