"""The till: redeeming once, forged and foreign codes, taking back."""

from datetime import timedelta

import jwt
import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from chalicelib.keys import derived_key
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.entries import list_entries
from chalicelib.services.tills import preview_voucher, redeem_voucher, refund_voucher
from chalicelib.services.voucher_tokens import public_keys
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from chalicelib.store.entries import entries_of_party
from tests.services.ledger import CASHIER, NOW, STRANGER, add_shop, record

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def token(tables):
    add_shop()
    record("res_a", "e1")
    take_voucher("res_a", "red_1", "off_coat", NOW)
    return voucher_token("res_a", "red_1", NOW)


def merchant_entries():
    return [e for shard in range(16) for e in entries_of_party("mer_laundry", "2026-11-21", shard)]


def test_redeeming_burns_the_points_and_passes_the_grams_to_the_merchant(token):
    spent = redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    assert (spent["state"], spent["points"], spent["grams_co2e"]) == ("posted", 50, 515 * 50 // 51)
    assert read_balance("res_a", LATER)["points_held"] == 0
    assert len(merchant_entries()) == 1
    assert run_audit().totals.grams_by_party["mer_laundry"] == 515 * 50 // 51


def test_a_second_scan_is_told_time_and_place_of_the_first(token):
    redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    with pytest.raises(Conflict) as refused:
        redeem_voucher(CASHIER, token, "sto_1", "scan_2", LATER + timedelta(minutes=1))
    assert refused.value.code == "voucher-already-redeemed"
    assert refused.value.facts["redeemed_at"] == "2026-11-21T05:00:00.000Z"
    assert refused.value.facts["store_name"] == "锦绣洗衣解放街店"


def test_looking_at_a_spent_voucher_tells_time_and_place_too(token):
    redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    with pytest.raises(Conflict) as refused:
        preview_voucher(CASHIER, token, "sto_1", LATER + timedelta(minutes=1))
    assert refused.value.facts["redeemed_at"] == "2026-11-21T05:00:00.000Z"
    assert refused.value.facts["store_name"] == "锦绣洗衣解放街店"


def test_the_same_scan_again_is_the_same_answer(token):
    first = redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    again = redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER + timedelta(minutes=1))
    assert again == {**first, "_hit": True}
    assert len(merchant_entries()) == 1


def test_the_same_scan_again_is_the_same_answer_even_after_a_refund(token):
    first = redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    refund_voucher(CASHIER, "red_1", "coat was damaged", LATER)
    assert redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER) == {**first, "_hit": True}


def test_a_preview_moves_nothing_and_refuses_like_the_real_thing(token):
    assert preview_voucher(CASHIER, token, "sto_1", LATER)["state"] == "open"
    assert merchant_entries() == []
    with pytest.raises(Refused, match="voucher-wrong-store"):
        preview_voucher(CASHIER, token, "sto_2", LATER)


@pytest.mark.parametrize(
    ("staff", "store_id", "at", "error", "code"),
    [
        (STRANGER, "sto_1", LATER, Forbidden, "voucher-of-other-merchant"),
        (CASHIER, "sto_2", LATER, Refused, "voucher-wrong-store"),
        (CASHIER, "sto_1", NOW + timedelta(days=14), Refused, "voucher-expired"),
    ],
)
def test_a_voucher_that_does_not_count_here_is_refused_by_name(token, staff, store_id, at, error, code):
    with pytest.raises(error) as refused:
        redeem_voucher(staff, token, store_id, "scan_1", at)
    assert refused.value.code == code
    assert merchant_entries() == []


def test_a_voided_voucher_cannot_be_redeemed(token):
    void_voucher("res_a", "red_1", NOW)
    with pytest.raises(Conflict, match="voucher-not-open"):
        redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)


def test_forged_codes_are_refused(token):
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    hs_key = derived_key("voucher-signing/1")
    forgeries = [
        jwt.encode(claims, None, algorithm="none", headers={"kid": kid}),
        jwt.encode(claims, hs_key, algorithm="HS256", headers={"kid": kid}),
        token.replace(
            token.split(".")[1], jwt.encode({**claims, "pts": 1}, hs_key, algorithm="HS256").split(".")[1]
        ),
        jwt.encode(claims, hs_key, algorithm="HS256", headers={"kid": "00000000"}),
    ]
    for forgery in forgeries:
        with pytest.raises(Refused, match="voucher-forged"):
            redeem_voucher(CASHIER, forgery, "sto_1", "scan_1", LATER)
    assert merchant_entries() == []


@pytest.mark.parametrize("text", ["", "hello", "a.b.c", "x" * 2001])
def test_what_is_no_code_at_all_is_named(token, text):
    with pytest.raises(InvalidInput):
        redeem_voucher(CASHIER, text, "sto_1", "scan_1", LATER)


def test_anyone_can_check_a_code_offline_with_the_published_key(token):
    key = jwt.PyJWK(public_keys()["keys"][0])
    claims = jwt.decode(
        token, key, algorithms=["EdDSA"], audience="tanhui-test-voucher", options={"verify_exp": False}
    )
    assert (claims["rid"], claims["pts"], claims["mer"]) == ("red_1", 50, "mer_laundry")


def test_a_refund_returns_points_to_their_lot_and_grams_from_the_merchant(token):
    redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    assert refund_voucher(CASHIER, "red_1", "coat was damaged", LATER)["state"] == "refunded"
    assert refund_voucher(CASHIER, "red_1", "coat was damaged", LATER)["_hit"] is True
    balance = read_balance("res_a", LATER)
    assert (balance["points_available"], balance["grams_co2e"]) == (51, 515)
    assert [e["kind"] for e in list_entries("res_a", 10, None).items] == ["refund", "post", "hold", "grant"]
    assert run_audit().totals.points_by_party["mer_laundry"] == 0


def test_only_the_merchant_that_redeemed_can_refund_and_only_what_was_redeemed(token):
    with pytest.raises(Conflict, match="voucher-not-redeemed"):
        refund_voucher(CASHIER, "red_1", "", LATER)
    redeem_voucher(CASHIER, token, "sto_1", "scan_1", LATER)
    with pytest.raises(Forbidden, match="voucher-of-other-merchant"):
        refund_voucher(STRANGER, "red_1", "", LATER)
    with pytest.raises(NotFound, match="voucher-unknown"):
        refund_voucher(CASHIER, "red_none", "", LATER)
