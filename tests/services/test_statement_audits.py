"""The check of statements: untouched ones pass, every kind of tampering is found, over random histories sums agree."""

import json
from datetime import UTC, date, datetime, timedelta

import moto
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.entries import parse_entry
from chalicelib.domain.vouchers import Staff
from chalicelib.errors import TanhuiError
from chalicelib.jobs import closing
from chalicelib.services.charge_changes import refund_charge, void_charge
from chalicelib.services.findings import list_findings
from chalicelib.services.statement_audits import check_statements
from chalicelib.services.statement_seals import sealed
from chalicelib.services.statements import get_statement
from chalicelib.services.tills import refund_voucher
from chalicelib.store import catalogue
from chalicelib.store.statements import list_references, read_statements
from chalicelib.store.tables import MODELS, CatalogueItem
from tests.services.ledger import CASHIER, NOW, forget_places
from tests.services.paying import charge
from tests.services.settling_days import NIGHT, ON, closed, open_for_business, redeem
from tests.streams.events import journal_items

KIND = "statement#mer_laundry#sto_1"


def findings(now=NOW + NIGHT, is_whole=False):
    found = check_statements(now, lambda: False, is_whole)
    return [finding.detail for finding in found.findings]


@pytest.fixture
def closed_day(tables: None) -> None:
    """Two charges and a voucher, closed."""
    phone = open_for_business()
    redeem("voucher-00001")
    charge(phone, points=10)
    charge(phone, NOW + timedelta(minutes=1), "charge-00002", points=4)
    closed()


def tamper(change) -> None:
    document = catalogue.get_document(KIND, ON)
    catalogue.put_document(KIND, ON, change(document), replace=True)


def test_untouched_statements_pass(closed_day: None) -> None:
    assert findings() == []
    assert findings(is_whole=True) == []


def test_changed_figures_are_found_even_when_digest_and_signature_are_made_anew(closed_day: None) -> None:
    def forge(document):
        document["figures"]["net"]["points"] += 1
        document["totals"]["points"] += 1
        return sealed({n: v for n, v in document.items() if n not in ("digest", "kid", "signature")})

    tamper(forge)
    assert "statement of sto_1, 2026-11-21: the statement says 65 points, the ledger 64" in findings()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: {**d, "totals": {**d["totals"], "grams_co2e": 1}},
        lambda d: {**d, "number": 2},
        lambda d: {**d, "closed_at": "2026-11-22T00:00:00.000Z"},
        lambda d: {**d, "signature": "AAAA"},
        lambda d: {**d, "lines_digest": "0" * 64},
    ],
)
def test_any_change_of_a_statement_is_found(closed_day: None, change) -> None:
    tamper(change)
    assert findings()


def test_a_changed_stored_line_is_found(closed_day: None) -> None:
    digest = get_statement("mer_laundry", "sto_1", ON)["lines_digest"]
    name = ("statement-lines#mer_laundry", f"{digest}.000000")
    block = catalogue.get_document(*name)
    block["lines"][0]["points"] += 1
    catalogue.put_document(*name, block, replace=True)
    assert findings() == ["statement of sto_1, 2026-11-21: its stored lines are not those of the ledger"]


def test_a_removed_statement_is_found(closed_day: None) -> None:
    CatalogueItem(KIND, ON).delete()
    assert findings() == ["statement of sto_1, 2026-11-21: 3 entries are in no statement"]


def test_an_entry_that_appears_in_a_closed_day_is_found(closed_day: None) -> None:
    redeem("voucher-00009", NOW + timedelta(hours=1))
    assert any("its lines are not those of the ledger" in one for one in findings())


def test_every_old_day_gets_its_turn_against_the_journal(tables: None) -> None:
    from chalicelib.services import statement_audits

    span = (date(2026, 1, 1), date(2026, 3, 31))
    seen = set()
    for night in range(span[1].toordinal(), span[1].toordinal() + 90):
        now = datetime.fromordinal(night).replace(tzinfo=UTC)
        days = list(statement_audits._days_of(span, now, False))
        assert len(days) <= statement_audits.DOCUMENT_DAYS + 1
        seen |= {on for on, with_journal in days if with_journal}
    assert len(seen) == 90


def test_the_job_fails_loudly_and_is_quiet_when_all_is_well(closed_day: None, monkeypatch) -> None:
    sent = []
    monkeypatch.setattr("chalicelib.jobs.running.send_message", lambda *of: sent.append(of))
    assert closing.run(NOW + NIGHT, lambda: False) == "done"
    tamper(lambda d: {**d, "number": 2})
    with pytest.raises(closing.StatementsDiffer):
        closing.run(NOW + 2 * NIGHT, lambda: False)
    assert {one["invariant"] for one in list_findings("open", 20, None).items} == {11}
    assert closing.run(NOW + 3 * NIGHT, lambda: True) == "unfinished"
    assert sent == [("jobs", {"job": "close"})]


TILLS = [CASHIER, Staff("stf_two", "mer_laundry", "cashier")]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["voucher", "charge", "void", "refund", "part", "give-back", "close"]),
        st.integers(0, 3),
        st.sampled_from(["sto_1", "sto_3"]),
        st.integers(1, 16),
    ),
    min_size=4,
    max_size=9,
)


def ledger_sums() -> tuple[int, int]:
    """Return what the merchant has by all entries of the journal, read past every index."""
    entries = [parse_entry(item["body"]["S"]) for item in journal_items()]
    points = sum(e.points * ((e.credit == "mer_laundry") - (e.debit == "mer_laundry")) for e in entries)
    grams = sum(e.grams_co2e * ((e.credit == "mer_laundry") - (e.debit == "mer_laundry")) for e in entries)
    return points, grams


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_over_random_days_and_stores_statements_sum_to_the_ledger(steps) -> None:
    forget_places()
    with moto.mock_aws():
        for model in MODELS:
            model.create_table(wait=True)
        catalogue._cache.clear()
        phone, now = open_for_business(), NOW
        catalogue.put_document(
            "store", "sto_3", {"id": "sto_3", "merchant_id": "mer_laundry", "name": "三店"}
        )
        for number, (step, which, store_id, hours) in enumerate(steps):
            now += timedelta(hours=hours)
            play(phone, step, f"{which}", store_id, number, now)
        closed(now + 2 * NIGHT)
        references = list_references("mer_laundry", "", None, None)
        statements = read_statements("mer_laundry", references)
        nets = [one["figures"]["net"] for one in statements]
        assert ledger_sums() == (sum(n["points"] for n in nets), sum(n["grams_co2e"] for n in nets))
        assert findings(now + 2 * NIGHT, is_whole=True) == []
        assert len(json.dumps(statements)) > 0
    catalogue._cache.clear()


def play(phone, step: str, which: str, store_id: str, number: int, now) -> None:
    """Do one step at the till; refusals are part of life."""
    till, charge_id = TILLS[number % 2], f"charge-1000{which}"
    try:
        if step == "voucher":
            redeem(f"voucher-1000{which}", now)
        elif step == "charge":
            charge(phone, now, charge_id, till, store_id=store_id, points=7)
        elif step == "void":
            void_charge(till, charge_id, now)
        elif step == "refund":
            refund_charge(till, charge_id, f"refund-{number:05d}", None, "退", now)
        elif step == "part":
            refund_voucher(till, f"voucher-1000{which}", "退", now, f"refund-{number:05d}", 3)
        elif step == "give-back":
            refund_voucher(till, f"voucher-1000{which}", "退", now)
        else:
            closed(now)
    except TanhuiError:
        return
