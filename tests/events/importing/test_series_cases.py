"""Series as publishers really write them: the dates that their pages have.

A date is written as a day, or as the instants of its start and end in UTC. The files are in tests/data/cases.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from events import additional_dates, ical
from events.importing.parse import parse
from events.models import EventException, EventPage
from events.recurrence import occurrences
from tests.builders import make_calendar

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parents[2] / "data" / "cases"
ROME = "Europe/Rome"
AT = datetime(2027, 4, 1, 12, tzinfo=UTC)


def dates_of(event, at=AT):
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


ROME_SERIES = (
    "UID:a\nSUMMARY:Tour\nDTSTART;TZID=Europe/Rome:20270503T100000\nDTEND;TZID=Europe/Rome:20270503T110000\n"
)
UTC_SERIES = "UID:a\nSUMMARY:Tour\nDTSTART:20270503T080000Z\nDTEND:20270503T090000Z\n"
DAYS = "UID:a\nSUMMARY:Tour\nDTSTART;VALUE=DATE:20270503\n"


def override(which, start, end="", **more):
    lines = [f"RECURRENCE-ID:{which}", f"DTSTART:{start}", *([f"DTEND:{end}"] if end else [])]
    return "\n".join(
        ["UID:a\nSUMMARY:Tour", *lines, *(f"{name.upper()}:{value}" for name, value in more.items())]
    )


BY_ANOTHER_CLOCK = "it takes BYHOUR for the hours of the zone in which it is asked"
# Entries, the dates that they make, and where a program that many use finds others, why.
SIBLINGS = {
    "EXDATEs in three zones": (
        [
            ROME_SERIES + "RRULE:FREQ=DAILY;COUNT=5\nEXDATE:20270504T080000Z\n"
            "EXDATE;TZID=America/New_York:20270505T040000,20270506T030000\nEXDATE;TZID=Asia/Tokyo:20270507T170000"
        ],
        days_in(5, [3, 6], [MORNING]),
        "",
    ),
    "an EXDATE of a day takes out both dates of it": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;COUNT=3\nRDATE:20270504T140000Z\nEXDATE;VALUE=DATE:20270504"],
        days_in(5, [3, 5], [MORNING]),
        "",
    ),
    "an EXDATE of one of two dates of a day": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;COUNT=2\nRDATE:20270504T140000Z\nEXDATE:20270504T080000Z"],
        days_in(5, [3], [MORNING]) + days_in(5, [4], [AFTERNOON]),
        "",
    ),
    "BYSETPOS with BYHOUR": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;BYHOUR=8,11,14;BYSETPOS=1,-1;COUNT=4"],
        days_in(5, [3, 4], [MORNING, AFTERNOON]),
        BY_ANOTHER_CLOCK,
    ),
    "BYHOUR and BYMINUTE": (
        [UTC_SERIES + "RRULE:FREQ=WEEKLY;BYHOUR=8;BYMINUTE=0,30;COUNT=3"],
        days_in(5, [3], [MORNING, ("08:30", "09:30")]) + days_in(5, [10], [MORNING]),
        BY_ANOTHER_CLOCK,
    ),
    "BYHOUR without the hour of DTSTART": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;BYHOUR=14,15;COUNT=2"],
        days_in(5, [3], [MORNING, AFTERNOON, ("15:00", "16:00")]),
        BY_ANOTHER_CLOCK,
    ),
    "every twenty minutes": (
        [UTC_SERIES.replace("090000Z", "081500Z") + "RRULE:FREQ=MINUTELY;INTERVAL=20;COUNT=3"],
        days_in(5, [3], [("08:00", "08:15"), ("08:20", "08:35"), ("08:40", "08:55")]),
        "",
    ),
    "every twelve hours over a change of the clocks": (
        [
            "UID:a\nDTSTART;TZID=Europe/Rome:20270327T120000\nDURATION:PT1H\nRRULE:FREQ=HOURLY;INTERVAL=12;COUNT=3"
        ],
        [
            "2027-03-27T11:00Z/2027-03-27T12:00Z",
            "2027-03-27T23:00Z/2027-03-28T00:00Z",
            "2027-03-28T10:00Z/2027-03-28T11:00Z",
        ],
        "",
    ),
    "a day of RDATE beside a time": (
        [UTC_SERIES + "RDATE;VALUE=DATE:20270510"],
        days_in(5, [3, 10], [MORNING]),
        "it takes the day for the whole of it",
    ),
    "a PERIOD by its end and by its length": (
        [UTC_SERIES + "RDATE;VALUE=PERIOD:20270504T100000Z/20270504T123000Z,20270505T100000Z/PT30M"],
        days_in(5, [3], [MORNING])
        + days_in(5, [4], [("10:00", "12:30")])
        + days_in(5, [5], [("10:00", "10:30")]),
        "",
    ),
    "two overrides on one day": (
        [
            UTC_SERIES + "RRULE:FREQ=DAILY;COUNT=2\nRDATE:20270504T140000Z",
            override("20270504T080000Z", "20270504T073000Z", "20270504T083000Z"),
            override("20270504T140000Z", "20270504T150000Z", "20270504T160000Z"),
        ],
        days_in(5, [3], [MORNING]) + days_in(5, [4], [("07:30", "08:30"), ("15:00", "16:00")]),
        "",
    ),
    "an override moved onto the slot of another": (
        [
            UTC_SERIES + "RRULE:FREQ=DAILY;COUNT=3",
            override("20270504T080000Z", "20270505T080000Z", "20270505T090000Z"),
        ],
        days_in(5, [3, 5, 5], [MORNING]),
        "",
    ),
    "two that change places": (
        [
            UTC_SERIES + "RRULE:FREQ=DAILY;COUNT=2",
            override("20270503T080000Z", "20270504T080000Z", "20270504T090000Z"),
            override("20270504T080000Z", "20270503T080000Z", "20270503T090000Z"),
        ],
        days_in(5, [3, 4], [MORNING]),
        "",
    ),
    "an additional date that is cancelled": (
        [
            UTC_SERIES + "RDATE:20270510T100000Z,20270511T100000Z",
            override("20270510T100000Z", "20270510T100000Z", status="CANCELLED"),
        ],
        days_in(5, [3], [MORNING]) + days_in(5, [11], [("10:00", "11:00")]),
        "",
    ),
    "an override in another zone": (
        [
            ROME_SERIES + "RRULE:FREQ=DAILY;COUNT=2",
            "UID:a\nSUMMARY:Tour\nRECURRENCE-ID;TZID=America/New_York:20270504T040000\n"
            "DTSTART;TZID=America/New_York:20270504T060000\nDTEND;TZID=America/New_York:20270504T070000",
        ],
        days_in(5, [3], [MORNING]) + days_in(5, [4], [("10:00", "11:00")]),
        "",
    ),
    "RDATEs that the rule has anyway": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;COUNT=3\nRDATE:20270504T080000Z,20270505T080000Z,20270506T080000Z"],
        days_in(5, [3, 4, 5, 6], [MORNING]),
        "",
    ),
    "an EXRULE beside an RDATE": (
        [
            UTC_SERIES
            + "RRULE:FREQ=DAILY;COUNT=4\nEXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2\nRDATE:20270510T080000Z"
        ],
        days_in(5, [4, 6, 10], [MORNING]),
        "it knows no EXRULE",
    ),
    "an RRULE that ends in UTC beside one that counts": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;UNTIL=20270504T080000Z\nRRULE:FREQ=WEEKLY;COUNT=2"],
        days_in(5, [3, 4, 10], [MORNING]),
        "",
    ),
    "everything from an additional date on is later": (
        [
            UTC_SERIES + "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3\nRDATE:20270504T140000Z",
            override("20270504T140000Z", "20270504T150000Z", "20270504T160000Z").replace(
                "RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE"
            ),
        ],
        days_in(5, [3], [MORNING])
        + days_in(5, [4], [("15:00", "16:00")])
        + days_in(5, [5, 7], [("09:00", "10:00")]),
        "it moves the date alone that RANGE=THISANDFUTURE names",
    ),
    "every last Friday and every Monday": (
        [DAYS + "RRULE:FREQ=MONTHLY;BYDAY=MO,-1FR;COUNT=7"],
        ["2027-05-03", "2027-05-10", "2027-05-17", "2027-05-24", "2027-05-28", "2027-05-31", "2027-06-07"],
        "dateutil intersects",
    ),
    "a first Monday of May and every Sunday of it": (
        [DAYS + "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO,SU;COUNT=4"],
        ["2027-05-03", "2027-05-09", "2027-05-16", "2027-05-23"],
        "dateutil intersects",
    ),
    "two days of a zone in the east until its midnight": (
        [DAYS + "RRULE:FREQ=DAILY;UNTIL=20270504T215959Z"],
        ["2027-05-03", "2027-05-04"],
        "",
    ),
    "a night of a DURATION of a day": (
        ["UID:a\nDTSTART;TZID=Europe/Rome:20270326T220000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2"],
        ["2027-03-26T21:00Z/2027-03-27T21:00Z", "2027-03-27T21:00Z/2027-03-28T20:00Z"],
        "",
    ),
    "a night over the end of summer time, by RDATE": (
        [
            "UID:a\nDTSTART;TZID=Europe/Rome:20271029T230000\nDTEND;TZID=Europe/Rome:20271030T040000\n"
            "RDATE;TZID=Europe/Rome:20271030T230000"
        ],
        ["2027-10-29T21:00Z/2027-10-30T02:00Z", "2027-10-30T21:00Z/2027-10-31T02:00Z"],
        "",
    ),
    "an hour that the clocks skip": (
        ["UID:a\nDTSTART;TZID=Europe/Rome:20270327T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"],
        [
            "2027-03-27T01:30Z/2027-03-27T02:30Z",
            "2027-03-28T01:30Z/2027-03-28T02:30Z",
            "2027-03-29T00:30Z/2027-03-29T01:30Z",
        ],
        "",
    ),
    "EXDATE of the first of three": (
        [UTC_SERIES + "RDATE:20270504T090000Z,20270505T080000Z\nEXDATE:20270503T080000Z"],
        days_in(5, [4], [("09:00", "10:00")]) + days_in(5, [5], [MORNING]),
        "",
    ),
    "a single date that is taken out": ([UTC_SERIES + "EXDATE:20270503T080000Z"], [], ""),
    "a series that is deleted, but for an additional date": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;UNTIL=20270501T080000Z\nRDATE:20270510T080000Z"],
        days_in(5, [10], [MORNING]),
        "",
    ),
    "an end one second before the beginning": (
        [UTC_SERIES + "RRULE:FREQ=DAILY;UNTIL=20270503T075959Z"],
        [],
        "",
    ),
}


def found_by_another(data):
    zone = ZoneInfo(ROME)
    calendar = icalendar.Calendar.from_ical(data)
    found = recurring_ical_events.of(calendar).between(
        datetime(2027, 1, 1, tzinfo=zone), datetime(2028, 1, 1, tzinfo=zone)
    )
    return sorted(
        f"{each.start}"
        if not isinstance(each.start, datetime)
        else f"{each.start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        for each in found
        if each.get("STATUS") != "CANCELLED"
    )


@pytest.mark.parametrize(("entries", "expected", "why_another_differs"), SIBLINGS.values(), ids=SIBLINGS)
def test_a_sibling(entries, expected, why_another_differs):
    data = make_calendar(*entries)
    _, dates = read(data)
    assert dates == sorted(expected)
    starts = [date_.partition("/")[0] for date_ in dates]
    assert (found_by_another(data) == starts) == (not why_another_differs), why_another_differs


def page_of(event):
    """As an import fills it."""
    fields = (
        "start_date",
        "start_time",
        "end_date",
        "end_time",
        "timezone",
        "recurrence_rule",
        "keeps_duration",
    )
    page = EventPage(title="Tour", **{name: getattr(event, name) for name in fields})
    page.additional_dates = additional_dates.written(event.additional_dates)
    names = type(event.exceptions[0]).__slots__ if event.exceptions else ()
    page.exceptions = [
        EventException(**{name: getattr(change, name) for name in names}) for change in event.exceptions
    ]
    return page


def exported(page):
    head = ical.head("Events", "https://portal.example.org/", "", ical.zones(page))
    return head + ical.entries(page, "https://portal.example.org/events/tour/") + ical.CLOSING


@pytest.mark.parametrize(
    "data",
    [
        *((CASES / f"{name}.ics").read_bytes() for name in FILES),
        *(make_calendar(*entries) for entries, _, _ in SIBLINGS.values()),
    ],
    ids=[*FILES, *SIBLINGS],
)
def test_what_is_exported_and_imported_again_has_the_same_dates(data):
    for event in parse(data, format="ical", default_timezone=ROME, at=AT).events:
        page = page_of(event)
        first = exported(page)
        feed = parse(first, format="ical", default_timezone=ROME, at=AT)
        assert [problem.reason for problem in feed.problems] == []
        (again,) = feed.events
        assert dates_of(again) == dates_of(event)
        second = page_of(again)
        second.translation_key = page.translation_key
        assert exported(second) == first


# An hour that the clocks skip it reads in a way of its own; see tests/events/test_recurrence_properties.py.
READ_BY_ICAL_JS = {name: told for name, told in SIBLINGS.items() if name != "an hour that the clocks skip"}


@pytest.mark.parametrize(("entries", "expected", "_why"), READ_BY_ICAL_JS.values(), ids=READ_BY_ICAL_JS)
def test_ical_js_reads_what_is_exported(read_by_ical_js, entries, expected, _why):
    found = []
    for event in parse(make_calendar(*entries), format="ical", default_timezone=ROME, at=AT).events:
        ((_, read_again),) = read_by_ical_js(exported(page_of(event)), date(2028, 1, 1)).items()
        found += [each["start"] for each in read_again["dates"]]

    def start(text):
        moment = text.partition("/")[0]
        return moment if "T" not in moment else int(datetime.fromisoformat(moment).timestamp())

    assert sorted(found) == sorted(map(start, expected))


def test_a_list_without_end_is_kept_around_the_time_of_reading():
    data = make_calendar(UTC_SERIES.replace("2027", "2019") + "RRULE:FREQ=HOURLY")
    feed = parse(data, format="ical", default_timezone=ROME, at=AT)
    (event,) = feed.events
    days = [added.start_date for added in event.additional_dates]
    assert (event.start_date, len(days)) == (date(2019, 5, 3), 499)
    assert (days[0], days[-1] - days[0]) == (date(2027, 3, 29), timedelta(days=20))
    assert feed.depends_on_clock
    (problem,) = feed.problems
    assert "kept as a list of dates, 500 of them; those until 2027-04-18 for now" in problem.reason
    later = parse(data, format="ical", default_timezone=ROME, at=AT + timedelta(days=2)).events[0]
    assert later.values == event.values, "it does not change with every day"
    assert not parse(
        make_calendar(UTC_SERIES + "RRULE:FREQ=DAILY"), format="ical", default_timezone=ROME
    ).depends_on_clock


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=8,14;BYSETPOS=3",
        "FREQ=MINUTELY;BYDAY=MO;BYHOUR=8;BYSETPOS=2",
        "FREQ=HOURLY;INTERVAL=168;BYDAY=TU",
        "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=9",
        "FREQ=HOURLY;COUNT=99999",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=DAILY;BYHOUR=8,14;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    ],
)
def test_case_26_rules_that_repeat_often_stay_within_bounds(rule):
    started = process_time()
    feed = parse(make_calendar(UTC_SERIES + f"RRULE:{rule}"), format="ical", default_timezone=ROME, at=AT)
    assert process_time() - started < 15
    (event,) = feed.events
    assert len(event.additional_dates) <= 500
    assert "list of dates" in feed.problems[0].reason or "Only its first date" in feed.problems[0].reason
