"""Which format a feed is in, what it is instead, and what the formats share; numbers are those of the cases."""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001

import csv
import gzip
import io
import json
import re
import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.importing.feed import FeedUnusable, Level
from events.importing.parse import FORMATS, fields, format_of, parse
from events.importing.parse.fields import LeftOut, Notes
from events.widgets import timezone_names
from tests.builders import make_calendar

CALENDAR = make_calendar("SUMMARY:One")
INDICO = b'{"count": 1, "_type": "HTTPAPIResult", "results": []}'
PRETALX = b'[{"slug": "a", "name": {"en": "A"}, "date_from": "2026-05-01"}]'
EVENTS_CALENDAR = (
    b'{"events": [], "rest_url": "https://x.example/wp-json/tribe/events/v1/events/", "total": 0}'
)
PAGE = b'<!DOCTYPE html><script type="application/ld+json">{"@type": "Event", "startDate": "2026-05-01"}</script>'


def read(data, format=""):
    return parse(data, format=format, default_timezone="Europe/Rome", address="https://x.example/events/")


def refusal(data, address=""):
    with pytest.raises(FeedUnusable) as error:
        format_of(data, address)
    return str(error.value)


# Which format it is


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (CALENDAR, "ical"),
        (b"\xef\xbb\xbf" + CALENDAR, "ical"),
        (CALENDAR.decode().encode("utf-16"), "ical"),
        (b"\r\n\r\n  \n" + CALENDAR, "ical"),
        (CALENDAR.replace(b"BEGIN:VCALENDAR", b"begin:vcalendar"), "ical"),
        (INDICO, "indico"),
        (b"\xef\xbb\xbf\n" + INDICO, "indico"),
        (json.dumps({"results": [{"x": "y" * 20_000}], "_type": "HTTPAPIResult"}).encode(), "indico"),
        (PRETALX, "pretalx"),
        (b'{"count": 0, "next": null, "previous": null, "results": []}', "pretalx"),
        (b'{"schedule": {"version": "1", "conference": {"days": []}}}', "pretalx"),
        (EVENTS_CALENDAR, "events_calendar"),
        (PAGE, "json_ld"),
        (PAGE.replace(b"+", b"&#x2B;"), "json_ld"),
        (PAGE.decode().encode("utf-16"), "json_ld"),
        (b'{"@context": "https://schema.org", "@graph": []}', "json_ld"),
    ],
)  # fmt: skip
def test_a_feed_is_recognised_by_what_is_in_it_and_by_one_format_only(data, name):
    assert [other for other in FORMATS if FORMATS[other].recognises(data)] == [name]
    assert format_of(data) == name


def test_formats_are_found_by_themselves_and_the_general_ones_are_asked_last():
    assert {"ical", "indico", "pretalx", "events_calendar", "json_ld"} <= FORMATS.keys()
    assert not {"fields", "zones", "content_lines", "otherwise"} & FORMATS.keys()
    assert all(format.LABEL for format in FORMATS.values())
    asked_last = [getattr(format, "GENERAL", False) for format in FORMATS.values()]
    assert asked_last == sorted(asked_last)


def test_the_example_of_the_guide_is_a_format(monkeypatch):
    guide = (Path(__file__).parents[3] / "docs" / "adding-a-feed-format.md").read_text()
    example = ModuleType("plain_list")
    example.__package__ = "events.importing.parse"
    exec(re.search(r"```python\n(.*?)```", guide, re.DOTALL)[1], vars(example))
    monkeypatch.setitem(FORMATS, "plain_list", example)
    feed = read(b"EVENTS\n2027-05-04 Soil <b>day</b>\nsoon Ice day\n")
    assert [(event.title, event.start_date) for event in feed.events] == [("Soil day", date(2027, 5, 4))]
    assert [problem.level for problem in feed.problems] == [Level.FAILED]


@settings(max_examples=200)
@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"{", b"[{", b"<html>", b"\xff\xfe", b"PK\x03\x04", b"\xef\xbb\xbf"]),
)
def test_recognising_never_raises_and_nothing_is_refused_without_words(data, start):
    for format in FORMATS.values():
        assert format.recognises(start + data) in (True, False)
    if not any(format.recognises(start + data) for format in FORMATS.values()):
        assert len(refusal(start + data)) > 20


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\0", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<html><body>Hello</body></html>", "web page, not a calendar"),
        (b"<?xml version='1.0'?><!-- x -->\n<!DOCTYPE html><p>", "web page, not a calendar"),
        (b"hello", "no feed that the portal can read"),
        (b'{"a": 1}', "JSON, but neither"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1", "XLSX or CSV"),
        (b"PK\x03\x04mimetype", "archive"),
        (gzip.compress(b"x", mtime=0), "no feed that the portal can read"),
    ],
)
def test_what_is_no_feed_is_told_in_words(data, words):
    assert words in refusal(data)


def test_a_page_that_names_its_calendar_is_told_with_the_address():
    page = b'<html><head><link rel="alternate" type="text/calendar" href="/events/?ical=1&amp;x=2"></head>'
    assert "https://x.example/events/?ical=1&x=2: use that" in refusal(page, "https://x.example/a/")


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><rss version="2.0"><channel><item><pubDate>Fri, 01 May 2026 09:00:00 GMT</pubDate>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>2026-05-01T09:00:00Z</updated></entry></feed>',
    ],
)
def test_case_58_news_feeds_have_no_dates_of_events(data):
    assert "when something was written" in refusal(data)


@pytest.mark.parametrize("name", ["indico", "pretalx", "events_calendar", "json_ld"])
@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"results":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_case_48_json_nested_deeply_is_refused_in_words(name, data):
    with pytest.raises(FeedUnusable, match="nested deeper"):
        read(data, name)


@pytest.mark.parametrize("name", ["indico", "pretalx", "events_calendar"])
@pytest.mark.parametrize(
    "data", [b"", b"null", b"3", b'"x"', b"{}", b'{"results": {}, "events": 3}', b"<html>", b"\xff"]
)
def test_case_4_what_has_no_list_of_events_is_unusable(name, data):
    with pytest.raises(FeedUnusable):
        read(data, name)


@pytest.mark.parametrize(
    ("name", "data"), [("indico", INDICO), ("pretalx", PRETALX), ("events_calendar", EVENTS_CALENDAR)]
)
def test_case_3_a_feed_cut_anywhere_is_unusable(name, data):
    for length in range(1, len(data)):
        with pytest.raises(FeedUnusable):
            read(data[:length], name)


def test_case_8_an_entry_that_breaks_the_reader_costs_no_other(caplog):
    events, problems = fields.read_each([1, 0, 2], lambda entry, notes: 2 / entry)
    assert events == [2, 1]
    assert [problem.level for problem in problems] == [Level.FAILED]
    assert "ZeroDivisionError" in caplog.text


# Words


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("Plain", "Plain"),
        (7, "7"),
        (True, ""),
        (None, ""),
        ({"de": "Tagung", "en": "Meeting"}, "Meeting"),
        ({"de": "Tagung", "en-gb": "Meeting"}, "Meeting"),
        ({"de": "Tagung", "en": " "}, "Tagung"),
        ({"de": "", "fr": "Colloque"}, "Colloque"),
        ({}, ""),
    ],
)
def test_case_56_names_are_in_english_or_in_the_first_language_that_has_any(told, text):
    assert fields.translated(told) == text


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[cancelled] Summer school", ("Summer school", "EventCancelled")),
        ("[CANCELED]  Summer school", ("Summer school", "EventCancelled")),
        ("Summer school (postponed)", ("Summer school", "EventPostponed")),
        ("Summer [ Cancelled! ] school", ("Summer school", "EventCancelled")),
        ("Why missions are cancelled", ("Why missions are cancelled", "")),
        ("[draft] Summer school", ("[draft] Summer school", "")),
        ("[cancelled]", ("", "EventCancelled")),
    ],
)
def test_case_55_labels_in_titles(title, expected):
    assert fields.labelled(title) == expected


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("https://x.example/a", "https://x.example/a"),
        (" https://x.example/a ", "https://x.example/a"),
        ("https://me:secret@x.example/a", "https://x.example/a"),
        ("../b", "https://base.example/b"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://x.example/" + "a" * 500, ""),
        ("http://[", ""),
        (None, ""),
    ],
)
def test_case_46_addresses_are_http_and_short(told, address):
    notes = Notes()
    assert fields.web_address(notes, told, "https://base.example/a/") == address
    assert bool(notes.warnings) == (bool(told) and not address)


@pytest.mark.parametrize(
    ("told", "name"),
    [("DE", "Germany"), ("gb", "United Kingdom"), ("Italy", "Italy"), ("KR", "South Korea"), ("XX", "XX"), (None, ""),
     ("BA", "Bosnia and Herzegovina"), ("Deutschland", "Deutschland")],
)  # fmt: skip
def test_countries_are_called_by_their_names(told, name):
    assert fields.country(Notes(), told) == name


@pytest.mark.parametrize(
    ("told", "code"),
    [("en", "en"), ("de-AT", "de"), ("pt_BR", "pt"), ("English", "en"), ("xx", ""), (None, ""), ("e", "")],
)
def test_languages_are_those_that_a_page_knows(told, code):
    assert fields.language(told) == code


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("/api/events/?page=2", "https://x.example/api/events/?page=2"),
        ("http://x.example/api/events/?page=2", "https://x.example/api/events/?page=2"),
        ("https://other.example/2", "https://other.example/2"),
        ("https://x.example/api/events/", ""),
        ("file:///etc/passwd", ""),
        ("ftp://x.example/2", ""),
        ("http://[", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_next_pages_are_whole_safe_addresses_of_another_page(told, found):
    assert fields.next_page("https://x.example/api/events/", told) == found


# When


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-05-01", date(2026, 5, 1)),
        ("20260501", date(2026, 5, 1)),
        ("2026-5-1", date(2026, 5, 1)),
        ("2026-05-01T09:00", datetime(2026, 5, 1, 9)),
        ("2026-05-01 9:00:30", datetime(2026, 5, 1, 9, 0, 30)),
        ("2026-05-01T00:00:00", datetime(2026, 5, 1)),
        ("2026-05-01T24:00", datetime(2026, 5, 2)),
        ("2026-05-01 12:30 am", datetime(2026, 5, 1, 0, 30)),
        ("2026-05-01 12:30PM", datetime(2026, 5, 1, 12, 30)),
        ("2026-05-01T09:00:60.5Z", datetime(2026, 5, 1, 9, 0, 59, tzinfo=UTC)),
        ("2026-05-01T09:00+02", datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-05-01T09:00−05:30", datetime(2026, 5, 1, 9, tzinfo=timezone(-timedelta(hours=5, minutes=30)))),
    ],
)  # fmt: skip
def test_moments(text, found):
    assert fields.moment("start", text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-05", "neither a date nor a time"),
        ("01/05/2026", "neither a date nor a time"),
        ("May 2026", "neither a date nor a time"),
        ("", "neither a date nor a time"),
        (None, "neither a date nor a time"),
        ({"a": 1}, "neither a date nor a time"),
        ("2026-02-30", "does not exist"),
        ("2026-05-01T25:00", "does not exist"),
        ("2026-05-01T09:00+25:00", "does not exist"),
        ("2026-05-01 13:00 pm", "does not exist"),
        ("1880-05-01", "year 1880"),
        ("2200-01-01", "year 2200"),
        ("0000-00-00", "year 0000"),
    ],
)
def test_dates_are_never_guessed(text, words):
    with pytest.raises(LeftOut, match=words):
        fields.moment("start", text)


def instant(hours, *parts):
    return datetime(*parts, tzinfo=timezone(timedelta(hours=hours)))


@pytest.mark.parametrize(
    ("found", "zone", "warning"),
    [
        (instant(2, 2026, 5, 1, 9), "Europe/Rome", ""),
        (instant(1, 2026, 1, 1, 9), "Europe/Rome", ""),
        (instant(0, 2026, 5, 1, 9), "UTC", ""),
        (instant(-4, 2026, 5, 1, 9), "Etc/GMT+4", "UTC-04:00"),
        (instant(1, 2026, 5, 1, 9), "Etc/GMT-1", "UTC+01:00"),
        (instant(5.5, 2026, 5, 1, 9), "Asia/Calcutta", "UTC+05:30"),
        (instant(3.25, 2026, 5, 1, 9), "Europe/Rome", "UTC+03:15"),
        (datetime(2026, 5, 1, 9), "Europe/Rome", "name no time zone"),
    ],
)  # fmt: skip
def test_case_54_an_offset_without_a_place_is_shown_by_a_clock_that_has_it(found, zone, warning):
    notes = Notes()
    there = fields.in_zone(notes, "start", found, None, "Europe/Rome")
    assert str(there.tzinfo) == zone
    assert found.tzinfo is None or there == found
    assert warning in " ".join(notes.warnings)
    assert bool(warning) == bool(notes.warnings)


def test_case_20_an_hour_that_the_clocks_skip_is_told():
    notes = Notes()
    fields.in_zone(notes, "start", datetime(2026, 3, 29, 2, 30), "Europe/Rome", "UTC")
    assert "does not exist on 2026-03-29" in notes.warnings[0]


ROME = ZoneInfo("Europe/Rome")
NINE = datetime(2026, 5, 1, 9, tzinfo=ROME)


@pytest.mark.parametrize(
    ("start", "end", "expected", "warning"),
    [
        (date(2026, 5, 1), None, (None, None, None), ""),
        (date(2026, 5, 1), date(2026, 5, 1), (None, None, None), ""),
        (date(2026, 5, 1), date(2026, 5, 3), (None, date(2026, 5, 3), None), ""),
        (date(2026, 5, 1), date(2026, 4, 3), (None, None, None), "before it starts"),
        (date(2026, 5, 1), NINE + timedelta(days=1), (None, date(2026, 5, 2), None), "the time is left out"),
        (NINE, None, (time(9), None, None), ""),
        (NINE, NINE, (time(9), None, None), ""),
        (NINE, NINE - timedelta(hours=1), (time(9), None, None), "before it starts"),
        (NINE, NINE + timedelta(hours=8), (time(9), None, time(17)), ""),
        (NINE, datetime(2026, 5, 2, tzinfo=ROME), (time(9), date(2026, 5, 2), time(0)), ""),
        (NINE, datetime(2026, 5, 1, 16, tzinfo=UTC), (time(9), None, time(18)), ""),
        (NINE, date(2026, 5, 2), (time(9), date(2026, 5, 2), None), ""),
        (datetime(2026, 5, 1, tzinfo=ROME), None, (time(0), None, None), ""),
        (datetime(2026, 10, 25, 2, 30, tzinfo=ROME), datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ROME),
         (time(2, 30), None, None), "before it starts"),
        (datetime(2026, 3, 29, 2, 50, tzinfo=ROME), datetime(2026, 3, 29, 3, 10, tzinfo=ROME),
         (time(2, 50), None, None), "before it starts"),
    ],
)  # fmt: skip
def test_case_64_midnight_is_midnight_and_an_unknown_end_is_unknown(start, end, expected, warning):
    notes = Notes()
    when = fields.period(notes, start, end, "Europe/Rome")
    assert when["start_date"] == (start.date() if isinstance(start, datetime) else start)
    assert (when["start_time"], when["end_date"], when["end_time"]) == expected
    assert when["timezone"] == "Europe/Rome"
    assert warning in " ".join(notes.warnings)
    assert bool(warning) == bool(notes.warnings)


def test_an_end_in_no_year_that_can_be_meant():
    with pytest.raises(LeftOut, match="year 2300"):
        fields.period(Notes(), date(2026, 5, 1), date(2300, 1, 1), "UTC")


def test_of_two_entries_with_one_uid_the_line_of_the_chosen_one_is_told_where_there_is_one():
    (problem,) = read(make_calendar("UID:a\nSUMMARY:One", "UID:a\nSUMMARY:Two")).problems[-1:]
    assert re.search(r"“(One|Two)” on line \d+, is imported", problem.reason)


def test_a_start_that_another_clock_puts_into_a_year_that_cannot_be_meant():
    start = fields.in_zone(Notes(), "start", instant(14, 1900, 1, 1), "UTC", "UTC")
    with pytest.raises(LeftOut, match="year 1899"):
        fields.period(Notes(), start, None, "UTC")


@pytest.mark.parametrize("time", ["09:00-04:00", "09:00+05:30", "09:00+03:15", "09:00"])
def test_zones_of_many_events_take_no_time(time):
    entries = [
        {"@type": "Event", "name": str(number), "startDate": f"2026-05-04T{time}"} for number in range(1_000)
    ]
    started = stopwatch.monotonic()
    assert len(read(json.dumps(entries).encode(), "json_ld").events) == 1_000
    assert stopwatch.monotonic() - started < 5


def test_zones_that_nobody_knows_take_no_time():
    when = {"date": "2026-05-04", "time": "09:00:00", "tz": "Moon/Crater"}
    entries = [
        {"id": number, "title": "A", "startDate": when, "timezone": "Moon/Crater"} for number in range(2_000)
    ]
    started = stopwatch.monotonic()
    assert len(read(json.dumps({"results": entries}).encode(), "indico").events) == 2_000
    assert stopwatch.monotonic() - started < 5


# Whatever is in a field

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from([
        "2026-05-04", "2026-05-04T09:00:00Z", "9999-12-31T23:59:59-23:59", "1900-01-01T00:00+14:00", "24:00",
        "x" * 3_000, "2199-12-31T24:00", "<b>x</b>", "https://x.example/", "http://[", "//", "Online", "P1D", "-PT1H",
        "#", "UTC+2", "Europe/Rome", "\ud800", "\0", "[cancelled]", "en", "Event", "01/02/2026", "46511", "0.5", "0",
        "1e400",
    ]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from("@id @type @value name url date time tz en address".split()), inner),
    max_leaves=6,
)  # fmt: skip
KEYS = {
    "indico": "id title startDate endDate timezone description room location address chairs keywords type url label",
    "pretalx": "slug name is_public date_from date_to timezone urls content_locales logo custom_domain",
    "events_calendar": "id global_id status url title description image all_day start_date end_date utc_start_date "
    "timezone cost website categories tags venue organizer modified_utc is_virtual virtual_url virtual_event_type",
    "json_ld": "@id name startDate endDate duration location url offers organizer image inLanguage keywords "
    "description eventStatus eventAttendanceMode dateModified",
}
SOUND = {"startDate": "2026-05-04", "date_from": "2026-05-04", "start_date": "2026-05-04 09:00:00"}


def an_entry(keys):
    return st.fixed_dictionaries({}, optional=dict.fromkeys(keys.split(), ANYTHING)).map(
        lambda told: {**SOUND, **told}
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("indico", lambda entries: {"results": entries, "_type": "HTTPAPIResult"}),
        ("pretalx", lambda entries: [{"date_from": "2026-05-04"}, *entries]),
        ("events_calendar", lambda entries: {"events": entries}),
        ("json_ld", lambda entries: [{"@type": "Event", **entry} for entry in entries or [{"name": "A"}]]),
    ],
)
def test_case_8_whatever_is_in_a_field_is_understood_or_told(data, name, document):
    entries = data.draw(st.lists(an_entry(KEYS[name]), max_size=3))
    feed = read(json.dumps(document(entries)).encode(), name)
    assert not [problem for problem in feed.problems if "log tells more" in problem.reason]
    for event in feed.events:
        assert_fits(event)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ANYTHING.map(fields.text_of), min_size=8, max_size=8), max_size=4))
def test_case_8_whatever_is_in_a_cell_is_understood_or_told(rows):
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ["Title", "Start date", "Start time", "End date", "End time", "Time zone", "Place", "Website"],
            *rows,
        ]
    )
    feed = read(out.getvalue().encode("utf-8", "replace"), "table")
    assert not [problem for problem in feed.problems if "log tells more" in problem.reason]
    for event in feed.events:
        assert_fits(event)


def assert_fits(event):
    """As the fields of the page ask."""
    assert 0 < len(event.title) <= 255
    assert max(map(len, [event.venue, *event.organizers, *event.categories, event.key.uid])) <= 255
    assert max(map(len, [event.city, event.country])) <= 100
    addresses = [event.website, event.registration_url, event.online_url, event.image, event.url]
    assert all(not address or (address.startswith("http") and len(address) <= 500) for address in addresses)
    assert 1900 <= event.start_date.year < 2200
    assert event.end_date is None or event.start_date < event.end_date < date(2200, 1, 1)
    assert event.end_time is None or event.start_time is not None
    assert event.timezone in timezone_names()
    json.dumps(event.values).encode()
