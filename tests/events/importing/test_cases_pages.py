"""Web pages and exports of Indico that others got wrong."""

import json

import pytest

from events.importing.feed import Level
from events.importing.parse import parse

from .test_cases_tables import CASES, shown, when


def test_a_status_that_is_an_object():
    feed = parse((CASES / "ld-status-object.html").read_bytes(), default_timezone="Europe/Rome")
    assert [event.event_status for event in feed.events] == ["EventCancelled"]


@pytest.mark.parametrize("told", [b'{"id": "", "name": "Nowhere"}', b'"nowhere"', b"0"])
def test_what_indico_shows_nowhere_is_left_out_and_said(told):
    data = (CASES / "indico-visibility-nowhere.json").read_bytes()
    data = data.replace(b'{"id": "", "name": "Nowhere"}', told)
    feed = parse(data, default_timezone="Europe/Rome")
    assert feed.events == ()
    assert [problem.level for problem in feed.problems] == [Level.SKIPPED]


def of_file(name):
    return parse((CASES / name).read_bytes(), default_timezone="Europe/Rome", address="https://example.org/")


def page(*blocks):
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(told)}</script>' for told in blocks)
    data = f"<!doctype html><html><head><title>T</title>{scripts}</head></html>".encode()
    return parse(data, default_timezone="Europe/Rome", address="https://example.org/")


def event(start="2027-05-04T09:00:00+02:00", **more):
    return {"@type": "Event", "name": "Soil day", "startDate": start, **more}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ld-course-instance.html", [("Remote sensing 101", "2027-05-04 – 2027-05-06")]),
        ("ld-duplicate-one-with-time.html", [("Soil day", "2027-05-04 09:00")]),
        (
            "ld-eventseries-subevents.html",
            [
                ("Seminar", "2027-05-04 09:00 – 2027-05-04 10:00"),
                ("Seminar", "2027-06-04 09:00 – 2027-06-04 10:00"),
            ],
        ),
    ],
)
def test_pages_that_others_got_wrong(name, expected):
    feed = of_file(name)
    assert shown(feed) == expected
    assert feed.problems == ()


def test_a_date_with_a_part_too_many():
    (found,) = of_file("outsavvy-date.html").events
    assert (when(found), found.timezone) == ("2027-09-27 12:30 – 2027-09-27 14:30", "Etc/GMT-1")


COURSE = {
    "@type": "Course",
    "@id": "#c",
    "name": "Radar",
    "description": "All of it",
    "provider": {"name": "ESA"},
}
SERIES = {
    "@type": "EventSeries", "@id": "#s", "name": "Seminar", "startDate": "2027-05-04", "endDate": "2027-06-04",
    "location": {"@type": "Place", "name": "ESRIN"},
}  # fmt: skip
MAY, JUNE = {"startDate": "2027-05-04"}, {"startDate": "2027-06-04"}
INSTANCE, DATE = {"@type": "CourseInstance"}, {"@type": "Event"}


@pytest.mark.parametrize(
    ("blocks", "expected"),
    {
        "two instances": (
            [{**COURSE, "hasCourseInstance": [{**INSTANCE, **MAY}, {**INSTANCE, **JUNE, "name": "Radar II"}]}],
            [("Radar", "2027-05-04"), ("Radar II", "2027-06-04")],
        ),
        "one instance without a type": (
            [{**COURSE, "hasCourseInstance": MAY}], [("Radar", "2027-05-04")],
        ),
        "an instance elsewhere on the page": (
            [{**COURSE, "hasCourseInstance": {"@id": "#i"}}, {**INSTANCE, **MAY, "@id": "#i"}],
            [("Radar", "2027-05-04")],
        ),
        "an instance that names its course": (
            [{**INSTANCE, **MAY, "superEvent": {"@id": "#c"}}, COURSE], [("Radar", "2027-05-04")],
        ),
        "an instance that has its course within": (
            [{**INSTANCE, **MAY, "superEvent": COURSE}], [("Radar", "2027-05-04")],
        ),
        "dates without a title": (
            [{**SERIES, "subEvent": [{**DATE, **MAY}, {**DATE, **JUNE}]}],
            [("Seminar", "2027-05-04"), ("Seminar", "2027-06-04")],
        ),
        "a series without dates of its own": (
            [{"@type": "EventSeries", "name": "Seminar", "subEvent": [{**DATE, **MAY}, {**DATE, **JUNE}]}],
            [("Seminar", "2027-05-04"), ("Seminar", "2027-06-04")],
        ),
        "dates that name their series": (
            [SERIES, {**DATE, **MAY, "superEvent": {"@id": "#s"}}, {**DATE, **JUNE, "superEvent": {"@id": "#s"}}],
            [("Seminar", "2027-05-04"), ("Seminar", "2027-06-04")],
        ),
        "a series that refers to its dates": (
            [{**SERIES, "subEvent": [{"@id": "#1"}, {"@id": "#2"}]}, {**DATE, **MAY, "@id": "#1"},
             {**DATE, **JUNE, "@id": "#2"}],
            [("Seminar", "2027-05-04"), ("Seminar", "2027-06-04")],
        ),
        "an event with dates of the same title": (
            [event("2027-05-04", endDate="2027-06-04", subEvent=[event("2027-05-04"), event("2027-06-04")])],
            [("Soil day", "2027-05-04"), ("Soil day", "2027-06-04")],
        ),
        "a first date that is none of the others": (
            [event("2027-05-04", subEvent=[event("2027-06-04"), event("2027-07-04")])],
            [("Soil day", "2027-05-04"), ("Soil day", "2027-06-04"), ("Soil day", "2027-07-04")],
        ),
        "a programme": (
            [event("2027-05-04", endDate="2027-05-06", subEvent=[event("2027-05-04", name="Dinner")])],
            [("Soil day", "2027-05-04 – 2027-05-06")],
        ),
        "two that are within each other": (
            [{**SERIES, "subEvent": {"@id": "#t"}}, {**SERIES, "@id": "#t", "name": "T", "subEvent": {"@id": "#s"}}],
            [("Seminar", "2027-05-04 – 2027-06-04"), ("T", "2027-05-04 – 2027-06-04")],
        ),
        "a series of which nothing else is known": ([SERIES], [("Seminar", "2027-05-04 – 2027-06-04")]),
    }.values(),
)  # fmt: skip
def test_each_date_of_a_series_or_a_course_is_an_event(blocks, expected):
    feed = page(*blocks)
    assert (shown(feed), feed.problems) == (expected, ())


def test_a_date_has_what_its_series_says_of_all():
    instance = {**INSTANCE, **MAY, "courseMode": "online"}
    (found,) = page({**COURSE, "hasCourseInstance": instance}).events
    assert (found.body, found.organizers) == ("<p>All of it</p>", ("ESA",))
    assert found.attendance_mode == "OnlineEventAttendanceMode"
    (found,) = page({**SERIES, "eventStatus": "EventCancelled", "subEvent": {**DATE, **MAY}}).events
    assert (found.venue, found.event_status) == ("ESRIN", "EventCancelled")
    assert page({**SERIES, "visibility": "private", "subEvent": {**DATE, **MAY}}).events == ()


ROME, BONN = {"@type": "Place", "name": "Rome"}, {"@type": "Place", "name": "Bonn"}


@pytest.mark.parametrize(
    ("copies", "expected"),
    {
        "the day first": ([event("2027-05-04"), event()], ["2027-05-04 09:00"]),
        "the same instant": ([event(), event("2027-05-04T07:00:00Z")], ["2027-05-04 09:00"]),
        "one with an address": ([event(), event(url="https://example.org/e")], ["2027-05-04 09:00"]),
        "one with an end": (
            [event(), event(endDate="2027-05-04T10:00:00+02:00")], ["2027-05-04 09:00 – 2027-05-04 10:00"],
        ),
        "one with a place": ([event(), event("2027-05-04", location=ROME)], ["2027-05-04 09:00"]),
        "two places": ([event(location=ROME), event(location=BONN)], ["2027-05-04 09:00"] * 2),
        "two times of a day": (
            [event(), event("2027-05-04T14:00:00+02:00"), event("2027-05-04")],
            ["2027-05-04 09:00", "2027-05-04 14:00"],
        ),
        "two addresses": (
            [event(url="https://example.org/a"), event(url="https://example.org/b")], ["2027-05-04 09:00"] * 2,
        ),
        "two days": ([event("2027-05-04"), event("2027-05-05")], ["2027-05-04", "2027-05-05"]),
    }.values(),
)  # fmt: skip
def test_an_event_that_a_page_tells_of_twice_is_one(copies, expected):
    feed = page(*copies)
    assert (list(map(when, feed.events)), feed.problems) == (expected, ())


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2027-09-27T12:30:00:00+02:00", "2027-09-27 12:30"),
        ("2027-09-27T12:30+02:00", "2027-09-27 12:30"),
        ("2027-09-27 12:30:00+0200", "2027-09-27 12:30"),
        ("2027-09-27T12:30:00+02:00Z", "2027-09-27 12:30"),
        ("2027-09-27T12:30:00.000+2:00", "2027-09-27 12:30"),
        ("2027-09-27T12:30:00+02:00[Europe/Rome]", "2027-09-27 12:30"),
        ("2027-09-27T12:30:00+02:00:00", "2027-09-27 12:30"),
        ("2027-09-27T", "2027-09-27"),
    ],
)
def test_dates_as_pages_write_them(told, expected):
    feed = page(event(told))
    assert (list(map(when, feed.events)), feed.problems) == ([expected], ())


@pytest.mark.parametrize(
    "told", ["2027-09-27T12:30:00 02:00", "2027-09-27T12:30:00+25:00", "2027-09-27T12:61"]
)
def test_dates_that_cannot_be_read_are_told(told):
    feed = page(event(told))
    assert (feed.events, [problem.level for problem in feed.problems]) == ((), [Level.FAILED])


@pytest.mark.parametrize(
    ("schedule", "first", "rule"),
    [
        (
            {"startDate": "2027-05-03", "endDate": "2027-05-31", "repeatFrequency": "P1W", "byDay":
             ["https://schema.org/Tuesday", "Thursday"], "startTime": "10:00", "endTime": "11:00:00"},
            "2027-05-04 10:00 – 2027-05-04 11:00", "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270531",
        ),
        ({"repeatFrequency": "P2W", "repeatCount": 3}, "2027-05-04 09:00", "FREQ=WEEKLY;INTERVAL=2;COUNT=3"),
        ({"repeatFrequency": "daily", "endDate": "2027-05-06"}, "2027-05-04 09:00", "FREQ=DAILY;UNTIL=20270506"),
    ],
)  # fmt: skip
def test_a_schedule_that_repeats(schedule, first, rule):
    feed = page(event(eventSchedule={"@type": "Schedule", **schedule}))
    assert [(when(found), found.recurrence_rule) for found in feed.events] == [(first, rule)]
    assert feed.problems == ()


@pytest.mark.parametrize(
    "schedule",
    [
        {"repeatFrequency": "P1W"},
        {"repeatFrequency": "sometimes", "repeatCount": 3},
        {"repeatFrequency": "P1W", "repeatCount": 3, "exceptDate": "2027-05-11"},
        {"repeatFrequency": "P1W", "repeatCount": 3, "byDay": "Publicday"},
        {"repeatFrequency": "P1W", "repeatCount": 3, "scheduleTimezone": "America/New_York"},
        [{"repeatFrequency": "P1W", "repeatCount": 3}] * 2,
        "weekly",
    ],
)
def test_a_schedule_that_cannot_be_followed_is_told(schedule):
    feed = page(event(eventSchedule=schedule))
    assert [(when(found), found.recurrence_rule) for found in feed.events] == [("2027-05-04 09:00", "")]
    assert "It repeats" in feed.problems[0].reason


@pytest.mark.parametrize(
    ("mark", "is_public"),
    [
        ({"visibility": "private"}, False), ({"visibility": "members"}, False), ({"isPrivate": True}, False),
        ({"hidden": "yes"}, False), ({"isPublic": False}, False), ({"creativeWorkStatus": "Draft"}, False),
        ({"visibility": "public"}, True), ({"isPrivate": False}, True), ({"isPublic": True}, True),
        ({"isAccessibleForFree": False}, True),
    ],
)  # fmt: skip
def test_what_a_page_marks_as_not_public_is_left_out(mark, is_public):
    feed = page(event(**mark))
    assert len(feed.events) == is_public
    assert [problem.level for problem in feed.problems] == ([] if is_public else [Level.SKIPPED])


def calendar(*lines):
    text = "\r\n".join(
        ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "SUMMARY:A", "DTSTART:20270706T170000Z", *lines]
    )
    return parse(f"{text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode(), default_timezone="Europe/Rome")


def test_a_page_in_place_of_a_place_is_not_online():
    feed = of_file("luma-in-person.ics")
    (found,) = feed.events
    assert (found.attendance_mode, found.online_url) == ("OfflineEventAttendanceMode", "")
    assert found.website == "https://luma.com/abc"
    assert "https://luma.com/event/evt-1" in feed.problems[0].reason


@pytest.mark.parametrize(
    ("lines", "mode"),
    [
        (["LOCATION:https://lu.ma/abc"], "Offline"),
        (["LOCATION:https://www.eventbrite.com/e/7", "GEO:41.9;12.5"], "Offline"),
        (["LOCATION:https://www.meetup.com/soil/events/7/"], "Offline"),
        (["LOCATION:Rome", "URL:https://lu.ma/abc"], "Offline"),
        (["LOCATION:Rome https://lu.ma/abc"], "Offline"),
        (["GEO:41.9;12.5", "CONFERENCE;VALUE=URI:https://video.example.org/r"], "Mixed"),
        (["GEO:0;0", "CONFERENCE;VALUE=URI:https://video.example.org/r"], "Online"),
        (["LOCATION:https://esa.zoom.us/j/1"], "Online"),
        (["LOCATION:https://us02web.zoom.us/j/1", "GEO:41.9;12.5"], "Mixed"),
        (["LOCATION:https://bbb.uni.example/b/1"], "Online"),
        (["LOCATION:https://www.youtube.com/watch?v=1"], "Online"),
        (["LOCATION:Online: https://lu.ma/abc"], "Online"),
    ],
)
def test_a_link_makes_an_event_online_only_if_people_take_part_by_it(lines, mode):
    (found,) = calendar(*lines).events
    assert found.attendance_mode == f"{mode}EventAttendanceMode"


def test_a_page_in_place_of_a_place_of_a_page():
    feed = page(event(location="https://lu.ma/abc"))
    assert [found.attendance_mode for found in feed.events] == ["OfflineEventAttendanceMode"]
    assert "https://lu.ma/abc" in feed.problems[0].reason


def test_a_page_in_place_of_a_place_of_a_table():
    rows = "Title,Start date,Venue\nA,2027-05-04,https://lu.ma/abc\nB,2027-05-04,https://esa.zoom.us/j/1\n"
    feed = parse(rows.encode(), default_timezone="Europe/Rome")
    assert [found.attendance_mode[:6] for found in feed.events] == ["Offlin", "Online"]
    assert "https://lu.ma/abc" in feed.problems[0].reason
