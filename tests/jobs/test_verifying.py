"""The queue's side of verification: a message finds its batch, a failure stays in the queue."""

import json

import pytest

from chalicelib.errors import NotFound
from chalicelib.jobs import work
from chalicelib.services import verifications
from tests.services import delivering
from tests.services.ledger import NOW
from tests.services.verifying import ASKED, SUN, Queue, demand_verification, return_clothes


def test_a_message_draws_the_sample_of_its_batch(
    tables: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    delivering.add_bucket()
    demand_verification(monkeypatch)
    queue = Queue(monkeypatch)
    return_clothes("res_a", "bag-1")
    batch = verifications.open_batch(ASKED, SUN, NOW)
    (message,) = queue.messages
    assert work.handle(json.dumps(message), NOW, lambda: False) == "open"
    assert verifications.get_batch(batch["batch_id"])["drawn"] == 1
    logged = capsys.readouterr().out
    assert '"job":"verify","state":"open"' in logged
    assert "res_a" not in logged


def test_a_message_about_nothing_ends_in_the_dead_letters(tables: None) -> None:
    with pytest.raises(NotFound):
        work.handle('{"verification": "ver_nothing"}', NOW, lambda: False)
