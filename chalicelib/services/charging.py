"""Owns the one way points pay for a part of a bill: load once, decide, commit once; wallet and merchant code share it.

Must not know how a resident was found out: `services.charges` and `services.payments` bring a `Sale`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.accounts import Booking, charge_points, hold_points, points_available
from chalicelib.domain.attempts import check_attempts
from chalicelib.domain.charge_terms import Rate, Terms, terms_of
from chalicelib.domain.charges import CHARGED, IN_REVIEW, REVIEW_DAYS, Charge, charge_again
from chalicelib.domain.days import local_day, to_text
from chalicelib.domain.lots import Lots
from chalicelib.domain.profiles import Profile
from chalicelib.domain.review_rules import Limits, review_reasons
from chalicelib.domain.sheets import Sheet
from chalicelib.domain.till_marks import check_not_frozen, check_unused, with_charge, with_step
from chalicelib.domain.vouchers import Staff
from chalicelib.domain.wallet_codes import check_fresh, step_at
from chalicelib.profiles import current_profile
from chalicelib.services.open_places import Place, open_place, place_keys
from chalicelib.services.reviews import add_review
from chalicelib.services.spending import Loaded, load, repeat_on_conflict
from chalicelib.services.wallet import Proven, attempts_name, check_device
from chalicelib.store import attempts, wallets
from chalicelib.store import charges as store
from chalicelib.store.accounts import add_booking
from chalicelib.store.sheets import Key, add_settled_check
from chalicelib.store.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Sale:
    """What is to be charged: whose points, at which till, for which bill; `points` None takes as many as it allows.

    `proven` is the wallet code behind it; without one the resident asked in person. `works_at` are the merchants whose
    staff the resident belongs to, as far as the resident's own token says.
    """

    redemption_id: str
    charge_id: str
    account_id: str
    staff: Staff
    store_id: str
    via: str
    bill_fen: int
    points: int | None
    digest: str
    proven: Proven | None = None
    works_at: tuple[str, ...] = ()

    def others(self) -> list[Key]:
        """Return what is read beside account and sheets."""
        keys = [store.charge_key(self.redemption_id), *place_keys(self.staff.merchant_id, self.store_id)]
        if self.proven is not None:
            keys.append(wallets.device_key(self.proven.handle))
            keys.append(attempts.counter_key(attempts_name(self.staff.staff_id)))
        return keys


@dataclass(frozen=True, slots=True)
class Decided:
    """What a sale would do: the account as it is charged from, the sheets booked for it, terms and reasons."""

    place: Place
    base: Booking
    sheets: Sequence[Sheet]
    terms: Terms
    works_at: tuple[str, ...]


def preview(sale: Sale, now: datetime) -> Decided:
    """Return what `charge` would take, moving nothing; refusals as there."""
    profile = current_profile()
    return _decide(sale, load(sale.account_id, profile, now, sale.others()), profile, now)


def charge(sale: Sale, now: datetime) -> tuple[Charge, bool]:
    """Take the points, at once or held for a review, and return the charge and whether it had been made before."""
    return repeat_on_conflict(lambda: _charge_once(sale, now))


def _charge_once(sale: Sale, now: datetime) -> tuple[Charge, bool]:
    profile = current_profile()
    loaded = load(sale.account_id, profile, now, sale.others())
    known = loaded.find(store.charge_key(sale.redemption_id))
    if known is not None:
        return charge_again(store.parse_charge_item(known), sale.digest), True
    decided = _decide(sale, loaded, profile, now)
    on = local_day(now, profile.tz).isoformat()
    reasons = review_reasons(
        loaded.account.till,
        on,
        decided.terms.points,
        Limits(profile.review_charges_per_day, profile.review_points_per_day),
        bool(sale.account_id) and sale.account_id == sale.staff.account_id,
        decided.works_at,
        sale.staff.merchant_id,
    )
    booking, draws = _booked(sale, decided, reasons, profile, now)
    made = replace(_made(sale, decided, draws, reasons, now), left_at=booking.account.seq)
    tx = Transaction()
    add_booking(tx, loaded.account, _marked(booking, sale, on, decided.terms.points, now))
    for sheet in decided.sheets:
        add_settled_check(tx, sheet)
    store.add_new_charge(tx, made)
    if reasons:
        add_review(tx, made)
    tx.commit()
    return made, False


def _decide(sale: Sale, loaded: Loaded, profile: Profile, now: datetime) -> Decided:
    place = open_place(loaded, sale.staff.merchant_id, sale.store_id, now)
    works_at = _check_code(sale, loaded, now)
    check_not_frozen(loaded.account.till)
    rate = Rate(profile.fen_per_100_points[place.scenario], profile.bill_share_percent_max)
    base, sheets = _covering(loaded, sale.points or rate.points_max(sale.bill_fen), profile, now)
    available = points_available(base.account, local_day(now, profile.tz))
    terms = terms_of(sale.bill_fen, rate, available, sale.points)
    return Decided(place, base, sheets, terms, works_at)


def _check_code(sale: Sale, loaded: Loaded, now: datetime) -> tuple[str, ...]:
    """Refuse a code that counts no longer; return where its holder works."""
    if sale.proven is None:
        return sale.works_at
    counter = loaded.find(attempts.counter_key(attempts_name(sale.staff.staff_id)))
    check_attempts(attempts.count_of(counter), int(now.timestamp()))
    found = loaded.find(wallets.device_key(sale.proven.handle))
    device = check_device(None if found is None else wallets.parse_device(found), sale.account_id)
    check_fresh(sale.proven.step, now)
    check_unused(loaded.account.till, sale.proven.handle, sale.proven.step)
    return device.works_at


def _covering(
    loaded: Loaded, points: int, profile: Profile, now: datetime
) -> tuple[Booking, Sequence[Sheet]]:
    """Return the account to draw from: as stored when its lots cover `points`, else with the open sheets booked."""
    base = loaded.booking()
    if points_available(base.account, local_day(now, profile.tz)) >= points:
        return base, ()
    return loaded.settled(profile, now), loaded.unsettled_sheets()


def _booked(
    sale: Sale, decided: Decided, reasons: Sequence[str], profile: Profile, now: datetime
) -> tuple[Booking, Lots]:
    facts = {
        "bill_fen": sale.bill_fen,
        "charge_id": sale.charge_id,
        "fen": decided.terms.fen,
        "redemption_id": sale.redemption_id,
        "staff_id": sale.staff.staff_id,
        "store_id": sale.store_id,
        "via": sale.via,
    }
    today, points = local_day(now, profile.tz), decided.terms.points
    if reasons:
        return hold_points(decided.base, points, facts, today, now)
    return charge_points(decided.base, points, sale.staff.merchant_id, facts, today, now)


def _marked(booking: Booking, sale: Sale, on: str, points: int, now: datetime) -> Booking:
    marks = with_charge(booking.account.till, on, points)
    if sale.proven is not None:
        marks = with_step(marks, sale.proven.handle, sale.proven.step, step_at(now))
    return replace(booking, account=replace(booking.account, till=marks))


def _made(sale: Sale, decided: Decided, draws: Lots, reasons: tuple[str, ...], now: datetime) -> Charge:
    return Charge(
        redemption_id=sale.redemption_id,
        charge_id=sale.charge_id,
        merchant_id=sale.staff.merchant_id,
        state=IN_REVIEW if reasons else CHARGED,
        taken_at=to_text(now),
        account_id=sale.account_id,
        store_id=sale.store_id,
        staff_id=sale.staff.staff_id,
        via=sale.via,
        scenario=decided.place.scenario,
        bill_fen=sale.bill_fen,
        fen=decided.terms.fen,
        draws=draws,
        digest=sale.digest,
        reasons=reasons,
        due_at=to_text(now + timedelta(days=REVIEW_DAYS)) if reasons else None,
    )
