import io
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.tz import tzical

from events import ical
from events.models import EventException, EventPage, EventTopic, EventType
from events.recurrence import occurrences

# A page asks the database what it is, even one that is not saved.
pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADDRESS = "https://testserver/events/an-event/"
ROME = "Europe/Rome"


def an_event(exceptions=(), topics=(), **changes):
    """An event that is not saved."""
    event = EventPage(
        **{
            "title": "An event",
            "slug": "an-event",
            "start_date": date(2026, 11, 30),
            "timezone": ROME,
            "sequence": 3,
            "first_published_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            "last_published_at": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
            **changes,
        }
    )
    event.exceptions = [EventException(**exception) for exception in exceptions]
    event.topics = topics
    return event


def calendar_of(*events):
    zones = {}
    for event in events:
        for zone, day in ical.zones(event).items():
            zones[zone] = min(day, zones.get(zone, day))
    head = ical.head("Events", "https://testserver/events/", "", zones)
    return head + b"".join(ical.entries(event, ADDRESS) for event in events) + ical.CLOSING


def lines_of(*events):
    """The unfolded content lines."""
    return re.sub(rb"\r\n[ \t]", b"", calendar_of(*events)).decode().split("\r\n")


def entries_of(event):
    return icalendar.Calendar.from_ical(calendar_of(event)).walk("VEVENT")


def test_the_same_event_is_the_same_whenever_it_is_asked_for():
    event = an_event()
    (entry,) = entries_of(event)
    assert entry["UID"] == f"{event.translation_key}@testserver"
    assert entry["SEQUENCE"] == 3
    assert entry.DTSTAMP == entry.LAST_MODIFIED == event.last_published_at
    assert entry["CREATED"].dt == event.first_published_at
    assert entry["URL"] == ADDRESS
    assert calendar_of(event) == calendar_of(event)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["DTSTART;VALUE=DATE:20261130", "DTEND;VALUE=DATE:20261201", "TRANSP:TRANSPARENT"]),
        (
            {"end_date": date(2026, 12, 31)},
            ["DTSTART;VALUE=DATE:20261130", "DTEND;VALUE=DATE:20270101", "TRANSP:TRANSPARENT"],
        ),
        (
            {"start_time": time(14), "end_time": time(15, 30)},
            ["DTSTART;TZID=Europe/Rome:20261130T140000", "DTEND;TZID=Europe/Rome:20261130T153000"],
        ),
        ({"start_time": time(14)}, ["DTSTART;TZID=Europe/Rome:20261130T140000"]),
        (
            {"start_time": time(14), "end_date": date(2026, 12, 2)},
            ["DTSTART;TZID=Europe/Rome:20261130T140000"],
        ),
        (
            {"start_time": time(23), "end_time": time(1), "end_date": date(2026, 12, 1), "timezone": "UTC"},
            ["DTSTART:20261130T230000Z", "DTEND:20261201T010000Z"],
        ),
        (
            {"start_time": time(0), "end_time": time(12), "timezone": "America/Argentina/Buenos_Aires"},
            [
                "DTSTART;TZID=America/Argentina/Buenos_Aires:20261130T000000",
                "DTEND;TZID=America/Argentina/Buenos_Aires:20261130T120000",
            ],
        ),
    ],
)
def test_the_end_is_exclusive_and_a_time_has_its_zone(changes, lines):
    assert [
        line for line in lines_of(an_event(**changes)) if re.match("DTSTART.*2026|DTEND|TRANSP", line)
    ] == lines


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 3, 29), "DTSTART:20260329T013000Z", "DTEND;TZID=Europe/Rome:20260329T050000"),
        (date(2026, 10, 25), "DTSTART:20261025T003000Z", "DTEND;TZID=Europe/Rome:20261025T050000"),
    ],
)
def test_an_hour_that_programs_read_in_different_ways_is_given_in_utc(day, start, end):
    times = {"start_date": day, "start_time": time(2, 30), "end_time": time(5)}
    lines = lines_of(an_event(**times))
    assert start in lines
    assert end in lines
    local = f"DTSTART;TZID=Europe/Rome:{day:%Y%m%d}T023000"
    assert local in lines_of(an_event(**times, recurrence_rule="FREQ=DAILY;COUNT=3"))


def test_an_event_without_a_date_is_in_no_calendar():
    assert ical.entries(an_event(start_date=None, date_status="to_be_determined"), ADDRESS) == b""


@pytest.mark.parametrize(
    ("changes", "status", "summary"),
    [
        ({}, "CONFIRMED", "An event"),
        ({"date_status": "tentative"}, "TENTATIVE", "An event"),
        ({"event_status": "EventCancelled"}, "CANCELLED", "An event"),
        ({"event_status": "EventCancelled", "date_status": "tentative"}, "CANCELLED", "An event"),
        ({"event_status": "EventPostponed"}, "CANCELLED", "Postponed: An event"),
        ({"event_status": "EventRescheduled"}, "CONFIRMED", "An event"),
        ({"event_status": "EventMovedOnline"}, "CONFIRMED", "An event"),
    ],
)
def test_status(changes, status, summary):
    (entry,) = entries_of(an_event(**changes))
    assert (entry["STATUS"], entry["SUMMARY"]) == (status, summary)


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"venue": "ESRIN", "city": "Frascati", "country": "Italy"}, "ESRIN, Frascati, Italy"),
        ({"city": "Frascati"}, "Frascati"),
        ({"attendance_mode": "OnlineEventAttendanceMode"}, None),
        ({"city": "Frascati", "event_status": "EventMovedOnline"}, None),
        ({}, None),
    ],
)
def test_location_is_a_place_or_nothing(changes, location):
    (entry,) = entries_of(an_event(**changes))
    assert entry.get("LOCATION") == location


def test_everything_else_that_a_calendar_can_hold():
    larger = an_event()
    event = an_event(
        event_type=EventType(name="Workshop, hands-on"),
        topics=[EventTopic(pk=1, name="Ice; snow"), EventTopic(pk=2, name="Oceans")],
        online_url="https://meet.example.org/ü?a=b,c;d",
        super_event=larger,
    )
    (entry,) = entries_of(event)
    assert entry.categories == ["Workshop, hands-on", "Ice; snow", "Oceans"]
    assert entry["RELATED-TO"] == larger.uid
    assert entry["CONFERENCE"] == "https://meet.example.org/%C3%BC?a=b,c;d"
    assert entry["CONFERENCE"].params == {"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"]}
    assert "ORGANIZER" not in entry


def test_the_description_is_plain_text():
    event = an_event(
        event_status="EventMovedOnline",
        status_note="Because of snow.",
        summary="Three days\nof ice.",
        body=(
            "<h3>Aims</h3><p>Ice &amp; <b>snow</b>,<br/>and <i>more</i>:</p><ul><li>talks</li><li>"
            '<a href="https://example.org/?a&amp;b">posters</a></li></ul>'
            '<p><a linktype="page" id="3">Related</a> <a href="https://example.org/">https://example.org/</a></p>'
        ),
        online_url="https://meet.example.org/",
        website="https://ice.example.org/",
        registration_url="https://register.example.org/",
        registration_opens_date=date(2026, 3, 1),
        registration_closes_date=date(2026, 5, 3),
        registration_closes_time=time(23, 59),
    )
    (entry,) = entries_of(event)
    assert entry["DESCRIPTION"].split("\n\n") == [
        "Moved online. Because of snow.",
        "Three days\nof ice.",
        "Aims",
        "Ice & snow,\nand more:",
        "- talks\n- posters (https://example.org/?a&b)",
        "Related https://example.org/",
        "Take part online: https://meet.example.org/",
        "Registration: https://register.example.org/ (opens 1 March 2026; closes 3 May 2026, 23:59 CEST)",
        "Website: https://ice.example.org/",
    ]
    event.event_status = "EventCancelled"
    assert "Registration" not in entries_of(event)[0]["DESCRIPTION"]
    assert "DESCRIPTION" not in entries_of(an_event())[0]


def test_a_series_with_dates_that_are_cancelled_and_moved():
    event = an_event(
        start_time=time(14),
        end_time=time(15),
        recurrence_rule="FREQ=WEEKLY;UNTIL=20270201",
        exceptions=[
            {"original_date": date(2026, 12, 7), "is_cancelled": True},
            {"original_date": date(2026, 12, 14), "start_date": date(2026, 12, 15), "note": "A strike."},
            {"original_date": date(2026, 12, 21), "start_time": time(9)},
            {"original_date": date(2026, 12, 22), "start_date": date(2026, 12, 23)},
            {"original_date": date(2027, 2, 8), "is_cancelled": True},
        ],
    )
    lines = lines_of(event)
    assert [line for line in lines if re.match("RRULE:FREQ=W|EXDATE|RECURRENCE-ID", line)] == [
        "RRULE:FREQ=WEEKLY;UNTIL=20270201T130000Z",
        "EXDATE;TZID=Europe/Rome:20261207T140000",
        "RECURRENCE-ID;TZID=Europe/Rome:20261214T140000",
        "RECURRENCE-ID;TZID=Europe/Rome:20261221T140000",
    ]
    series, moved, earlier = entries_of(event)
    assert "RRULE" not in moved
    assert [part["UID"] for part in (moved, earlier)] == [series["UID"]] * 2
    assert [part["SEQUENCE"] for part in (moved, earlier)] == [3, 3]
    assert (moved.start.day, moved.start.hour, moved.end.hour) == (15, 14, 15)
    assert moved["DESCRIPTION"] == "A strike."
    assert (earlier.start.day, earlier.start.hour, "DTEND" in earlier) == (21, 9, False)


def test_a_series_of_whole_days_has_exceptions_of_whole_days():
    lines = lines_of(
        an_event(
            recurrence_rule="freq=monthly;byday=-1mo;until=20271231T120000Z",
            exceptions=[
                {"original_date": date(2026, 12, 28), "is_cancelled": True},
                {"original_date": date(2027, 1, 25), "start_time": time(9)},
            ],
        )
    )
    assert "RRULE:FREQ=MONTHLY;BYDAY=-1MO;UNTIL=20271231" in lines
    assert "EXDATE;VALUE=DATE:20261228" in lines
    assert "RECURRENCE-ID;VALUE=DATE:20270125" in lines
    assert "DTSTART;TZID=Europe/Rome:20270125T090000" in lines
    assert "TZID:Europe/Rome" in lines


def test_of_a_cancelled_series_every_part_is_cancelled():
    event = an_event(
        recurrence_rule="FREQ=WEEKLY",
        exceptions=[{"original_date": date(2026, 12, 7), "start_date": date(2026, 12, 8)}],
        event_status="EventCancelled",
    )
    assert [entry["STATUS"] for entry in entries_of(event)] == ["CANCELLED", "CANCELLED"]


def test_the_head_of_a_calendar_to_subscribe_to():
    head = ical.head(
        "Ice, snow", "https://testserver/events/?q=ü", "https://testserver/events/feed.ics?q=ü", {}
    )
    assert head.decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//EarthCODE//Portal//EN",
        "METHOD:PUBLISH",
        "NAME:Ice\\, snow",
        "X-WR-CALNAME:Ice\\, snow",
        "URL:https://testserver/events/?q=%C3%BC",
        "SOURCE;VALUE=URI:https://testserver/events/feed.ics?q=%C3%BC",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "",
    ]


HOSTILE = [
    "One\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:Two",
    "BEGIN:VEVENT",
    "a,b;c\\d\\n:e\"f'g",
    "bell\x07 escape\x1b delete\x7f next\x85 line\u2028 paragraph\u2029 vertical\x0b form\x0c end",
    "tab\tand\rreturn",
    "🛰️" * 200,
    "é" * 10_000,
    "x" * 10_000,
    "ends with a backslash\\",
    "\u202eright to left",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text, read_by_ical_js):
    event = an_event(title=text, summary=text, venue=text, topics=[EventTopic(pk=1, name=text)])
    octets = calendar_of(event)
    for line in octets.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        assert not re.search(
            r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", line.decode()
        )  # no broken character
    expected = re.sub(r"\r\n|[\r\v\f\x85\u2028\u2029]", "\n", text)
    expected = re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", "", expected)
    (entry,) = entries_of(event)
    assert entry["SUMMARY"] == entry["DESCRIPTION"] == entry["LOCATION"] == expected
    assert entry.categories == [expected]
    ((_, read),) = read_by_ical_js(octets, date(2027, 1, 1)).items()
    assert (read["summary"], read["location"], read["categories"]) == (expected, expected, [expected])


def test_what_has_a_meaning_in_a_line_is_escaped():
    lines = lines_of(an_event(title="a;b,c\\d\ne", topics=[EventTopic(pk=1, name="f,g;h")]))
    assert r"SUMMARY:a\;b\,c\\d\ne" in lines
    assert r"CATEGORIES:f\,g\;h" in lines


def test_a_date_that_would_end_before_it_starts_has_no_end():
    event = an_event(
        start_time=time(14),
        end_time=time(15),
        recurrence_rule="FREQ=WEEKLY",
        exceptions=[{"original_date": date(2026, 12, 7), "end_time": time(13)}],
    )
    _, odd = entries_of(event)
    assert (odd.start.hour, "DTEND" in odd) == (14, False)


def test_an_address_breaks_out_of_no_line():
    lines = lines_of(an_event(online_url="https://example.org/\r\nATTENDEE:mailto:a@example.org"))
    assert not any(line.startswith("ATTENDEE") for line in lines)


ZONES = [
    "Europe/Rome",
    "America/New_York",
    "America/Santiago",  # its rule is none of RRULE's
    "Asia/Kolkata",
    "Asia/Jerusalem",
    "Africa/Casablanca",  # follows the moon
    "Pacific/Kiritimati",  # crossed the date line in 1994
    "Pacific/Apia",  # and this one in 2011
    "Etc/GMT+12",
    "Europe/Dublin",  # winter is its daylight saving time
    "Australia/Lord_Howe",  # half an hour
]


def moments_around_changes(zone, year):
    """Every change of the clocks in `year` to the second, and the beginnings of the months, in UTC."""
    moment = datetime(year, 1, 1, tzinfo=UTC)
    while moment.year == year:
        if moment.day == 1 and moment.hour == 0:
            yield moment
        following = moment + timedelta(minutes=30)
        if moment.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            yield from (moment, following - timedelta(seconds=1), following)
        moment = following


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("year", [1990, 2011, 2026, 2035])
def test_a_calendar_knows_the_offset_of_every_moment_of_its_zones(name, year):
    event = an_event(start_date=date(year, 1, 1), start_time=time(0), timezone=name)
    (described,) = icalendar.Calendar.from_ical(calendar_of(event)).walk("VTIMEZONE")
    assert described["TZID"] == name
    # Read by dateutil, which takes local times; icalendar and ical.js are asked below.
    read = tzical(io.StringIO(described.to_ical().decode())).get()
    zone = ZoneInfo(name)
    for moment in moments_around_changes(zone, year):
        local = moment.astimezone(zone)
        assert local.replace(tzinfo=read).utcoffset() == local.utcoffset(), local


def test_a_rule_of_the_zone_goes_on_for_ever():
    lines = lines_of(an_event(start_time=time(14)))
    start, end = lines.index("BEGIN:VTIMEZONE"), lines.index("END:VTIMEZONE")
    assert lines[start : end + 1] == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Rome",
        "BEGIN:STANDARD",
        "TZNAME:CET",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0100",
        "DTSTART:20200101T000000",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "DTSTART:20200329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "DTSTART:20201025T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]


def test_each_zone_is_described_once_and_before_the_events():
    lines = lines_of(
        an_event(start_time=time(14)),
        an_event(start_time=time(15), start_date=date(1990, 7, 1)),
        an_event(start_time=time(15), timezone="UTC"),
        an_event(timezone="Asia/Tokyo"),
    )
    assert [line for line in lines if line.startswith("TZID:")] == ["TZID:Europe/Rome"]
    assert lines.index("END:VTIMEZONE") < lines.index("BEGIN:VEVENT")
    assert "DTSTART:19800101T000000" in lines


ROUND_TRIP = {
    "whole day": {},
    "whole days": {"end_date": date(2026, 12, 2)},
    "afternoon": {"start_time": time(14), "end_time": time(15, 30)},
    "end unknown": {"start_time": time(14)},
    "across midnight": {"start_time": time(22), "end_time": time(2), "end_date": date(2026, 12, 1)},
    "UTC": {"start_time": time(14), "end_time": time(15), "timezone": "UTC"},
    "far east": {"start_time": time(0), "end_time": time(23, 59), "timezone": "Pacific/Kiritimati"},
    "far west": {"start_time": time(0), "end_time": time(23, 59), "timezone": "Etc/GMT+12"},
    "the hour that is skipped": {
        "start_date": date(2026, 3, 29),
        "start_time": time(2, 30),
        "end_time": time(5),
    },
    "the hour that is repeated": {
        "start_date": date(2026, 10, 25),
        "start_time": time(2, 30),
        "end_time": time(5),
    },
    "long ago": {"start_date": date(1990, 7, 1), "start_time": time(9), "end_time": time(10)},
    "weekly without end": {
        "start_time": time(14),
        "end_time": time(15),
        "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO,WE",
    },
    "weekly until a day": {
        "start_time": time(14),
        "end_time": time(15),
        "recurrence_rule": "FREQ=WEEKLY;UNTIL=20270426",
    },
    "the last Monday": {"recurrence_rule": "FREQ=MONTHLY;BYDAY=-1MO;COUNT=7"},
    "two days a year": {"end_date": date(2026, 12, 1), "recurrence_rule": "FREQ=YEARLY;COUNT=4"},
    "with exceptions": {
        "start_time": time(14),
        "end_time": time(15),
        "timezone": "America/New_York",
        "recurrence_rule": "FREQ=WEEKLY;COUNT=20",
        "exceptions": [
            {"original_date": date(2026, 12, 7), "is_cancelled": True},
            {"original_date": date(2026, 12, 14), "start_date": date(2026, 12, 15)},
            {"original_date": date(2026, 12, 21), "start_time": time(9), "end_time": time(11)},
            {"original_date": date(2027, 2, 1), "end_date": date(2027, 2, 3)},
        ],
    },
    "whole days with exceptions": {
        "end_date": date(2026, 12, 1),
        "recurrence_rule": "FREQ=WEEKLY;INTERVAL=2;COUNT=6",
        "exceptions": [
            {
                "original_date": date(2026, 12, 14),
                "start_date": date(2026, 12, 15),
                "end_date": date(2026, 12, 18),
            },
            {"original_date": date(2026, 12, 28), "is_cancelled": True},
        ],
    },
}
LAST = date(2028, 1, 1)


def seconds_or_day(moment):
    return int(moment.timestamp()) if isinstance(moment, datetime) else moment.isoformat()


@pytest.mark.parametrize("changes", ROUND_TRIP.values(), ids=ROUND_TRIP)
def test_every_calendar_is_read_back_with_the_same_instants(changes, read_by_ical_js):
    event = an_event(**changes)
    octets = calendar_of(event)
    ours = []
    for occurrence in occurrences(event.schedule, AT):
        wall = occurrence.wall
        if wall.start_time:
            start, end = occurrence.starts_at, occurrence.ends_at or occurrence.starts_at
        else:
            start, end = wall.start_date, wall.last_date + timedelta(days=1)
        if occurrence.original_date < LAST:
            ours.append((seconds_or_day(start), seconds_or_day(end)))

    read = icalendar.Calendar.from_ical(octets)
    library = recurring_ical_events.of(read, keep_recurrence_attributes=True).between(date(1900, 1, 1), LAST)
    assert sorted((seconds_or_day(found.start), seconds_or_day(found.end)) for found in library) == sorted(
        ours
    )

    ((uid, by_ical_js),) = read_by_ical_js(octets, LAST).items()
    assert uid == event.uid
    assert sorted((found["start"], found["end"]) for found in by_ical_js["dates"]) == sorted(ours)
    assert by_ical_js["cancelled"] == [
        row.original_date.isoformat() for row in event.exceptions.all() if row.is_cancelled
    ]
    assert sorted(by_ical_js["moved"]) == [
        row.original_date.isoformat() for row in event.exceptions.all() if not row.is_cancelled
    ]


def test_no_line_is_of_an_unknown_property():
    known = set(
        "BEGIN END VERSION PRODID METHOD NAME X-WR-CALNAME URL TZID TZNAME TZOFFSETFROM TZOFFSETTO DTSTART RDATE RRULE"
        " UID SEQUENCE DTSTAMP CREATED LAST-MODIFIED SUMMARY STATUS LOCATION DTEND TRANSP EXDATE RECURRENCE-ID"
        " DESCRIPTION CATEGORIES CONFERENCE RELATED-TO X-EARTHCODE-TIMEZONE".split()
    )
    lines = lines_of(*(an_event(summary="Words", **changes) for changes in ROUND_TRIP.values()))
    assert {re.match(r"[A-Z-]+", line)[0] for line in lines if line} <= known


def test_the_zone_of_each_time_is_described():
    lines = lines_of(*(an_event(**changes) for changes in ROUND_TRIP.values()))
    used = {match[1] for line in lines if (match := re.search(r";TZID=([^:;]+):", line))}
    assert used == {line.removeprefix("TZID:") for line in lines if line.startswith("TZID:")}
