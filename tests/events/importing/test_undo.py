"""A run that is undone leaves the pages as they were, and everything else as it is (case 53)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import Page

from events.importing import import_source
from events.importing.models import ImportRecord, ImportRun, ImportSource
from events.importing.pages import draft_values
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import change_sources, make_calendar, the

from .test_import_events import edit

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(event_list, tmp_path):
    """imported("SUMMARY:One", …): imports a calendar from the same place as before; gives the run."""

    def run(*entries, publish=True, **options):
        path = tmp_path / "feed.ics"
        path.write_bytes(make_calendar(*entries))
        return import_source(str(path), format="ical", parent=event_list, publish=publish, **options).run

    return run


def snapshot():
    """All that a run may change, but for the numbers and times of revisions."""
    pages = [
        (
            page.live,
            page.has_unpublished_changes,
            draft_values(page),
            draft_values(page.get_latest_revision_as_object()),
        )
        for page in EventPage.objects.order_by("pk")
    ]
    records = ImportRecord.objects.order_by("pk").values(
        "uid", "page", "values", "published", "conflicts", "pins", "runs_missing", "is_withdrawn", "sequence"
    )
    return pages, list(records), Page.find_problems()


def undone(run):
    answer = undo(run, user=None)
    return answer.restored, answer.kept


def test_case_53_what_a_run_made_goes(imported):
    imported("SUMMARY:One")
    before = snapshot()
    assert undone(imported("SUMMARY:One", "SUMMARY:Two")) == (1, [])
    assert snapshot() == before
    assert ImportRun.objects.first().undone_at


@pytest.mark.parametrize("publish", [True, False])
def test_case_53_what_a_run_changed_is_as_it_was(imported, publish):
    imported("SUMMARY:One\nLOCATION:Oslo\nSEQUENCE:1", "SUMMARY:Two", publish=publish)
    before = snapshot()
    run = imported("SUMMARY:Uno\nLOCATION:Rome\nDESCRIPTION:Text\nSEQUENCE:2", "SUMMARY:Two", publish=publish)
    assert snapshot() != before
    assert undone(run) == (1, [])
    assert snapshot() == before


def test_case_53_what_an_editor_changed_since_stays_and_is_listed(imported):
    imported("SUMMARY:One\nLOCATION:Oslo", "SUMMARY:Two")
    run = imported("SUMMARY:Uno\nLOCATION:Rome", "SUMMARY:Two", "SUMMARY:Three")
    edit(EventPage.objects.get(title="Uno"), title="The editor's", summary="Hers")
    edit(EventPage.objects.get(title="Three"), summary="Hers")
    restored, kept = undone(run)
    page = EventPage.objects.get(title="The editor's")
    assert (restored, page.venue, page.summary, page.live) == (0, "Oslo", "Hers", True)
    assert EventPage.objects.get(title="Three").summary == "Hers"
    assert [sentence.split(":")[0] for sentence in kept] == ["“Three”", "“The editor's”"]
    assert "title" in kept[1]


def test_case_53_a_draft_is_changed_back_beside_what_is_live(imported):
    imported("SUMMARY:One\nLOCATION:Oslo")
    edit(the(EventPage), publish=False, summary="Half a sent")
    before = snapshot()
    assert undone(imported("SUMMARY:Uno\nLOCATION:Rome")) == (1, [])
    assert snapshot() == before
    assert the(EventPage).get_latest_revision_as_object().summary == "Half a sent"


@pytest.mark.parametrize("policy", ["cancel", "unpublish"])
def test_case_53_what_was_withdrawn_is_there_again(imported, policy):
    imported("SUMMARY:One", "SUMMARY:Two")
    change_sources(missing=policy, missing_after=1)
    before = snapshot()
    run = imported("SUMMARY:One")
    assert snapshot() != before
    assert undone(run) == (1, [])
    assert snapshot() == before


def test_what_had_to_wait_is_undone_by_undoing_again_and_nothing_else_is(imported):
    imported("SUMMARY:One", "SUMMARY:Two")
    run = imported("SUMMARY:One, new", "SUMMARY:Two, new")
    EventPage.objects.filter(title="Two, new").update(locked=True)
    assert undone(run) == (1, ["“Two, new”: its page is locked by an editor. Undo the run again later."])
    imported("SUMMARY:One, newer", "SUMMARY:Two, new")
    EventPage.objects.update(locked=False)
    before = ImportRecord.objects.get(page__title="One, newer")
    assert undone(run) == (1, [])
    assert set(EventPage.objects.values_list("title", flat=True)) == {"One, newer", "Two"}
    after = ImportRecord.objects.get(page__title="One, newer")
    assert after.values == before.values
    assert undone(run) == (0, [])


def test_a_page_that_was_deleted_since_is_listed(imported):
    imported("SUMMARY:One")
    run = imported("SUMMARY:Uno")
    the(EventPage).delete()
    assert undone(run) == (0, ["“Uno”: its page was deleted since."])


LINES = st.fixed_dictionaries(
    {"SUMMARY": st.sampled_from(["One", "Two"])},
    optional={
        "LOCATION": st.sampled_from(["Rome", "Oslo"]),
        "STATUS": st.sampled_from(["CANCELLED", "TENTATIVE"]),
        "DTSTART": st.sampled_from(["20270101T090000", "20270102T100000"]),
        "DESCRIPTION": st.sampled_from(["a", "b"]),
    },
)
FEEDS = st.lists(LINES, min_size=1, max_size=3)


def entry(lines):
    return "\n".join(f"{name}:{value}" for name, value in lines.items())


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=FEEDS, second=FEEDS)
def test_case_53_undoing_restores_whatever_came(imported, first, second):
    EventPage.objects.all().delete()
    ImportSource.objects.all().delete()
    texts = [
        ["\n".join(f"{name}:{value}" for name, value in each.items()) for each in feed]
        for feed in (first, second)
    ]
    imported(*texts[0])
    before = snapshot()
    undo(imported(*texts[1]), user=None)
    assert snapshot() == before
