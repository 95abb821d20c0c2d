from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, PageViewRestriction

from earthcode import views
from tests.builders import make_event, make_event_index, make_events, make_home, make_mission

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def home():
    return make_home()


def entries(client, address="/sitemap.xml", name="url"):
    """What the sitemap says: each address with the day of its last change."""
    root = ElementTree.fromstring(client.get(address).content)
    found = {}
    for entry in root.iter(f"{SITEMAP}{name}"):
        changed = entry.findtext(f"{SITEMAP}lastmod")
        found[entry.findtext(f"{SITEMAP}loc")] = changed and date.fromisoformat(changed)
    return found


def published(page, day):
    at = datetime(2026, 3, day, 9, 30, tzinfo=UTC)
    Page.objects.filter(pk=page.pk).update(last_published_at=at)
    return at.date()


def test_the_last_change_is_the_last_publication(client, settings):
    about = make_mission()
    day = published(about, 1)
    about.refresh_from_db()
    about.title = "A draft that nobody sees"
    about.save_revision()
    assert entries(client)[f"{settings.BASE_URL}/about/"] == day
    Page.objects.filter(pk=about.pk).update(last_published_at=None)
    assert entries(client)[f"{settings.BASE_URL}/about/"] is None


def test_a_list_changes_with_what_it_lists(client, settings):
    index = make_event_index()
    events = [make_event(index, title=f"Event {number}") for number in range(3)]
    published(index, 1)
    published(events[0], 3)
    latest = published(events[1], 5)
    published(events[2], 9)
    events[2].refresh_from_db()
    events[2].unpublish()
    found = entries(client)
    assert found[f"{settings.BASE_URL}/events/"] == latest
    assert found[f"{settings.BASE_URL}/events/past/"] == latest


def test_only_pages_that_anybody_may_see_are_listed(client, settings):
    index = make_event_index()
    for title in ("Seen", "Draft", "Private"):
        make_event(index, title=title)
    Page.objects.get(slug="draft").unpublish()
    PageViewRestriction.objects.create(page=Page.objects.get(slug="private"), restriction_type="login")
    events = [address for address in entries(client) if "/events/" in address]
    assert events == [f"{settings.BASE_URL}/events/{path}" for path in ("", "past/", "seen/")]


def test_queries_do_not_grow_with_the_pages(client):
    counts = []
    index = make_event_index()
    for first, count in ((0, 10), (10, 290)):
        make_events(count, index, first=first)
        client.get("/sitemap.xml")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/sitemap.xml").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_too_many_pages_for_one_file_get_several(client, monkeypatch, settings):
    monkeypatch.setattr(views.PagesSitemap, "limit", 4)
    make_events(9, make_event_index())
    files = entries(client, name="sitemap")
    assert list(files) == [f"{settings.BASE_URL}/sitemap.xml?p={number}" for number in (1, 2, 3)]
    addresses = set().union(*(entries(client, address.removeprefix(settings.BASE_URL)) for address in files))
    assert len(addresses) == 12, "the home page, the list, its past and nine events"
    assert client.get("/sitemap.xml?p=4").status_code == 404
    assert client.get("/sitemap.xml?p=x").status_code == 404
