"""Faults that the scenarios found, each as the few steps that show it."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as clock

from events.importing import import_source
from events.importing.joining import join
from events.importing.models import ImportRecord, ImportSource, PossibleDuplicate
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import make_calendar

pytestmark = pytest.mark.django_db
AHEAD = "DTSTART;VALUE=DATE:20990110"


@pytest.fixture
def imported(event_list, tmp_path):
    """imported(entries, publish=…): an import of a calendar at one address; gives the run."""

    def run(*entries, name="feed", publish=True):
        path = tmp_path / f"{name}.ics"
        path.write_bytes(make_calendar(*(f"{AHEAD}\n{entry}" for entry in entries)))
        options = {"format": "ical", "parent": event_list, "publish": publish, "is_approved": True}
        return import_source(str(path), source_name=name, **options).run

    return run


def test_a_draft_that_somebody_ignores_stays_when_its_run_is_undone(admin_client, imported):
    run = imported("SUMMARY:One", publish=False)
    record = ImportRecord.objects.get()
    admin_client.post(reverse("import_inbox:ignore", args=[record.pk]))
    undo(run, user=None)
    imported("SUMMARY:One", publish=False)
    assert EventPage.objects.get().pk == record.page_id
    assert ImportRecord.objects.get().is_ignored


def test_cancelling_what_is_gone_publishes_nothing_that_waits_for_approval(imported):
    imported("SUMMARY:One\nLOCATION:Oslo", "SUMMARY:Two")
    page = EventPage.objects.get(title="One")
    ImportSource.objects.update(missing="cancel", missing_after=1, publish="draft")
    imported("SUMMARY:One\nLOCATION:Rome", "SUMMARY:Two", publish=False)
    run = imported("SUMMARY:Two\nUID:2@example.org", publish=False)
    page = EventPage.objects.get(pk=page.pk)
    draft = page.get_latest_revision_as_object()
    assert (page.venue, page.event_status) == ("Oslo", "EventCancelled")
    assert (draft.venue, draft.event_status) == ("Rome", "EventCancelled")
    undo(run, user=None)
    page = EventPage.objects.get(pk=page.pk)
    draft = page.get_latest_revision_as_object()
    assert (page.venue, page.event_status) == ("Oslo", "EventScheduled")
    assert (draft.venue, draft.event_status) == ("Rome", "EventScheduled")


def test_that_two_published_pages_are_one_event_is_taken_back(admin_client, admin_user, imported):
    imported("SUMMARY:One")
    imported("SUMMARY:One here", name="other")
    kept, other = EventPage.objects.order_by("pk")
    join(kept, [other], user=admin_user, at=clock.now())
    assert not EventPage.objects.get(pk=other.pk).live
    row = PossibleDuplicate.objects.get()
    response = admin_client.post(reverse("import_duplicates:take_back", args=[row.pk]))
    assert response.status_code == 302
    assert EventPage.objects.get(pk=other.pk).live
    assert Client().get(other.url).status_code == 200
