"""Feeds of every format become pages; each feed fills as many fields as its format has."""

import json
from datetime import UTC, date, datetime

import pytest

from events.importing import import_source
from events.importing.parse import FORMATS, table
from events.models import EventPage

pytestmark = pytest.mark.django_db
LONG = "x" * 3_000


def indico():
    when = {"date": "2027-05-04", "time": "09:00:00", "tz": "Europe/Zurich"}
    entry = {"id": "1", "title": f"Soil {LONG}", "startDate": when, "endDate": {**when, "date": "2027-05-06"},
             "timezone": "Europe/Zurich", "location": LONG, "chairs": [{"fullName": LONG}], "keywords": [LONG],
             "url": "https://indico.example.org/1", "description": "<p>A</p>"}  # fmt: skip
    return json.dumps({"results": [entry], "_type": "HTTPAPIResult"}).encode()


def pretalx():
    entry = {
        "slug": "soil",
        "name": {"en": f"Soil {LONG}"},
        "date_from": "2027-05-04",
        "date_to": "2027-05-06",
    }
    return json.dumps([{**entry, "timezone": "Europe/Zurich", "content_locales": ["de"]}]).encode()


def events_calendar():
    entry = {"id": 1, "title": f"Soil {LONG}", "start_date": "2027-05-04 00:00:00", "end_date": "2027-05-06 23:59:59",
             "all_day": True, "timezone": "UTC+2", "url": "https://soil.example.org/", "cost": "€ 5",
             "venue": {"venue": LONG, "city": LONG, "country": LONG}, "organizer": [{"organizer": LONG}]}  # fmt: skip
    return json.dumps(
        {"events": [entry], "rest_url": "https://soil.example.org/wp-json/tribe/events/v1/"}
    ).encode()


def json_ld():
    entry = {"@type": "Event", "name": f"Soil {LONG}", "startDate": "2027-05-04T09:00-04:00",
             "endDate": "2027-05-06T17:00-04:00", "location": [{"@type": "VirtualLocation", "url": "https://x.example/"}],
             "eventStatus": "EventRescheduled", "inLanguage": "en", "offers": {"url": "https://x.example/register"},
             "organizer": {"name": "Lab"}, "description": LONG}  # fmt: skip
    return f'<html><script type="application/ld+json">{json.dumps(entry)}</script>'.encode()


FEEDS = [indico, pretalx, events_calendar, json_ld]


def test_every_format_has_a_feed_here():
    assert {feed.__name__ for feed in FEEDS} | {"ical", "table"} == FORMATS.keys()


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_becomes_a_page_and_again_nothing_new(event_list, tmp_path, feed):
    file = tmp_path / "feed"
    file.write_bytes(feed())
    options = {"format": feed.__name__, "parent": event_list, "publish": True}
    first = import_source(str(file), **options)
    page = EventPage.objects.get()
    assert page.live
    assert page.title.startswith("Soil xxx")
    assert (page.start_date, page.end_date) == (date(2027, 5, 4), date(2027, 5, 6))
    page.full_clean()
    assert page.occurrences.count() == 1
    assert datetime(2027, 5, 3, tzinfo=UTC) < page.occurrences.get().starts_at
    assert first.counts["created"] == 1
    again = import_source(str(file), **options)
    assert again.counts == {"unchanged": 1}


def test_the_template_of_a_table_becomes_a_page(event_list, tmp_path):
    file = tmp_path / "events.csv"
    file.write_bytes(table.template())
    import_source(str(file), format="table", parent=event_list, publish=True)
    page = EventPage.objects.get()
    assert (page.title, page.city, page.country, page.language) == (
        "Workshop on soil moisture", "Frascati", "Italy", "en",
    )  # fmt: skip
    assert [organizer.name for organizer in page.organizers.all()] == ["The soil group"]
