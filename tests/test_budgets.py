"""How often a page asks the database: the same with 10 and with 1,000 events, with pictures everywhere."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.documents.models import Document

from earthcode.models import SiteSettings
from events.models import (
    EventException,
    EventKeyDate,
    EventMaterial,
    EventOrganizer,
    EventPage,
    EventPreviousDates,
    EventTopic,
    EventType,
)
from partners.models import PartnerPage
from tests.builders import (
    make_event,
    make_event_index,
    make_events,
    make_home,
    make_image,
    make_mission,
    make_partner,
    make_partner_index,
    make_roadmap,
    make_stage,
)

pytestmark = pytest.mark.django_db

FILTERS = (
    "q=event+workshop&type=workshop&topic=oceans&where=online&country=Italy&from=1990-01-01&to=2100-01-01"
)
BUDGETS = {
    "/": 15,
    "/about/": 15,
    "/events/": 15,
    f"/events/?{FILTERS}": 15,
    "/events/past/": 15,
    f"/events/past/1999/?{FILTERS}": 16,  # all filters at once, and the words looked up first
    "/events/calendar/2099/01/": 10,
    f"/events/calendar/2099/01/?{FILTERS}": 11,
    "/events/event-0/": 15,
    "/events/event-0/event.ics": 10,
    "/events/feed.atom": 12,
    "/events/feed.ics": 10,  # and three for each chunk that is fetched
    "/partners/": 10,
    "/partners/partner-0/": 15,
    "/roadmap/": 10,
    "/roadmap/stage-0/": 10,
    "/search/?q=event": 12,
    "/search/?q=evnt": 12,
    "/nothing/": 10,
}

SECTIONS = [
    ("hero", {"title": "A hero", "size": "tall"}),
    ("cards", {"heading": "Cards", "colour": "white", "cards": []}),
    ("events", {"heading": "Events", "colour": "deep", "count": 6, "heading_without_upcoming": "Recent"}),
    ("partners", {"heading": "Partners", "colour": "white", "style": "cards"}),
    ("roadmap", {"heading": "Roadmap", "colour": "night", "extent": "all"}),
]


def link(text, page):
    return {"type": "link", "value": {"text": text, "page": page.pk, "address": ""}}


def make_site(events):
    home = make_home()
    about, index = make_mission(), make_event_index()
    for page in (home, about):
        page.refresh_from_db()
        blocks = [{"type": name, "value": value} for name, value in SECTIONS]
        page.body = page._meta.get_field("body").stream_block.to_python(blocks)
        page.save_revision().publish()
    settings = SiteSettings(site=home.get_site())
    stream = settings._meta.get_field("navigation").stream_block
    settings.navigation = stream.to_python([link("About", about), link("Events", index)])
    settings.save()
    make_events(events // 2, start_date="2099-01-01", **everything())
    make_events(events // 2, first=events // 2, start_date="1999-01-01", **everything())
    make_partner_index()
    for number in range(8):
        make_partner(title=f"Partner {number}", logo=make_image())
    make_roadmap()
    for number in range(5):
        make_stage(title=f"Stage {number}")
    event = EventPage.objects.get(slug="event-0")
    event.organizers = [EventOrganizer(partner=partner) for partner in PartnerPage.objects.all()[:3]]
    event.save()


def everything():
    """What an event needs to be found by FILTERS."""
    return {
        "image": make_image(),
        "event_type": EventType.objects.get_or_create(name="Workshop", slug="workshop")[0],
        "topics": [EventTopic.objects.get_or_create(name="Oceans", slug="oceans")[0]],
        "attendance_mode": "MixedEventAttendanceMode",
        "country": "Italy",
        "registration_url": "https://example.org/",
    }


def count_queries(client):
    counts = {}
    for path in BUDGETS:
        client.get(path)  # makes the renditions
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts[path] = len(queries)
    return counts


def test_queries(client, settings):
    # Wagtail looks for renditions in a cache first; a process that has just started has an empty one.
    empty = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.CACHES = {**settings.CACHES, "renditions": empty}
    make_site(events=10)
    call_command("update_index", verbosity=0)
    with_ten = count_queries(client)
    assert {path: count for path, count in with_ten.items() if count > BUDGETS[path]} == {}
    make_events(495, first=10, start_date="2099-01-01", **everything())
    make_events(495, first=505, start_date="1999-01-01", **everything())
    assert EventPage.objects.count() == 1000
    call_command("update_index", verbosity=0)
    with_thousand = count_queries(client)
    assert {path: count for path, count in with_thousand.items() if count > with_ten[path]} == {}


def fill(event, several):
    """All that an event can have, `several` times where it can have several."""
    days = [date(2099, 1, 8) + timedelta(weeks=week) for week in range(several)]
    topics = [EventTopic.objects.create(name=f"Topic {day}", slug=f"topic-{day}") for day in days]
    event.event_type = EventType.objects.create(name="Workshop", slug="workshop")
    event.topics = topics
    event.exceptions = [EventException(original_date=day, is_cancelled=True) for day in days]
    event.previous_dates = [EventPreviousDates(start_date=day, timezone="Europe/Rome") for day in days]
    event.key_dates = [EventKeyDate(label="Deadline", date=day) for day in days]
    documents = [Document.objects.create(title="Slides", file=f"documents/{day}.pdf") for day in days]
    event.materials = [EventMaterial(title="Slides", document=document) for document in documents]
    event.organizers = [EventOrganizer(partner=make_partner(title=f"Partner {day}")) for day in days]
    event.image, event.social_image = make_image(), make_image()
    event.registration_url = "https://example.org/"
    event.super_event, event.replaced_by = make_event(title="Congress"), make_event(title="Successor")
    event.save_revision().publish()
    for number in range(2 * several):
        parent = event if number % 2 else None
        make_event(
            title=f"Other {number}",
            start_date="2099-02-01",
            recurrence_rule="FREQ=WEEKLY;COUNT=4",
            super_event=parent,
            topics=topics,
        )


@pytest.mark.parametrize("several", [2, 14])
@pytest.mark.parametrize(
    "changes",
    [
        {"recurrence_rule": "FREQ=WEEKLY;COUNT=80", "additional_dates": "2099-01-01 16:00\n2099-01-09"},
        {"event_status": EventPage.Status.RESCHEDULED},
    ],
)
def test_queries_of_an_event_with_everything(client, settings, changes, several):
    empty = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.CACHES = {**settings.CACHES, "renditions": empty}
    home, index = make_home(), make_event_index()
    make_partner_index()
    navigation = SiteSettings(site=home.get_site())
    stream = navigation._meta.get_field("navigation").stream_block
    navigation.navigation = stream.to_python([link("Events", index)])
    navigation.save()
    event = make_event(start_date="2099-01-01", start_time="14:00", **changes)
    fill(event, several)
    html = client.get(event.url).content.decode()  # makes the renditions
    for words in (
        "Part of this event",
        "Related events",
        "Materials and",
        "Key dates",
        "Part of<",
        "Replaced",
    ):
        assert words in html
    with CaptureQueriesContext(connection) as queries:
        client.get(event.url)
    assert len(queries) == 15
