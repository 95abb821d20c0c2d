"""Sources of events as the admin shows them: the list, the form, and who may do what."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from events.importing.models import ImportSource
from tests.builders import the

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Partner",
    "address": "https://partner.example.org/feed.ics",
    "format": "",
    "credential": "",
    "parent": "",
    "publish": "draft",
    "event_type": "",
    "organizer": "",
    "language": "",
    "timezone": "Europe/Rome",
    "include_words": "",
    "exclude_words": "",
    "include_categories": "",
    "exclude_categories": "",
    "missing": "keep",
    "missing_after": "3",
    "vanishing_count": "5",
    "vanishing_percent": "20",
    "interval": "",
    "owner": "",
}


@pytest.fixture
def as_superuser(client):
    client.force_login(User.objects.create_superuser("admin"))
    return client


def errors(response):
    return dict(response.context["form"].errors)


def test_the_list_asks_as_often_for_many_as_for_few(as_editor):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert as_editor.get(reverse("import_sources:index")).status_code == 200
        return len(captured)

    ImportSource.objects.create(name="0", address="x.ics")
    queries()
    few = queries()
    ImportSource.objects.bulk_create(ImportSource(name=f"{n}", address="x.ics") for n in range(1, 40))
    assert queries() == few <= 20


def test_what_sources_say_is_escaped(as_moderator):
    name = "<script>alert(1)</script>"
    source = ImportSource.objects.create(name=name, address="https://x.org/<b>")
    for view, args in (
        ("index", []),
        ("edit", [source.pk]),
        ("inspect", [source.pk]),
        ("history", [source.pk]),
    ):
        html = as_moderator.get(reverse(f"import_sources:{view}", args=args)).content.decode()
        assert "<script>alert" not in html
        assert "x.org/<b>" not in html


def test_an_editor_looks_and_changes_nothing(as_editor):
    source = ImportSource.objects.create(name="Partner", address="x.ics")
    html = as_editor.get(reverse("import_sources:index")).content.decode()
    assert reverse("import_sources:inspect", args=[source.pk]) in html
    assert as_editor.get(reverse("import_sources:inspect", args=[source.pk])).status_code == 200
    for view, args in (("add", []), ("edit", [source.pk]), ("delete", [source.pk])):
        address = reverse(f"import_sources:{view}", args=args)
        assert address not in html
        assert as_editor.post(address, FORM).status_code == 302
    assert the(ImportSource).address == "x.ics"


def test_a_moderator_sets_up_a_source(as_moderator, event_list):
    new = as_moderator.get(reverse("import_sources:add")).content.decode()
    assert f'name="parent" value="{event_list.pk}"' in new
    form = {**FORM, "parent": event_list.pk, "interval": "60", "format": "ical", "language": "it"}
    assert as_moderator.post(reverse("import_sources:add"), form).status_code == 302
    source = the(ImportSource)
    assert (source.parent, source.interval, source.format, source.language) == (event_list, 60, "ical", "it")
    assert not source.is_approved


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, True),  # no longer paused
        ({"is_paused": "on"}, False),
        ({"is_paused": "on", "name": "Other"}, False),
        ({"is_paused": "on", "address": "https://elsewhere.example.org/feed.ics"}, True),
        ({"is_paused": "on", "interval": "15"}, True),
    ],
)
def test_a_source_that_was_changed_is_due_at_once(as_moderator, event_list, changes, is_due):
    later = clock.now() + timedelta(days=9)
    source = ImportSource.objects.create(
        name="Partner",
        address=FORM["address"],
        parent=event_list,
        interval=60,
        is_paused=True,
        is_gone=True,
        next_run_at=later,
    )
    form = {**FORM, "parent": event_list.pk, "interval": "60", **changes}
    assert as_moderator.post(reverse("import_sources:edit", args=[source.pk]), form).status_code == 302
    source = the(ImportSource)
    assert (source.next_run_at, source.is_gone) == ((None, False) if is_due else (later, True))


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"address": "partner.example.org"}, "address", "Give a web address"),
        ({"address": "ftp://partner.example.org"}, "address", "“ftp:” are not fetched"),
        ({"address": "https://me:secret@example.org"}, "address", "user name or password"),
        ({"timezone": "CEST"}, "timezone", "Choose one such as Europe/Rome"),
        ({"parent": ""}, "parent", "required"),
        ({"format": "word"}, "format", "not one of the available choices"),
        ({"credential": "SECRET_KEY"}, "credential", "IMPORT_CREDENTIAL_"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(as_moderator, event_list, changes, field, message):
    form = {**FORM, "parent": event_list.pk, **changes}
    found = errors(as_moderator.post(reverse("import_sources:add"), form))
    assert list(found) == [field]
    assert message in str(found[field])
    assert not ImportSource.objects.exists()


def test_only_a_superuser_names_files_of_the_server(as_superuser, event_list, tmp_path):
    form = {**FORM, "parent": event_list.pk}
    missing, there = tmp_path / "none.ics", tmp_path / "feed.ics"
    there.write_text("")
    found = errors(as_superuser.post(reverse("import_sources:add"), {**form, "address": str(missing)}))
    assert "there is no such file" in str(found["address"])
    assert (
        as_superuser.post(reverse("import_sources:add"), {**form, "address": str(there)}).status_code == 302
    )


@pytest.mark.parametrize(
    ("changes", "is_approved"),
    [
        ({"address": "https://other.example.org/feed.ics"}, False),
        ({"format": "ical"}, False),
        ({"credential": "IMPORT_CREDENTIAL_X"}, False),
        ({"exclude_words": "Two"}, False),
        ({"include_categories": "Soil"}, False),
        ({"publish": "publish"}, False),
        ({"name": "Another name", "interval": "60", "is_paused": "on"}, True),
    ],
)
def test_case_60_in_the_admin(as_moderator, event_list, changes, is_approved):
    form = {**FORM, "parent": event_list.pk}
    as_moderator.post(reverse("import_sources:add"), form)
    source = the(ImportSource)
    source.approved = source.what_was_approved
    source.save()
    edit = reverse("import_sources:edit", args=[source.pk])
    assert as_moderator.post(edit, {**form, **changes}).status_code == 302
    source = the(ImportSource)
    assert source.is_approved == is_approved
    text = as_moderator.get(edit).content.decode()
    assert ("Nobody has approved it since it was made" in text) != is_approved
    started = as_moderator.post(reverse("import_sources:import_now", args=[source.pk]))
    text = as_moderator.get(started.url).content.decode()
    assert ("The source is not approved, so nothing of it is written" in text) != is_approved
