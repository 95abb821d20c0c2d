"""What the address of an event answers once the event is renamed, taken down, deleted or replaced."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageViewRestriction

from events import tasks
from events.models import EventIndexPage, EventPage, EventTombstone
from tests.builders import make_content_page, make_event, make_event_index, the

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def index(event_list):
    return event_list


def text(response):
    return " ".join(response.content.decode().split())


def test_a_deleted_event_answers_gone(client):
    make_event(title="Hackathon <1>", slug="hackathon").delete()
    response = client.get("/events/hackathon/")
    assert response.status_code == 410
    assert "“Hackathon &lt;1&gt;” is no longer on this site." in text(response)
    assert '<a class="button" href="/events/">See all events</a>' in text(response)
    assert '<meta name="robots" content="noindex">' in text(response)
    assert response["Cache-Control"] == "private, no-store"
    assert client.head("/events/hackathon/").status_code == 410


def test_so_does_its_calendar_file_and_nothing_else_below_it(index):
    make_event(slug="hackathon").delete()
    request = RequestFactory().get("/events/hackathon/event.ics")
    view, args, kwargs = index.route(request, ["hackathon", "event.ics"]).args
    assert view(request, *args, **kwargs).status_code == 410
    for path in (
        ["hackathon", "other"],
        ["hackathon", "event.ics", "more"],
        ["other"],
        ["other", "event.ics"],
    ):
        with pytest.raises(Http404):
            index.route(request, path)


def test_a_tombstone_costs_no_visit_to_a_living_event_a_query(client, index):
    make_event(slug="hackathon")
    client.get("/events/hackathon/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/events/hackathon/")
    assert [query for query in queries if "tombstone" in query["sql"]] == []


def delete_by_itself(event, client):
    event.delete()


def delete_as_a_plain_page(event, client):
    Page.objects.get(pk=event.pk).delete()


def delete_by_a_queryset(event, client):
    EventPage.objects.filter(pk=event.pk).delete()


def delete_by_a_queryset_of_pages(event, client):
    Page.objects.filter(pk=event.pk).delete()


def delete_in_the_admin(event, client):
    assert client.post(reverse("wagtailadmin_pages:delete", args=[event.pk])).status_code == 302


def delete_with_others_in_the_admin(event, client):
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    assert client.post(f"{url}?id={event.pk}&id={make_event(title='Other').pk}").status_code == 302


@pytest.mark.parametrize(
    "delete",
    [
        delete_by_itself,
        delete_as_a_plain_page,
        delete_by_a_queryset,
        delete_by_a_queryset_of_pages,
        delete_in_the_admin,
        delete_with_others_in_the_admin,
    ],
)
def test_however_it_was_deleted(client, admin_client, delete):
    event = make_event(slug="hackathon")
    delete(event, admin_client)
    assert not EventPage.objects.filter(pk=event.pk).exists()
    assert client.get("/events/hackathon/").status_code == 410


@pytest.mark.parametrize("replaced_first", [True, False])
def test_all_events_are_deleted_with_the_list_above_them(client, index, replaced_first):
    make_event(slug="hackathon")
    replacement = make_event(slug="second")
    first = make_event(slug="first")
    pair = (first, replacement) if replaced_first else (replacement, first)
    pair[0].replaced_by = pair[1]
    pair[0].save_revision().publish()
    index.delete()
    assert client.get("/events/hackathon/").status_code == 404
    make_event_index()
    for slug in ("hackathon", "first", "second"):
        assert client.get(f"/events/{slug}/").status_code == 410


def test_what_was_never_published_is_not_gone_but_not_there(client):
    index = the(EventIndexPage)
    draft = index.add_child(instance=EventPage(title="Draft", slug="draft", live=False))
    draft.save_revision()
    draft.delete()
    assert client.get("/events/draft/").status_code == 404


def test_an_event_that_was_taken_down_is_not_gone_but_not_there(client):
    event = make_event(slug="hackathon")
    event.unpublish()
    assert client.get("/events/hackathon/").status_code == 404
    event.delete()
    assert client.get("/events/hackathon/").status_code == 410


@pytest.mark.parametrize("restricted", ["the event", "the list"])
def test_a_private_event_keeps_its_title_to_itself(client, index, restricted):
    event = make_event(title="Secret", slug="hackathon")
    page = event if restricted == "the event" else index
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    event.delete()
    if restricted == "the list":
        assert client.get("/events/hackathon/").status_code == 302, "the visitor signs in first"
        restriction.delete()
    response = client.get("/events/hackathon/")
    assert response.status_code == 410
    assert "Secret" not in text(response)
    assert "It is no longer on this site." in text(response)


def test_a_new_event_takes_the_address(client):
    make_event(slug="hackathon").delete()
    new = make_event(title="A new one", slug="hackathon")
    assert client.get("/events/hackathon/").status_code == 200
    new.unpublish()
    assert client.get("/events/hackathon/").status_code == 404, "it is not the old one that is missing"


def test_a_redirect_that_an_editor_made_goes_first(client):
    make_event(slug="hackathon").delete()
    Redirect.add_redirect("/events/hackathon/", redirect_to=make_content_page(title="Report", slug="report"))
    response = client.get("/events/hackathon/?from=mail")
    assert (response.status_code, response["Location"]) == (301, "/report/")
    temporary = Redirect.objects.get()
    temporary.is_permanent = False
    temporary.save()
    assert client.get("/events/hackathon/").status_code == 302


def test_a_replaced_event_points_on_after_its_end(client):
    replacement = make_event(title="Hackathon 2", slug="second")
    make_event(title="Hackathon 1", slug="first", replaced_by=replacement).delete()
    assert "“Hackathon 2” takes its place." in text(client.get("/events/first/"))
    assert '<a class="button" href="/events/second/">Go to Hackathon 2</a>' in text(
        client.get("/events/first/")
    )
    restriction = PageViewRestriction.objects.create(page=replacement, restriction_type="login")
    assert "Hackathon 2" not in text(client.get("/events/first/"))
    restriction.delete()
    replacement.refresh_from_db()
    replacement.unpublish()
    assert "Hackathon 2" not in text(client.get("/events/first/"))
    EventPage.objects.get(pk=replacement.pk).delete()
    assert client.get("/events/first/").status_code == 410


def test_an_address_is_forgotten_in_the_end(client):
    make_event(slug="hackathon").delete()
    tasks.forget(datetime.now(UTC) + timedelta(days=731))
    assert client.get("/events/hackathon/").status_code == 404


def rename(page, slug, callbacks):
    page = page.specific_class.objects.get(pk=page.pk)
    page.slug = slug
    with callbacks(execute=True):
        page.save_revision().publish()


def test_a_renamed_event_redirects_and_is_gone_at_all_its_addresses_when_it_is_deleted(
    client, django_capture_on_commit_callbacks
):
    event = make_event(slug="first", start_date=date(2099, 1, 1))
    rename(event, "second", django_capture_on_commit_callbacks)
    rename(event, "third", django_capture_on_commit_callbacks)
    for slug in ("first", "second"):
        assert client.get(f"/events/{slug}/")["Location"] == "/events/third/"
    Redirect.add_redirect("/somewhere/else/", redirect_to=Page.objects.get(pk=event.pk))
    EventPage.objects.get(pk=event.pk).delete()
    for slug in ("first", "second", "third"):
        assert client.get(f"/events/{slug}/").status_code == 410
    assert client.get("/somewhere/else/").status_code == 404
    assert EventTombstone.objects.count() == 3


def test_all_events_redirect_when_the_list_above_them_is_renamed(
    client, index, django_capture_on_commit_callbacks
):
    make_event(slug="hackathon")
    rename(index, "agenda", django_capture_on_commit_callbacks)
    assert client.get("/events/hackathon/")["Location"] == "/agenda/hackathon/"
    assert client.get("/agenda/hackathon/").status_code == 200
