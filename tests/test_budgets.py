"""How often a page asks the database: the same with 10 and with 1,000 events, with pictures everywhere."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from earthcode.models import SiteSettings
from events.models import EventOrganizer, EventPage
from partners.models import PartnerPage
from tests.builders import (
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

BUDGETS = {
    "/": 15,
    "/about/": 15,
    "/events/": 10,
    "/events/past/": 10,
    "/events/event-0/": 10,
    "/partners/": 10,
    "/partners/partner-0/": 10,
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
    settings = SiteSettings.for_site(home.get_site())
    stream = settings._meta.get_field("navigation").stream_block
    settings.navigation = stream.to_python([link("About", about), link("Events", index)])
    settings.save()
    make_events(events // 2, image=make_image(), start_date="2099-01-01")
    make_events(events // 2, first=events // 2, image=make_image(), start_date="1999-01-01")
    make_partner_index()
    for number in range(8):
        make_partner(title=f"Partner {number}", logo=make_image())
    make_roadmap()
    for number in range(5):
        make_stage(title=f"Stage {number}")
    event = EventPage.objects.get(slug="event-0")
    event.organizers = [EventOrganizer(partner=partner) for partner in PartnerPage.objects.all()[:3]]
    event.save()


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
    make_events(495, first=10, start_date="2099-01-01", image=make_image())
    make_events(495, first=505, start_date="1999-01-01", image=make_image())
    assert EventPage.objects.count() == 1000
    call_command("update_index", verbosity=0)
    assert count_queries(client) == with_ten
