"""Wallet codes: the published vectors, and what no code can be."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.wallet_codes import (
    CODE_DIGITS,
    SEAL_DIGITS,
    check_fresh,
    proven_step,
    read_code,
    step_at,
    wallet_code,
)
from chalicelib.errors import InvalidInput, Refused, TanhuiError

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "docs" / "wallet-code-vectors.json").read_text("utf-8"))
SECRET, HANDLE = VECTORS["checks"]["secret"], VECTORS["checks"]["handle"]
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda v: f"{v['handle']} {v['epoch_ms']}")
def test_a_phone_makes_the_published_codes(vector):
    now = datetime.fromtimestamp(vector["epoch_ms"] / 1000, UTC)
    assert step_at(now) == vector["step"]
    assert wallet_code(vector["secret"], vector["handle"], vector["step"]) == vector["code"]


def outcome(text, now):
    try:
        code = read_code(text)
        step = proven_step(code, SECRET, now)
        if step is None:
            return "wallet-code-unknown"
        check_fresh(step, now)
    except TanhuiError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("case", VECTORS["checks"]["cases"], ids=lambda c: c["outcome"])
def test_the_server_answers_as_published(case):
    now = datetime.fromtimestamp(case["server_epoch_s"], UTC)
    assert outcome(case["code"], now) == case["outcome"]


@given(off_s=st.integers(-1400, 1400), handle=st.integers(0, 10**8 - 1))
def test_a_genuine_code_is_known_for_what_it_is_near_its_time_and_taken_only_next_to_it(off_s, handle):
    shown_at = NOON + timedelta(seconds=off_s)
    code = read_code(wallet_code(SECRET, f"{handle:08d}", step_at(shown_at)))
    step = proven_step(code, SECRET, NOON)
    assert step == step_at(shown_at)
    is_near = abs(step - step_at(NOON)) <= 1
    try:
        check_fresh(step, NOON)
    except Refused as error:
        assert not is_near
        assert error.code == ("wallet-code-ahead" if off_s > 0 else "wallet-code-expired")
    else:
        assert is_near


@given(position=st.integers(2, 21), shift=st.integers(1, 9))
def test_a_code_with_one_digit_changed_is_nobodys(position, shift):
    good = wallet_code(SECRET, HANDLE, step_at(NOON))
    digit = str((int(good[position]) + shift) % 10)
    assert outcome(good[:position] + digit + good[position + 1 :], NOON) == "wallet-code-unknown"


def test_an_owner_seal_follows_the_code_whole_or_not_at_all():
    assert (VECTORS["code_digits"], VECTORS["owner_seal_digits"]) == (CODE_DIGITS, SEAL_DIGITS)
    code = wallet_code(SECRET, HANDLE, step_at(NOON))
    read = read_code(code + "1" * SEAL_DIGITS)
    assert (read.owner_seal, read.mac) == ("1" * SEAL_DIGITS, code[12:])
    for digits in (1, SEAL_DIGITS - 1, SEAL_DIGITS + 1):
        with pytest.raises(InvalidInput):
            read_code(code + "1" * digits)


@pytest.mark.parametrize(
    "text", ["", "77", "77" + "1" * 21, "7７" + "1" * 20, "77 1", "x" * 22, "-7" + "1" * 20]
)
def test_what_is_no_code_at_all_is_named(text):
    with pytest.raises((InvalidInput, Refused)) as refused:
        read_code(text)
    assert refused.value.code in ("invalid-input", "wallet-code-foreign")
