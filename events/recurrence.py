"""When an event takes place: from what an editor wrote to instants. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from . import rrule

# A series without end is known this far around the clock, and no series in more dates than this.
WINDOW = timedelta(days=2 * 365)
MAX_OCCURRENCES = 500
# So far a series is followed to a date of which something is said: half a century of days.
MAX_WALK = 20_000


# By what one date of a series is known: the day and the time at which it was to start, as the series has them. The time
# is None where it is the one at which the event itself starts, and for whole days.
Original = tuple[date, time | None]


@dataclass(frozen=True, slots=True)
class ScheduleException:
    """What is different about the date of a series that was to start on `original_date`, at `original_time` where
    that is not the usual time.

    Moved, unless it is cancelled: None in place of a new date or time means that it stays.
    """

    original_date: date
    is_cancelled: bool = False
    start_date: date | None = None
    start_time: time | None = None
    end_date: date | None = None
    end_time: time | None = None
    note: str = ""
    original_time: time | None = None


@dataclass(frozen=True, slots=True)
class AdditionalDate:
    """A date of an event beside its first one and those of its rule (RDATE of RFC 5545).

    Without `start_time` it starts at the usual time, and without an end it lasts as long as the first date. An end time
    without `end_date` is on the day of the start. An event of whole days takes no notice of the times.
    """

    start_date: date
    start_time: time | None = None
    end_date: date | None = None
    end_time: time | None = None

    @property
    def start(self) -> str:
        """In ISO 8601, `2027-05-03T14:00:00` or `2027-05-03`."""
        return _iso(self.start_date, self.start_time)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Wall-clock dates and times of an event, in the IANA zone `timezone`.

    `end_date` is inclusive, and None means the day it starts. Without `start_time` the event lasts whole days;
    with it but without `end_time`, its end is unknown. `rule` is a recurrence rule of RFC 5545, or "". An event with a
    rule or with `additional` dates is a series, and its first date is one of them.

    The dates of a series end by the clock on the wall as the first one does, or, if it `keeps_duration`, after as many
    hours (RFC 5545, 3.8.5.3). That is not the same in a night in which the clocks change.
    """

    start_date: date
    start_time: time | None
    end_date: date | None
    end_time: time | None
    timezone: str
    rule: str = ""
    exceptions: tuple[ScheduleException, ...] = ()
    additional: tuple[AdditionalDate, ...] = ()
    keeps_duration: bool = False

    @property
    def last_date(self) -> date:
        return self.end_date or self.start_date

    @property
    def is_series(self) -> bool:
        return bool(self.rule or self.additional)

    @property
    def announced(self) -> tuple:
        """The dates and times as visitors are told them; the zone matters to a time only."""
        zone = self.timezone if self.start_time else ""
        return self.start_date, self.start_time, self.last_date, self.end_time, zone

    def original(self, day: date, wall_time: time | None) -> Original:
        """What the date that starts then is known by, whether or not `wall_time` is the usual time."""
        is_usual = wall_time == self.start_time or self.start_time is None
        return day, None if is_usual else wall_time

    def starts(self, original: Original) -> tuple[date, time | None]:
        """The day and time at which the date that is known by `original` was to start."""
        return original[0], original[1] or self.start_time


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence of an event: on the wall as a Schedule that is no series, and as instants in UTC.

    `original_date` and `original_time` are where the series had put it; see Original. `ends_at` is exclusive, and None
    when the end is unknown. `listed_until` is the end of the last day in the event's own zone: until then listings do
    not call it past. `is_at_another_time`: it starts or ends at another time of day than the series had it.
    """

    original_date: date
    wall: Schedule
    starts_at: datetime
    ends_at: datetime | None
    listed_until: datetime
    is_cancelled: bool = False
    note: str = ""
    original_time: time | None = None
    is_at_another_time: bool = False

    @property
    def is_moved(self) -> bool:
        return not self.is_cancelled and self.wall.start_date != self.original_date

    @property
    def original(self) -> Original:
        return self.original_date, self.original_time


def occurrences(schedule: Schedule, at: datetime) -> list[Occurrence]:
    """What takes place of `schedule`, by its start; a single event is a series of one.

    A series that ends is given whole. One that does not, or has more than MAX_OCCURRENCES dates, is given as seen from
    `at` (aware): what lies inside WINDOW, the nearest dates, and at least one.
    """
    return [occurrence for occurrence in all_dates(schedule, at) if not occurrence.is_cancelled]


def all_dates(schedule: Schedule, at: datetime) -> list[Occurrence]:
    """As `occurrences`, with those that are cancelled."""
    if not schedule.is_series:
        return [_occurrence(schedule, (schedule.start_date, None))]
    changes = _changes(schedule)
    dates = (_changed(schedule, slot, changes.get(slot.original)) for slot in _slots_seen(schedule, at))
    return sorted(dates, key=lambda occurrence: occurrence.starts_at)


def excepted_dates(schedule: Schedule) -> list[Occurrence]:
    """The dates of a series about which there is an exception, by their original starts, those that are cancelled
    among them. An exception for what is no date of the series changes nothing, nor does one for a date after the
    first MAX_WALK of the series."""
    changes = _changes(schedule)
    if not (schedule.is_series and changes):
        return []
    last = max(map(_order, (schedule.starts(original) for original in changes)))
    through = takewhile(lambda slot: slot.order <= last, islice(_slots(schedule), MAX_WALK))
    return [_changed(schedule, slot, changes[slot.original]) for slot in through if slot.original in changes]


def neighbours(schedule: Schedule, original: Original) -> list[Original]:
    """Of the dates of a series `original` alone if it is among them, else those next to it before and after."""
    wanted = _order(schedule.starts(original))
    before: Original | None = None
    for slot in islice(_slots(schedule), MAX_WALK):
        if slot.order >= wanted:
            if slot.original == original:
                return [original]
            return [slot.original] if before is None else [before, slot.original]
        before = slot.original
    return [] if before is None else [before]


def beside_the_rule(schedule: Schedule) -> tuple[list[Occurrence], list[Occurrence]]:
    """The additional dates that neither the rule has nor are the first date, and those dates that have an end of their
    own; both in order and as the series has them, whatever the exceptions say."""
    if not schedule.additional:
        return [], []
    last = max(_order(_start_of(schedule, each)) for each in schedule.additional)
    slots = list(takewhile(lambda slot: slot.order <= last, islice(_slots(schedule), MAX_WALK)))
    return (
        [_changed(schedule, slot, None) for slot in slots if slot.is_additional],
        [_changed(schedule, slot, None) for slot in slots if slot.added],
    )


def own_starts(schedule: Schedule) -> list[tuple[date, time | None]]:
    """The starts of the first and of the additional dates, in order, each once."""
    starts = {_start_of(schedule, each) for each in schedule.additional}
    return sorted(starts | {(schedule.start_date, schedule.start_time)}, key=_order)


def as_scheduled(schedule: Schedule, original: Original, day: date | None = None) -> Schedule:
    """The date that is known by `original` as the series has it without exceptions, or would have it on `day`."""
    first, wall_time = schedule.starts(original)
    slots = (_added_slot(schedule, each) for each in schedule.additional)
    added = next((slot.added for slot in slots if slot.original == original), None)
    return _wall(schedule, _Slot(first, wall_time, original, added), day or first)


def is_whole(schedule: Schedule) -> bool:
    """Whether `all_dates` gives all dates of `schedule`, whenever it is asked."""
    if schedule.rule and not rrule.has_end(schedule.rule):
        return False
    return len(list(islice(_slots(schedule), MAX_OCCURRENCES + 1))) <= MAX_OCCURRENCES


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


@dataclass(frozen=True, slots=True)
class _Slot:
    """A date as the series has it; `added` has an end of its own."""

    day: date
    wall_time: time | None
    original: Original
    added: AdditionalDate | None = None
    is_additional: bool = False

    @property
    def order(self) -> tuple[date, time]:
        return _order((self.day, self.wall_time))


def _order(start: tuple[date, time | None]) -> tuple[date, time]:
    return start[0], start[1] or time.min


def _iso(day: date, wall_time: time | None) -> str:
    return day.isoformat() if wall_time is None else datetime.combine(day, wall_time).isoformat()


def _changes(schedule: Schedule) -> dict[Original, ScheduleException]:
    return {
        schedule.original(each.original_date, each.original_time or schedule.start_time): each
        for each in schedule.exceptions
    }


def _start_of(schedule: Schedule, added: AdditionalDate) -> tuple[date, time | None]:
    is_timed = schedule.start_time is not None
    return added.start_date, (added.start_time or schedule.start_time) if is_timed else None


def _slots(schedule: Schedule) -> Iterator[_Slot]:
    """The dates of a series as it has them, in order, each once, perhaps without end."""
    days: Iterable[date] = [schedule.start_date]
    if schedule.rule:
        days = rrule.days(schedule.rule, schedule.start_date, schedule.start_time, schedule.timezone)
    regular = (_Slot(day, schedule.start_time, (day, None)) for day in days)
    if not schedule.additional:
        return regular
    more = sorted((_added_slot(schedule, each) for each in schedule.additional), key=lambda slot: slot.order)
    return _each_once(merge(regular, more, key=lambda slot: slot.order))


def _added_slot(schedule: Schedule, added: AdditionalDate) -> _Slot:
    day, wall_time = _start_of(schedule, added)
    has_end = bool(added.end_date or (added.end_time and wall_time))
    original = schedule.original(day, wall_time)
    return _Slot(day, wall_time, original, added if has_end else None, is_additional=True)


def _each_once(slots: Iterable[_Slot]) -> Iterator[_Slot]:
    """Of two for one start that of the rule, with the end that the other may have."""
    last: _Slot | None = None
    for slot in slots:
        if last is None:
            last = slot
        elif slot.order == last.order:
            last = replace(last, added=slot.added or last.added)
        else:
            yield last
            last = slot
    if last is not None:
        yield last


def _slots_seen(schedule: Schedule, at: datetime) -> list[_Slot]:
    """Of the dates of a series those that the docstring of `occurrences` names."""
    if not schedule.rule or rrule.has_end(schedule.rule):
        slots = list(islice(_slots(schedule), MAX_OCCURRENCES + 1))
        if len(slots) <= MAX_OCCURRENCES:
            return slots
    today = at.astimezone(ZoneInfo(schedule.timezone)).date()
    inside: list[_Slot] = []
    before: list[_Slot] = []
    for slot in _slots(schedule):
        if slot.day > today + WINDOW:
            inside = inside or [slot]
            break
        if slot.day >= today - WINDOW:
            inside.append(slot)
        else:
            before = [slot]
    nearest = sorted(inside or before, key=lambda slot: abs(slot.day - today))[:MAX_OCCURRENCES]
    return sorted(nearest, key=lambda slot: slot.order)


def _changed(schedule: Schedule, slot: _Slot, exception: ScheduleException | None) -> Occurrence:
    if exception is None or exception.is_cancelled:
        note = exception.note if exception else ""
        usual = _occurrence(
            _wall(schedule, slot, slot.day), slot.original, _exact_end(schedule, slot, slot.day)
        )
        return replace(usual, is_cancelled=exception is not None, note=note)
    first = exception.start_date or slot.day
    usual_wall = _wall(schedule, slot, first)
    length = usual_wall.last_date - first
    wall = replace(
        usual_wall,
        end_date=exception.end_date or (first + length if length else None),
        start_time=exception.start_time or usual_wall.start_time,
        # A new start without a new end: the old end would be a guess.
        end_time=exception.end_time or (usual_wall.end_time if exception.start_time is None else None),
    )
    times = wall.start_time, wall.end_time
    ends_at = _exact_end(schedule, slot, first) if wall == usual_wall else None
    return replace(
        _occurrence(wall, slot.original, ends_at),
        note=exception.note,
        is_at_another_time=times != (usual_wall.start_time, usual_wall.end_time),
    )


def _wall(schedule: Schedule, slot: _Slot, first: date) -> Schedule:
    """The date of `slot` as the series would have it on the day `first`."""
    wall = Schedule(first, slot.wall_time, None, None, schedule.timezone)
    if (added := slot.added) is not None:
        last = (added.end_date or added.start_date) + (first - added.start_date)
        end_time = added.end_time or (schedule.end_time if added.end_date else None)
        if end_time and slot.wall_time and last == first and end_time <= slot.wall_time:
            end_time = None
        return replace(
            wall, end_date=last if last > first else None, end_time=end_time if slot.wall_time else None
        )
    length = schedule.last_date - schedule.start_date
    if slot.wall_time is None or schedule.start_time is None or schedule.end_time is None:
        return replace(wall, end_date=first + length if length else None)
    if (ends_at := _exact_end(schedule, slot, first)) is not None:
        end = ends_at.astimezone(ZoneInfo(schedule.timezone)).replace(tzinfo=None)
    else:
        usual = datetime.combine(schedule.start_date, schedule.start_time)
        length = datetime.combine(schedule.last_date, schedule.end_time) - usual
        end = datetime.combine(first, slot.wall_time) + length
    return replace(wall, end_date=end.date() if end.date() > first else None, end_time=end.time())


def _exact_end(schedule: Schedule, slot: _Slot, first: date) -> datetime | None:
    """When the date of `slot` ends that starts on `first`, of a series that keeps its duration; else None."""
    if not schedule.keeps_duration or slot.added or slot.wall_time is None:
        return None
    if schedule.start_time is None or schedule.end_time is None:
        return None
    length = instant(schedule.last_date, schedule.end_time, schedule.timezone) - instant(
        schedule.start_date, schedule.start_time, schedule.timezone
    )
    return instant(first, slot.wall_time, schedule.timezone) + length


def _occurrence(wall: Schedule, original: Original, ends_at: datetime | None = None) -> Occurrence:
    """`ends_at` where the time on the wall does not say it: of two that are the same the second may be meant."""
    listed_until = midnight_after(wall.last_date, wall.timezone)
    if wall.start_time is None:
        ends_at = listed_until
    elif wall.end_time is not None:
        ends_at = ends_at or instant(wall.last_date, wall.end_time, wall.timezone)
    starts_at = instant(wall.start_date, wall.start_time or time.min, wall.timezone)
    return Occurrence(original[0], wall, starts_at, ends_at, listed_until, original_time=original[1])


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
