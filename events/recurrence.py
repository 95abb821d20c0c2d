"""When an event takes place: from what an editor wrote to instants. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from . import rrule

# A series without end is known this far around the clock, and no series in more dates than this.
WINDOW = timedelta(days=2 * 365)
MAX_OCCURRENCES = 500
# So far a series is followed to a date of which something is said: half a century of days.
MAX_WALK = 20_000


@dataclass(frozen=True, slots=True)
class ScheduleException:
    """What is different about the date of a series that was to start on `original_date`.

    Moved, unless it is cancelled: None in place of a new date or time means that it stays.
    """

    original_date: date
    is_cancelled: bool = False
    start_date: date | None = None
    start_time: time | None = None
    end_date: date | None = None
    end_time: time | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Wall-clock dates and times of an event, in the IANA zone `timezone`.

    `end_date` is inclusive, and None means the day it starts. Without `start_time` the event lasts whole days;
    with it but without `end_time`, its end is unknown. `rule` is a recurrence rule of RFC 5545, or "" for a
    single event.
    """

    start_date: date
    start_time: time | None
    end_date: date | None
    end_time: time | None
    timezone: str
    rule: str = ""
    exceptions: tuple[ScheduleException, ...] = ()

    @property
    def last_date(self) -> date:
        return self.end_date or self.start_date

    @property
    def announced(self) -> tuple:
        """The dates and times as visitors are told them; the zone matters to a time only."""
        zone = self.timezone if self.start_time else ""
        return self.start_date, self.start_time, self.last_date, self.end_time, zone


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One taking place: on the wall as a Schedule without rule, and as instants in UTC.

    `original_date` is where the rule had put it. `ends_at` is exclusive, and None when the end is unknown.
    `listed_until` is the end of the last day in the event's own zone: until then listings do not call it past.
    """

    original_date: date
    wall: Schedule
    starts_at: datetime
    ends_at: datetime | None
    listed_until: datetime
    is_cancelled: bool = False
    note: str = ""

    @property
    def is_moved(self) -> bool:
        return not self.is_cancelled and self.wall.start_date != self.original_date


def occurrences(schedule: Schedule, at: datetime) -> list[Occurrence]:
    """What takes place of `schedule`, by its start; a single event is a series of one.

    A series that ends is given whole. One that does not, or has more than MAX_OCCURRENCES dates, is given as seen from
    `at` (aware): what lies inside WINDOW, the nearest dates, and at least one.
    """
    return [occurrence for occurrence in all_dates(schedule, at) if not occurrence.is_cancelled]


def all_dates(schedule: Schedule, at: datetime) -> list[Occurrence]:
    """As `occurrences`, with those that are cancelled."""
    if not schedule.rule:
        return [_occurrence(schedule, schedule.start_date)]
    changes = {exception.original_date: exception for exception in schedule.exceptions}
    dates = (_changed(schedule, day, changes.get(day)) for day in _days(schedule, at))
    return sorted(dates, key=lambda occurrence: occurrence.starts_at)


def excepted_dates(schedule: Schedule) -> list[Occurrence]:
    """The dates of a series about which there is an exception, by their original dates, those that are cancelled
    among them. An exception for a day that is none of the series changes nothing, nor does one for a date after the
    first MAX_WALK of the series."""
    changes = {exception.original_date: exception for exception in schedule.exceptions}
    if not (schedule.rule and changes):
        return []
    days = rrule.days(schedule.rule, schedule.start_date, schedule.start_time, schedule.timezone)
    last = max(changes)
    through = takewhile(lambda day: day <= last, islice(days, MAX_WALK))
    return [_changed(schedule, day, changes[day]) for day in through if day in changes]


def is_whole(schedule: Schedule) -> bool:
    """Whether `all_dates` gives all dates of `schedule`, whenever it is asked."""
    if not schedule.rule:
        return True
    if not rrule.has_end(schedule.rule):
        return False
    days = rrule.days(schedule.rule, schedule.start_date, schedule.start_time, schedule.timezone)
    return len(list(islice(days, MAX_OCCURRENCES + 1))) <= MAX_OCCURRENCES


def phase(occurrence: Occurrence, at: datetime) -> str:
    """“upcoming”, “now”, “today” (started, its end unknown), “ended_today” or “past” at `at` (aware)."""
    if at < occurrence.starts_at:
        return "upcoming"
    if at >= occurrence.listed_until:
        return "past"
    if occurrence.ends_at is None:
        return "today"
    return "now" if at < occurrence.ends_at else "ended_today"


def next_or_last(dates: Iterable[Occurrence], at: datetime) -> Occurrence | None:
    """The first of `dates`, which are in order, that is not past at `at`, else the last one; None of none."""
    dates = list(dates)
    return next((date_ for date_ in dates if date_.listed_until > at), dates[-1] if dates else None)


def clock_changes(schedule: Schedule, at: datetime) -> list[str]:
    """A sentence for each start or end in an hour that daylight saving skips or repeats, and how it is read."""
    return [
        sentence for occurrence in occurrences(schedule, at) for sentence in _clock_changes(occurrence.wall)
    ]


def instant(day: date, wall_time: time, timezone: str) -> datetime:
    """In UTC. A wall time that daylight saving skips or repeats is read as zoneinfo does with fold=0 (PEP 495): the
    first of two, and after a gap the same distance from midnight as before it."""
    return datetime.combine(day, wall_time, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def midnight_after(day: date, timezone: str) -> datetime:
    """The end of `day`, in UTC."""
    return instant(day + timedelta(days=1), time.min, timezone)


def _days(schedule: Schedule, at: datetime) -> list[date]:
    """The days on which the dates of a series were to start, as the docstring of `occurrences` says."""
    whole = rrule.days(schedule.rule, schedule.start_date, schedule.start_time, schedule.timezone)
    if rrule.has_end(schedule.rule):
        days = list(islice(whole, MAX_OCCURRENCES + 1))
        if len(days) <= MAX_OCCURRENCES:
            return days
        whole = rrule.days(schedule.rule, schedule.start_date, schedule.start_time, schedule.timezone)
    today = at.astimezone(ZoneInfo(schedule.timezone)).date()
    inside: list[date] = []
    before: list[date] = []
    for day in whole:
        if day > today + WINDOW:
            inside = inside or [day]
            break
        if day >= today - WINDOW:
            inside.append(day)
        else:
            before = [day]
    return sorted(sorted(inside or before, key=lambda day: abs(day - today))[:MAX_OCCURRENCES])


def _changed(schedule: Schedule, day: date, exception: ScheduleException | None) -> Occurrence:
    length = schedule.last_date - schedule.start_date
    wall = replace(
        schedule, start_date=day, end_date=day + length if length else None, rule="", exceptions=()
    )
    if exception is None or exception.is_cancelled:
        note = exception.note if exception else ""
        return replace(_occurrence(wall, day), is_cancelled=exception is not None, note=note)
    first = exception.start_date or day
    wall = replace(
        wall,
        start_date=first,
        end_date=exception.end_date or (first + length if length else None),
        start_time=exception.start_time or wall.start_time,
        # A new start without a new end: the old end would be a guess.
        end_time=exception.end_time or (wall.end_time if exception.start_time is None else None),
    )
    return replace(_occurrence(wall, day), note=exception.note)


def _occurrence(wall: Schedule, original_date: date) -> Occurrence:
    listed_until = midnight_after(wall.last_date, wall.timezone)
    if wall.start_time is None:
        ends_at: datetime | None = listed_until
    elif wall.end_time is None:
        ends_at = None
    else:
        ends_at = instant(wall.last_date, wall.end_time, wall.timezone)
    starts_at = instant(wall.start_date, wall.start_time or time.min, wall.timezone)
    return Occurrence(original_date, wall, starts_at, ends_at, listed_until)


def _clock_changes(wall: Schedule) -> Iterator[str]:
    for word, day, wall_time in (
        ("starts", wall.start_date, wall.start_time),
        ("ends", wall.last_date, wall.end_time),
    ):
        if wall_time is None:
            continue
        first = datetime.combine(day, wall_time, tzinfo=ZoneInfo(wall.timezone))
        second = first.replace(fold=1)
        if first.utcoffset() == second.utcoffset():
            continue
        when = f"It {word} on {day:%Y-%m-%d} at {wall_time:%H:%M}"
        back = first.astimezone(UTC).astimezone(first.tzinfo)
        if back.replace(tzinfo=None) != first.replace(tzinfo=None):
            yield f"{when}, which the clocks in {wall.timezone} skip that night; it is read as {back:%H:%M}."
        else:
            yield f"{when}, which the clocks in {wall.timezone} show twice that night; the first is meant."
