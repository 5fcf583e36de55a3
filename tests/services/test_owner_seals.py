"""The owner seal: which device is whose, for us alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Refused, TanhuiError
from chalicelib.services.balances import read_balance
from chalicelib.services.owner_seals import open_owner_seal, owner_seal
from chalicelib.services.wallet import list_devices, revoke_device
from chalicelib.store.client import dynamodb
from tests.services.paying import NOW, add_phone, charge, earn, open_shop

ACCOUNT, OTHER = "res_" + "a" * 20, "res_" + "b" * 20

SYMBOLS = "0123456789abcdefghjkmnpqrstvwxyz"
account_ids = st.text(SYMBOLS, min_size=20, max_size=20).map(lambda symbols: f"res_{symbols}")
handles = st.integers(0, 10**8 - 1).map(lambda number: f"{number:08d}")


@given(account_ids, handles)
def test_a_seal_says_whose_device_it_is(account_id, handle):
    seal = owner_seal(handle, account_id)
    assert (len(seal), seal.isdecimal()) == (41, True)
    assert open_owner_seal(seal, handle) == account_id


@given(account_ids, handles, handles)
def test_a_seal_is_nobodys_under_another_handle(account_id, handle, other):
    opened = open_owner_seal(owner_seal(handle, account_id), other)
    assert (opened == account_id) == (handle == other)
    assert opened is None or handle == other


@given(account_ids, handles, st.integers(0, 40), st.integers(1, 9))
def test_a_seal_with_one_digit_changed_is_nobodys(account_id, handle, position, shift):
    seal = owner_seal(handle, account_id)
    digit = str((int(seal[position]) + shift) % 10)
    assert open_owner_seal(seal[:position] + digit + seal[position + 1 :], handle) is None


def test_two_devices_of_a_resident_have_nothing_in_common_to_see():
    account_id = "res_" + "0" * 20
    one, two = owner_seal("00000001", account_id), owner_seal("00000002", account_id)
    assert sum(a == b for a, b in zip(one, two, strict=True)) < 15


def test_an_account_of_another_form_has_no_seal():
    assert [owner_seal("00000001", text) for text in ("res_a", "x" * 20, "res_" + "u" * 20)] == ["", "", ""]


@pytest.fixture
def phone(tables):
    open_shop()
    earn(ACCOUNT)
    return add_phone(ACCOUNT)


def test_a_charge_from_a_qr_code_is_one_read_and_one_write(phone):
    calls = []

    def count(model, **_):
        calls.append(model.name)

    dynamodb().meta.events.register("before-call.dynamodb.*", count)
    try:
        charge(phone, code=phone.qr(NOW), points=10)
    finally:
        dynamodb().meta.events.unregister("before-call.dynamodb.*", count)
    assert calls == ["BatchGetItem", "TransactWriteItems"]


def test_a_phone_that_was_registered_before_learns_its_seal_when_it_looks(phone):
    (device,) = list_devices(ACCOUNT, NOW)["items"]
    assert device["owner_seal"] == phone.owner_seal != ""


def refused(phone, code):
    with pytest.raises(TanhuiError) as error:
        charge(phone, code=code)
    assert read_balance(ACCOUNT, NOW)["points_available"] == 103
    return error.value.code


def test_a_code_with_anothers_seal_or_none_of_ours_is_forged(phone):
    earn(OTHER)
    other = add_phone(OTHER)
    for seal in (other.owner_seal, "0" * 41, owner_seal(other.handle, ACCOUNT)):
        assert refused(phone, phone.code(NOW) + seal) == "wallet-code-unknown"
    # Genuine of this handle, but the device is somebody else's: what the seal says is compared, not believed.
    lying = phone.code(NOW) + owner_seal(phone.handle, OTHER)
    assert refused(phone, lying) == "wallet-device-revoked"
    assert read_balance(OTHER, NOW)["points_available"] == 103


def test_a_qr_code_and_its_digits_are_the_same_code_and_count_once(phone):
    charge(phone, code=phone.qr(NOW), points=10)
    with pytest.raises(TanhuiError) as used:
        charge(phone, charge_id="charge-00002", points=10)
    assert used.value.code == "wallet-code-used"


def test_a_seal_outlives_no_revocation(phone):
    revoke_device(ACCOUNT, "phone-000001", NOW)
    with pytest.raises(Refused, match="wallet-device-revoked"):
        charge(phone, code=phone.qr(NOW))
