"""Conflicts, as a person settles them."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from events.importing import import_source
from events.importing.differences import Difference
from events.importing.models import ImportRecord, ImportSource
from events.importing.reconcile import STAYS_AWAY
from events.importing.settle import (
    Origin,
    follow_feed,
    forget_settled,
    ignore,
    imported_fields,
    keep_mine,
    let_come_again,
    open_conflicts,
)
from events.models import EventException, EventOrganizer, EventPage
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


def origins(record):
    """By field: where its value comes from, whether it is in conflict, and whether it is not what the feed says; of
    those for which any of it is worth a word."""
    fields = imported_fields(record, the(EventPage).get_latest_revision_as_object())
    told = {field.name: (field.origin, field.is_in_conflict, field.differs) for field in fields}
    return {name: value for name, value in told.items() if value != (Origin.FEED, False, False)}


def test_every_field_says_where_it_comes_from(record, imported):
    assert origins(record) == {"title": (Origin.EDITOR, True, True), "venue": (Origin.EDITOR, True, True)}
    keep_mine(record, "title", "city")
    edit(the(EventPage), country="Norway", venue="Rome")
    assert origins(the(ImportRecord)) == {
        "title": (Origin.PINNED, False, True),
        "city": (Origin.PINNED, False, False),
        "country": (Origin.EDITOR, False, True),
    }


def test_case_36_a_field_follows_again_once_an_editor_restored_the_words_of_the_feed(record, imported):
    edit(the(EventPage), title="The feed's")
    forget_settled(the(EventPage))
    assert the(ImportRecord).conflicts == ["venue"]
    imported("SUMMARY:News\nLOCATION:Rome")
    page = the(EventPage)
    assert (page.title, page.venue, page.has_unpublished_changes) == ("News", "At Ann's", False)
    assert the(ImportRecord).conflicts == ["venue"]


def test_case_35_an_unfinished_draft_stays_one_when_a_field_of_the_page_follows_the_feed(record, ann):
    edit(the(EventPage), publish=False, city="Unfinished")
    follow_feed(record, "title", user=ann, publish=True)
    page, draft = the(EventPage), the(EventPage).get_latest_revision_as_object()
    assert (page.title, page.city, draft.title, draft.city) == ("The feed's", "", "The feed's", "Unfinished")


def test_case_35_a_page_never_published_is_not_published_by_following_the_feed(imported, ann):
    imported("SUMMARY:One")
    page = the(EventPage)
    page.unpublish()
    edit(the(EventPage), publish=False, title="Ann's")
    imported("SUMMARY:The feed's")
    follow_feed(the(ImportRecord), "title", user=ann, publish=True)
    page = the(EventPage)
    assert (page.live, page.get_latest_revision_as_object().title) == (False, "The feed's")


def test_several_fields_follow_in_one_revision(record, ann):
    before = the(EventPage).revisions.count()
    assert follow_feed(record, "title", "venue", user=ann, publish=True) == {"title", "venue"}
    page = the(EventPage)
    assert (page.title, page.venue, page.revisions.count()) == ("The feed's", "Rome", before + 1)
    assert the(ImportRecord).conflicts == []


def test_dates_that_would_contradict_each_other_follow_together(imported, ann):
    imported("DTSTART;VALUE=DATE:20261130\nDTEND;VALUE=DATE:20261203")
    edit(the(EventPage), start_date=date(2026, 11, 29), end_date=date(2026, 12, 1))
    imported("DTSTART;VALUE=DATE:20261210\nDTEND;VALUE=DATE:20261213")
    record = the(ImportRecord)
    assert record.conflicts == ["end_date", "start_date"]
    assert follow_feed(record, "start_date", user=ann, publish=True) == {"start_date", "end_date"}
    page = the(EventPage)
    assert (page.start_date, page.end_date) == (date(2026, 12, 10), date(2026, 12, 12))
    assert the(ImportRecord).conflicts == []


def test_case_40_an_ignored_event_stays_away_until_it_may_come_again(record, imported, ann):
    ignore(the(EventPage), user=ann)
    summary = imported("SUMMARY:News\nLOCATION:Rome")
    page = the(EventPage)
    assert (page.live, page.get_latest_revision_as_object().title) == (False, "Ann's")
    assert [problem.reason for problem in summary.problems] == [STAYS_AWAY]
    assert (the(ImportRecord).values["title"], open_conflicts(the(ImportRecord))) == ("The feed's", {})
    let_come_again(the(ImportRecord))
    imported("SUMMARY:News\nLOCATION:Rome")
    page = the(EventPage)
    assert (page.live, page.title, the(ImportRecord).conflicts) == (True, "Ann's", ["title"])


def test_case_40_an_ignored_draft_is_no_page_that_comes_back_published(event_list, tmp_path, ann):
    path = tmp_path / "feed.ics"
    path.write_bytes(make_calendar("SUMMARY:One"))
    import_source(str(path), format="ical", parent=event_list)
    page = the(EventPage)
    page.save_revision(approved_go_live_at="2030-01-01T00:00Z")
    ignore(page, user=ann)
    assert the(EventPage).scheduled_revision is None
    let_come_again(the(ImportRecord))
    import_source(str(path), format="ical", parent=event_list, publish=True)
    assert not the(EventPage).live


def test_case_40_a_deleted_event_comes_again_as_a_new_page(imported):
    imported("SUMMARY:One")
    the(EventPage).delete()
    imported("SUMMARY:News")
    assert not EventPage.objects.exists()
    ImportSource.objects.update(digest="x", etag="x", last_modified="x")
    let_come_again(the(ImportRecord))
    assert ImportSource.objects.values_list("digest", "etag", "last_modified").get() == ("", "", "")
    imported("SUMMARY:News")
    assert (the(EventPage).title, the(EventPage).live) == ("News", True)


def test_an_ignored_event_is_not_missed_by_its_feed(imported, ann, tmp_path):
    imported("SUMMARY:One")
    ignore(the(EventPage), user=ann)
    ImportSource.objects.update(missing="cancel", missing_after=1)
    path = tmp_path / "feed.ics"
    path.write_bytes(make_calendar("SUMMARY:Two\nUID:2@example.org"))
    import_source(str(path), format="ical", parent=the(EventPage).get_parent().specific, is_approved=True)
    assert ImportRecord.objects.get(is_ignored=True).runs_missing == 0


def test_organizers_are_settled_as_any_field(imported, ann):
    imported("ORGANIZER;CN=One:mailto:a@example.org")
    page = the(EventPage)
    page.organizers = [EventOrganizer(name="Ann's")]
    page.save_revision().publish()
    imported("ORGANIZER;CN=Two:mailto:a@example.org")
    record = the(ImportRecord)
    assert open_conflicts(record) == {"organizers": Difference("Organisers", "Ann's", "Two")}
    follow_feed(record, "organizers", user=ann, publish=True)
    assert [str(row) for row in the(EventPage).organizers.all()] == ["Two"]
