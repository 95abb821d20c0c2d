"""How it stands with a source of events, judged from what it remembers and from its last runs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from django.utils.formats import date_format
from django.utils.timezone import localtime

from .models import ImportRun, ImportSource

HISTORY = 20
"""So many of the last runs are looked at."""
FAILURES = 3
FAILING_FOR = timedelta(days=2)
"""A feed that fails less often and not for so long is left to get well by itself."""
OVERDUE_AFTER = timedelta(minutes=30)
EMPTY_FOR = timedelta(days=3)
HALVED_WITHIN = timedelta(days=14)
"""After that, nobody asks any more where the other half is."""
LEAST_LOSS = 3

State = ImportRun.State


class Level(StrEnum):
    WELL = "well"
    AGAIN = "again"
    """Something failed, and is tried again before anybody is asked."""
    LOOK = "look"
    BROKEN = "broken"
    PAUSED = "paused"


class Cause(StrEnum):
    """Why a source is not simply well."""

    NONE = ""
    PAUSED = "paused"
    GONE = "gone"
    OVERDUE = "overdue"
    UNAPPROVED = "unapproved"
    OURS = "ours"
    THEIRS = "theirs"
    HELD = "held"
    EMPTY = "empty"
    HALVED = "halved"
    UNREADABLE = "unreadable"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class Health:
    """`title` in a few words; then what `happened`, what it `means` and what is `to_do`, in sentences, each "" where
    there is nothing to say. `run` is the one that shows it, if one does. `notes` are of the last run that read the
    feed."""

    level: Level
    cause: Cause
    title: str
    happened: str = ""
    means: str = ""
    to_do: str = ""
    run: ImportRun | None = None
    notes: tuple[str, ...] = ()

    @property
    def needs_somebody(self) -> bool:
        return self.level in (Level.LOOK, Level.BROKEN)


def judge(source: ImportSource, runs: Sequence[ImportRun], at: datetime) -> Health:
    """The health of `source` at `at` (aware), by its last `runs`, the newest first, of which HISTORY are enough."""
    over = [run for run in runs if run.state != State.RUNNING]
    found = (
        _stopped(source, at)
        or _unapproved(source)
        or _failing(source, over, at)
        or _held(over)
        or _odd(source, over, at)
        or _well(source)
    )
    return replace(found, notes=_notes(over))


def _stopped(source: ImportSource, at: datetime) -> Health | None:
    stay = "Its events stay as they are and are no longer brought up to date."
    if source.is_paused and source.is_gone:
        return Health(
            Level.BROKEN,
            Cause.GONE,
            "Gone for good",
            "The server says that the feed is gone for good (410), so the portal has paused it.",
            stay,
            "Ask whoever publishes it for the new address and put that into the settings, or delete the source. "
            "“Import now” tries the old address once more.",
        )
    if source.is_paused:
        to_do = "Take off the pause in its settings when it is to go on."
        if source.checked_at is None:
            stay = "Nothing has been imported from it yet."
            to_do = "Test the feed, and take off the pause in its settings when it is to begin."
        return Health(Level.PAUSED, Cause.PAUSED, "Paused", "It is paused.", stay, to_do)
    due = source.next_run_at if source.interval is not None else None
    if due and at - due > OVERDUE_AFTER:
        return Health(
            Level.BROKEN,
            Cause.OVERDUE,
            "Overdue",
            f"It was to be imported on {in_words(due)}, and was not.",
            "The worker, which imports feeds and publishes scheduled pages, is not running or does not keep up. "
            "The feed is not to blame.",
            "Whoever runs the portal has to start the worker: manage.py run_worker.",
        )
    return None


def _unapproved(source: ImportSource) -> Health | None:
    if source.is_approved:
        return None
    return Health(
        Level.LOOK,
        Cause.UNAPPROVED,
        "Waits for approval",
        "Nobody has approved it since it was made, or since what it imports was changed.",
        "Its runs write nothing; they only show what they would do.",
        "Somebody who may approve sources of events has to test and approve it.",
    )


def _failing(source: ImportSource, runs: Sequence[ImportRun], at: datetime) -> Health | None:
    if not source.failures:
        return None
    failed = list(takewhile(lambda run: run.state in (State.FAILED, State.BROKEN), runs))
    times = "run" if source.failures == 1 else f"{source.failures} runs"
    last = f"The last success was on {in_words(source.succeeded_at)}." if source.succeeded_at else ""
    last = last or "It has never worked."
    again = f" It is tried again on {in_words(source.next_run_at)}." if source.next_run_at else ""
    if failed and failed[0].state == State.BROKEN:
        return Health(
            Level.BROKEN,
            Cause.OURS,
            "Error of the portal",
            _joined(f"The last {times} broke off.", failed[0].message, last),
            f"The portal is at fault, not the feed, and that seldom passes by itself.{again}",
            "Tell whoever runs the portal; its log says more.",
            failed[0],
        )
    said = failed[0].message if failed else ""
    since = failed[-1].started_at if failed else at
    if source.failures < FAILURES and at - since < FAILING_FOR:
        return Health(
            Level.AGAIN,
            Cause.THEIRS,
            "Failed, is tried again",
            _joined(f"The last {times} failed.", said, last),
            f"The feed could not be used, which often passes by itself.{again}",
            "Nothing needs to be done yet.",
            failed[0] if failed else None,
        )
    return Health(
        Level.BROKEN,
        Cause.THEIRS,
        f"Failing for {source.failures} runs",
        _joined(f"The last {times} failed.", said, last),
        f"The feed is at fault, not the portal. Its events stay as they are.{again} Once the feed is right again, "
        "everything goes on by itself.",
        "Check the address, or tell whoever publishes the feed.",
        failed[0] if failed else None,
    )


def _held(runs: Sequence[ImportRun]) -> Health | None:
    if not runs or runs[0].state != State.HELD:
        return None
    return Health(
        Level.LOOK,
        Cause.HELD,
        "Held for approval",
        runs[0].message,
        "The feed can be read, but what it says is so odd that somebody has to look first. Until then its events stay "
        "as they are.",
        "Somebody who may approve sources of events has to decide.",
        runs[0],
    )


def _odd(source: ImportSource, runs: Sequence[ImportRun], at: datetime) -> Health | None:
    """Runs that succeeded, and yet something is wrong."""
    counted = [
        run
        for run in runs
        if run.state == State.COMPLETE and run.found is not None and run.address == source.address
    ]
    if not counted:
        return None
    last, ask = counted[0], "Check whether the calendar has moved, or ask whoever publishes it."
    found = last.found or 0
    fine = "If that is as it should be, nothing needs to be done."
    taken = last.created + last.updated + last.unchanged + last.skipped
    if last.failed > taken:
        return Health(
            Level.LOOK,
            Cause.UNREADABLE,
            "Most of it cannot be read",
            f"{last.failed} of {taken + last.failed} entries of the feed could not be imported.",
            "The run succeeded, but most events are missing or out of date.",
            "Look at the problems that the last run lists, and tell whoever publishes the feed.",
            last,
        )
    empty = list(takewhile(lambda run: run.found == 0, counted))
    if empty and source.interval is not None and at - empty[-1].started_at >= EMPTY_FOR:
        return Health(
            Level.LOOK,
            Cause.EMPTY,
            "No events for days",
            f"The feed has had no events since {in_words(empty[-1].started_at)}.",
            "Its runs succeed, but nothing comes of them.",
            f"{ask} {fine}",
        )
    # What a feed had is what it had until the run after. Who approved a run that was held knows how much there was.
    known = next((number for number, run in enumerate(runs) if _is_approved(run, runs[number + 1 :])), None)
    counted = counted if known is None else [run for run in counted if run in runs[: known + 1]]
    before = [
        (run.found or 0, run.started_at)
        for run, next_one in zip(counted[1:], counted, strict=False)
        if at - next_one.started_at < HALVED_WITHIN
    ]
    most, when = max(before, default=(0, at))
    if found * 2 <= most and most - found >= LEAST_LOSS:
        return Health(
            Level.LOOK,
            Cause.HALVED,
            "Half of its events are gone",
            f"The feed has {_events(found)}; on {in_words(when)} it had {most}.",
            "Its runs succeed, but it tells of much less than before.",
            f"{ask} {fine}",
        )
    if found and not taken:
        return Health(
            Level.LOOK,
            Cause.UNWANTED,
            "Nothing of it is wanted",
            f"The feed has {_events(found)}, and the words and categories of the source leave none of them.",
            "Its runs succeed, but nothing comes of them.",
            "Change in its settings what is wanted.",
        )
    return None


def _is_approved(run: ImportRun, earlier: Sequence[ImportRun]) -> bool:
    by_a_person = run.state == State.COMPLETE and run.trigger != ImportRun.Trigger.TIMETABLE
    return by_a_person and bool(earlier) and earlier[0].state == State.HELD


def _well(source: ImportSource) -> Health:
    if source.interval is None:
        return Health(
            Level.WELL, Cause.NONE, "By hand only", "It has no timetable: it is imported by hand only."
        )
    if source.succeeded_at is None:
        return Health(Level.WELL, Cause.NONE, "Not run yet", "It has not been imported yet.")
    return Health(Level.WELL, Cause.NONE, "All well", "The last run succeeded.")


def _notes(runs: Sequence[ImportRun]) -> tuple[str, ...]:
    """What the last run that read the feed found wrong with single entries."""
    last = next((run for run in runs if run.found is not None), None)
    if last is None:
        return ()
    counts = (
        (last.failed, "entry could not be imported", "entries could not be imported"),
        (last.warnings, "warning about what the feed says", "warnings about what the feed says"),
    )
    return tuple(f"{count} {one if count == 1 else many}." for count, one, many in counts if count)


def _events(count: int) -> str:
    return "no events" if count == 0 else "1 event" if count == 1 else f"{count} events"


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def in_words(at: datetime) -> str:
    return date_format(localtime(at), "j M Y, H:i")
