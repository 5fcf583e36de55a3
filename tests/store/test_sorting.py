"""The temporary sorted copy of a file: in order, bounded by card, gone afterwards."""

from chalicelib.store.sorting import SortedRow, Sorter

TOO_MANY = ("rejected", "too-many-taps")


def row(card: str, at: int, line: int) -> SortedRow:
    return card, at, line, 0, 0, f"e{line}", "", ""


def test_rows_come_back_by_card_instant_and_line_and_after_any_card() -> None:
    arrived = [row("b", 5, 2), row("a", 9, 3), row("a", 9, 1), row("a", 2, 4), row("c", 1, 5)]
    with Sorter() as sorter:
        sorter.add_rows(arrived[:2])
        sorter.add_rows(iter(arrived[2:]))
        assert sorter.sort(10, TOO_MANY) == 0
        assert [r[2] for r in sorter.rows_after("")] == [4, 1, 3, 2, 5]
        assert [r[2] for r in sorter.rows_after("a")] == [2, 5]
        folder = sorter.folder
        assert folder.exists()
    assert not folder.exists()


def test_the_rows_of_one_card_past_the_limit_become_verdicts() -> None:
    with Sorter() as sorter:
        sorter.add_verdicts([(9, "skipped", "blank-line", "")])
        sorter.add_rows([row("a", at, at) for at in range(1, 6)] + [row("b", 1, 7)])
        assert sorter.sort(3, TOO_MANY) == 2
        assert [r[2] for r in sorter.rows_after("")] == [1, 2, 3, 7]
        sorter.add_verdicts([(1, "accepted", "", "x")])
        assert list(sorter.verdicts()) == [
            (1, "accepted", "", "x"),
            (4, *TOO_MANY, ""),
            (5, *TOO_MANY, ""),
            (9, "skipped", "blank-line", ""),
        ]


def test_the_busiest_day_is_the_citys_and_of_two_the_earlier() -> None:
    day_s, east_s = 86_400, 8 * 3600
    with Sorter() as sorter:
        evening, night = 10 * day_s + 15 * 3600, 10 * day_s + 17 * 3600
        sorter.add_rows([row("a", evening, 1), row("b", night, 2), row("c", night + 1, 3)])
        sorter.sort(10, TOO_MANY)
        assert sorter.busiest_day(east_s, day_s) == 11
        assert sorter.busiest_day(0, day_s) == 10
    with Sorter() as sorter:
        sorter.sort(10, TOO_MANY)
        assert sorter.busiest_day(east_s, day_s) is None


def test_the_folder_is_gone_also_when_the_work_failed() -> None:
    try:
        with Sorter() as sorter:
            folder = sorter.folder
            raise RuntimeError
    except RuntimeError:
        assert not folder.exists()
