"""What is told to whoever publishes a feed."""

from datetime import date, time

import pytest

from events.importing.advice import NAMES, advise, zoneless
from events.importing.feed import NAMELESS, Level, ParsedFeed, Problem
from events.importing.fetch import Fetched, Validators
from events.importing.parse import FORMATS, parse
from tests.builders import make_calendar, make_feed_event

DAY = date(2026, 11, 1)
COMPLETE = {
    "venue": "ESRIN, Frascati",
    "body": "<p>Wet.</p>",
    "website": "https://example.org/",
    "image": "https://example.org/a.png",
}


def missing(uid="1@example.org", format="", without_zone=(), **changes):
    """What is missing of an event that has everything but for these `changes`."""
    event = make_feed_event(uid, **{**COMPLETE, **changes})
    advice = advise(ParsedFeed((event,)), format=format, day=DAY, without_zone=without_zone)
    return list(advice.events[0].missing)


def on_feed(feed=None, **options):
    feed = feed or ParsedFeed((make_feed_event(),))
    return " ".join(advise(feed, format="ical", day=DAY, **options).feed)


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, []),
        ({"title": "Untitled event"}, ["No title (SUMMARY)."]),
        ({"start_date": date(2026, 10, 31)}, ["It is over."]),
        ({"start_date": DAY}, []),
        ({"start_date": date(2026, 1, 1), "recurrence_rule": "FREQ=WEEKLY"}, []),
        ({"start_time": time(9)}, ["No end (DTEND)."]),
        ({"start_time": time(9), "end_time": time(10)}, []),
        ({"venue": ""}, ["No place (LOCATION)."]),
        ({"venue": "Big Hall"}, ["The place does not say in which town it is."]),
        ({"venue": "Big Hall", "city": "Frascati"}, []),
        ({"venue": "", "city": "Frascati"}, []),
        ({"venue": "", "attendance_mode": "OnlineEventAttendanceMode"}, []),
        (
            {"venue": "", "website": "", "attendance_mode": "OnlineEventAttendanceMode"},
            ["No link to take part online (CONFERENCE).", "No web address of the event (URL)."],
        ),
        (
            {
                "website": "",
                "online_url": "https://example.org/meet",
                "attendance_mode": "MixedEventAttendanceMode",
            },
            ["No web address of the event (URL)."],
        ),
        ({"body": ""}, ["No description (DESCRIPTION)."]),
        ({"image": ""}, ["No picture (IMAGE)."]),
        (
            {"uid": f"{NAMELESS}A|2026-11-30T"},
            ["No ID: with another title or start it is taken for another event (UID)."],
        ),
    ],
)
def test_what_is_missing_of_an_event(changes, sentences):
    assert missing(format="ical", **changes) == sentences


def test_an_assumed_zone_is_told():
    event = make_feed_event()
    assert missing(without_zone={event.key}) == ["Its times name no time zone; Europe/Rome is assumed."]


@pytest.mark.parametrize(
    ("format", "sentence"),
    [
        ("ical", "No description (DESCRIPTION)."),
        ("json_ld", "No description (description)."),
        ("table", "No description (Description)."),
        ("indico", "No description."),
    ],
)
def test_what_is_missing_is_called_as_the_format_does(format, sentence):
    assert missing(format=format, body="") == [sentence]
    assert NAMES.keys() <= FORMATS.keys()


@pytest.mark.parametrize(
    ("changes", "when", "where"),
    [
        ({"venue": "Hall", "city": "Rome"}, "30 November 2026", "Hall, Rome"),
        ({"start_time": time(9), "end_time": time(10)}, "30 November 2026, 09:00–10:00 CET", ""),
        ({"attendance_mode": "OnlineEventAttendanceMode"}, "30 November 2026", "Online"),
        (
            {"attendance_mode": "MixedEventAttendanceMode", "city": "Rome"},
            "30 November 2026",
            "Rome, and online",
        ),
        ({"recurrence_rule": "FREQ=WEEKLY"}, "Every Monday, from 30 November 2026", ""),
    ],
)
def test_when_and_where_in_words(changes, when, where):
    advice = advise(ParsedFeed((make_feed_event(**changes),)), format="ical", day=DAY).events[0]
    assert (advice.when, advice.where) == (when, where)


def problems(*levels):
    return tuple(Problem(level, "x") for level in levels)


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (ParsedFeed(()), "There is no event in it"),
        (ParsedFeed((make_feed_event(start_date=date(2026, 1, 1)),)), "All its events are over"),
        (ParsedFeed((make_feed_event(),), complete=False), "breaks off before its end"),
        (ParsedFeed((make_feed_event(),), next_address="https://example.org/2"), "only the first of them"),
        (ParsedFeed((), problems(Level.FAILED)), "1 entry is not readable"),
        (ParsedFeed((), problems(Level.SKIPPED, Level.SKIPPED)), "2 entries are left out on purpose"),
    ],
)
def test_the_feed_as_a_whole(feed, words):
    assert words in on_feed(feed)


def test_a_good_feed_is_told_nothing():
    fetched = Fetched(body=b"x", address="https://example.org/", validators=Validators(etag='"1"'))
    feed = ParsedFeed((make_feed_event(),), problems(Level.WARNING))
    assert on_feed(feed, fetched=fetched, again=feed) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"validators": Validators()}, "neither an ETag nor a Last-Modified"),
        ({"body": bytes(1_500_000)}, "It has 1.5 MB; more than 10 MB are not read"),
        ({"seconds": 12.4}, "took 12 seconds"),
        ({"address": "http://example.org/"}, "without encryption"),
    ],
)
def test_how_it_was_sent(changes, words):
    good = {"body": b"x", "address": "https://example.org/", "validators": Validators(etag='"1"')}
    assert words in on_feed(fetched=Fetched(**{**good, **changes}))


def test_ids_that_change_are_told():
    feed = ParsedFeed(
        (make_feed_event("1"), make_feed_event("2", title="Other"), make_feed_event("3", title="C"))
    )
    again = ParsedFeed(
        (make_feed_event("8"), make_feed_event("2", title="Other"), make_feed_event("9", title="D"))
    )
    assert "1 of 3 events had another ID" in on_feed(feed, again=again)
    assert "another ID" not in on_feed(feed, again=feed)


def test_times_without_a_zone_are_found_by_reading_them_in_two():
    data = make_calendar(
        "DTSTART:20261130T090000",
        "DTSTART;TZID=Europe/Oslo:20261130T090000",
        "DTSTART:20261130T090000Z",
        "DTSTART;VALUE=DATE:20261130",
        head="",
    )
    feeds = [parse(data, default_timezone=zone) for zone in ("Europe/Rome", "Pacific/Niue")]
    assert [key.uid for key in zoneless(*feeds)] == ["1@example.org"]


def test_what_many_events_lack_is_counted_of_all_and_shown_of_the_first():
    events = [make_feed_event(f"{n}", **{**COMPLETE, "image": "", "body": "x" * (n > 0)}) for n in range(5)]
    advice = advise(ParsedFeed(tuple(events)), format="ical", day=DAY, most=2)
    assert advice.often == (("No picture (IMAGE).", 5), ("No description (DESCRIPTION).", 1))
    assert [each.event for each in advice.events] == events[:2]
