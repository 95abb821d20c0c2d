"""Reading The Events Calendar; numbers in names are those of the cases a strong import must get right."""

import json
from datetime import UTC, date, datetime, time

import pytest

from events.importing.feed import Level
from events.importing.parse import parse

ADDRESS = "https://news.example.org/wp-json/tribe/events/v1/events"


def entry(**changes):
    return {
        "id": 12,
        "global_id": "news.example.org?id=12",
        "status": "publish",
        "url": "https://news.example.org/event/ice/",
        "rest_url": f"{ADDRESS}/12",
        "title": "Ice &#8211; what&#8217;s left &amp; where",
        "description": "<p>Come &#038; see.</p>\n",
        "excerpt": "",
        "image": False,
        "all_day": False,
        "start_date": "2026-05-04 09:00:00",
        "end_date": "2026-05-04 17:00:00",
        "utc_start_date": "2026-05-04 07:00:00",
        "utc_end_date": "2026-05-04 15:00:00",
        "timezone": "Europe/Berlin",
        "cost": "",
        "website": "",
        "categories": [],
        "tags": [],
        "venue": [],
        "organizer": [],
        "modified_utc": "2026-01-02 03:04:05",
        **changes,
    }


def read(*entries, address=ADDRESS, **document):
    page = {"events": entries, "rest_url": ADDRESS, "total": len(entries), "total_pages": 1, **document}
    return parse(json.dumps(page).encode(), default_timezone="Europe/Rome", address=address)


def read_one(**changes):
    feed = read(entry(**changes))
    (event,) = feed.events
    return event, " ".join(problem.reason for problem in feed.problems)


def test_case_57_an_event():
    event, told = read_one()
    assert told == ""
    assert (event.key.uid, event.title) == ("news.example.org?id=12", "Ice – what’s left & where")
    assert event.body == "<p>Come &amp; see.</p>"
    assert (event.start_date, event.start_time) == (date(2026, 5, 4), time(9))
    assert (event.end_date, event.end_time, event.timezone) == (None, time(17), "Europe/Berlin")
    assert event.website == event.url == "https://news.example.org/event/ice/"
    assert (event.venue, event.city, event.country) == ("", "", "")
    assert event.last_modified == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "start", "zone", "words"),
    [
        ({"timezone": "UTC+2"}, time(9), "Europe/Rome", ""),
        ({"timezone": "UTC+3", "utc_start_date": "2026-05-04 06:00:00"}, time(9), "Etc/GMT-3", "UTC+03:00"),
        ({"timezone": "UTC+3", "utc_start_date": "2026-05-04T06:00:00Z"}, time(9), "Etc/GMT-3", "UTC+03:00"),
        ({"timezone": "UTC+5.5", "utc_start_date": "2026-05-04 03:30:00"}, time(9), "Asia/Calcutta", "UTC+05:30"),
        ({"timezone": ""}, time(9), "Europe/Rome", ""),
        ({"timezone": "Nowhere", "utc_start_date": None}, time(9), "Europe/Rome", "no time zone"),
        ({"start_date": None}, time(9), "Europe/Berlin", ""),
        ({"start_date": None, "timezone": None}, time(7), "UTC", ""),
        ({"utc_start_date": "2031-01-01 00:00:00", "timezone": ""}, time(9), "Europe/Rome", "no time zone"),
        ({"timezone": "UTC+2", "utc_start_date": None}, time(9), "Etc/GMT-2", ""),
    ],
)  # fmt: skip
def test_case_57_local_and_utc_dates(changes, start, zone, words):
    event, told = read_one(end_date=None, utc_end_date=None, **changes)
    assert (event.start_time, event.timezone) == (start, zone)
    assert words in told
    assert bool(words) == bool(told)
    assert (event.end_date, event.end_time) == (None, None)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-05-04 00:00:00", "2026-05-04 23:59:59", (date(2026, 5, 4), None)),
        ("2026-05-04 00:00:00", "2026-05-06 23:59:59", (date(2026, 5, 4), date(2026, 5, 6))),
        ("2026-05-04 06:00:00", "2026-05-05 05:59:59", (date(2026, 5, 4), None)),
        ("2026-05-04", None, (date(2026, 5, 4), None)),
        ("2026-05-04 00:00:00", None, (date(2026, 5, 4), None)),
        ("2026-05-04 06:00:00", "2026-05-06", (date(2026, 5, 4), date(2026, 5, 6))),
    ],
)
def test_case_57_whole_days_are_inclusive(start, end, expected):
    event, _ = read_one(all_day=True, start_date=start, end_date=end)
    assert (event.start_date, event.end_date) == expected
    assert (event.start_time, event.end_time, event.timezone) == (None, None, "Europe/Berlin")


VENUE = {"venue": "Haus &amp; Hof", "address": "Weg 1", "city": "Bonn", "country": "DE"}


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ([], ("", "", "")),
        (None, ("", "", "")),
        ("", ("", "", "")),
        (VENUE, ("Haus & Hof, Weg 1", "Bonn", "Germany")),
        ([VENUE, {"venue": "Other"}], ("Haus & Hof, Weg 1", "Bonn", "Germany")),
        ({"venue": "Weg 1, Bonn", "address": "Weg 1"}, ("Weg 1, Bonn", "", "")),
    ],
)
def test_case_57_a_venue_is_an_object_or_a_list_or_nothing(told, place):
    event, _ = read_one(venue=told)
    assert (event.venue, event.city, event.country) == place
    assert event.attendance_mode == "OfflineEventAttendanceMode"


@pytest.mark.parametrize(
    ("changes", "mode", "address"),
    [
        ({"is_virtual": True, "virtual_url": "https://meet.example/1"}, "Online", "https://meet.example/1"),
        ({"is_virtual": True, "virtual_event_type": "hybrid", "venue": VENUE}, "Mixed", ""),
        ({"venue": {"venue": "Online"}}, "Online", ""),
        ({"venue": {"venue": "https://meet.example/2"}}, "Online", "https://meet.example/2"),
    ],
)
def test_events_online(changes, mode, address):
    event, _ = read_one(**changes)
    assert (event.attendance_mode, event.online_url) == (f"{mode}EventAttendanceMode", address)
    assert event.venue == ("Haus & Hof, Weg 1" if mode == "Mixed" else "")


def test_everything_else_that_a_page_has_a_field_for():
    event, told = read_one(
        website="https://ice.example/",
        cost="&euro;10 <b>only</b>",
        image={"url": "https://news.example.org/ice.jpg"},
        categories=[{"name": "Ice &amp; snow"}],
        tags=[{"name": "CryoSat"}, None],
        organizer=[{"organizer": "Polar <i>office</i>"}, {"organizer": ""}],
    )
    assert told == ""
    assert (event.website, event.url) == ("https://ice.example/", "https://news.example.org/event/ice/")
    assert event.body.endswith("<p>Cost: €10 only</p>")
    assert event.image == "https://news.example.org/ice.jpg"
    assert (event.categories, event.organizers) == (("Ice & snow", "CryoSat"), ("Polar office",))


def test_case_46_a_price_is_text():
    assert read_one(cost="&amp;lt;i&amp;gt;free")[0].body.endswith("<p>Cost: &lt;i&gt;free</p>")


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"event_status": "canceled"}, "EventCancelled"), ({"event_status": "postponed"}, "EventPostponed"),
     ({"event_status": "scheduled", "title": "[cancelled] Ice"}, "EventCancelled"), ({}, "EventScheduled")],
)  # fmt: skip
def test_status(changes, status):
    assert read_one(**changes)[0].event_status == status


@pytest.mark.parametrize(
    "hidden", [{"status": "draft"}, {"status": "private"}, {"status": "future"}, {"hide_from_listings": True}]
)
def test_case_63_drafts_and_unlisted_events_are_not_published(hidden):
    feed = read(entry(**hidden), entry(global_id="2"))
    assert [event.key.uid for event in feed.events] == ["2"]
    assert [problem.level for problem in feed.problems] == [Level.SKIPPED]


@pytest.mark.parametrize(
    "broken",
    [None, [], entry(start_date=None, utc_start_date=None), entry(start_date="soon"), entry(end_date="x")],
)
def test_case_8_a_broken_entry_costs_no_other(broken):
    feed = read(broken, entry(global_id="2"))
    assert [event.key.uid for event in feed.events] == ["2"]
    assert [problem.level for problem in feed.problems] == [Level.FAILED]


def test_case_57_results_come_in_pages():
    assert read(entry(), next_rest_url=f"{ADDRESS}?page=2").next_address == f"{ADDRESS}?page=2"
    assert read(entry()).next_address == ""
