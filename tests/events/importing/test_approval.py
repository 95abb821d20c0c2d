"""Nobody who may not approve a source makes anything public by it: through every door of the admin."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import GroupPagePermission, Page

from events import tasks
from events.importing import ImportRun, ImportSource, import_stored
from events.importing.feed import FeedUnusable
from events.importing.models import ImportRecord, ImportUpload, PossibleDuplicate
from events.importing.settle import ignore
from events.importing.uploads import keep
from events.models import EventIndexPage, EventPage
from tests.builders import (
    make_calendar,
    make_event,
    make_event_index,
    make_partner,
    make_partner_index,
    make_topic,
    make_type,
    the,
)
from tests.events.importing.conftest import sign_in

pytestmark = pytest.mark.django_db

TABLE = b"Title,Start date\nSoil day,2099-05-04\n"
OTHER_TABLE = b"Title,Start date\nHoax,2099-05-04\n"


def approve(source):
    source.approved = source.what_was_approved
    source.save()


def form_of(source, **changes):
    """What the browser sends of the form of `source`, with `changes` typed into it."""
    names = [
        *(field.name for field in source._meta.fields if field.editable and field.name != "id"),
        "topics",
    ]
    told = {}
    for name in names:
        value = getattr(source, name)
        if name == "topics":
            value = [topic.pk for topic in value.all()]
        elif isinstance(value, bool):
            value = "on" if value else ""
        told[name] = getattr(value, "pk", value)
    told |= changes
    return {name: value for name, value in told.items() if value not in (None, "", [])}


@pytest.fixture
def stored(source):
    """An approved source that publishes, and a page that came of it."""
    source.publish = "publish"
    approve(source)
    run(source)
    assert the(EventPage).live
    return source


@pytest.fixture
def table(event_list):
    """An approved source whose table was uploaded; it publishes."""
    found = ImportSource.objects.create(
        name="Table", address="upload:", format="table", parent=event_list, publish="publish",
        mapping={"Title": "title", "Start date": "start_date"},
    )  # fmt: skip
    keep(found, name="a.csv", data=TABLE, user=None, at=clock.now())
    approve(found)
    return found


def run(source):
    return import_stored(ImportSource.objects.get(pk=source.pk), trigger=ImportRun.Trigger.ADMIN)


def work():
    """What the worker does."""
    for job in ProcrastinateJob.objects.filter(task_name="import_one", status="todo"):
        tasks.import_one(**job.args)


def live():
    return sorted(EventPage.objects.live().values_list("title", flat=True))


@pytest.fixture
def changer(client):
    """Somebody who may change sources of events, and nothing else."""
    return sign_in(client, "ch", ("view_importrun", "view_importsource", "change_importsource"))


@pytest.fixture
def adder(client):
    """Somebody who may add sources of events, and nothing else."""
    return sign_in(client, "ad", ("view_importrun", "view_importsource", "add_importsource"))


# What is approved


def test_every_field_of_a_source_is_approved_but_for_those_that_are_listed():
    names = {field.name for field in (*ImportSource._meta.fields, *ImportSource._meta.many_to_many)}
    assert names > ImportSource.NOT_APPROVED
    assert names - ImportSource.NOT_APPROVED >= {
        *("address", "format", "credential", "parent", "publish", "missing", "missing_after", "is_rolling"),
        *("vanishing_count", "vanishing_percent", "images", "timezone", "language", "mapping", "event_type"),
        *(
            "topics",
            "organizer",
            "include_words",
            "exclude_words",
            "include_categories",
            "exclude_categories",
        ),
        "upload_digest",
    }
    written_by_people = {
        field.name for field in ImportSource._meta.get_fields() if getattr(field, "editable", False)
    }
    assert ImportSource.NOT_APPROVED & written_by_people <= {"id", "name", "interval", "is_paused", "owner"}


def another(name, source):
    """A value that the form takes for this field, other than that of `source`."""
    made = {
        "parent": lambda: (
            make_event_index(source.parent.get_parent(), title="Elsewhere", slug="elsewhere").pk
        ),
        "event_type": lambda: make_type("Workshop").pk,
        "topics": lambda: [make_topic("Ice").pk],
        "organizer": lambda: make_partner(make_partner_index(source.parent.get_parent())).pk,
    }
    told = {
        "address": "https://else.example.org/feed.ics", "format": "json_ld", "credential": "IMPORT_CREDENTIAL_X",
        "publish": "workflow", "missing": "unpublish", "timezone": "Europe/Oslo", "language": "de",
        "images": "on", "is_rolling": "",
    }  # fmt: skip
    if name in made:
        return made[name]()
    if name in told:
        return told[name]
    field = ImportSource._meta.get_field(name)
    return "a word" if field.get_internal_type() == "TextField" else getattr(source, name) + 1


@pytest.mark.parametrize(
    "name",
    sorted(
        field.name
        for field in (*ImportSource._meta.fields, *ImportSource._meta.many_to_many)
        if field.editable and field.name not in ImportSource.NOT_APPROVED
    ),
)
def test_case_60_no_change_of_the_form_goes_live_without_an_approval(changer, stored, server, name):
    form = form_of(stored, **{name: another(name, stored)})
    assert changer.post(reverse("import_sources:edit", args=[stored.pk]), form).status_code == 302
    changed = ImportSource.objects.get()
    assert not changed.is_approved
    ImportSource.objects.update(address=stored.address, credential="", format="")
    server.body = make_calendar("SUMMARY:Hoax\nDTSTART:20990101T090000Z")
    changer.post(reverse("import_sources:import_now", args=[stored.pk]))
    work()
    if name not in {"address", "format", "credential"}:
        assert (ImportRun.objects.first().state, live()) == ("preview", ["One"])


def test_what_is_put_back_is_what_was_approved(changer, stored):
    edit = reverse("import_sources:edit", args=[stored.pk])
    changer.post(edit, form_of(stored, missing_after=7))
    assert not ImportSource.objects.get().is_approved
    changer.post(edit, form_of(stored))
    assert ImportSource.objects.get().is_approved


def test_when_a_source_is_imported_and_who_is_told_needs_no_approval(changer, stored):
    person = User.objects.create_user("owner")
    form = form_of(stored, name="Other", interval="15", is_paused="on", owner=person.pk)
    assert changer.post(reverse("import_sources:edit", args=[stored.pk]), form).status_code == 302
    assert ImportSource.objects.get().owner == person
    assert ImportSource.objects.get().is_approved


def test_what_only_the_portal_writes_cannot_be_sent(changer, stored):
    wanted = form_of(stored, address="https://else.example.org/feed.ics")
    there = ImportSource.objects.get()
    there.address = wanted["address"]
    hidden = {
        "approved": there.what_was_approved, "what": there.what_was_approved, "is_approved": "on", "mapping": "{}",
        "upload_digest": "x", "digest": "x", "etag": "x", "id": "1", "pk": "1", "next_run_at": "2020-01-01",
    }  # fmt: skip
    changer.post(reverse("import_sources:edit", args=[stored.pk]), {**wanted, **hidden})
    changed = ImportSource.objects.get()
    assert (changed.pk, changed.address, changed.approved) == (stored.pk, wanted["address"], stored.approved)
    assert (changed.mapping, changed.upload_digest) == ({}, "")
    assert not changed.is_approved


# Other doors of the source


@pytest.mark.parametrize("who", ["changer", "adder"])
def test_whoever_may_not_approve_gets_no_further_than_a_preview(request, who, stored, server):
    client = request.getfixturevalue(who)
    server.body = make_calendar("SUMMARY:Hoax\nDTSTART:20990101T090000Z")
    ImportSource.objects.update(exclude_words="nothing")
    changed = ImportSource.objects.get()
    held = ImportRun.objects.create(
        source=stored,
        address="x",
        format="ical",
        trigger="timetable",
        state="held",
        message="Why",
        started_at=clock.now(),
    )
    for address in (
        reverse("import_sources:approve", args=[stored.pk]),
        reverse("import_sources:import_now", args=[stored.pk]),
        reverse("import_sources:test", args=[stored.pk]),
        reverse("import_runs:approve", args=[held.pk]),
        reverse("import_runs:undo", args=[stored.runs.last().pk]),
    ):
        client.post(address, {"what": changed.what_was_approved, "is_approved": "on", "approved": "on"})
    work()
    assert live() == ["One"]
    assert not ImportSource.objects.get().is_approved
    assert not ProcrastinateJob.objects.filter(task_name="undo_one").exists()
    assert not any(job.args["is_approved"] for job in ProcrastinateJob.objects.filter(task_name="import_one"))


def test_who_may_add_sources_makes_none_that_is_approved(adder, stored, server):
    ImportSource.objects.update(name="Old")
    form = form_of(stored, name="New", approved=stored.approved, what=stored.approved)
    assert adder.post(reverse("import_sources:add"), form).status_code == 302
    new = ImportSource.objects.get(name="New")
    assert not new.is_approved
    server.body = make_calendar("SUMMARY:Hoax\nDTSTART:20990101T090000Z")
    assert run(new).run.state == "preview"
    assert live() == ["One"]


def test_a_source_cannot_be_copied_with_its_approval(stored, admin_client):
    for path in ("copy", "duplicate"):
        assert admin_client.get(f"/admin/import_sources/{path}/{stored.pk}/").status_code == 404


# Tables


def test_a_new_version_of_a_table_goes_live_when_somebody_approved_it(changer, table):
    run(table)
    assert live() == ["Soil day"]
    file = SimpleUploadedFile("b.csv", OTHER_TABLE)
    assert (
        changer.post(reverse("import_upload:index"), {"table": file, "source": table.pk}).status_code == 302
    )
    changer.post(
        reverse("import_upload:columns", args=[table.pk]), {"column-0": "title", "column-1": "start_date"}
    )
    changer.post(reverse("import_sources:import_now", args=[table.pk]))
    work()
    assert live() == ["Soil day"]
    assert ImportRun.objects.first().state == "preview"
    moderator = sign_in(Client(), "mo", ("view_importsource", "change_importsource", "approve_importsource"))
    html = moderator.post(reverse("import_sources:test", args=[table.pk])).content.decode()
    what = re.search(r'name="what" value="([0-9a-f]+)"', html)[1]
    moderator.post(reverse("import_sources:approve", args=[table.pk]), {"what": what})
    work()
    assert "Hoax" in live()


def test_the_same_table_once_more_needs_no_new_approval(changer, table):
    file = SimpleUploadedFile("again.csv", TABLE)
    changer.post(reverse("import_upload:index"), {"table": file, "source": table.pk})
    assert ImportUpload.objects.get().name == "again.csv"
    assert ImportSource.objects.get().is_approved


def test_a_table_that_is_replaced_while_its_import_begins_is_not_imported(table):
    begun = ImportSource.objects.get(pk=table.pk)
    keep(ImportSource.objects.get(pk=table.pk), name="b.csv", data=OTHER_TABLE, user=None, at=clock.now())
    assert begun.is_approved
    with pytest.raises(FeedUnusable, match="new version of the table"):
        import_stored(begun, trigger=ImportRun.Trigger.TIMETABLE)
    assert live() == []


def test_a_table_that_was_replaced_after_the_test_is_not_approved_with_it(as_moderator, table):
    ImportSource.objects.update(approved="")
    html = as_moderator.post(reverse("import_sources:test", args=[table.pk])).content.decode()
    what = re.search(r'name="what" value="([0-9a-f]+)"', html)[1]
    keep(ImportSource.objects.get(pk=table.pk), name="b.csv", data=OTHER_TABLE, user=None, at=clock.now())
    as_moderator.post(reverse("import_sources:approve", args=[table.pk]), {"what": what})
    assert not ImportSource.objects.get().is_approved
    assert not ProcrastinateJob.objects.filter(task_name="import_one").exists()


# Pages of events


@pytest.fixture
def editor(event_list):
    """Somebody who may edit and add event pages and change sources, but publish nothing."""
    group = Group.objects.create(name="Editors without publishing")
    names = ("access_admin", "view_importsource", "change_importsource", "view_importrun")
    group.permissions.set(Permission.objects.filter(codename__in=names))
    for codename in ("add_page", "change_page"):
        permission = Permission.objects.get(codename=codename, content_type__app_label="wagtailcore")
        GroupPagePermission.objects.create(
            group=group, page=Page.get_first_root_node(), permission=permission
        )
    user = User.objects.create_user("ed")
    user.groups.add(group)
    client = Client()
    client.force_login(user)
    return client


def test_no_live_page_is_given_to_a_feed_by_somebody_who_may_not_publish(editor, stored):
    imported, mine = the(EventPage), make_event(title="Mine")
    imported.unpublish()
    PossibleDuplicate.objects.create(one=imported, other=mine, likeness=0.9)
    pages = {"page": [imported.pk, mine.pk]}
    compare = editor.get(reverse("import_duplicates:compare"), {**pages, "keep": mine.pk}).content.decode()
    assert "Same event</button>" not in compare
    editor.post(reverse("import_duplicates:same"), {**pages, "keep": mine.pk})
    assert ImportRecord.objects.get().page == imported
    assert PossibleDuplicate.objects.get().state == "open"


def test_what_was_deleted_or_ignored_is_not_published_again_by_somebody_who_may_not_publish(
    editor, source, server
):
    server.body = make_calendar("SUMMARY:Ignored", "SUMMARY:Deleted")
    source.publish = "publish"
    approve(source)
    run(source)
    ignore(EventPage.objects.get(title="Ignored"), user=None)
    EventPage.objects.get(title="Deleted").delete()
    html = editor.get(reverse("import_inbox:ignored", args=[source.pk])).content.decode()
    assert "Let it come again" not in html
    for record in ImportRecord.objects.all():
        editor.post(reverse("import_inbox:come_again", args=[record.pk]))
    server.body += b"\n"
    run(source)
    assert live() == []


def test_a_source_that_leaves_drafts_may_bring_again_what_an_editor_wants(editor, source, server):
    server.body = make_calendar("SUMMARY:Deleted", "SUMMARY:Other")
    run(source)
    EventPage.objects.get(title="Deleted").delete()
    html = editor.get(reverse("import_inbox:ignored", args=[source.pk])).content.decode()
    assert html.count("Let it come again</button>") == 1
    editor.post(reverse("import_inbox:come_again", args=[ImportRecord.objects.get(page=None).pk]))
    server.body += b"\n"
    run(source)
    assert EventPage.objects.filter(title="Deleted", live=False).exists()


def test_following_the_feed_stays_a_draft_for_somebody_who_may_not_publish(editor, stored, server):
    page = the(EventPage)
    page.title = "Mine"
    page.save_revision().publish()
    server.body = make_calendar("SUMMARY:Theirs")
    run(stored)
    record = ImportRecord.objects.get()
    editor.post(reverse("import_inbox:settle", args=[record.pk]), {"follow": "title"})
    assert live() == ["Mine"]
    assert the(EventIndexPage).get_children().count() == 1
