"""Other ways to a page than its own address."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from events.models import EventPage
from tests.builders import make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(event_list):
    return make_event(title="A gathering", start_date=clock.now().date() + timedelta(30))


def addresses_shown():
    """How often the listing, the month, the calendar feed, the Atom feed and the search name each event."""
    day = clock.now() + timedelta(30)
    shown = []
    for address in (
        "/events/",
        f"/events/calendar/{day:%Y/%m}/",
        "/events/feed.ics",
        "/events/feed.atom",
        "/search/?q=gathering",
    ):
        response = Client().get(address)
        if response.status_code == 404:  # a month without events
            shown.append([])
            continue
        text = b"".join(response) if response.streaming else response.content
        slugs = (page.slug for page in EventPage.objects.order_by("pk"))
        shown.append([slug for slug in slugs if f"/events/{slug}/" in text.decode()])
    return shown


def make_alias(client, event):
    data = {
        "new_title": event.title,
        "new_slug": "the-alias",
        "new_parent_page": event.get_parent().pk,
        "alias": "on",
    }
    client.post(reverse("wagtailadmin_pages:copy", args=[event.pk]), data)
    return EventPage.objects.get(alias_of=event)


def test_an_alias_is_found_only_as_its_original(admin_client, event):
    make_alias(admin_client, event)
    assert Client().get("/events/the-alias/").status_code == 200
    assert addresses_shown()[-2:] == [["a-gathering"]] * 2
