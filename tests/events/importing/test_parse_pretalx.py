"""Reading pretalx; numbers in names are those of the cases a strong import must get right."""

import json
from datetime import date, time

import pytest

from events.importing.feed import FeedUnusable, Level
from events.importing.parse import parse

ADDRESS = "https://talks.example.org/api/events/"


def entry(**changes):
    return {
        "name": {"de": "Tagung der Fernerkundung", "en": "Remote sensing meeting"},
        "slug": "rs-2026",
        "is_public": True,
        "date_from": "2026-05-04",
        "date_to": "2026-05-06",
        "timezone": "Europe/Berlin",
        "urls": {
            "base": "https://talks.example.org/rs-2026/",
            "schedule": "https://talks.example.org/rs-2026/schedule/",
        },
        **changes,
    }


def read(document, address=ADDRESS):
    return parse(
        json.dumps(document).encode(), format="pretalx", default_timezone="Europe/Rome", address=address
    )


def read_one(**changes):
    feed = read([entry(**changes)])
    (event,) = feed.events
    return event, " ".join(problem.reason for problem in feed.problems)


def test_case_56_an_event_has_inclusive_dates_and_no_times():
    event, told = read_one()
    assert told == ""
    assert (event.key.uid, event.title) == ("rs-2026", "Remote sensing meeting")
    assert (event.start_date, event.end_date) == (date(2026, 5, 4), date(2026, 5, 6))
    assert (event.start_time, event.end_time, event.timezone) == (None, None, "Europe/Berlin")
    assert event.website == event.url == "https://talks.example.org/rs-2026/"


def test_case_56_one_day_has_no_last_day():
    assert read_one(date_to="2026-05-04")[0].end_date is None
    assert read_one(date_to=None)[0].end_date is None


@pytest.mark.parametrize(
    ("name", "title"),
    [("Plain", "Plain"), ({"de": "Tagung"}, "Tagung"), ({"en": "", "de": "Tagung"}, "Tagung"), (None, "Untitled event"),
     ({"en": "[cancelled] A <i>b</i>"}, "A b")],
)  # fmt: skip
def test_case_56_names_are_translated(name, title):
    assert read_one(name=name)[0].title == title


def test_times_are_kept_where_there_are_any():
    event, _ = read_one(date_from="2026-05-04T09:00:00+02:00", date_to="2026-05-04T15:00:00Z")
    assert (event.start_time, event.end_time, event.timezone) == (time(9), time(17), "Europe/Berlin")


@pytest.mark.parametrize(
    ("changes", "website"),
    [
        ({"urls": None}, "https://talks.example.org/rs-2026/"),
        ({"urls": None, "custom_domain": "https://rs.example.org"}, "https://rs.example.org/rs-2026/"),
        ({"urls": None, "slug": "../../x"}, ""),
        ({"urls": {"base": "/rs-2026/"}}, "https://talks.example.org/rs-2026/"),
    ],
)
def test_case_56_newer_ones_have_their_page_below_their_address(changes, website):
    assert read_one(**changes)[0].website == website


def test_the_language_is_told_where_there_is_one():
    assert read_one(content_locales=["de"])[0].language == "de"
    assert read_one(content_locales=["de", "en"])[0].language == ""


def test_case_63_what_is_not_public_is_not_published():
    feed = read([entry(is_public=False), entry(slug="b")])
    assert [event.key.uid for event in feed.events] == ["b"]
    assert [problem.level for problem in feed.problems] == [Level.SKIPPED]


@pytest.mark.parametrize(
    "broken", [None, 7, entry(date_from=None), entry(date_from="soon"), entry(date_to="later")]
)
def test_case_8_a_broken_entry_costs_no_other(broken):
    feed = read([broken, entry(slug="b")])
    assert [event.key.uid for event in feed.events] == ["b"]
    assert [problem.level for problem in feed.problems] == [Level.FAILED]


def test_case_56_lists_come_in_pages():
    page = {
        "count": 3,
        "next": "http://talks.example.org/api/events/?page=2",
        "previous": None,
        "results": [entry()],
    }
    feed = read(page)
    assert (len(feed.events), feed.next_address) == (1, "https://talks.example.org/api/events/?page=2")
    assert read({**page, "next": None}).next_address == ""


def test_one_event_alone_is_a_list_of_it():
    assert [event.key.uid for event in read(entry()).events] == ["rs-2026"]


@pytest.mark.parametrize(
    "document",
    [
        {
            "schedule": {
                "version": "0.3",
                "base_url": "https://x.example/",
                "conference": {"acronym": "rs", "days": []},
            }
        },
        {
            "count": 1,
            "next": None,
            "results": [{"code": "ABC", "submission_type": {"en": "Talk"}, "title": "A"}],
        },
        {"slots": [1], "version": "1"},
    ],
)
def test_case_56_the_talks_of_a_schedule_are_no_events(document):
    with pytest.raises(FeedUnusable, match="talks of one event, not events"):
        parse(json.dumps(document).encode(), default_timezone="Europe/Rome")
