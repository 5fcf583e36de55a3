"""Closing an account: everything is let go, nothing is undone, whatever was cut off is finished by asking again."""

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, Refused
from chalicelib.keys import card_digest, keyed_digest
from chalicelib.services import cards, closing, consents, freezing, wallet
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.entries import list_entries
from chalicelib.services.sessions import sign_in
from chalicelib.services.tills import redeem_voucher
from chalicelib.services.vouchers import get_voucher, take_voucher, voucher_token
from chalicelib.store import people, wallets
from chalicelib.store.message_settings import get_settings, save_settings
from tests.services.ledger import CASHIER, NOW, add_shop, record

LOGIN = keyed_digest("login", "dev", "xiaoman")
CARD = "CBHGDEJAB"
TEXT = "2026-11-01"


@pytest.fixture
def resident(tables):
    """Somebody with points, a voucher, a card, a phone and a message channel."""
    add_shop(points=50, stock=2)
    sign_in("dev", "xiaoman", "resident", "res_a", NOW)
    record("res_a", "e1", "e2")
    consents.give_consent("res_a", "transit-data", TEXT, NOW)
    cards.bind_card("res_a", CARD, NOW)
    wallet.register_device("res_a", "dev-0123456789ab", "我的手机", (), NOW)
    take_voucher("res_a", "red_1", "off_coat", NOW)
    settings = get_settings("res_a")
    save_settings(
        type(settings)("res_a", settings.version, {"local": ["star-won"]}, {"wechat-subscribe": "sealed"})
    )


def test_what_is_lost_is_said_before(resident):
    lost = closing.what_is_lost("res_a", NOW)
    assert (lost["points"], lost["open_vouchers"], lost["cards"], lost["devices"]) == (103, 1, 1, 1)
    assert lost["closed_at"] is None and lost["grams_co2e"] > 0


def test_closing_lets_everything_go_and_keeps_the_journal(resident):
    before = list_entries("res_a", 20, None).items
    closing.close_account("res_a", LOGIN, NOW)
    assert get_voucher("res_a", "red_1", NOW)["state"] == "voided"
    assert people.bindings_by_card([card_digest(CARD)]) == {}
    assert {one["state"] for one in consents.list_consents("res_a")} <= {"none", "withdrawn"}
    assert wallets.get_devices("res_a").items == ()
    assert (get_settings("res_a").kinds_by_channel, get_settings("res_a").addresses) == ({}, {})
    after = list_entries("res_a", 20, None).items
    assert after[-len(before) :] == before, "nothing that was booked is touched"
    assert read_balance("res_a", NOW)["points_available"] == 103, "frozen, not destroyed: the books stay even"
    assert run_audit().findings == []


def test_closed_is_closed(resident):
    closing.close_account("res_a", LOGIN, NOW)
    with pytest.raises(Refused, match="account-frozen"):
        take_voucher("res_a", "red_2", "off_coat", NOW)
    with pytest.raises(Refused, match="account-closed"):
        consents.give_consent("res_a", "transit-data", TEXT, NOW)
    with pytest.raises(Forbidden, match="consent-missing"):
        cards.bind_card("res_a", "ANOTHERCARD", NOW)
    with pytest.raises(Refused, match="account-closed"):
        wallet.register_device("res_a", "dev-0123456789ac", "又一部", (), NOW)
    with pytest.raises(Refused, match="account-closed"):
        freezing.unfreeze("res_a", "op_anna", "误操作", NOW)


def test_who_signs_in_again_begins_anew_and_empty(resident):
    closing.close_account("res_a", LOGIN, NOW)
    again = sign_in("dev", "xiaoman", "resident", "res_b", NOW + timedelta(minutes=1))
    assert again["subject"] == "res_b"
    assert read_balance("res_b", NOW)["points_available"] == 0
    assert sign_in("dev", "xiaoman", "resident", "res_c", NOW + timedelta(days=1))["subject"] == "res_b"


def test_a_second_request_gets_the_answer_of_the_first_and_spares_the_new_account(resident):
    first = closing.close_account("res_a", LOGIN, NOW)
    sign_in("dev", "xiaoman", "resident", "res_b", NOW)
    again = closing.close_account("res_a", LOGIN, NOW + timedelta(minutes=2))
    assert again == {**first, "_hit": True}
    assert people.find_resident(LOGIN) == "res_b"


def test_another_persons_login_closes_nothing(resident):
    sign_in("dev", "stranger", "resident", "res_z", NOW)
    with pytest.raises(Forbidden, match="login-of-other"):
        closing.close_account("res_a", keyed_digest("login", "dev", "stranger"), NOW)
    assert closing.what_is_lost("res_a", NOW)["open_vouchers"] == 1


@pytest.mark.parametrize("step", ["freeze", "close_unspent", "save_settings"])
def test_what_was_cut_off_is_finished_by_asking_again(resident, monkeypatch, step):
    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(closing, step, killed)
        with pytest.raises(RuntimeError):
            closing.close_account("res_a", LOGIN, NOW)
    closing.close_account("res_a", LOGIN, NOW + timedelta(minutes=1))
    lost = closing.what_is_lost("res_a", NOW)
    assert (lost["open_vouchers"], lost["cards"], lost["devices"]) == (0, 0, 0)
    assert people.find_resident(LOGIN) is None
    assert run_audit().findings == []


def test_a_consent_given_meanwhile_stops_the_closing_before_anything_was_done(resident, monkeypatch):
    read = people.get_person("res_a")
    consents.give_consent("res_a", "messages", "2026-11-24", NOW)
    monkeypatch.setattr(people, "get_person", lambda account_id: read)
    with pytest.raises(Conflict, match="changed-meanwhile"):
        closing.close_account("res_a", LOGIN, NOW)
    monkeypatch.undo()
    assert closing.what_is_lost("res_a", NOW)["open_vouchers"] == 1


def test_a_voucher_redeemed_meanwhile_stays_redeemed(resident, monkeypatch):
    token = voucher_token("res_a", "red_1", NOW)
    seen = list(closing._open_vouchers("res_a", NOW))
    monkeypatch.setattr(closing, "_open_vouchers", lambda *_: iter(seen))
    redeem_voucher(CASHIER, token, "sto_1", "scan_1", NOW)
    closing.close_account("res_a", LOGIN, NOW)
    assert get_voucher("res_a", "red_1", NOW)["state"] == "posted"


def test_who_never_recorded_anything_can_close_too(tables):
    sign_in("dev", "xiaoman", "resident", "res_a", NOW)
    closing.close_account("res_a", LOGIN, NOW)
    assert people.find_resident(LOGIN) is None
