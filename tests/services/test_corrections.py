"""Corrections: what was recorded is credited, reversed, restored or counted by another version; nobody ever owes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.sheets import worth_of
from chalicelib.errors import Conflict, NotFound, Refused
from chalicelib.profiles import current_profile
from chalicelib.services.auditing import run_audit
from chalicelib.services.balances import read_balance
from chalicelib.services.corrections import (
    confirm_activity,
    reject_activity,
    replace_worth,
    restore_activity,
    reverse_activity,
)
from chalicelib.services.entries import list_entries
from chalicelib.services.expiring import expire_due_lots
from chalicelib.services.exports import export_account
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.tills import redeem_voucher, refund_voucher
from chalicelib.services.vouchers import take_voucher, void_voucher, voucher_token
from chalicelib.store.accounts import account_item, find_account
from chalicelib.store.sheets import SHARDS, find_sheet, pending_sheets
from chalicelib.store.transactions import Transaction
from tests.services.ledger import CASHIER, NOW, add_offer, add_shop, change_profile, record, use_methodology
from tests.services.proving import checked

YESTERDAY = (NOW - timedelta(days=1)).date()
ME = "res_a"
VERIFIED = {"verification": {"required": True}}


def never():
    return False


def key_of(recorded):
    return recorded.activity_id.partition("-")[2]


def recorded_key(event_id="e1", **changes):
    """Record one event of yesterday and return its key."""
    return key_of(record(ME, event_id, **changes)[0])


def adjusts():
    """Return (points, grams, points' change for the resident, correction) of all adjust entries, oldest first."""
    found = [e for e in list_entries(ME, 100, None).items if e["kind"] == "adjust"]
    return [
        (e["points"], e["grams_co2e"], e["points_change"], e["facts"]["correction"]) for e in reversed(found)
    ]


def balance(now=NOW):
    found = read_balance(ME, now)
    return found["points_available"], found["grams_co2e"]


@pytest.fixture(autouse=True)
def _sound(tables):
    """Whatever a test does, the night goes through and the stored ledger is sound afterwards."""
    yield
    assert run_audit().findings == []
    settle_open_sheets(NOW + timedelta(days=9), never)
    assert run_audit().findings == []


def test_a_reversal_takes_points_and_grams_back_and_a_restore_gives_them_again(tables):
    key = recorded_key()
    record(ME, "e2")
    assert balance() == (103, 1030)
    correction = reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert (correction.kind, correction.grams_co2e, correction.number) == ("reverse", 0, 1)
    assert balance() == (51, 515)
    restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
    assert balance() == (103, 1030)
    assert adjusts() == [(52, 515, -52, "reverse"), (52, 515, 52, "restore")]


def test_before_the_first_correction_the_open_day_is_granted_and_each_has_an_entry_with_its_facts(tables):
    key = recorded_key()
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    grant, adjust = reversed(list_entries(ME, 9, None).items)
    assert (grant["kind"], grant["points"]) == ("grant", 51)
    facts = {name: value for name, value in adjust["facts"].items() if name != "sheet"}
    assert facts == {
        "carry": 0,
        "cause": "job_1",
        "correction": "reverse",
        "day": "2026-11-20",
        "key": key,
        "millipoints": -51_500,
    }
    assert (adjust["debit"], adjust["credit"]) == (ME, "sys_issuance")


@pytest.mark.parametrize("is_settled", [False, True])
def test_a_correction_works_alike_before_and_after_the_night(tables, is_settled):
    key = recorded_key()
    if is_settled:
        settle_open_sheets(NOW, never)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert settle_open_sheets(NOW, never).points == 0
    sheet = find_sheet(ME, YESTERDAY)
    assert (sheet.totals, sheet.settled_grams_co2e, sheet.is_open, sheet.version) == ((0, 0), 0, False, 2)
    assert balance() == (0, 0)


def test_the_same_cause_again_changes_nothing_and_answers_the_same(tables):
    key = recorded_key()
    first = reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
    assert reverse_activity(ME, YESTERDAY, key, "job_1", NOW) == first
    assert balance() == (51, 515)
    with pytest.raises(Conflict, match="correction-not-possible"):
        restore_activity(ME, YESTERDAY, key, "job_1", NOW)


def test_what_was_spent_meanwhile_is_borne_by_the_programme(tables):
    add_shop(points=40)
    key = recorded_key()
    take_voucher(ME, "red_1", "off_coat", NOW)
    assert balance() == (11, 515 - 515 * 40 // 51)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert balance() == (0, 0)
    grams_left = 515 - 515 * 40 // 51
    assert adjusts() == [(11, grams_left, -11, "reverse"), (40, 515 - grams_left, 0, "reverse")]
    totals = run_audit().totals
    assert (totals.points_by_party["sys_loss"], totals.grams_by_party["sys_loss"]) == (-40, grams_left - 515)
    assert totals.points_by_party["sys_issuance"] == 0, "nothing of it counts as earned"


def loss():
    """Return the points and grams that the programme bears, as all entries say."""
    totals = run_audit().totals
    return -totals.points_by_party["sys_loss"], -totals.grams_by_party["sys_loss"]


def spent_and_reversed(points=51, is_redeemed=True):
    """Spend points of a trip, or set them aside, and reverse the trip; return its key."""
    add_shop(points=points)
    key = recorded_key()
    take_voucher(ME, "red_1", "off_coat", NOW)
    if is_redeemed:
        redeem_voucher(CASHIER, voucher_token(ME, "red_1", NOW), "sto_1", "scan_1", NOW)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    return key


def test_what_the_programme_has_borne_is_not_given_a_second_time_by_a_restore(tables):
    key = spent_and_reversed()
    assert (balance(), loss()) == ((0, 0), (51, 515))
    for number in range(2):
        restore_activity(ME, YESTERDAY, key, f"apl_{number}", NOW)
        assert (balance(), loss()) == ((0, 0), (0, 0)), "51 points for a trip of 51, and they are spent"
        reverse_activity(ME, YESTERDAY, key, f"job_1{number}", NOW)
        assert (balance(), loss()) == ((0, 0), (51, 515))


def test_a_repayment_stands_behind_what_it_repays_and_says_so_in_words(tables):
    key = spent_and_reversed(points=40)
    restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
    repay, restore = list_entries(ME, 2, None).items
    grams = 515 * 40 // 51
    assert (repay["kind"], repay["debit"], repay["credit"]) == ("repay", ME, "sys_loss")
    assert (repay["points"], repay["grams_co2e"], repay["points_change"]) == (40, grams, -40)
    assert repay["facts"] == {"returned_by": restore["seq"]}
    assert f"第 {restore['seq']} 条账目" in repay["text"] and f"40 积分、{grams} 克" in repay["text"]
    assert balance() == (11, 515 - grams)


def test_a_voucher_given_back_after_its_points_turned_out_not_to_count_gives_none(tables):
    key = spent_and_reversed(is_redeemed=False)
    void_voucher(ME, "red_1", NOW)
    assert (balance(), loss()) == ((0, 0), (0, 0))
    assert [e["kind"] for e in list_entries(ME, 2, None).items] == ["repay", "void"]
    restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
    assert balance() == (51, 515), "once repaid, a restore gives all of it"


def test_a_refund_in_parts_repays_part_by_part_and_then_gives(tables):
    add_shop(points=60)
    key, _ = recorded_key(), record(ME, "e2")
    take_voucher(ME, "red_1", "off_coat", NOW)
    redeem_voucher(CASHIER, voucher_token(ME, "red_1", NOW), "sto_1", "scan_1", NOW)
    left = balance()
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    borne = loss()
    assert borne[0] == 52 - left[0] == 9
    refund_voucher(CASHIER, "red_1", "x", NOW, "ref_1", 4)
    assert (balance()[0], loss()[0]) == (0, 5)
    refund_voucher(CASHIER, "red_1", "x", NOW, "ref_2", 10)
    assert (balance()[0], loss()[0]) == (5, 0)
    refund_voucher(CASHIER, "red_1", "x", NOW)
    assert (balance(), loss()) == ((51, 515), (0, 0)), "the other trip, whole"


def test_another_version_that_gives_again_repays_too(tables, monkeypatch):
    spent = recorded_key(methodology_id="szt-bus-ride")
    add_shop(points=8)
    take_voucher(ME, "red_1", "off_coat", NOW)
    base = current_profile().methodologies["szt-bus-ride"]
    factor = {"reduction_per_event": {**base.document["factors"]["reduction_per_event"], "value": "50"}}
    lower = use_methodology(monkeypatch, "szt-bus-ride", version=2, factors=factor)
    replace_worth(ME, YESTERDAY, spent, lower, "batch_1", NOW)
    assert (balance(), loss()) == ((0, 0), (3, 30))
    replace_worth(ME, YESTERDAY, spent, base, "batch_2", NOW)
    assert (balance(), loss()) == ((0, 0), (0, 0))


def test_what_is_earned_later_repays_nothing(tables, monkeypatch):
    spent_and_reversed()
    record(ME, "e2")
    settle_open_sheets(NOW, never)
    use_methodology(monkeypatch, "own-cup", **VERIFIED)
    confirm_activity(ME, YESTERDAY, recorded_key("cup", methodology_id="own-cup"), "ver_1", NOW)
    assert (balance(), loss()) == ((51 + 4, 515 + 40), (51, 515)), "nobody ever owes"


def test_what_is_given_back_of_what_was_earned_after_a_loss_stays_with_its_resident(tables):
    spent_and_reversed()
    add_offer("off_small", points=40)
    record(ME, "e2")
    take_voucher(ME, "red_2", "off_small", NOW)
    void_voucher(ME, "red_2", NOW)
    assert (balance(), loss()) == ((51, 515), (51, 515)), "earned after it, spent after it"
    take_voucher(ME, "red_3", "off_small", NOW)
    redeem_voucher(CASHIER, voucher_token(ME, "red_3", NOW), "sto_1", "scan_3", NOW)
    refund_voucher(CASHIER, "red_3", "x", NOW)
    assert (balance(), loss()) == ((51, 515), (51, 515))
    refund_voucher(CASHIER, "red_1", "x", NOW)
    assert (balance(), loss()) == ((51, 515), (0, 0)), "what was spent before it repays it"
    assert run_audit().findings == []
    checked(export_account(ME, NOW))


def test_what_is_restored_repays_only_what_was_borne_since_it_was_taken(tables):
    spent = spent_and_reversed()
    record(ME, "e2")
    later = next(key for key in find_sheet(ME, YESTERDAY).activities if key != spent)
    reverse_activity(ME, YESTERDAY, later, "job_2", NOW)
    assert (balance(), loss()) == ((0, 0), (51, 515))
    restore_activity(ME, YESTERDAY, later, "apl_2", NOW)
    assert (balance(), loss()) == ((51, 515), (51, 515)), (
        "it was there when the other loss was booked, not before"
    )
    restore_activity(ME, YESTERDAY, spent, "apl_1", NOW)
    assert (balance(), loss()) == ((52, 515), (0, 0)), "two trips of 51.5 each, less 51 spent"
    assert run_audit().findings == []
    checked(export_account(ME, NOW))


def test_what_was_taken_before_a_loss_is_found_in_the_journal_however_long_that_is(tables, monkeypatch):
    monkeypatch.setattr("chalicelib.services.corrections._JOURNAL_PAGE", 2)
    spent = spent_and_reversed()
    for number in range(3):
        record(ME, f"more-{number}", methodology_id="szt-bus-ride")
        settle_open_sheets(NOW, never)
    restore_activity(ME, YESTERDAY, spent, "apl_1", NOW)
    assert loss() == (0, 0)
    assert run_audit().findings == []


def test_many_losses_keep_the_account_small_and_none_is_given_out_again(tables):
    add_shop(points=48)
    for number in range(6):
        record(ME, f"e{number}", methodology_id="szt-bus-ride")
    take_voucher(ME, "red_1", "off_coat", NOW)
    for number, key in enumerate(list(find_sheet(ME, YESTERDAY).activities)):
        reverse_activity(ME, YESTERDAY, key, f"job_{number}", NOW)
    account = find_account(ME)
    assert (len(account.borne), loss()) == (4, (48, 480))
    assert len(account_item(account)["state"]["S"]) < 900
    void_voucher(ME, "red_1", NOW)
    assert (balance(), loss()) == ((0, 0), (0, 0))
    assert run_audit().findings == []
    checked(export_account(ME, NOW))


def test_an_account_of_which_nothing_is_borne_is_stored_as_before(tables):
    key = spent_and_reversed()
    assert '"borne":[[5,2026,51,515]]' in account_item(find_account(ME))["state"]["S"]
    restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
    state = json.loads(account_item(find_account(ME))["state"]["S"])
    assert set(state) == {"carry", "held", "lots", "scores", "settled"}


def test_of_one_gone_altogether_the_resident_sees_an_entry_that_takes_nothing(tables):
    add_shop(points=51)
    key = recorded_key()
    take_voucher(ME, "red_1", "off_coat", NOW)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert adjusts() == [(0, 0, 0, "reverse"), (51, 515, 0, "reverse")]


def test_only_lots_of_the_vintage_of_the_day_are_touched(tables):
    key = recorded_key()
    settle_open_sheets(NOW, never)
    next_year = NOW + timedelta(days=60)
    record(ME, "e9", at=next_year, now=next_year)
    add_shop(points=51)
    take_voucher(ME, "red_1", "off_coat", next_year)
    reverse_activity(ME, YESTERDAY, key, "job_1", next_year)
    assert balance(next_year) == (52, 515), "of 2027"


def test_an_expired_lot_is_not_taken_from_and_a_restore_after_its_end_has_days_of_grace(tables):
    key, other = recorded_key(), recorded_key("e2")
    settle_open_sheets(NOW, never)
    reverse_activity(ME, YESTERDAY, other, "job_1", NOW)
    much_later = NOW + timedelta(days=800)
    reverse_activity(ME, YESTERDAY, key, "job_1", much_later)
    assert adjusts()[1:] == [(0, 0, 0, "reverse"), (51, 515, 0, "reverse")]
    expire_due_lots(much_later, never)
    restore_activity(ME, YESTERDAY, key, "apl_1", much_later)
    assert balance(much_later) == (0, 0), "what expired has expired, and went to the pool with its grams"
    restore_activity(ME, YESTERDAY, other, "apl_1", much_later)
    assert balance(much_later) == (52, 515)
    (lot,) = read_balance(ME, much_later)["lots"]
    assert (lot["vintage"], lot["expires_on"]) == (2026, "2029-02-28")


def test_fractions_of_a_point_are_carried_through_corrections(tables):
    keys = [
        recorded_key(f"e{n}", methodology_id="szt-bus-ride", at=NOW - timedelta(days=1)) for n in range(3)
    ]
    odd = recorded_key("odd")
    for number, key in enumerate([*keys, odd]):
        reverse_activity(ME, YESTERDAY, key, f"job_{number}", NOW)
        restore_activity(ME, YESTERDAY, key, f"apl_{number}", NOW)
    assert balance() == (75, 755)
    assert read_balance(ME, NOW)["millipoints_carry"] == 500


def test_another_version_counts_from_now_on_up_or_down(tables, monkeypatch):
    key = recorded_key(methodology_id="szt-bus-ride")
    base = current_profile().methodologies["szt-bus-ride"].document
    factor = {**base["factors"]["reduction_per_event"], "value": "60"}
    lower = use_methodology(monkeypatch, "szt-bus-ride", version=2, factors={"reduction_per_event": factor})
    assert replace_worth(ME, YESTERDAY, key, lower, "batch_2", NOW).grams_co2e == 60
    assert balance() == (6, 60)
    assert replace_worth(ME, YESTERDAY, key, lower, "batch_3", NOW) is None, "it counts already"
    higher = use_methodology(
        monkeypatch,
        "szt-bus-ride",
        version=3,
        factors={"reduction_per_event": {**factor, "value": "100"}},
    )
    replace_worth(ME, YESTERDAY, key, higher, "batch_4", NOW)
    assert balance() == (10, 100)
    assert worth_of(find_sheet(ME, YESTERDAY), key) == (100, 10_000, higher.ref)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert restore_activity(ME, YESTERDAY, key, "apl_1", NOW).methodology_ref == higher.ref


def test_more_grams_and_fewer_points_are_two_entries(tables, monkeypatch):
    key = recorded_key(methodology_id="szt-bus-ride")
    base = current_profile().methodologies["szt-bus-ride"].document
    factor = {**base["factors"]["reduction_per_event"], "value": "100"}
    changed = use_methodology(
        monkeypatch,
        "szt-bus-ride",
        version=2,
        points_per_kg=50,
        factors={"reduction_per_event": factor},
    )
    replace_worth(ME, YESTERDAY, key, changed, "batch_2", NOW)
    assert adjusts() == [(0, 20, 0, "replace"), (3, 0, -3, "replace")]
    assert balance() == (5, 100)


def test_a_version_that_cannot_count_the_activity_is_refused(tables, monkeypatch):
    key = recorded_key(methodology_id="szt-bus-ride")
    metro = current_profile().methodologies["szt-metro-trip"]
    with pytest.raises(Conflict) as refused:
        replace_worth(ME, YESTERDAY, key, metro, "batch_1", NOW)
    assert refused.value.facts["why"] == "wrong-inputs"
    signed_only = use_methodology(
        monkeypatch, "szt-bus-ride", version=2, evidence_share_percent={"third-party-matched": 90}
    )
    with pytest.raises(Conflict) as refused:
        replace_worth(ME, YESTERDAY, key, signed_only, "batch_1", NOW)
    assert refused.value.facts["why"] == "evidence-not-accepted"


def pending():
    return [pair for shard in range(SHARDS) for pair in pending_sheets(f"{shard:02d}")]


def test_a_pending_activity_is_worth_nothing_until_a_verifier_confirms_it(tables, monkeypatch):
    use_methodology(monkeypatch, "szt-metro-trip", **VERIFIED)
    keys = [recorded_key("e1"), recorded_key("e2")]
    assert (balance(), pending()) == ((0, 0), [(ME, YESTERDAY)])
    correction = confirm_activity(ME, YESTERDAY, keys[0], "ver_1", NOW)
    assert (correction.grams_co2e, correction.reason, balance()) == (515, "", (51, 515))
    assert pending() == [(ME, YESTERDAY)]
    reject_activity(ME, YESTERDAY, keys[1], "ver_1", NOW)
    assert (pending(), balance()) == ([], (51, 515))
    assert find_sheet(ME, YESTERDAY).paid_by_code == {"sm": 1}
    with pytest.raises(Conflict) as refused:
        confirm_activity(ME, YESTERDAY, keys[1], "ver_2", NOW)
    assert refused.value.facts == {"correction": "confirm", "outcome": "rejected"}


def test_a_rejection_of_a_day_without_anything_else_leaves_no_entry(tables, monkeypatch):
    use_methodology(monkeypatch, "szt-metro-trip", **VERIFIED)
    reject_activity(ME, YESTERDAY, recorded_key(), "ver_1", NOW)
    assert list_entries(ME, 9, None).items == []


def test_a_confirmation_honours_the_caps_as_they_stand(tables, monkeypatch):
    use_methodology(monkeypatch, "szt-metro-trip", **VERIFIED, caps={"events_per_day": 1})
    keys = [recorded_key("e1"), recorded_key("e2")]
    assert confirm_activity(ME, YESTERDAY, keys[0], "ver_1", NOW).reason == ""
    cut = confirm_activity(ME, YESTERDAY, keys[1], "ver_1", NOW)
    assert (cut.grams_co2e, cut.reason) == (0, "cap-per-day")


def test_a_confirmation_is_cut_to_what_the_day_of_the_resident_leaves(tables, monkeypatch):
    use_methodology(monkeypatch, "szt-metro-trip", **VERIFIED)
    key = recorded_key("e1")
    change_profile(monkeypatch, points_per_day_max=20)
    cut = confirm_activity(ME, YESTERDAY, key, "ver_1", NOW)
    assert (cut.grams_co2e, cut.millipoints, cut.reason) == (200, 20_000, "cap-per-resident")


def test_a_confirmed_trip_stands_in_the_way_of_the_same_trip_from_another_source(tables, monkeypatch):
    use_methodology(monkeypatch, "szt-metro-trip", **VERIFIED)
    key = recorded_key("e1")
    confirm_activity(ME, YESTERDAY, key, "ver_1", NOW)
    record(ME, "other", source="hlj", at=NOW - timedelta(days=1) + timedelta(minutes=6))
    twice = record(ME, "e1", source="hlj", methodology_id="szt-bus-ride")[0]
    assert twice.outcome == "same-event"


def test_what_was_held_to_be_told_twice_can_be_given_after_an_appeal(tables):
    record(ME, "e1")
    twice = record(ME, "e1", source="hlj")[0]
    assert (twice.outcome, balance()) == ("same-event", (51, 515))
    restore_activity(ME, YESTERDAY, key_of(twice), "apl_1", NOW)
    assert balance() == (103, 1030)
    assert find_sheet(ME, YESTERDAY).paid_by_code == {"sm": 2}


@pytest.mark.parametrize(
    ("correct", "outcome"),
    [(confirm_activity, "accepted"), (reject_activity, "accepted"), (restore_activity, "accepted")],
)
def test_what_its_standing_does_not_allow_is_refused_and_changes_nothing(tables, correct, outcome):
    key = recorded_key()
    with pytest.raises(Conflict) as refused:
        correct(ME, YESTERDAY, key, "c_1", NOW)
    assert (refused.value.code, refused.value.facts["outcome"]) == ("correction-not-possible", outcome)
    reverse_activity(ME, YESTERDAY, key, "c_2", NOW)
    with pytest.raises(Conflict):
        reverse_activity(ME, YESTERDAY, key, "c_3", NOW)
    assert find_sheet(ME, YESTERDAY).version == 2


def test_what_was_never_recorded_cannot_be_corrected(tables):
    recorded_key()
    for account_id, key in ((ME, "nothing"), ("res_b", "nothing")):
        with pytest.raises(NotFound, match="activity-unknown"):
            reverse_activity(account_id, YESTERDAY, key, "job_1", NOW)


@pytest.mark.parametrize("act", ["record", "settle", "spend", "correct", "same"])
def test_a_correction_that_races_with_anything_is_decided_again(tables, monkeypatch, act):
    add_shop(points=10)
    key, other = recorded_key(), recorded_key("e2")
    real, raced = Transaction.commit, []

    def commit(self):
        if not raced:
            raced.append(True)
            {
                "record": lambda: record(ME, "e3"),
                "settle": lambda: settle_open_sheets(NOW, never),
                "spend": lambda: take_voucher(ME, "red_1", "off_coat", NOW),
                "correct": lambda: reverse_activity(ME, YESTERDAY, other, "job_1", NOW),
                "same": lambda: reverse_activity(ME, YESTERDAY, key, "job_1", NOW),
            }[act]()
        real(self)

    monkeypatch.setattr(Transaction, "commit", commit)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert len(find_sheet(ME, YESTERDAY).corrections[key]) == 1
    left = {"record": 103, "settle": 51, "spend": 41, "correct": 0, "same": 51}[act]
    assert balance()[0] == left


def test_a_spend_that_saw_the_sheet_from_before_a_reversal_books_nothing_of_it(tables, monkeypatch):
    from chalicelib.services import spending
    from tests.services.test_spending import tear

    add_shop()
    add_offer("off_small", points=7)
    key = recorded_key()
    record(ME, "e2")
    settle_open_sheets(NOW, never)
    tear(monkeypatch, spending, lambda: reverse_activity(ME, YESTERDAY, key, "job_1", NOW))
    take_voucher(ME, "red_1", "off_small", NOW)
    assert balance() == (44, 515 - 515 * 7 // 51)


def test_a_correction_killed_before_its_write_leaves_nothing(tables, monkeypatch):
    key = recorded_key()

    def killed(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert (balance(), find_sheet(ME, YESTERDAY).corrections) == ((51, 515), {})


def test_a_full_sheet_takes_no_more_corrections_but_what_counts_can_still_be_taken_back(tables, monkeypatch):
    key = recorded_key(methodology_id="szt-bus-ride")
    base = current_profile().methodologies["szt-bus-ride"]
    other = replace(base, ref="sb2-other")
    monkeypatch.setitem(
        __import__("chalicelib.profiles", fromlist=["x"]).all_methodologies(), "sb2-other", other
    )
    monkeypatch.setattr("chalicelib.domain.correcting.EVENTS_MAX", 6)
    for number in range(5):
        replace_worth(ME, YESTERDAY, key, base if number % 2 else other, f"b_{number}", NOW)
    with pytest.raises(Refused) as refused:
        replace_worth(ME, YESTERDAY, key, base, "b_5", NOW)
    assert (refused.value.code, refused.value.facts["events_max"]) == ("sheet-full", 6)
    reverse_activity(ME, YESTERDAY, key, "job_1", NOW)
    assert balance() == (0, 0)
    with pytest.raises(Refused, match="sheet-full"):
        restore_activity(ME, YESTERDAY, key, "apl_1", NOW)
