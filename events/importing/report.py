"""What happened, for the person who asked and for the record."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import Error, InterfaceError, OperationalError
from django.utils import timezone as clock

from .apply import Outcome, Result
from .feed import FeedHeld, FeedUnusable, Level, Problem
from .markup import printable
from .models import ImportRun, ImportSource
from .reconcile import Plan
from .sources import absolute

MAX_ADDRESS_LENGTH = 2000
MAX_PROBLEMS = 1000
"""As many are kept of one run; a feed of nothing but errors should not fill the database."""


@dataclass
class Summary:
    """Counts and problems of a run, added up while it goes on."""

    source: ImportSource | None = None
    counts: Counter[Result] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    run: ImportRun | None = None
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

    def run(self) -> ImportRun:
        if self._run.pk is None:
            self.store(ImportRun.State.RUNNING)
        return self._run

    def store(self, state: str, message: str = "") -> None:
        run, summary = self._run, self._summary
        problems = [asdict(problem) for problem in summary.problems[:MAX_PROBLEMS]]
        if left_out := len(summary.problems) - len(problems):
            problems.append(asdict(Problem(Level.WARNING, f"… and {left_out} more that are not kept.")))
        run.source = summary.source if summary.source and summary.source.pk else None
        run.source = run.source or ImportSource.objects.filter(address=absolute(run.address)).first()
        run.format = summary.format or run.format
        run.state, run.message, run.problems = state, message, problems
        if state != ImportRun.State.RUNNING:
            run.finished_at = clock.now()
        for result in Result:
            setattr(run, result.value, summary.counts[result])
        run.save()
        summary.run = run


@contextmanager
def recorded(
    summary: Summary, *, address: str, format: str, trigger: str, user: Any, started_at: datetime
) -> Iterator[Recording]:
    """Store `summary`, which is added up meanwhile, as an ImportRun, however the run ends."""
    address = printable(address)[:MAX_ADDRESS_LENGTH]
    run = ImportRun(address=address, format=format, trigger=trigger, user=user, started_at=started_at)
    recording = Recording(summary, run)
    try:
        yield recording
    # SystemExit is how a signal ends a run.
    except BaseException as error:
        # When it is the database that fails, this cannot be kept either.
        with suppress(Error):
            held = isinstance(error, FeedHeld)
            recording.store(ImportRun.State.HELD if held else ImportRun.State.FAILED, why(error))
        raise
    if recording.is_worth_it:
        recording.store(recording.end_state)


def finish_interrupted(source: ImportSource) -> None:
    """Runs of `source`, which nobody imports now, that ended without being able to say so."""
    interrupted = ImportRun.objects.filter(source=source, state=ImportRun.State.RUNNING)
    if interrupted.exists():
        message = "It was ended from outside. What was imported until then stays; the next run does the rest."
        interrupted.update(state=ImportRun.State.FAILED, message=message, finished_at=clock.now())


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
        case OperationalError() | InterfaceError():
            return f"The database stopped answering. {rest}"
        case _:
            return f"An error of the portal, not of the feed: {type(error).__name__}. {rest}"
