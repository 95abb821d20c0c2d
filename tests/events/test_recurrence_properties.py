"""The dates of series as three others compute them from the exported calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from events import additional_dates, ical, rrule
from events.models import EventException, EventPage
from events.recurrence import AdditionalDate, Schedule, ScheduleException, occurrences, own_starts

pytestmark = pytest.mark.django_db

ZONES = (
    *("Europe/Rome", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12"),
    *("Asia/Kathmandu", "Australia/Lord_Howe", "UTC"),
)
# The window of a series without end, and its greatest number of dates, are for tests/events/test_recurrence.py.
WINDOW = timedelta(days=240)

days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
times = st.builds(time, st.sampled_from([0, 1, 2, 3, 4, 12, 23]), st.sampled_from([0, 15, 30, 59]))
weekdays = st.sampled_from(rrule.WEEKDAYS)
nth_weekdays = st.builds("{}{}".format, st.sampled_from([1, 2, 3, 4, 5, -1, -2]), weekdays)
monthdays = st.sampled_from([1, 2, 15, 28, 29, 30, 31, -1, -2, -31])
months = st.integers(1, 12)


def listed(elements, most=3):
    return st.lists(elements, min_size=1, max_size=most, unique=True).map(
        lambda found: ",".join(map(str, found))
    )


@st.composite
def rules(draw):
    """Rules of every frequency and end, with the UNTIL of a `first` day to come."""
    parts = {"FREQ": draw(st.sampled_from(rrule.FREQUENCIES))}
    frequency = parts["FREQ"]
    if draw(st.booleans()):
        parts["INTERVAL"] = draw(st.integers(1, 5))
    if frequency == "DAILY" and draw(st.booleans()):
        parts["BYDAY"] = draw(listed(weekdays))
    elif frequency == "WEEKLY" and draw(st.booleans()):
        parts["BYDAY"] = draw(listed(weekdays, 5))
        if draw(st.booleans()):
            parts["WKST"] = draw(weekdays)
    elif frequency in ("MONTHLY", "YEARLY"):
        if frequency == "YEARLY" and draw(st.booleans()):
            parts["BYMONTH"] = draw(listed(months))
        chosen = draw(st.sampled_from(["", "BYDAY", "BYMONTHDAY", "BYSETPOS"]))
        if frequency == "YEARLY" and "BYMONTH" not in parts:
            chosen = ""
        if chosen == "BYDAY":
            parts["BYDAY"] = draw(listed(nth_weekdays))
        elif chosen == "BYMONTHDAY":
            parts["BYMONTHDAY"] = draw(listed(monthdays))
        elif chosen == "BYSETPOS":
            parts["BYDAY"] = draw(listed(weekdays, 7))
            parts["BYSETPOS"] = draw(st.sampled_from([1, 2, -1]))
    return parts


@st.composite
def schedules(draw):
    """A series and the exceptions from it, on and around clock changes and the ends of months."""
    parts = draw(rules())
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    zone = draw(st.sampled_from(ZONES))
    first = next(iter(islice(rrule.days(text, draw(days), None, zone), 1)), None)
    assume(first is not None and first.year < 2030 and rrule.next_day(text, first) == first)
    end = draw(st.sampled_from(["", "COUNT", "DATE", "LOCAL", "UTC"]))
    start_time = draw(st.none() | times)
    length = draw(st.sampled_from([0, 0, 0, 1, 3]))
    end_time = draw(st.none() | times) if start_time else None
    if end_time and not length and end_time <= start_time:
        end_time = None
    if end == "COUNT":
        text += f";COUNT={draw(st.integers(1, 40))}"
    elif end:
        until = datetime.combine(first + timedelta(days=draw(st.integers(2, 500))), draw(times))
        text += (
            f";UNTIL={until:%Y%m%d}"
            + {"DATE": "", "LOCAL": f"T{until:%H%M%S}", "UTC": f"T{until:%H%M%S}Z"}[end]
        )
    starts = list(islice(rrule.days(text, first, start_time, zone), 12))
    changed = draw(st.lists(st.sampled_from(starts), unique=True, max_size=4))
    exceptions = [draw(exceptions_for(day, start_time)) for day in changed]
    last = first + timedelta(days=length) if length else None
    more = draw(st.just(()) | additional(first, start_time))
    rule = draw(st.sampled_from([text, text, ""])) if more else text
    schedule = Schedule(first, start_time, last, end_time, zone, rule, additional=more)
    if not rule:
        assume(len(own_starts(schedule)) > 1)
        exceptions = []
    # Of a date that is cancelled nobody is told when it would have ended.
    starts = [start_of(schedule, added) for added in more if not added.end_date]
    for day, wall_time in draw(st.lists(st.sampled_from(starts), unique=True)) if starts else ():
        original = schedule.original(day, wall_time)
        change = draw(exceptions_for(day, start_time))
        if original not in {(other.original_date, other.original_time) for other in exceptions}:
            exceptions.append(replace(change, original_time=original[1]))
    return replace(schedule, exceptions=tuple(exceptions))


@st.composite
def additional(draw, first, start_time):
    """Dates beside a rule, also at other times of its days, in order as a page has them."""
    found = {}
    for day in draw(st.lists(st.integers(0, 60), min_size=1, max_size=4)):
        start = first + timedelta(days=day)
        own_time = draw(st.none() | times) if start_time else None
        added = AdditionalDate(start, own_time)
        if draw(st.integers(0, 3)) == 0:
            last = start + timedelta(days=draw(st.integers(1, 3)))
            end_time = draw(times) if start_time else None
            added = AdditionalDate(start, own_time or start_time, last, end_time)
        found[added.start] = added
    return tuple(found[start] for start in sorted(found))


@st.composite
def exceptions_for(draw, day, start_time):
    if draw(st.booleans()):
        return ScheduleException(day, is_cancelled=True)
    moved = day + timedelta(days=draw(st.integers(-3, 5)))
    new_time = draw(st.none() | times) if start_time else None
    last = moved + timedelta(days=draw(st.integers(1, 3))) if draw(st.booleans()) else None
    new_end = draw(st.none() | times) if start_time and last else None
    return ScheduleException(day, False, moved, new_time, last, new_end)


def calendar_of(schedule):
    page = EventPage(
        title="A series",
        start_date=schedule.start_date,
        start_time=schedule.start_time,
        end_date=schedule.end_date,
        end_time=schedule.end_time,
        timezone=schedule.timezone,
        recurrence_rule=schedule.rule,
        additional_dates=additional_dates.written(schedule.additional),
        keeps_duration=schedule.keeps_duration,
    )
    page.exceptions = [
        EventException(
            original_date=change.original_date,
            is_cancelled=change.is_cancelled,
            start_date=change.start_date,
            start_time=change.start_time,
            end_date=change.end_date,
            end_time=change.end_time,
            original_time=change.original_time,
        )
        for change in schedule.exceptions
    ]
    head = ical.head("A series", "https://testserver/", "", ical.zones(page))
    return head + ical.entries(page, "https://testserver/") + ical.CLOSING


def as_said(moment):
    """An instant in UTC and the time on the wall that it is said by, because equal instants may hide a wrong zone, and
    a time that the clocks skip is said, too; a day as such."""
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(UTC), moment.replace(tzinfo=None)


@settings(max_examples=60)
@example(Schedule(date(2024, 1, 1), time(0), None, time(2), "Europe/Rome", "FREQ=DAILY", ()))
@given(schedules())
def test_recurring_ical_events_finds_the_same_dates(schedule):
    """They are asked for by when they take place. The library takes lengths for those of the wall, as we do."""
    zone = ZoneInfo(schedule.timezone)
    at = datetime.combine(schedule.start_date, time.min, tzinfo=UTC) + WINDOW / 2
    first, last = at - WINDOW, at + WINDOW / 2

    def our_span(occurrence):
        wall = occurrence.wall
        if wall.start_time is None:
            return wall.start_date, wall.last_date + timedelta(days=1)
        start = occurrence.starts_at, datetime.combine(wall.start_date, wall.start_time)
        if occurrence.ends_at is None:
            return start, start
        return start, (occurrence.ends_at, datetime.combine(wall.last_date, wall.end_time))

    ours = [
        our_span(occurrence)
        for occurrence in occurrences(schedule, at)
        if first <= occurrence.starts_at < last
    ]
    calendar = icalendar.Calendar.from_ical(calendar_of(schedule))
    # What it finds by days would depend on the zone of the machine.
    found = recurring_ical_events.of(calendar).between(first - timedelta(days=20), last + timedelta(days=20))
    theirs = []
    for event in found:
        is_timed = isinstance(event.start, datetime)
        starts_at = event.start if is_timed else datetime.combine(event.start, time.min, tzinfo=zone)
        if first <= starts_at < last:
            theirs.append((as_said(event.start), as_said(event.end)))
    assert sorted(theirs) == sorted(ours)


def as_ical_js_reads_it(schedule, occurrence):
    """Its start and end, in seconds since 1970, or as days.

    Where ical.js 2.2 departs from RFC 5545: of a time that the clocks repeat it takes the second, and one that they
    skip it reads with the offset after the gap (3.3.5 says the first, and before); to each date of a series it adds
    the hours that the first one lasts, but by the clock on the wall (3.8.5.3 says by the clock that never changes).
    """
    wall, zone = occurrence.wall, ZoneInfo(schedule.timezone)
    if wall.start_time is None:
        return wall.start_date.isoformat(), (wall.last_date + timedelta(days=1)).isoformat()
    starts = {
        schedule.original(*start_of(schedule, added)) for added in schedule.additional if added.end_date
    }
    if occurrence.original in starts or any(
        (change.original_date, change.original_time) == occurrence.original for change in schedule.exceptions
    ):
        starts_at, ends_at = occurrence.starts_at, occurrence.ends_at
        return int(starts_at.timestamp()), int((ends_at or starts_at).timestamp())

    def seconds(moment):
        return int(moment.replace(tzinfo=zone, fold=1).timestamp())

    length = 0
    if schedule.end_time:
        beginning = datetime.combine(schedule.start_date, schedule.start_time)
        length = seconds(datetime.combine(schedule.last_date, schedule.end_time)) - seconds(beginning)
    start = datetime.combine(wall.start_date, wall.start_time)
    return seconds(start), seconds(start + timedelta(seconds=length))


def start_of(schedule, added):
    return added.start_date, added.start_time or schedule.start_time


def original_of(schedule, occurrence):
    day, wall_time = schedule.starts(occurrence.original)
    return (datetime.combine(day, wall_time) if wall_time else day).isoformat()


def is_beyond_ical_js(rule):
    """Whether ical.js 2.2 is known to be wrong about it: of a year it takes no notice of BYSETPOS, and days of months
    that not every month has, or that are counted from the end, for others."""
    if not rule:
        return False
    parts = rrule.parts(rule)
    days = [int(day) for day in parts.get("BYMONTHDAY", "1").split(",")]
    return parts["FREQ"] == "YEARLY" and ("BYSETPOS" in parts or not all(0 < day <= 28 for day in days))


@settings(max_examples=60)
@given(schedules().filter(lambda schedule: not is_beyond_ical_js(schedule.rule)))
def test_ical_js_finds_the_same_dates(read_by_ical_js, schedule):
    """They are asked for by where the rule had put them."""
    at = datetime.combine(schedule.start_date, time.min, tzinfo=UTC) + WINDOW / 2
    last = (at + WINDOW / 2).date()
    ours = {
        original_of(schedule, occurrence): as_ical_js_reads_it(schedule, occurrence)
        for occurrence in occurrences(schedule, at)
        if occurrence.original_date <= last
    }
    ((_, event),) = read_by_ical_js(calendar_of(schedule), last).items()
    assert {found["original"]: (found["start"], found["end"]) for found in event["dates"]} == ours
