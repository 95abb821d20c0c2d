"""What editors decide about imported events: on the form of the page, in the inbox, in the list of a source."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock
from wagtail.admin.models import EditingSession
from wagtail.models import GroupApprovalTask, GroupPagePermission, Page, Workflow, WorkflowTask

from events.importing import import_source
from events.importing.models import ImportRecord, ImportRun, ImportSource, PossibleDuplicate
from events.importing.settle import ignore, keep_mine
from events.models import EventException, EventIndexPage, EventPage
from tests.builders import change_sources, make_calendar, make_event, the

from ..test_editing import send
from .test_import_events import edit

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(event_list, tmp_path):
    def run(*entries):
        path = tmp_path / "feed.ics"
        path.write_bytes(make_calendar(*entries))
        return import_source(str(path), format="ical", parent=event_list, publish=True)

    return run


@pytest.fixture
def record(imported):
    """Of an event whose title and place an editor and the feed both changed."""
    imported("SUMMARY:One\nLOCATION:Oslo")
    edit(the(EventPage), title="Ann's", venue="At Ann's")
    imported("SUMMARY:The feed's\nLOCATION:Rome")
    return the(ImportRecord)


def conflicts(imported, count):
    """As many events with a title in conflict."""
    imported(*(f"SUMMARY:Event {number:02}" for number in range(count)))
    for page in EventPage.objects.all():
        edit(page, title=f"Ann's {page.title}")
    imported(*(f"SUMMARY:Other {number:02}" for number in range(count)))


def signed_in(name, *permissions, page=None):
    """A client of somebody who may do so with `page`, else the list of events, and what is below it."""
    user, _ = User.objects.get_or_create(username=name)
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for codename in permissions:
        permission = Permission.objects.get(codename=codename, content_type__app_label="wagtailcore")
        GroupPagePermission.objects.get_or_create(
            group=group, page=page or the(EventIndexPage), permission=permission
        )
    user.groups.add(group)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor(event_list):
    return signed_in("ed", "change_page")


@pytest.fixture
def publisher(event_list):
    return signed_in("pat", "change_page", "publish_page", "add_page")


def text_of(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def form_of(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def settle(client, record, **data):
    return client.post(reverse("import_inbox:settle", args=[record.pk]), data, follow=True)


def inbox(client, **query):
    return text_of(client.get(reverse("import_inbox:index"), query))


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# The form of the page


def test_case_35_the_form_offers_the_words_of_the_feed_beside_those_of_the_editor(record, publisher):
    html = text_of(publisher.get(form_of(record.page)))
    assert "2 fields are not as the partner says now" in html
    for words in ("Ann&#x27;s", "The feed&#x27;s", "At Ann&#x27;s", "Rome"):
        assert f"{words}</td>" in html
    assert html.count("Use the partner’s</button>") == html.count("Decision waiting</span>") == 2
    assert "fields from the partner</summary>" in html


def test_case_35_one_click_takes_the_words_of_the_feed(record, publisher):
    response = settle(publisher, record, follow="title")
    assert response.redirect_chain == [(f"{form_of(record.page)}#imported-{record.pk}-venue", 302)]
    html = text_of(response)
    assert "Title of “Ann&#x27;s” follows the partner again." in html
    assert "1 field is not as the partner says now" in html
    page = the(EventPage)
    assert (page.title, page.venue, page.latest_revision.user.username) == ("The feed's", "At Ann's", "pat")


def test_case_35_what_an_editor_keeps_stays_until_it_is_let_go(record, publisher, imported):
    html = text_of(settle(publisher, record, keep="title"))
    assert "Title of “Ann&#x27;s” stays as it is, whatever the partner says." in html
    assert "Kept by an editor</td>" in html
    imported("SUMMARY:News\nLOCATION:Rome")
    assert the(EventPage).title == "Ann's"
    settle(publisher, record, follow="title")
    assert (the(EventPage).title, the(ImportRecord).pins) == ("News", [])


def test_case_36_saving_the_words_of_the_feed_settles_the_conflict(record, admin_client):
    page = the(EventPage)
    send(admin_client, page, publish=False, autosaves=True, title="The feed's")
    assert the(ImportRecord).conflicts == ["title", "venue"]
    send(admin_client, page, title="The feed's")
    assert the(EventPage).title == "The feed's"
    assert the(ImportRecord).conflicts == ["venue"]


def test_whoever_may_not_publish_settles_in_the_draft(record, editor):
    html = text_of(settle(editor, record, follow="title"))
    assert "visitors see it once the draft is published" in html
    page = the(EventPage)
    assert (page.title, page.get_latest_revision_as_object().title) == ("Ann's", "The feed's")
    assert "Title" not in inbox(editor)


def test_the_form_of_an_event_that_is_not_imported_costs_one_query(record, admin_client):
    own = form_of(make_event(title="Our own"))
    with CaptureQueriesContext(connection) as captured:
        html = text_of(admin_client.get(own))
    assert 'id="imported"' not in html
    assert sum("importrecord" in query["sql"] for query in captured) == 2  # one of them for the menu
    assert 'id="imported"' in text_of(admin_client.get(form_of(record.page)))
    assert queries(admin_client, form_of(record.page)) <= queries(admin_client, own) + 8


def test_the_form_of_a_new_event_has_no_panel(admin_client, event_list):
    address = reverse("wagtailadmin_pages:add", args=["events", "eventpage", event_list.pk])
    assert 'id="imported"' not in text_of(admin_client.get(address))


def test_every_source_of_a_page_is_shown(record, admin_client):
    other = ImportSource.objects.create(name="Second", address="y.ics")
    ImportRecord.objects.create(
        source=other,
        uid="2",
        page=record.page,
        values={**record.values, "title": "Second's"},
        conflicts=["title"],
    )
    html = text_of(admin_client.get(form_of(record.page)))
    assert "From <strong>Partner events</strong>" in html
    assert "From <strong>Second</strong>" in html
    assert "Second&#x27;s</td>" in html
    ids = re.findall(r'id="([^"]+)"', html)
    imported = [name for name in ids if name.startswith("imported")]
    assert len(imported) == len(set(imported))


def test_an_exception_that_only_an_editor_made_goes_when_it_follows_the_feed(imported, publisher):
    imported("DTSTART;VALUE=DATE:20261130\nRRULE:FREQ=WEEKLY")
    page = the(EventPage)
    page.exceptions = [EventException(original_date=date(2026, 12, 7), note="Cake")]
    page.save_revision().publish()
    record = the(ImportRecord)
    assert "7 December 2026: note: Cake</td>" in text_of(publisher.get(form_of(page)))
    assert settle(publisher, record, follow="exceptions 2026-12-07").status_code == 200
    assert not the(EventPage).exceptions.exists()


def test_a_page_in_a_workflow_is_settled_by_who_reviews_it_and_in_its_draft(record, admin_client):
    workflow = Workflow.objects.create(name="Review", active=True)
    task = GroupApprovalTask.objects.create(name="Review", active=True)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    edit(the(EventPage), publish=False, city="Submitted")
    User.objects.update(email="")  # nobody is to be told
    workflow.start(the(EventPage), User.objects.create_user("author"))
    settle(admin_client, record, follow="title")
    page, draft = the(EventPage), the(EventPage).get_latest_revision_as_object()
    assert (page.title, draft.title, draft.city) == ("Ann's", "The feed's", "Submitted")
    assert page.workflow_in_progress


@pytest.mark.parametrize("names", [{"follow": "slug"}, {"keep": "x"}, {}, {"follow": ["title", "venue"]}])
def test_only_a_field_of_the_feed_can_be_settled(record, publisher, names):
    before = the(ImportRecord).conflicts, the(EventPage).latest_revision_id
    assert settle(publisher, record, **names).status_code == 400
    assert (the(ImportRecord).conflicts, the(EventPage).latest_revision_id) == before


def test_nothing_is_settled_on_a_page_that_somebody_else_has_open_or_locked(record, publisher):
    page = the(EventPage)
    session = EditingSession.objects.create(
        user=User.objects.create_user("bea"),
        content_type=ContentType.objects.get_for_model(Page),
        object_id=page.pk,
        is_editing=True,
        last_seen_at=clock.now(),
    )
    assert "bea has its page open in the editor" in text_of(publisher.get(form_of(page)))
    assert "bea has its page open in the editor. Nothing was changed" in text_of(
        settle(publisher, record, follow="title")
    )
    session.delete()
    Page.objects.filter(pk=page.pk).update(locked=True, locked_by=session.user, locked_at=clock.now())
    assert "locked by an editor. Nothing was changed" in text_of(settle(publisher, record, follow="title"))
    assert (the(EventPage).title, the(ImportRecord).conflicts) == ("Ann's", ["title", "venue"])


def test_what_an_editor_has_open_and_locked_is_the_own_to_settle(record, publisher):
    page, user = the(EventPage), User.objects.get(username="pat")
    kind = ContentType.objects.get_for_model(Page)
    EditingSession.objects.create(
        user=user, content_type=kind, object_id=page.pk, is_editing=True, last_seen_at=clock.now()
    )
    Page.objects.filter(pk=page.pk).update(locked=True, locked_by=user, locked_at=clock.now())
    settle(publisher, record, follow="title")
    assert the(EventPage).title == "The feed's"


def test_a_value_that_the_page_does_not_accept_is_told(record, publisher):
    record.values["timezone"] = "Nowhere"
    record.save()
    html = text_of(settle(publisher, record, follow="timezone"))
    assert "The page does not accept what the partner says: “Nowhere” is not a time zone." in html
    assert the(EventPage).timezone == "Europe/Rome"


def test_only_who_may_edit_the_page_settles(record, event_list):
    stranger = signed_in("sam", "change_page", page=make_event(title="Elsewhere"))
    for name in ("settle", "ignore"):
        address = reverse(f"import_inbox:{name}", args=[record.pk])
        assert stranger.post(address, {"follow": "title"}).status_code == 302
    assert (the(ImportRecord).conflicts, the(ImportRecord).is_ignored) == (["title", "venue"], False)
    assert "No decision is waiting" in inbox(stranger)


def test_no_other_site_presses_the_buttons(record, publisher):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = publisher.cookies
    for name in ("settle", "ignore", "come_again"):
        address = reverse(f"import_inbox:{name}", args=[record.pk])
        assert strict.post(address, {"follow": "title"}).status_code == 403
        assert publisher.get(address).status_code == 405


# Ignored events


def test_case_40_an_event_is_ignored_and_comes_again(record, publisher, imported):
    address = reverse("import_inbox:ignore", args=[record.pk])
    response = publisher.post(address, {"confirmed": "yes"}, follow=True)
    html = text_of(response)
    assert (
        "“Ann&#x27;s” is ignored: no import changes it or brings it back. Its page was unpublished." in html
    )
    assert "Let it come again" in html
    assert "Use the partner’s" not in html
    imported("SUMMARY:News")
    assert not the(EventPage).live
    html = text_of(
        publisher.post(
            reverse("import_inbox:come_again", args=[record.pk]), {"next": form_of(record.page)}, follow=True
        )
    )
    assert "comes again with the next run" in html
    imported("SUMMARY:News")
    assert the(EventPage).live


def test_case_40_whoever_may_not_publish_takes_no_page_off_the_site(record, editor):
    assert "Ignore this event" not in text_of(editor.get(form_of(record.page)))
    assert editor.post(reverse("import_inbox:ignore", args=[record.pk])).status_code == 302
    assert (the(EventPage).live, the(ImportRecord).is_ignored) == (True, False)


def test_case_40_what_stays_away_is_listed_and_may_come_again(imported, publisher):
    imported("SUMMARY:Here", "SUMMARY:Ignored", "SUMMARY:Deleted")
    ignore(EventPage.objects.get(title="Ignored"), user=None)
    EventPage.objects.get(title="Deleted").delete()
    source = the(ImportSource)
    address = reverse("import_inbox:ignored", args=[source.pk])
    assert publisher.get(address).status_code == 302
    User.objects.get(username="pat").user_permissions.add(
        Permission.objects.get(codename="view_importsource")
    )
    html = text_of(publisher.get(address))
    assert re.findall(r"<h3>(?:<a[^>]*>)?(\w+)", html) == ["Ignored", "Deleted"]
    assert html.count("Let it come again</button>") == 2
    for record in ImportRecord.objects.exclude(values__title="Here"):
        publisher.post(reverse("import_inbox:come_again", args=[record.pk]))
    assert "None stays away." in text_of(publisher.get(address))
    imported("SUMMARY:Here", "SUMMARY:Ignored", "SUMMARY:Deleted")
    assert EventPage.objects.live().count() == 3


def test_only_who_may_add_or_edit_lets_an_event_come_again(imported, editor):
    imported("SUMMARY:Ignored", "SUMMARY:Deleted")
    ignore(EventPage.objects.get(title="Ignored"), user=None)
    EventPage.objects.get(title="Deleted").delete()
    User.objects.get(username="ed").user_permissions.add(Permission.objects.get(codename="view_importsource"))
    address = reverse("import_inbox:ignored", args=[the(ImportSource).pk])
    # What comes again is published, which an editor may not do.
    assert "Let it come again</button>" not in text_of(editor.get(address))
    change_sources(publish="draft")
    assert text_of(editor.get(address)).count("Let it come again</button>") == 1
    deleted = ImportRecord.objects.get(page=None)
    editor.post(reverse("import_inbox:come_again", args=[deleted.pk]))
    assert ImportRecord.objects.filter(pk=deleted.pk).exists()


def test_the_list_of_what_stays_away_asks_as_often_for_many_as_for_few(imported, admin_client):
    imported(*(f"SUMMARY:{number}" for number in range(30)))
    address = reverse("import_inbox:ignored", args=[the(ImportSource).pk])
    ImportRecord.objects.filter(values__title__in=["1", "2"]).update(is_ignored=True)
    few = queries(admin_client, address)
    ImportRecord.objects.update(is_ignored=True)
    assert queries(admin_client, address) == few
    assert "Page 1 of 2" in text_of(admin_client.get(address))


# The inbox


def test_an_empty_inbox_says_so(editor, imported):
    imported("SUMMARY:One")
    assert "No decision is waiting." in inbox(editor)


def test_the_menu_leads_those_to_the_inbox_who_may_edit(editor, client):
    assert reverse("import_inbox:index") in text_of(editor.get(reverse("wagtailadmin_home")))
    nobody = signed_in("nobody")
    assert reverse("import_inbox:index") not in text_of(nobody.get(reverse("wagtailadmin_home")))
    assert nobody.get(reverse("import_inbox:index")).status_code == 302


def marks(client):
    """How many items of the menu have the mark of something open."""
    return text_of(client.get(reverse("wagtailadmin_home"))).count("menu-waits")


def test_the_menu_marks_that_something_is_open_for_those_whom_it_concerns(record, publisher, event_list):
    assert marks(publisher) == 2  # the item and what it is folded away in
    elsewhere = signed_in("elsewhere", "change_page", page=make_event(event_list))
    assert marks(elsewhere) == 0
    settle(publisher, record, keep="everything")
    assert marks(publisher) == 0


def test_the_menu_marks_held_runs_and_duplicates(imported, admin_client, editor):
    imported("SUMMARY:One", "SUMMARY:Two")
    assert marks(admin_client) == 0
    one, other = EventPage.objects.order_by("pk")
    pair = PossibleDuplicate.objects.create(one=one, other=other, likeness=1)
    assert marks(admin_client) == marks(editor) == 2
    pair.delete()
    ImportRun.objects.create(
        source=the(ImportSource), trigger="command", state="held", started_at=clock.now(), message="Odd."
    )
    assert marks(admin_client) == 2
    assert marks(editor) == 0


def test_the_mark_costs_one_query(record, admin_client, monkeypatch):
    address = reverse("wagtailadmin_home")
    with_mark = queries(admin_client, address)
    monkeypatch.setattr("events.importing.admin.inbox.is_something_open", lambda user: False)
    assert queries(admin_client, address) == with_mark - 1


def test_case_35_the_inbox_settles_a_field_and_goes_on_to_the_next(record, publisher):
    html = inbox(publisher)
    assert re.findall(r'<tr id="imported-\d+-(\w+)"', html) == ["title", "venue"]
    nexts = re.findall(r'name="next" value="([^"]+)"', html)
    assert [address.partition("#")[2] for address in nexts] == [
        f"imported-{record.pk}-venue",
        f"imported-{record.pk}-title",
        "to-settle",
    ]
    response = settle(publisher, record, follow="title", next=nexts[0])
    assert response.redirect_chain == [(nexts[0], 302)]
    html = text_of(response)
    assert re.findall(r'<tr id="imported-\d+-(\w+)"', html) == ["venue"]
    assert "No decision is waiting." in text_of(settle(publisher, record, keep="venue", next=nexts[2]))
    page = the(EventPage)
    assert (page.title, page.venue, the(ImportRecord).pins) == ("The feed's", "At Ann's", ["venue"])


def test_all_conflicts_of_a_page_are_settled_at_once(record, publisher):
    html = text_of(settle(publisher, record, follow="everything"))
    assert "Title, venue of “Ann&#x27;s” follow the partner again." in html
    assert (the(EventPage).title, the(EventPage).venue) == ("The feed's", "Rome")
    assert "decided already" in text_of(settle(publisher, record, keep="everything"))


def test_case_36_a_conflict_of_what_is_live_is_open_until_its_draft_is_published(record, publisher):
    edit(the(EventPage), publish=False, title="The feed's", venue="Rome")
    assert "Title" in inbox(publisher)
    edit(the(EventPage))
    assert "No decision is waiting." in inbox(publisher)
    assert the(ImportRecord).conflicts == []


def test_the_inbox_leads_to_no_other_site(record, publisher):
    response = settle(publisher, record, keep="title", next="https://example.org/")
    assert response.redirect_chain[0][0].startswith(form_of(record.page))


def test_the_inbox_is_paginated_and_asks_as_often_for_many_as_for_few(imported, admin_client):
    conflicts(imported, 30)
    html = inbox(admin_client)
    assert html.count('<section class="imports__row">') == 25
    assert "Page 1 of 2" in html
    assert "Event 29" in inbox(admin_client, conflicts=2)
    many = queries(admin_client, reverse("import_inbox:index"))
    for record in ImportRecord.objects.all()[1:]:
        keep_mine(record, "title")
    assert queries(admin_client, reverse("import_inbox:index")) == many <= 25


def test_what_feeds_and_editors_say_is_escaped(imported, admin_client):
    imported("SUMMARY:One")
    edit(the(EventPage), title="<script>ours</script>")
    imported("SUMMARY:One")
    record = the(ImportRecord)
    record.values["title"], record.conflicts = "<script>theirs</script>", ["title"]
    record.save()
    ImportSource.objects.update(name="<script>name</script>")
    for html in (inbox(admin_client), text_of(admin_client.get(form_of(record.page)))):
        assert "&lt;script&gt;theirs&lt;/script&gt;" in html
        assert not re.search("<script>(ours|theirs|name)", html)


def test_runs_that_are_held_stand_in_the_inbox_until_a_newer_one(imported, admin_client, editor):
    imported("SUMMARY:One")
    source = the(ImportSource)

    def run(**changes):
        fields = {
            "source": source,
            "trigger": "command",
            "started_at": clock.now(),
            "message": "Three of four are gone.",
        }
        return ImportRun.objects.create(**fields | changes)

    held = run(state="held")
    html = inbox(admin_client)
    assert "Three of four are gone." in html
    approve = reverse("import_runs:approve", args=[held.pk])
    assert f'action="{approve}"' in html
    assert reverse("import_sources:test", args=[source.pk]) in html
    assert admin_client.post(approve).url.startswith(reverse("import_sources:index") + "progress/")
    assert "Three of four are gone." not in inbox(editor)
    run(state="complete", message="")
    assert "No decision is waiting." in inbox(admin_client)
