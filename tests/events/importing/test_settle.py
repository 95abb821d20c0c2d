"""Conflicts, as a person settles them."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from events.importing import import_source
from events.importing.differences import Difference
from events.importing.models import ImportRecord
from events.importing.settle import follow_feed, keep_mine, open_conflicts
from events.models import EventException, EventPage
from tests.builders import make_calendar, the

from .test_import_events import edit

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(event_list, tmp_path):
    def run(entry):
        path = tmp_path / "feed.ics"
        path.write_bytes(make_calendar(entry))
        return import_source(str(path), format="ical", parent=event_list, publish=True)

    return run


@pytest.fixture
def ann():
    return User.objects.create_user("ann")


@pytest.fixture
def record(imported):
    """Of an event whose title and place an editor and the feed both changed."""
    imported("SUMMARY:One\nLOCATION:Oslo")
    edit(the(EventPage), title="Ann's", venue="At Ann's")
    imported("SUMMARY:The feed's\nLOCATION:Rome")
    return the(ImportRecord)


def test_a_conflict_shows_both(record):
    assert open_conflicts(record) == {
        "title": Difference("Title", "Ann's", "The feed's"),
        "venue": Difference("Venue", "At Ann's", "Rome"),
    }


def test_a_conflict_is_over_when_the_page_says_the_same(record):
    edit(the(EventPage), title="The feed's")
    assert list(open_conflicts(the(ImportRecord))) == ["venue"]


def test_a_field_can_follow_the_feed_again(record, imported, ann):
    follow_feed(record, "title", user=ann, publish=True)
    page = the(EventPage)
    assert (page.title, page.venue, page.has_unpublished_changes) == ("The feed's", "At Ann's", False)
    assert page.latest_revision.user == ann
    assert list(open_conflicts(the(ImportRecord))) == ["venue"]
    imported("SUMMARY:News\nLOCATION:Rome")
    assert the(EventPage).title == "News"


def test_whoever_may_not_publish_leaves_a_draft(record, ann):
    follow_feed(record, "title", user=ann, publish=False)
    page = the(EventPage)
    assert (page.title, page.get_latest_revision_as_object().title) == ("Ann's", "The feed's")


def test_a_field_can_be_kept_for_good_and_let_go_again(record, imported, ann):
    keep_mine(record, "title")
    assert list(open_conflicts(the(ImportRecord))) == ["venue"]
    assert imported("SUMMARY:News\nLOCATION:Rome").problems == []
    assert the(EventPage).title == "Ann's"
    follow_feed(the(ImportRecord), "title", user=ann, publish=True)
    assert the(EventPage).title == "News"
    imported("SUMMARY:More news\nLOCATION:Rome")
    assert the(EventPage).title == "More news"


def test_one_date_of_a_series_is_settled_by_itself(imported, ann):
    series = "SUMMARY:Series\nDTSTART;VALUE=DATE:20261130\nRRULE:FREQ=WEEKLY"
    imported(series)
    page = the(EventPage)
    page.exceptions = [
        EventException(original_date=date(2026, 12, 7), note="Ann's"),
        EventException(original_date=date(2026, 12, 14), note="Cake"),
    ]
    page.save_revision().publish()
    imported(f"{series}\nEXDATE;VALUE=DATE:20261207")
    name = "exceptions 2026-12-07"
    told = "7 December 2026: note: Ann's", "7 December 2026: is cancelled"
    assert open_conflicts(the(ImportRecord)) == {name: Difference("Exception of 2026-12-07", *told)}
    follow_feed(the(ImportRecord), name, user=ann, publish=True)
    rows = [(row.original_date.day, row.is_cancelled, row.note) for row in the(EventPage).exceptions.all()]
    assert rows == [(7, True, ""), (14, False, "Cake")]
