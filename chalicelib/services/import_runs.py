"""Owns the running of one file import: bounded in time and memory, resumable, the same result however often it is cut.

Must not know a partner's format; the adapter does. Work goes card by card, in the order of the cards' digests. After
every slice of cards its verdicts are stored as a part and the run item moves on; a repeated slice finds what it had
recorded on the day sheets and reports it as its own.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from chalicelib.domain.activities import Observation
from chalicelib.domain.adapters import Adapter, parse_adapter
from chalicelib.domain.days import from_text, local_day, to_text
from chalicelib.domain.refusals import REFUSALS_MAX, Refusal
from chalicelib.domain.tap_rows import parse_inputs
from chalicelib.domain.trips import CardPlan, Event, Tap, Verdict, plan_card
from chalicelib.errors import Conflict, NotFound, Refused, TanhuiError
from chalicelib.profiles import current_profile
from chalicelib.services.accreditations import grade_of, pin, pinned
from chalicelib.services.activities import note_refusals
from chalicelib.services.backfills import find_opened
from chalicelib.services.checking import Backfill, refusal_of
from chalicelib.services.date_shifts import first_shift_days
from chalicelib.services.deliveries import (
    WORKERS,
    ResidentDay,
    Tally,
    day_of,
    find_bindings,
    record_all,
)
from chalicelib.services.import_bounds import covers_from_epoch_s, import_bounds, start_epoch_s
from chalicelib.services.import_files import sort_file
from chalicelib.services.import_slices import Slice, verdicts_of
from chalicelib.services.imports import DONE, FAILED, FINISHED, RUNNING, report_key
from chalicelib.services.projects import claims_on
from chalicelib.services.projects import refusal_of as claim_refusal
from chalicelib.store import files, queues, runs
from chalicelib.store.catalogue import get_document
from chalicelib.store.people import Binding
from chalicelib.store.projects import Claim
from chalicelib.store.runs import Run
from chalicelib.store.sorting import Sorter

UNFINISHED, OVERTAKEN = "unfinished", "overtaken"
SLICE_ROWS = 4000
_SECONDS_PER_DAY = 86_400
_JUDGED_AS_BEGUN = timedelta(days=1)
_EPOCH = date(1970, 1, 1)

Clock = Callable[[], datetime]
Card = tuple[str, list[Tap]]


def run_import(import_id: str, clock: Clock, deadline_at: datetime, workers: int = WORKERS) -> str:
    """Work on an import until it is done or `deadline_at` has passed.

    Returns `done`, `failed`, `unfinished` or `overtaken` (by another worker). Unfinished, it has put itself into the
    queue again. Whatever stops it, the next call goes on where it was.
    """
    run = runs.get_run(import_id, "import-unknown")
    if run.state in FINISHED:
        return run.state
    # What the process holds by now stays; without this the collector walks it again and again, a third of the CPU.
    gc.freeze()
    try:
        run = _begin(run, clock())
        with Sorter() as sorter, ThreadPoolExecutor(workers) as pool:
            return _Import(run, sorter, pool, clock).work(deadline_at)
    except Conflict as error:
        if error.code != "run-changed":
            raise
        return OVERTAKEN


def _begin(run: Run, now: datetime) -> Run:
    """Return the run under way. Adapter, accreditations, backfill and day of judgement are fixed once and for all."""
    if run.state == RUNNING:
        return run
    document = get_document("partner", run.body["partner_id"])["adapter"]
    opened = (
        find_opened(run.body["backfill_id"], run.body["partner_id"], now) if run.body["backfill_id"] else None
    )
    begun = {
        "begun_at": to_text(now),
        "adapter": document,
        "adapter_digest": parse_adapter(document).digest,
        "accreditations": pin(run.body["partner_id"]),
        "opened": opened and [opened.backfill_id, opened.from_on.isoformat(), opened.to_on.isoformat()],
        "cursor": "",
        "parts": 0,
        "done": Tally().stored(),
    }
    return _changed(run, RUNNING, begun)


def _changed(run: Run, state: str, facts: dict[str, Any]) -> Run:
    changed = replace(run, state=state, body=run.body | facts)
    runs.replace_run(run, changed)
    return changed


class _Import:
    """One attempt at one import."""

    def __init__(self, run: Run, sorter: Sorter, pool: Executor, clock: Clock) -> None:
        self._run = run
        self._sorter = sorter
        self._pool = pool
        self._clock = clock
        self._adapter: Adapter = parse_adapter(run.body["adapter"])
        self._kinds = tuple(self._adapter.kinds.values())
        self._batch_id = run.run_id.removeprefix("imp_")[:10]
        begun_at, now = from_text(run.body["begun_at"]), clock()
        self._judged_at = begun_at if now - begun_at < _JUDGED_AS_BEGUN else now
        opened = run.body["opened"]
        self._opened = opened and Backfill(opened[0], *map(date.fromisoformat, opened[1:]))
        self._accreditations = pinned(run.body.get("accreditations"), run.body["partner_id"])
        self._bounds = import_bounds(self._judged_at, self._opened)
        self._claims: Mapping[str, Claim] = {}

    def work(self, deadline_at: datetime) -> str:
        """Read and sort the file, record slice after slice, write the report."""
        try:
            base, rows = sort_file(self._run.body, self._adapter, self._sorter)
        except (Refused, NotFound) as error:
            self._fail(error)
            return FAILED
        shift_days = self._shift_days()
        facts = {"lines": base.lines_total + rows, "base": base.stored(), "date_shift_days": shift_days}
        if not facts.items() <= self._run.body.items():
            self._run = _changed(self._run, RUNNING, facts)
        under_way: Slice | None = None
        for cards in self._slices(shift_days * _SECONDS_PER_DAY):
            begun = self._begin_slice(cards)
            if under_way is not None:
                self._end_slice(under_way)
            under_way = begun
            if self._clock() >= deadline_at:
                self._end_slice(under_way)
                queues.send_message("imports", {"import_id": self._run.run_id})
                return UNFINISHED
        if under_way is not None:
            self._end_slice(under_way)
        self._finish(base)
        return DONE

    def _shift_days(self) -> int:
        """Return by how many days the adapter moves every row: the busiest day of the file becomes yesterday.

        A file keeps the shift of its first import.
        """
        if not self._adapter.shifts_to_yesterday:
            return 0
        begun_at = from_text(self._run.body["begun_at"])
        east_of_utc_s = int(
            (begun_at.astimezone(self._adapter.tz).utcoffset() or timedelta()).total_seconds()
        )
        busiest = self._sorter.busiest_day(east_of_utc_s, _SECONDS_PER_DAY)
        yesterday = local_day(begun_at, current_profile().tz) - timedelta(days=1)
        if busiest is None:
            return 0
        return first_shift_days(self._run, (yesterday - _EPOCH).days - busiest, yesterday)

    def _slices(self, shift_s: int) -> Iterator[list[Card]]:
        """Yield the cards not done yet, whole cards only, in lists of about `SLICE_ROWS` rows."""
        cards: list[Card] = []
        rows = 0
        for card, group in groupby(self._sorter.rows_after(self._run.body["cursor"]), key=itemgetter(0)):
            taps = [Tap(row[1] + shift_s, *row[2:]) for row in group]
            cards.append((card, taps))
            rows += len(taps)
            if rows >= SLICE_ROWS:
                yield cards
                cards, rows = [], 0
        if cards:
            yield cards

    def _begin_slice(self, cards: list[Card]) -> Slice:
        """Judge one slice and set the workers to recording it; the next is judged meanwhile."""
        tally = Tally()
        verdicts: list[Verdict] = []
        days: dict[ResidentDay, list[tuple[Event, Observation]]] = {}
        notes: dict[str, list[Refusal]] = {}
        bindings = find_bindings((card for card, _ in cards), self._pool)
        plans = [(card, self._plan(taps, bindings.get(card))) for card, taps in cards]
        self._claims = claims_on(event.asset for _, plan in plans for event in plan.events)
        for card, plan in plans:
            binding = bindings.get(card)
            verdicts += plan.verdicts
            if plan.lines_unbound:
                tally.count("unbound", "", plan.lines_unbound)
            if binding is not None:
                tally.cards_bound += 1
                self._add_events(days, binding.account_id, card, plan)
                notes.setdefault(binding.account_id, []).extend(self._notes(card, plan))
        by_day = {day: [observation for _, observation in pairs] for day, pairs in days.items()}
        results = record_all(by_day, self._pool, self._judged_at, self._opened)
        today = local_day(self._judged_at, current_profile().tz)
        noted = self._pool.map(lambda one: note_refusals(one[0], today, one[1]), notes.items())
        events = [[event for event, _ in pairs] for pairs in days.values()]
        return Slice(cards[-1][0], tally, verdicts, events, results, noted)

    def _plan(self, taps: list[Tap], binding: Binding | None) -> CardPlan:
        return plan_card(taps, self._adapter.trip, self._bounds, covers_from_epoch_s(binding))

    def _end_slice(self, begun: Slice) -> None:
        """Wait for a slice's results, store its verdicts as a part, and move the run on."""
        verdicts = [*begun.verdicts, *verdicts_of(begun)]
        list(begun.noted)
        for verdict in verdicts:
            begun.tally.count(verdict.outcome, verdict.reason)
        self._save_slice(begun.cursor, sorted(verdicts), begun.tally)

    def _add_events(
        self,
        days: dict[ResidentDay, list[tuple[Event, Observation]]],
        account_id: str,
        card: str,
        plan: CardPlan,
    ) -> None:
        for event in plan.events:
            # A trip belongs to the day it ends on; what of it lies before that day's beginning is left out.
            on = day_of(event.at_epoch_s)
            began_at_epoch_s = max(event.at_epoch_s - event.duration_s, start_epoch_s(on))
            observation = self._observation(card, event, began_at_epoch_s)
            lasted_s = event.at_epoch_s - began_at_epoch_s
            days.setdefault((account_id, on), []).append((event, replace(observation, duration_s=lasted_s)))

    def _notes(self, card: str, plan: CardPlan) -> Iterator[Refusal]:
        """Yield what lets the resident see that something of the card was refused; the first few are enough."""
        for tap, reason in plan.refused[:REFUSALS_MAX]:
            observation = self._observation(card, tap, tap.at_epoch_s)
            yield refusal_of(observation, reason)

    def _observation(self, card: str, told: Event | Tap, at_epoch_s: int) -> Observation:
        methodology_id, on = self._kinds[told.kind_no].methodology_id, day_of(at_epoch_s)
        evidence, refusal = grade_of(self._accreditations, methodology_id, on)
        return Observation(
            source=self._run.body["partner_id"],
            source_event_id=f"{card}:{told.event}",
            methodology_id=methodology_id,
            inputs=parse_inputs(told.inputs),
            occurred_at=datetime.fromtimestamp(at_epoch_s, UTC),
            evidence=evidence,
            batch_id=self._batch_id,
            asset=told.asset,
            refusal=refusal or claim_refusal(self._claims, told.asset, on),
        )

    def _save_slice(self, cursor: str, verdicts: list[Verdict], tally: Tally) -> None:
        part = self._run.body["parts"]
        if verdicts:
            files.write_part(_part_key(self._run.run_id, part), verdicts)
        tally.add(Tally.from_stored(self._run.body["done"]))
        facts = {"cursor": cursor, "parts": part + bool(verdicts), "done": tally.stored()}
        self._run = _changed(self._run, RUNNING, facts)

    def _finish(self, base: Tally) -> None:
        """Put the parts together to the report and close the run. Every data line has ended in exactly one place."""
        body = self._run.body
        total = base.lines_total + Tally.from_stored(body["done"]).lines_total
        assert total == body["lines"], f"{body['lines']} lines, {total} accounted for"
        for part in range(body["parts"]):
            self._sorter.add_verdicts(files.read_part(_part_key(self._run.run_id, part)))
        path = self._sorter.folder / "report.csv"
        with path.open("w", encoding="ascii") as report:
            report.write("line_no,outcome,reason,activity_id\n")
            report.writelines(f"{','.join(map(str, verdict))}\n" for verdict in self._sorter.verdicts())
        files.write_file(report_key(body["partner_id"], self._run.run_id), path, "text/csv")
        now = self._clock()
        elapsed_ms = int((now - from_text(body["begun_at"])).total_seconds() * 1000)
        facts = {"finished_at": to_text(now), "lines_per_s": body["lines"] * 1000 // max(elapsed_ms, 1)}
        self._run = _changed(self._run, DONE, facts)

    def _fail(self, error: TanhuiError) -> None:
        failure = {"code": error.code, "detail": error.detail, **error.facts}
        self._run = _changed(self._run, FAILED, {"failure": failure, "finished_at": to_text(self._clock())})


def _part_key(import_id: str, part: int) -> str:
    return f"parts/{import_id}/{part:05d}.csv"
