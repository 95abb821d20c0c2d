"""Dates and times as people write them, in British English. Pure."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .recurrence import Schedule

MONTHS = "January February March April May June July August September October November December".split()


def describe(schedule: Schedule) -> str:
    """`14–20 July 2025`, `27 April – 2 May 2025`, `26 February 2026, 14:00–15:30 CET`."""
    first, last = schedule.start_date, schedule.end_date or schedule.start_date
    if schedule.start_time is None:
        return describe_days(first, last)
    zone = _zone_name(schedule)
    start = f"{schedule.start_time:%H:%M}"
    if schedule.end_time is None:
        return f"{describe_days(first, last)}, {start} {zone}"
    if first == last:
        return f"{describe_days(first, last)}, {start}–{schedule.end_time:%H:%M} {zone}"
    zone_at_end = _zone_name(replace(schedule, start_date=last, start_time=schedule.end_time))
    if zone_at_end != zone:
        start = f"{start} {zone}"
    end = f"{schedule.end_time:%H:%M} {zone_at_end}"
    return f"{_day(first)} {first.year}, {start} – {_day(last)} {last.year}, {end}"


def describe_days(first: date, last: date) -> str:
    """The days from `first` to `last`, both included."""
    if first == last:
        return f"{_day(first)} {first.year}"
    if first.year != last.year:
        return f"{_day(first)} {first.year} – {_day(last)} {last.year}"
    if first.month != last.month:
        return f"{_day(first)} – {_day(last)} {last.year}"
    return f"{first.day}–{_day(last)} {last.year}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def iso_start(schedule: Schedule) -> str:
    """`2026-02-26T14:00:00+01:00`, or `2026-02-26` for an event of whole days."""
    return schedule.start_date.isoformat() if schedule.start_time is None else _start(schedule).isoformat()


def utc_offset(schedule: Schedule) -> str:
    """The zone's distance from UTC when the event starts: `UTC+1`, `UTC−3:30`, `UTC`."""
    minutes = int((_start(schedule).utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    if minutes == 0:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def _zone_name(schedule: Schedule) -> str:
    """The letters people know, such as “CET”; the distance from UTC where the zone has none of its own."""
    name = _start(schedule).tzname() or ""
    return name if name.isalpha() else utc_offset(schedule)


def _start(schedule: Schedule) -> datetime:
    return datetime.combine(
        schedule.start_date, schedule.start_time or time.min, tzinfo=ZoneInfo(schedule.timezone)
    )
