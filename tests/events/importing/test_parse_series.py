"""Calendars that another project collected from the field, against the dates that its own program finds in them."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from events.importing.parse import parse
from events.recurrence import occurrences

ROME = "Europe/Rome"
CALENDARS = Path(recurring_ical_events.__file__).parent / "test" / "calendars"
WINDOW = timedelta(days=300)
# Where we mean something else, and why.
DIFFERENT = {
    "bad_rrule_missing_until_event": "the library cannot read it",
    "duration_edited": "an empty CLASS is none that is known to be public",
    "end_before_start_event": "the library swaps start and end; we keep the start and say so",
    "issue_132_swapped_start_and_end": "the same",
    "issue_201_mixed_datetime_and_date": "a day that ends at a time is taken for whole days",
    "issue_75_range_parameter": "an UNTIL that is a day has that day in it",
    "issue_28_rrule_with_UTC_endinginZ": "an UNTIL in UTC beside a DATE is a day in the calendar's zone",
    "three_events_one_edited": "an empty CLASS is none that is known to be public",
}


def instant_or_day(value):
    if not isinstance(value, datetime):
        return value.isoformat()
    return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(ROME))).astimezone(UTC).isoformat()


def is_inside(start, at):
    """Not at the edges, which days and instants see in different ways."""
    return abs(datetime.fromisoformat(start).replace(tzinfo=UTC) - at) < WINDOW - timedelta(days=5)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(CALENDARS.rglob("*.ics")) if path.stem not in DIFFERENT],
    ids=lambda path: path.stem,
)
def test_the_dates_of_series_are_those_that_another_program_finds(path):
    data = path.read_bytes()
    events = parse(data, format="ical", default_timezone=ROME).events
    if not events:
        return
    at = datetime.combine(min(event.start_date for event in events), time(12), tzinfo=UTC) + WINDOW / 2
    ours = set()
    for event in events:
        if event.event_status == "EventCancelled":
            continue
        for date_ in occurrences(event.schedule, at):
            start = date_.starts_at if date_.wall.start_time else date_.wall.start_date
            ours.add(instant_or_day(start))
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(at - WINDOW, at + WINDOW)
    theirs = {instant_or_day(each["DTSTART"].dt) for each in found if each.get("STATUS") != "CANCELLED"}
    assert {start for start in ours if is_inside(start, at)} == {
        start for start in theirs if is_inside(start, at)
    }
