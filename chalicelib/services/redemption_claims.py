"""Owns what the audit takes vouchers and charges for: what each claims to hold, and whether it is stored as it says.

Must not read or write. A new kind of redemption is entered in the table at the end.
"""

from collections.abc import Callable, Mapping

from chalicelib.domain import charges, vouchers
from chalicelib.domain.charges import Charge
from chalicelib.domain.redemption_audit import Claim
from chalicelib.domain.vouchers import Voucher
from chalicelib.store.charges import CHARGE, charge_item, parse_charge_item
from chalicelib.store.client import Item
from chalicelib.store.vouchers import VOUCHER, parse_voucher_item, voucher_item

_VOUCHER_ENDS: Mapping[str, frozenset[str]] = {
    vouchers.OPEN: frozenset({"hold"}),
    vouchers.POSTED: frozenset({"post", "refund"}),
    vouchers.VOIDED: frozenset({"void"}),
    vouchers.TIMED_OUT: frozenset({"void"}),
    vouchers.REFUNDED: frozenset({"refund"}),
}
_CHARGE_ENDS: Mapping[str, frozenset[str]] = {
    charges.IN_REVIEW: frozenset({"hold"}),
    charges.CHARGED: frozenset({"charge", "post", "refund"}),
    charges.VOIDED: frozenset({"refund"}),
    charges.CANCELLED: frozenset({"void"}),
    charges.REFUNDED: frozenset({"refund"}),
    charges.BLOCKED: frozenset(),
}


def claim_of(item: Item) -> Claim:
    """Return a redemption in the audit's terms; a ValueError, KeyError or TypeError for one that cannot be read."""
    return _CLAIMS[_kind(item)](item)


def check_form(item: Item) -> None:
    """Raise ValueError, KeyError or TypeError unless a redemption is stored exactly as its text says."""
    if _FORMS[_kind(item)](item) != item:
        raise ValueError("the item differs from its text")


def _kind(item: Item) -> str:
    return str(item.get("kind", {"S": VOUCHER})["S"])


def _voucher_claim(item: Item) -> Claim:
    voucher = parse_voucher_item(item)
    held_points = voucher.points if voucher.state == vouchers.OPEN else 0
    back = sum(refund.points for refund in voucher.refunds)
    ends = _VOUCHER_ENDS[voucher.state]
    names = (voucher.redemption_id, voucher.account_id, voucher.state)
    return Claim(*names, voucher.points, held_points, ends, back)


def _charge_claim(item: Item) -> Claim:
    charge = parse_charge_item(item)
    held_points = charge.points if charge.state == charges.IN_REVIEW else 0
    names = (charge.redemption_id, charge.account_id, charge.state)
    return Claim(*names, charge.points, held_points, _CHARGE_ENDS[charge.state], _points_back(charge))


def _points_back(charge: Charge) -> int:
    return charge.points if charge.state == charges.VOIDED else charge.points_refunded


def _voucher_form(item: Item) -> Item:
    voucher: Voucher = parse_voucher_item(item)
    form = voucher_item(voucher)
    if "version" not in item and voucher.version == 1:
        # From before vouchers had versions.
        del form["version"]
    return form


_CLAIMS: Mapping[str, Callable[[Item], Claim]] = {VOUCHER: _voucher_claim, CHARGE: _charge_claim}
_FORMS: Mapping[str, Callable[[Item], Item]] = {
    VOUCHER: _voucher_form,
    CHARGE: lambda item: charge_item(parse_charge_item(item)),
}
