"""When an event takes place: from what an editor wrote to instants. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Schedule:
    """Wall-clock dates and times of an event, in the IANA zone `timezone`.

    `end_date` is inclusive, and None means the day it starts. Without `start_time` the event lasts whole days;
    with it but without `end_time`, its end is unknown.
    """

    start_date: date
    start_time: time | None
    end_date: date | None
    end_time: time | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One taking place, as instants in UTC.

    `ends_at` is exclusive, and None when the end is unknown. `listed_until` is the end of the last day in the
    event's own zone: until then listings do not call it past.
    """

    starts_at: datetime
    ends_at: datetime | None
    listed_until: datetime


def occurrences(schedule: Schedule) -> list[Occurrence]:
    """The occurrences of `schedule`; a single event is a series of one.

    A wall time that daylight saving skips or repeats is read as zoneinfo does with fold=0 (PEP 495): the first of
    two, and after a gap the same distance from midnight as before it.
    """
    last_day = schedule.end_date or schedule.start_date
    midnight_after = _instant(last_day + timedelta(days=1), time.min, schedule.timezone)
    if schedule.start_time is None:
        ends_at = midnight_after
    elif schedule.end_time is None:
        ends_at = None
    else:
        ends_at = _instant(last_day, schedule.end_time, schedule.timezone)
    starts_at = _instant(schedule.start_date, schedule.start_time or time.min, schedule.timezone)
    return [Occurrence(starts_at, ends_at, midnight_after)]


def phase(occurrence: Occurrence, at: datetime) -> str:
    """“upcoming”, “now”, “today” (started, its end unknown), “ended_today” or “past” at `at` (aware)."""
    if at < occurrence.starts_at:
        return "upcoming"
    if at >= occurrence.listed_until:
        return "past"
    if occurrence.ends_at is None:
        return "today"
    return "now" if at < occurrence.ends_at else "ended_today"


def _instant(day: date, wall_time: time, timezone: str) -> datetime:
    return datetime.combine(day, wall_time, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
