"""The nightly check: boards are the fold of the ledger; what differs is found, mended and reported."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.accounts import Booking
from chalicelib.domain.scores import Score, Scores
from chalicelib.services.board_checks import BOARD_CHECK
from chalicelib.services.corrections import restore_activity, reverse_activity
from chalicelib.services.findings import list_findings
from chalicelib.services.settling import settle_open_sheets
from chalicelib.services.standings import project
from chalicelib.services.sweep_slices import sweep_through
from chalicelib.store import standings
from chalicelib.store.accounts import add_booking, find_account, parse_account
from chalicelib.store.participations import get_participation
from chalicelib.store.sheets import list_sheets
from chalicelib.store.transactions import Transaction
from tests.services.boarding import MONTH, add_communities, community_of, join, news, night, ride
from tests.services.ledger import NOW

NUMBER = iter(range(10_000))


def check(now=NOW) -> dict[str, int]:
    sweep = replace(BOARD_CHECK, segments=1)
    return sweep_through(sweep, f"board-check-{next(NUMBER)}", {}, now)


def spoil(account_id: str, grams: int) -> None:
    """Write another score into an account, as no code of ours would."""
    account = find_account(account_id)
    scores = account.scores
    wrong = {**scores.by_period, MONTH: Score(grams, 1)}
    tx = Transaction()
    changed = replace(account, scores=Scores(scores.version + 1, wrong))
    add_booking(tx, account, Booking(changed))
    tx.commit()


@pytest.fixture(autouse=True)
def communities(tables: None) -> None:
    add_communities()


def test_boards_that_are_right_are_left_alone() -> None:
    community_of(4)
    night()
    before = list(standings.rows_of("com_a"))
    found = check()
    assert (found["accounts"], found["rows"], found["behind"], found["mended"]) == (4, 4, 0, 0)
    assert list(standings.rows_of("com_a")) == before
    assert list_findings("open", 10, None).items == []


def test_a_wrong_score_is_mended_reported_and_reaches_the_board() -> None:
    accounts = community_of(4)
    night()
    spoil(accounts[1], 9_999)
    project([parse_account(item) for item in news()], NOW)
    assert check()["mended"] >= 1
    assert find_account(accounts[1]).scores.by_period[MONTH].grams_co2e == 515
    assert {row.by_period[MONTH].grams_co2e for row in standings.rows_of("com_a")} == {515}
    (finding,) = list_findings("open", 10, None).items
    assert (finding["invariant"], finding["account_id"]) == (13, accounts[1])
    assert MONTH in finding["detail"]
    assert check()["mended"] == 0
    assert standings.list_changes() != []


def test_a_row_that_says_something_else_is_mended_and_one_that_is_behind_is_brought_up() -> None:
    accounts = community_of(4)
    night()
    rows = {row.account_id: row for row in standings.rows_of("com_a")}
    standings.overwrite_row("com_a", replace(rows[accounts[0]], by_period={MONTH: Score(7, 7)}))
    ride(accounts[1], "later", days_ago=0)
    settle_open_sheets(NOW + timedelta(days=1), lambda: False)
    found = check()
    assert (found["behind"], found["mended"]) == (1, 1)
    grams = sorted(row.by_period[MONTH].grams_co2e for row in standings.rows_of("com_a"))
    assert grams == [515, 515, 515, 1030]


def test_a_row_without_consent_is_taken_off_and_reported() -> None:
    accounts = community_of(3)
    night()
    row = next(standings.rows_of("com_a"))
    standings.put_row("com_b", replace(row, epoch=1))
    standings.put_row("com_b", replace(row, account_id="res_stranger"))
    assert check()["mended"] == 2
    assert list(standings.rows_of("com_b")) == []
    assert {row.account_id for row in standings.rows_of("com_a")} == set(accounts)


def test_accounts_from_before_there_were_boards_get_their_scores() -> None:
    ride("res_old", "a", "b")
    settle_open_sheets(NOW, lambda: False)
    account = find_account("res_old")
    tx = Transaction()
    add_booking(tx, account, Booking(replace(account, scores=Scores())))
    tx.commit()
    assert check()["mended"] == 1
    assert find_account("res_old").scores.by_period[MONTH].grams_co2e == 1030


steps = st.lists(
    st.tuples(st.sampled_from(["ride", "night", "spend", "reverse", "restore"]), st.integers(0, 6)),
    min_size=3,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_happens_the_boards_are_the_fold_of_what_is_settled(done) -> None:
    from chalicelib.errors import TanhuiError
    from chalicelib.profiles import current_profile
    from chalicelib.services.spending import load

    who, now = f"res_p{next(NUMBER)}", NOW
    join(who, "小数点")
    recorded: list[tuple] = []
    for number, (step, days) in enumerate(done):
        now += timedelta(hours=days)
        try:
            if step == "ride":
                ride(who, f"{who}-{number}", days_ago=days, now=now)
            elif step == "night":
                settle_open_sheets(now, lambda: False)
            elif step == "spend":
                profile = current_profile()
                loaded = load(who, profile, now)
                booked = loaded.settled(profile, now)
                if booked.entries:
                    tx = Transaction()
                    add_booking(tx, loaded.account, booked)
                    tx.commit()
            elif recorded:
                on, key = recorded[days % len(recorded)]
                correct = reverse_activity if step == "reverse" else restore_activity
                correct(who, on, key, f"c{number}", now)
        except TanhuiError:
            continue
        recorded = [(sheet.on, key) for sheet in list_sheets(who, None, 100) for key in sheet.activities]
    settle_open_sheets(now + timedelta(days=1), lambda: False)
    account = find_account(who)
    if account is None:
        return
    project([account], now)
    expected = sum(sheet.settled_grams_co2e for sheet in list_sheets(who, None, 100) if sheet.on.month == 11)
    assert account.scores.by_period.get(MONTH, Score()).grams_co2e == expected
    rows = standings.find_rows([("com_a", who)])
    assert rows[who].by_period == account.scores.by_period
    assert rows[who].epoch == get_participation(who).version
