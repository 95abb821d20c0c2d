"""Series as publishers really write them: the dates that their pages have."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.importing.parse import parse
from events.recurrence import occurrences

CASES = Path(__file__).parents[2] / "data" / "cases"
ROME = "Europe/Rome"
AT = datetime(2027, 4, 1, 12, tzinfo=UTC)


def dates_of(event, at=AT):
    """As tests/data/cases/README.md writes them."""
    if event.event_status == "EventCancelled":
        return []
    return [_told(each) for each in occurrences(event.schedule, at)]


def _told(occurrence):
    wall = occurrence.wall
    if wall.start_time is None:
        last = "" if wall.last_date == wall.start_date else f"..{wall.last_date}"
        return f"{wall.start_date}{last}"
    end = f"/{occurrence.ends_at:%Y-%m-%dT%H:%MZ}" if occurrence.ends_at else ""
    return f"{occurrence.starts_at:%Y-%m-%dT%H:%MZ}{end}"


def read(data):
    feed = parse(data, format="ical", default_timezone=ROME, at=AT)
    return feed, sorted(each for event in feed.events for each in dates_of(event))


def days_in(month, days, times):
    return [
        f"2027-{month:02}-{day:02}T{begin}Z/2027-{month:02}-{day:02}T{end}Z"
        for day in days
        for begin, end in times
    ]


MORNING, AFTERNOON = ("08:00", "09:00"), ("14:00", "15:00")
FILES = {
    "allday-until-235959Z": ["2027-09-19"],
    "byhour-list": days_in(5, [3, 4], [MORNING, AFTERNOON]),
    "duration-series-night": ["2027-03-26T21:00Z/2027-03-27T07:00Z", "2027-03-27T21:00Z/2027-03-28T07:00Z"],
    "exdate-other-time": days_in(5, [1, 8], [MORNING]),
    "exrule": ["2027-05-02", "2027-05-04"],
    "hourly": days_in(5, [3], [MORNING, ("12:00", "13:00"), ("16:00", "17:00")]),
    "mixed-weekdays-next": ["2027-01-06", "2027-01-13", "2027-01-20"],
    "night-series-dst": ["2027-03-26T22:00Z/2027-03-27T03:00Z", "2027-03-27T22:00Z/2027-03-28T03:00Z"],
    "rdate-many": sorted(
        days_in(5, [1], [MORNING]) + days_in(6, range(1, 31), [MORNING]) + days_in(7, range(1, 31), [MORNING])
    ),
    "rdate-only-exdate-of-start": ["2027-08-31T19:00Z/2027-08-31T21:00Z"],
    "rdate-same-day-as-dtstart": days_in(1, [2], [("09:00", "10:00"), ("15:00", "16:00")]),
    "rrule-and-rdate-same-day-other-time": days_in(5, [1, 8], [MORNING]) + days_in(5, [8], [AFTERNOON]),
    "thisandfuture-shifts-rdate": [
        *days_in(9, [1, 3], [("12:00", "14:00")]),
        *days_in(9, [5, 6, 7], [("09:00", "11:00")]),
    ],
    "two-daily-series-exdate": days_in(2, [18, 19], [MORNING]),
    "two-rrules": days_in(5, [3, 5, 10, 12], [MORNING]),
    "until-before-start": [],
}


@pytest.mark.parametrize(("name", "expected"), FILES.items(), ids=FILES)
def test_a_file(name, expected):
    feed, dates = read((CASES / f"{name}.ics").read_bytes())
    assert dates == expected
    assert len(feed.events) == bool(expected) + (name == "thisandfuture-shifts-rdate")
