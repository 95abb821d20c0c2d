"""Dates and times as people write them, in British English. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from .recurrence import Schedule

MONTHS = "January February March April May June July August September October November December".split()


def describe(schedule: Schedule) -> str:
    """`14–20 July 2025`, `27 April – 2 May 2025`, `26 February 2026, 14:00–15:30 CET`."""
    first, last = schedule.start_date, schedule.end_date or schedule.start_date
    if schedule.start_time is None:
        return describe_days(first, last)
    zone = _zone_name(first, schedule.start_time, schedule.timezone)
    start = f"{schedule.start_time:%H:%M}"
    if schedule.end_time is None:
        return f"{describe_days(first, last)}, {start} {zone}"
    if first == last:
        return f"{describe_days(first, last)}, {start}–{schedule.end_time:%H:%M} {zone}"
    return f"{_day(first)} {first.year}, {start} – {_day(last)} {last.year}, {schedule.end_time:%H:%M} {zone}"


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


def _zone_name(day: date, wall_time: time, timezone: str) -> str:
    """“CET”, or “UTC−3” where the zone has no letters of its own."""
    moment = datetime.combine(day, wall_time, tzinfo=ZoneInfo(timezone))
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    minutes = int(moment.utcoffset().total_seconds() // 60)
    sign = "+" if minutes >= 0 else "−"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
