"""Boards: the order, ties, pages of parts and of the whole, places exact and close."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.boards import (
    CITY,
    COMMUNITY,
    TOP_MAX,
    Row,
    bucket_of,
    close_place,
    exact_place,
    merged_page,
    merged_spread,
    page_of,
    ranked,
    spread_of,
    without,
)
from chalicelib.domain.scores import Score

MONTH = "2026-11"


def row(name: str, grams: int, reached: int = 0, **more) -> Row:
    return Row(name, f"t-{name}", name, {MONTH: Score(grams, reached)}, **more)


def names(rows: list[Row], level: str = COMMUNITY) -> list[str]:
    return [line.nickname for line, _ in ranked(rows, MONTH, level)]


def test_more_grams_come_first_and_of_equals_who_got_there_first() -> None:
    rows = [row("late", 500, 20), row("most", 900, 30), row("early", 500, 10), row("least", 1, 1)]
    assert names(rows) == ["most", "early", "late", "least"]
    assert names(rows[::-1]) == names(rows)


def test_who_is_hidden_or_saved_nothing_is_not_on_the_board() -> None:
    rows = [row("frozen", 900, is_hidden=True), row("idle", 0), row("shown", 5)]
    assert names(rows) == ["shown"]


def test_what_was_saved_elsewhere_stays_behind_in_the_community_and_counts_in_the_city() -> None:
    rows = [row("mover", 900, base={MONTH: 850}), row("native", 500)]
    assert names(rows, COMMUNITY) == ["native", "mover"]
    assert names(rows, CITY) == ["mover", "native"]


def test_leaving_takes_one_line_and_one_resident() -> None:
    page = page_of(ranked([row("a", 3), row("b", 2)], MONTH, CITY))
    left = without(page, "t-a")
    assert left is not None
    assert (left.residents, [line.nickname for line in left.top]) == (1, ["b"])
    assert without(page, "t-z") is None


scores = st.lists(st.tuples(st.integers(1, 3_000_000), st.integers(0, 3)), min_size=1, max_size=400)


@given(scores, st.integers(1, 7))
def test_the_page_of_all_parts_is_the_page_of_the_whole(found, parts) -> None:
    rows = [row(f"r{number:03d}", grams, reached) for number, (grams, reached) in enumerate(found)]
    shares = [rows[part::parts] for part in range(parts)]
    lines = [ranked(share, MONTH, CITY) for share in shares]
    whole = ranked(rows, MONTH, CITY)
    assert merged_page(map(page_of, lines)) == page_of(whole)
    assert merged_spread(map(spread_of, lines)) == spread_of(whole)


@given(scores)
def test_a_close_place_holds_the_exact_one_and_only_neighbours_within_a_thirty_second(found) -> None:
    rows = [row(f"r{number:03d}", grams, reached) for number, (grams, reached) in enumerate(found)]
    lines = ranked(rows, MONTH, CITY)
    page, spread = page_of(lines), spread_of(lines)
    for place, (line, own) in enumerate(lines, 1):
        exact = exact_place(rows, own, MONTH, CITY)
        close = close_place(page, spread, line.tag, line.grams_co2e)
        assert exact is not None and close is not None
        assert (exact.first, exact.last) == (place, place)
        assert close.first <= place <= close.last
        if place <= TOP_MAX:
            assert close == exact
        for other in (lines[close.first - 1], lines[close.last - 1]):
            assert abs(other[0].grams_co2e - line.grams_co2e) * 32 <= max(
                other[0].grams_co2e, line.grams_co2e
            )


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_buckets_keep_the_order_of_scores_and_are_narrow(one: int, other: int) -> None:
    if bucket_of(one) < bucket_of(other):
        assert one < other
    if bucket_of(one) == bucket_of(other):
        assert abs(one - other) * 32 <= max(one, other)


def test_a_page_of_the_longest_names_is_read_with_one_read_unit() -> None:
    from chalicelib.domain.canonical import canonical_json

    rows = [
        Row(f"res_{n}", "abcd_-12", "𠮷" * 10, {MONTH: Score(3_000_000 - n, 73957986399)}) for n in range(150)
    ]
    page = page_of(ranked(rows, MONTH, CITY))
    body = canonical_json(
        {"as_of": "2026-11-20T00:30:00.000Z", "closed_at": "", "residents": 150, "top": page.top}
    )
    keys = len("boarditembodyversionpage#community#2026-11") + 64 + 3
    assert len(body.encode()) + keys <= 8192
