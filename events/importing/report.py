"""What happened, for the person who asked and for the record."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import Error, InterfaceError, OperationalError
from django.utils import timezone as clock

from earthcode.trouble import Trouble, trouble_of

from .apply import Outcome, Result
from .feed import FeedElsewhere, FeedHeld, FeedUnusable, Level, Problem
from .fetch import Fetched, is_on_the_web
from .markup import printable
from .models import ImportChange, ImportRun, ImportSource
from .reconcile import Plan
from .sources import absolute, lock_key, locked

MAX_ADDRESS_LENGTH = 2000
MAX_PROBLEMS = 1000
"""As many are kept of one run; a feed of nothing but errors should not fill the database."""
PROGRESS_SECONDS = 1.0
"""So often it is written down how far a run is."""

WAITING = {ImportRun.State.HELD, ImportRun.State.PREVIEW}
"""The ends of a run after which a person is asked."""


@dataclass
class Summary:
    """Counts and problems of a run, added up while it goes on."""

    source: ImportSource | None = None
    counts: Counter[Result] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    run: ImportRun | None = None
    found: int | None = None
    """How many events the feed has, wanted or not, once that is known."""
    is_settled: bool = True
    """Whether the same feed would bring nothing new."""
    format: str = ""
    plan: Plan | None = None
    """What the feed was read as, and what is to be done about it, once that is known; of a feed that is held too."""

    def add_unread(self, problems: Iterable[Problem]):
        """Problems of parsing; those that left an item out count it as skipped or failed."""
        for problem in problems:
            self.problems.append(problem)
            if problem.level != Level.WARNING:
                self.counts[Result(problem.level)] += 1

    def add(self, outcome: Outcome):
        self.counts[outcome.result] += 1
        self.problems += outcome.problems
        self.is_settled = self.is_settled and not outcome.waits and outcome.result != Result.FAILED

    def counts_in_order(self) -> list[tuple[Result, int]]:
        return [(result, self.counts[result]) for result in Result]

    def as_dict(self) -> dict:
        """For JSON: the source's name, a count for every result, and a row for every problem."""
        return {
            "source": self.source.name if self.source else None,
            **{result.value: self.counts[result] for result in Result},
            "problems": [asdict(problem) for problem in self.problems],
        }


class Recording:
    """How a run is written down. `run` stores it already while it goes on, for what refers to it. It ends in
    `end_state` unless something raises; one that is not worth it leaves no trace."""

    def __init__(self, summary: Summary, run: ImportRun):
        self._summary, self._run = summary, run
        self.end_state: str = ImportRun.State.COMPLETE
        self.is_worth_it = True

    @property
    def is_stored(self) -> bool:
        return self._run.pk is not None

    def run(self) -> ImportRun:
        if not self.is_stored:
            self.store(ImportRun.State.RUNNING)
        return self._run

    def heard(self, fetched: Fetched) -> None:
        """What the server said; a file says nothing."""
        if is_on_the_web(fetched.address):
            self._run.answer = {
                "status": fetched.status,
                "address": fetched.address,
                "content_type": fetched.content_type,
                "bytes": fetched.bytes_read,
                "seconds": round(fetched.seconds, 2),
                **asdict(fetched.validators),
            }

    def followed(self, outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
        """`outcomes` of `total` items and of what is withdrawn; how many there are is stored every now and then, in
        between two of them and so outside of their transactions, where everybody sees it. A run of a moment is not
        slowed."""
        told_at = monotonic()
        self._run.total = total
        if self.is_stored:
            self._tell(0)
        for done, outcome in enumerate(outcomes, 1):
            yield outcome
            if monotonic() - told_at >= PROGRESS_SECONDS:
                self._tell(min(done, total))
                told_at = monotonic()
        self._run.done = total

    def _tell(self, done: int) -> None:
        run = self.run()
        run.done = done
        # A process that is killed says nothing any more, so what it has done is written down while it does it.
        counts = {result.value: self._summary.counts[result] for result in Result}
        ImportRun.objects.filter(pk=run.pk).update(done=done, total=run.total, **counts)

    def store(self, state: str, message: str = "") -> None:
        run, summary = self._run, self._summary
        problems = [asdict(problem) for problem in summary.problems[:MAX_PROBLEMS]]
        if left_out := len(summary.problems) - len(problems):
            problems.append(asdict(Problem(Level.WARNING, f"… and {left_out} more that are not kept.")))
        run.source = summary.source if summary.source and summary.source.pk else None
        run.source = run.source or ImportSource.objects.filter(address=absolute(run.address)).first()
        if not self.is_stored and (same := _still_waiting(run, state)):
            run.pk, run.started_at, run._state.adding = same.pk, same.started_at, False
        run.format = summary.format or run.format
        run.found = summary.found
        run.state, run.message, run.problems = state, message, problems
        run.warnings = sum(problem.level == Level.WARNING for problem in summary.problems)
        if state != ImportRun.State.RUNNING:
            run.finished_at = clock.now()
        for result in Result:
            setattr(run, result.value, summary.counts[result])
        run.save()
        summary.run = run


def _still_waiting(run: ImportRun, state: str) -> ImportRun | None:
    """The last run of the source, where it waits for a person just as `run` does, which the timetable brought about:
    it is brought up to date, so that the list of runs does not fill with the same question."""
    if run.trigger != ImportRun.Trigger.TIMETABLE or state not in WAITING or run.source is None:
        return None
    last = run.source.runs.only("state", "started_at").first()
    return last if last and last.state == state else None


@contextmanager
def recorded(
    summary: Summary,
    *,
    address: str,
    format: str,
    trigger: str,
    user: Any,
    started_at: datetime,
    job: int | None = None,
) -> Iterator[Recording]:
    """Store `summary`, which is added up meanwhile, as an ImportRun, however the run ends."""
    address = printable(address)[:MAX_ADDRESS_LENGTH]
    run = ImportRun(
        address=address, format=format, trigger=trigger, user=user, started_at=started_at, job=job
    )
    recording = Recording(summary, run)
    try:
        yield recording
    # SystemExit is how a signal ends a run.
    except BaseException as error:
        if isinstance(error, FeedHeld):
            summary.problems += vanished(summary.plan)
        # When it is the database that fails, this cannot be kept either.
        with suppress(Error):
            recording.store(state_after(error), why(error))
        raise
    if recording.is_worth_it:
        recording.store(recording.end_state)


def vanished(plan: Plan | None) -> list[Problem]:
    """The events that are not in the feed any more: whoever is to approve of that wants to know which."""
    gone = [absence for absence in plan.absences if absence.is_upcoming and absence.runs == 1] if plan else []
    return [
        Problem(Level.WARNING, f"“{absence.title}” is no longer in the feed.", absence.key.uid)
        for absence in gone
    ]


def state_after(error: BaseException) -> str:
    """Whose fault it is that a run ended with `error`."""
    if isinstance(error, FeedHeld):
        return ImportRun.State.HELD
    theirs = isinstance(error, FeedUnusable) and not isinstance(error, FeedElsewhere)
    return ImportRun.State.FAILED if theirs else ImportRun.State.BROKEN


def finish_interrupted(source: ImportSource) -> None:
    """Runs of `source`, which nobody imports now, that ended without being able to say so.

    Their counts are of a moment before the end; what they changed is known exactly, because each change was stored
    together with the page.
    """
    for run in ImportRun.objects.filter(source=source, state=ImportRun.State.RUNNING).defer("problems"):
        changes = Counter(run.changes.values_list("action", flat=True))
        unpublished = changes[ImportChange.Action.UNPUBLISHED]
        run.created = max(run.created, changes[ImportChange.Action.CREATED])
        # That an event was marked as cancelled is stored as an update.
        run.withdrawn = max(run.withdrawn, unpublished)
        run.updated = max(run.updated, changes[ImportChange.Action.UPDATED] + unpublished - run.withdrawn)
        total = f" of {run.total}" if run.total else ""
        seen = max(run.done, run.created + run.updated)
        run.state, run.finished_at = ImportRun.State.BROKEN, clock.now()
        run.message = (
            f"It was ended from outside, after {seen}{total} events. "
            "What was imported until then stays; the next run does the rest."
        )
        run.save(update_fields=("created", "updated", "withdrawn", "state", "finished_at", "message"))


def finish_abandoned() -> int:
    """Finish the interrupted runs of all sources that nobody imports now; how many sources had some."""
    running = ImportRun.objects.filter(state=ImportRun.State.RUNNING, source__isnull=False)
    finished = 0
    for source in ImportSource.objects.filter(pk__in=running.values("source")):
        with locked(lock_key(source)) as is_mine:
            if is_mine:
                finish_interrupted(source)
                finished += 1
    return finished


def why(error: BaseException) -> str:
    """Why a run ended with `error`, on one line for a person."""
    rest = "What was imported until then stays; the next run does the rest."
    match error:
        case FeedUnusable():
            return printable(str(error))
        case KeyboardInterrupt():
            return f"Stopped by hand. {rest}"
        case SystemExit():
            return f"Stopped from outside. {rest}"
        case _ if (found := trouble_of(error)) and found[0] is Trouble.FULL:
            return f"A disk of the portal is full; whoever runs it has to free some space. {rest}"
        case OperationalError() | InterfaceError():
            return f"The database stopped answering. {rest}"
        case _:
            return f"An error of the portal, not of the feed: {type(error).__name__}. {rest}"
