"""Possible duplicates in the admin: what editors see, say and take back. Case 29."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from modelcluster.fields import ParentalKey
from wagtail.models import GroupPagePermission, Page

from events.importing.admin.duplicates import duplicates
from events.importing.duplicates import open_groups
from events.importing.feed import FIELDS
from events.importing.models import ImportRecord, ImportSource, PossibleDuplicate
from events.importing.side_by_side import BY_HAND, ROWS, compared
from events.models import EventKeyDate, EventMaterial, EventOrganizer, EventPage
from tests.builders import make_event, make_events, make_image, make_topic

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
INDEX = "import_duplicates:index"


def sign_in(client, name, *actions):
    """Somebody who may do this to all pages."""
    group = Group.objects.create(name=name)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for action in actions:
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=f"{action}_page")
        GroupPagePermission.objects.create(
            group=group, page=Page.get_first_root_node(), permission=permission
        )
    user = User.objects.create_user(name)
    user.groups.add(group)
    client.force_login(user)
    return client


@pytest.fixture
def publisher(client):
    return sign_in(client, "pia", "change", "publish")


@pytest.fixture
def editor():
    return sign_in(Client(), "ed", "change")


@pytest.fixture
def stranger():
    return sign_in(Client(), "sam")


def make_group(*titles, **fields):
    """Pages that may be about one event, each of a source of its own."""
    pages = [make_event(title=title, **fields) for title in titles]
    for number, page in enumerate(pages):
        source, _ = ImportSource.objects.get_or_create(
            name=f"Source {number}", address="https://example.org/"
        )
        values = {"title": page.title, "start_date": page.start_date.isoformat()}
        ImportRecord.objects.create(source=source, uid=str(page.pk), page=page, values=values)
    rows = [PossibleDuplicate(one=one, other=other, likeness=0.9) for one, other in pairwise(pages)]
    PossibleDuplicate.objects.bulk_create(rows)
    return pages


@pytest.fixture
def pair(event_list):
    return make_group("LPS", "Living Planet Symposium")


def look(client, name=INDEX, **query):
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def numbers(pages):
    return [page.pk for page in pages]


def say(client, what, pages, **data):
    return client.post(reverse(f"import_duplicates:{what}"), {"page": numbers(pages), **data}, follow=True)


def test_case_29_a_suggestion_shows_its_pages_and_sources(publisher, pair):
    html = look(publisher)
    assert "Possible duplicates (1)" in html
    for text in ("LPS", "Living Planet Symposium", "From Source 0", "From Source 1"):
        assert text in html
    assert html.count("Same event, keep this page</button>") == 2
    assert html.count("Different events</button>") == 1


def test_case_29_the_inbox_gets_a_section(rf, publisher, pair):
    request = rf.get("/")
    request.user = User.objects.get(username="pia")
    section = duplicates(request)
    assert (section["heading"], section["count"]) == ("Possible duplicates", 1)
    assert section["template"] == "events/admin/inbox_duplicates.html"


def test_case_29_the_same_event_in_one_click(publisher, pair):
    response = say(publisher, "same", pair, keep=pair[0].pk, next="/admin/?x=1")
    assert response.redirect_chain[0][0] == "/admin/?x=1"
    assert "stays and has the sources of all" in response.content.decode()
    assert set(ImportRecord.objects.values_list("page", flat=True)) == {pair[0].pk}
    assert not EventPage.objects.get(pk=pair[1].pk).live
    assert "No two sources have an event that looks the same" in look(publisher)


def test_case_29_different_events_in_one_click(publisher, pair):
    response = say(publisher, "different", pair, next="https://evil.example/")
    assert response.redirect_chain[0][0] == reverse(INDEX)
    assert PossibleDuplicate.objects.get().state == "different"
    assert EventPage.objects.live().count() == 2


def test_case_29_one_of_three_is_another_event(publisher, event_list):
    pages = make_group("One", "Two", "Three")
    PossibleDuplicate.objects.create(one=pages[0], other=pages[2], likeness=0.8)
    response = say(publisher, "different", pages, another=pages[1].pk)
    assert response.status_code == 200
    assert open_groups() == [(pages[0].pk, pages[2].pk)]


def test_case_29_what_was_said_can_be_taken_back(publisher, pair):
    say(publisher, "same", pair, keep=pair[0].pk)
    row = PossibleDuplicate.objects.get()
    html = look(publisher)
    assert "The same event" in html
    assert "They are different events</button>" in html
    publisher.post(reverse("import_duplicates:take_back", args=[row.pk]))
    assert EventPage.objects.live().count() == 2
    assert ImportRecord.objects.get(source__name="Source 1").page == pair[1]
    assert "Ask again</button>" in look(publisher)
    publisher.post(reverse("import_duplicates:take_back", args=[row.pk]))
    assert not PossibleDuplicate.objects.filter(state="different").exists()


def test_case_29_pages_are_compared_field_by_field(publisher, pair):
    kept, other = pair
    other.venue, other.capacity_note, other.title = "Here " + SCRIPT, "60 places", "Another title"
    other.save_revision()
    html = look(publisher, "import_duplicates:compare", page=numbers(pair), keep=kept.pk)
    assert "Only this page says" in html
    assert '<th scope="row">Places</th> <td>60 places</td>' in html
    assert "<td>LPS</td> <td>Another title</td>" in html
    assert SCRIPT not in html
    assert "&lt;script&gt;" in html
    assert "Same event</button>" in html


def test_case_29_the_page_that_visitors_see_is_to_stay_unless_another_is_asked_for(publisher, pair):
    pair[0].unpublish()
    html = look(publisher, "import_duplicates:compare", page=numbers(pair))
    assert f'name="keep" value="{pair[1].pk}"' in html
    html = look(publisher, "import_duplicates:compare", page=numbers(pair), keep=pair[0].pk)
    assert "This page cannot stay" in html
    assert "Same event</button>" not in html
    response = say(publisher, "same", pair, keep=pair[0].pk)
    assert "which is a draft" in response.content.decode()
    assert EventPage.objects.get(pk=pair[1].pk).live


def test_case_29_only_those_who_may_edit_the_pages_are_asked(editor, stranger, pair):
    assert stranger.get(reverse(INDEX)).status_code == 302
    for what in ("same", "different"):
        assert stranger.post(reverse(f"import_duplicates:{what}"), {"page": numbers(pair)}).status_code == 302
    html = look(editor)
    assert "Different events</button>" in html
    assert "Same event, keep this page</button>" not in html
    say(editor, "same", pair, keep=pair[0].pk)
    assert EventPage.objects.live().count() == 2
    assert PossibleDuplicate.objects.get().state == "open"


def test_case_29_pages_of_others_are_not_shown(pair):
    client = sign_in(Client(), "eve")
    user = User.objects.get(username="eve")
    permission = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=user.groups.get(), page=pair[0], permission=permission)
    client.force_login(user)
    assert "Living Planet Symposium" not in look(client)
    response = client.get(reverse("import_duplicates:compare"), {"page": numbers(pair)})
    assert response.status_code == 302
    say(client, "different", pair)
    assert PossibleDuplicate.objects.get().state == "open"


@pytest.mark.parametrize(
    "pages", [[], ["1"], ["x", "1"], ["99999998", "99999999"], [str(n) for n in range(1, 13)]]
)
def test_case_29_what_is_no_group_of_pages_is_refused(publisher, pair, pages):
    assert publisher.get(reverse("import_duplicates:compare"), {"page": pages}).status_code == 400
    assert publisher.post(reverse("import_duplicates:same"), {"page": pages}).status_code == 400


def test_case_29_nothing_is_done_by_looking(publisher, pair):
    row = PossibleDuplicate.objects.get()
    assert publisher.get(reverse("import_duplicates:same")).status_code == 405
    assert publisher.get(reverse("import_duplicates:different")).status_code == 405
    assert publisher.get(reverse("import_duplicates:take_back", args=[row.pk])).status_code == 405


def test_case_29_a_suggestion_whose_page_is_gone_is_not_shown(publisher, pair):
    pair[0].delete()
    assert "No two sources" in look(publisher)
    assert publisher.get(reverse("import_duplicates:compare"), {"page": numbers(pair)}).status_code == 400


def test_case_29_the_list_is_shown_page_by_page_in_as_many_queries(publisher, event_list):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            look(publisher)
        return len(captured)

    make_group("A", "B", "C")
    few = queries()
    make_events(120, event_list)
    pages = list(EventPage.objects.order_by("-pk")[:120])
    rows = [PossibleDuplicate(one=pages[n + 1], other=pages[n], likeness=0.9) for n in range(0, 120, 2)]
    settled = [
        PossibleDuplicate(one=pages[n + 3], other=pages[n], state="different", settled_at=NOW)
        for n in range(0, 110, 2)
    ]
    PossibleDuplicate.objects.bulk_create(rows + settled)
    source = ImportSource.objects.first()
    for n in range(0, 120, 2):
        ImportRecord.objects.create(source=source, uid=f"n{n}", page=pages[n], values={"title": "x"})
    look(publisher)
    assert queries() <= few + 1 <= 40
    html = look(publisher)
    assert "Page 1 of 3" in html
    assert html.count("Different events</button>") == 25


def test_case_29_whatever_an_editor_can_write_is_compared():
    options = EventPage._meta
    fields = {field.name for field in (*options.local_fields, *options.local_many_to_many) if field.editable}
    rows = {
        relation.get_accessor_name()
        for relation in options.related_objects
        if isinstance(relation.field, ParentalKey) and relation.related_model._meta.app_label == "events"
    }
    assert (fields | rows) - {*FIELDS, *BY_HAND, *ROWS} == {"page_ptr", "replaced_by"}


def test_case_29_what_no_import_writes_is_compared_in_words(event_list):
    one = make_event(title="Same", topics=[make_topic()])
    other = make_event(title="Same", summary="Words", is_free=True, image=make_image())
    other.registration_closes_date = date(2026, 11, 1)
    other.organizers = [EventOrganizer(name="ESA", role="sponsor", website="https://esa.example/")]
    other.key_dates = [EventKeyDate(label="Abstracts due", date=date(2026, 10, 1))]
    other.materials = [EventMaterial(kind="slides", title="Talk", url="https://example.org/t")]
    told = {found.label: (found.before, found.after) for found in compared(one, other)}
    assert told.pop("Topics")[1] == ""
    assert told == {
        "Summary": ("", "Words"),
        "Image": ("", "Teal"),
        "Registration closes on": ("", "1 November 2026"),
        "Free of charge": ("", "Yes"),
        "Organisers": ("", "ESA · Sponsor · https://esa.example/"),
        "Key dates": ("", "Abstracts due · 1 October 2026"),
        "Materials and recordings": ("", "Slides · Talk · https://example.org/t"),
    }
