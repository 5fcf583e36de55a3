"""Charging at the till: what is taken, once, and everything that must be refused with nothing moved."""

from datetime import timedelta

import pytest

from chalicelib.domain.vouchers import Staff
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused, TanhuiError, TooMany
from chalicelib.services import freezing
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.charge_changes import void_charge
from chalicelib.services.charges import charge as send
from chalicelib.services.charges import get_charge, preview_charge
from chalicelib.services.entries import list_entries
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.wallet import register_device, revoke_device
from chalicelib.store import catalogue
from chalicelib.store.entries import entries_of_party
from chalicelib.store.transactions import Transaction, TransactionLost
from tests.services.paying import CASHIER, NOW, STRANGER, add_phone, charge, earn, open_shop, request


@pytest.fixture
def phone(tables):
    open_shop()
    earn()
    return add_phone()


def points(account_id="res_a", at=NOW):
    return read_balance(account_id, at)["points_available"]


def merchant_entries():
    return [e for shard in range(16) for e in entries_of_party("mer_laundry", "2026-11-21", shard)]


def test_a_charge_takes_points_for_a_part_of_the_bill_and_passes_the_grams(phone):
    made = charge(phone, bill_fen=120)
    assert (made["state"], made["points"], made["fen"], made["bill_fen"]) == ("charged", 60, 60, 120)
    assert made["resident"] == "居民 ···es_a"
    assert points() == 103 - 60
    assert [e["kind"] for e in list_entries("res_a", 9, None).items] == ["charge", "grant"]
    report = run_audit()
    assert report.findings == []
    assert report.totals.grams_by_party["mer_laundry"] == made["grams_co2e"] > 0


def test_a_charge_takes_all_there_is_when_the_bill_would_take_more(phone):
    assert charge(phone, bill_fen=10_000)["points"] == 103
    assert points() == 0


def test_points_recorded_a_moment_ago_pay_and_settled_ones_pay_without_booking_sheets(phone):
    settle_open_sheets(NOW, lambda: False)
    charge(phone, points=50)
    earn("res_a", 3)
    charge(phone, NOW + timedelta(seconds=60), "charge-00002", points=60)
    kinds = [e["kind"] for e in list_entries("res_a", 9, None).items]
    assert kinds == ["charge", "grant", "charge", "grant"]
    assert run_audit().findings == []


def test_a_preview_moves_nothing_and_its_quote_spares_the_charge_the_lookup(phone, monkeypatch):
    said = preview_charge(CASHIER, request(phone, bill_fen=120), NOW)
    assert (said["points"], said["fen"], said["fen_to_pay"]) == (60, 60, 60)
    assert points() == 103
    monkeypatch.setattr("chalicelib.services.charges.owner_of", None)
    assert charge(phone, bill_fen=120, quote=said["quote"])["points"] == 60


def test_a_quote_of_another_code_is_no_quote(phone):
    said = preview_charge(CASHIER, request(phone), NOW)
    with pytest.raises(InvalidInput, match="/quote"):
        charge(phone, NOW + timedelta(seconds=30), quote=said["quote"])
    for quote in ("x" * 30, said["quote"][:-3] + "AAA", "AAAA"):
        with pytest.raises(InvalidInput, match="/quote"):
            charge(phone, quote=quote)
    assert points() == 103


def test_the_same_request_again_is_the_same_answer_however_late(phone):
    first = charge(phone, points=50)
    for late in (timedelta(), timedelta(minutes=2), timedelta(days=2)):
        body = request(phone, NOW, points=50)
        assert send(CASHIER, body, NOW + late) == {**first, "_hit": True}
    assert points() == 53


def test_the_same_id_for_another_request_is_refused(phone):
    charge(phone, points=50)
    for other in ({"points": 51}, {"points": 50, "bill_fen": 9_999}):
        with pytest.raises(Conflict, match="idempotency-key-reused"):
            charge(phone, **other)


def test_two_merchants_may_use_the_same_id_and_neither_sees_the_other(phone):
    catalogue.put_document("store", "sto_9", {"id": "sto_9", "merchant_id": "mer_other", "name": "别家"})
    charge(phone, points=10)
    charge(phone, NOW + timedelta(seconds=30), staff=STRANGER, store_id="sto_9", points=20)
    assert (
        get_charge(CASHIER, "charge-00001")["points"],
        get_charge(STRANGER, "charge-00001")["points"],
    ) == (
        10,
        20,
    )
    ours = get_charge(CASHIER, "charge-00001")["redemption_id"]
    with pytest.raises(NotFound, match="charge-unknown"):
        get_charge(STRANGER, ours)
    with pytest.raises(NotFound, match="charge-unknown"):
        void_charge(STRANGER, ours, NOW)


def test_code_reused_within_its_time_step_is_refused_and_the_next_step_is_not(phone):
    charge(phone, points=10)
    with pytest.raises(Conflict, match="wallet-code-used"):
        charge(phone, charge_id="charge-00002", points=10)
    void_charge(CASHIER, "charge-00001", NOW)
    with pytest.raises(Conflict, match="wallet-code-used"):
        charge(phone, charge_id="charge-00003", points=10)
    charge(phone, NOW + timedelta(seconds=30), "charge-00004", points=10)
    with pytest.raises(Conflict, match="wallet-code-used"):
        send(CASHIER, request(phone, NOW, "charge-00005", points=10), NOW + timedelta(seconds=30))


def test_two_tills_with_the_same_code_at_once_take_it_once(phone, monkeypatch):
    real, rivals = Transaction.commit, []

    def commit(self):
        if not rivals:
            rivals.append(1)
            charge(phone, charge_id="charge-rival", points=10)
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    with pytest.raises(Conflict, match="wallet-code-used"):
        charge(phone, points=10)
    assert points() == 93


def test_two_phones_of_one_resident_at_once_both_pay_and_neither_is_lost(phone, monkeypatch):
    other, real, rivals = add_phone(device_id="phone-000002"), Transaction.commit, []

    def commit(self):
        if not rivals:
            rivals.append(1)
            charge(other, charge_id="charge-rival", points=10)
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    charge(phone, points=20)
    assert points() == 73
    assert run_audit().findings == []


@pytest.mark.parametrize(("off_s", "code"), [(-90, "wallet-code-expired"), (90, "wallet-code-ahead")])
def test_a_code_of_another_time_is_refused_by_name(phone, off_s, code):
    phone.off_s = off_s
    with pytest.raises(Refused, match=code):
        charge(phone)
    phone.off_s = off_s // 3
    charge(phone)


def refusal(phone, **changes):
    before = points()
    with pytest.raises(TanhuiError) as refused:
        charge(phone, **changes)
    assert (points(), merchant_entries()) == (before, []), "nothing moved"
    return refused.value.code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bill_fen": 0}, "amount-not-positive"),
        ({"bill_fen": -5}, "amount-not-positive"),
        ({"bill_fen": 12.5}, "amount-not-whole"),
        ({"bill_fen": 10**9}, "amount-too-large"),
        ({"bill_fen": 1}, "bill-too-small"),
        ({"bill_fen": 100, "points": 51}, "charge-above-share"),
        ({"points": 104}, "points-insufficient"),
        ({"code": "134567890123456789"}, "wallet-code-foreign"),
        ({"code": "7700000000" + "0" * 12}, "wallet-code-unknown"),
        ({"code": "77" + "0" * 19}, "invalid-input"),
        ({"charge_id": "chg_0123456789abcdef"}, "invalid-input"),
        ({"store_id": "sto_2"}, "store-of-others"),
        ({"store_id": "sto_none"}, "store-unknown"),
    ],
)
def test_bad_input_is_refused_by_name_and_nothing_moves(phone, changes, code):
    assert refusal(phone, **changes) == code


def test_a_resident_without_points_is_told_what_is_missing(phone):
    poor = add_phone("res_poor", "phone-poor-01")
    assert refusal(poor) == "points-insufficient"


def test_a_revoked_phone_and_a_frozen_resident_are_refused(phone):
    revoke_device("res_a", "phone-000001", NOW)
    assert refusal(phone) == "wallet-device-revoked"
    again = add_phone(device_id="phone-000002")
    freezing.freeze("res_a", "op_1", "挂失", NOW)
    assert refusal(again) == "account-frozen"
    freezing.unfreeze("res_a", "op_1", "已核实", NOW)
    assert charge(again)["state"] == "charged"
    assert run_audit().findings == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"suspension": {"from_at": "2026-11-01T00:00:00.000Z"}}, "merchant-suspended"),
        ({"contract_from": "2026-01-01", "contract_to": "2026-11-20"}, "merchant-contract-over"),
        ({"contract_from": "2026-11-22"}, "merchant-contract-over"),
    ],
)
def test_a_merchant_that_may_not_sell_takes_no_points(phone, document, code):
    merchant = {"id": "mer_laundry", "name": "锦绣洗衣", **document}
    catalogue.put_document("merchant", "mer_laundry", merchant, replace=True)
    assert refusal(phone) == code


def test_forged_codes_use_up_the_tills_attempts_and_only_its_own(phone):
    forged = phone.code(NOW)[:-1] + str((int(phone.code(NOW)[-1]) + 1) % 10)
    for _ in range(10):
        assert refusal(phone, code=forged) == "wallet-code-unknown"
    with pytest.raises(TooMany) as refused:
        charge(phone, code=forged)
    assert 0 < refused.value.facts["retry_after_s"] <= 2160
    assert refusal(phone) == "too-many-codes"
    other_till = Staff("stf_2", "mer_laundry", "cashier")
    assert charge(phone, staff=other_till, points=10)["state"] == "charged"
    later = NOW + timedelta(seconds=2161)
    assert charge(phone, later, "charge-00002", points=10)["state"] == "charged"


def test_a_till_that_guesses_all_day_gets_fifty_attempts_at_most():
    from chalicelib.domain.attempts import after_failure, check_attempts

    full_at_s, tried = 0, 0
    for second in range(86_400):
        try:
            check_attempts(full_at_s, second)
        except TooMany:
            continue
        full_at_s, tried = after_failure(full_at_s, second), tried + 1
    assert 45 < tried <= 50


def test_a_guess_that_happens_to_be_right_does_not_pay_at_a_till_without_attempts_left(phone, monkeypatch):
    monkeypatch.setattr(
        "chalicelib.services.charging.attempts.count_of", lambda item: int(NOW.timestamp()) + 10**6
    )
    assert refusal(phone) == "too-many-codes"


def test_a_device_shows_its_secret_for_ten_minutes_and_five_are_enough(tables):
    first = register_device("res_a", "phone-000001", "手机", (), NOW)
    again = register_device("res_a", "phone-000001", "手机", (), NOW + timedelta(minutes=9))
    assert again["secret"] == first["secret"]
    with pytest.raises(Conflict, match="device-exists"):
        register_device("res_a", "phone-000001", "手机", (), NOW + timedelta(minutes=11))
    for number in range(2, 6):
        register_device("res_a", f"phone-00000{number}", "手机", (), NOW)
    with pytest.raises(Refused, match="devices-too-many"):
        register_device("res_a", "phone-000006", "手机", (), NOW)
    revoke_device("res_a", "phone-000001", NOW)
    with pytest.raises(NotFound, match="device-unknown"):
        revoke_device("res_a", "phone-000001", NOW)
    renewed = register_device("res_a", "phone-000001", "手机", (), NOW)
    assert renewed["handle"] != first["handle"]


def test_a_handle_is_given_out_once_whoever_comes_to_it(tables, monkeypatch):
    monkeypatch.setattr("chalicelib.services.wallet._handle", lambda a, d, n: f"{n:08d}")
    handles = [register_device(f"res_{n}", "phone-000001", "手机", (), NOW)["handle"] for n in range(3)]
    assert handles == ["00000000", "00000001", "00000002"]


def test_a_charge_keeps_trying_when_others_are_faster_and_gives_up_whole(phone, monkeypatch):
    def lose(self):
        raise TransactionLost(frozenset({"account"}), conflict=True)

    monkeypatch.setattr(Transaction, "commit", lose)
    assert refusal(phone) == "too-busy"


def test_staff_of_nowhere_cannot_charge(phone):
    with pytest.raises(Forbidden, match="store-of-others"):
        charge(phone, staff=STRANGER)


def test_a_charge_writes_account_entry_and_charge_and_nothing_of_the_merchant(phone, monkeypatch):
    settle_open_sheets(NOW, lambda: False)
    sent, real = [], Transaction.commit

    def commit(self):
        sent.extend(
            (label, kind) for label, op in zip(self._labels, self._operations, strict=True) for kind in op
        )
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    charge(phone, points=10)
    assert sent == [("account", "Put"), ("entry 2", "Put"), ("charge", "Put")]
