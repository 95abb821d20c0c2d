"""The import as a whole, by its command, against the database and the pages."""

import io
import json
import os
import re
import sys
from datetime import date, time, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock
from wagtail.admin.models import EditingSession
from wagtail.models import (
    GroupApprovalTask,
    ModelLogEntry,
    Page,
    PageLogEntry,
    ReferenceIndex,
    Revision,
    Workflow,
    WorkflowTask,
)
from wagtail.search.models import IndexEntry

from events.importing import import_source
from events.importing.feed import FeedUnusable
from events.importing.models import ImportChange, ImportRecord, ImportRun, ImportSource
from events.importing.pages import _as_saved_by_the_editor, set_values
from events.models import EventPage
from tests.builders import make_calendar, make_event, make_topic, the

from .locks import held_elsewhere

FEED = Path(__file__).parents[2] / "data" / "python-events.ics"

pytestmark = pytest.mark.usefixtures("event_list")


@pytest.fixture
def feed(tmp_path):
    """feed("SUMMARY:One", …) writes a calendar and gives its path."""

    def write(*entries, **options):
        path = tmp_path / "feed.ics"
        path.write_bytes(make_calendar(*entries, **options))
        return path

    return write


def run(address, *options):
    """The counts and problems of one import by the command."""
    out = io.StringIO()
    call_command(
        "import_events", str(address), "--format=ical", "--parent=events", "--json", *options, stdout=out
    )
    return json.loads(out.getvalue())


def counts(answer):
    return tuple(answer[name] for name in ("created", "updated", "unchanged", "skipped", "failed"))


def the_event(title=None):
    return EventPage.objects.get(**({"title": title} if title else {}))


def edit(page, *, publish=True, **changes):
    """What an editor does: change some fields; the rich text editor rewrites the body of every page it saves."""
    draft = page.get_latest_revision_as_object()
    draft.body = _as_saved_by_the_editor(draft.body)
    for name, value in changes.items():
        setattr(draft, name, value)
    revision = draft.save_revision(clean=publish)
    if publish:
        revision.publish()


def test_a_real_feed_three_times(tmp_path):
    assert counts(run(FEED, "--publish")) == (78, 0, 0, 0, 0)
    pages = EventPage.objects.live()
    assert pages.count() == 78
    page = pages.get(title="PyCon APAC 2014")
    assert (page.start_date, page.end_date, page.start_time) == (date(2014, 5, 16), date(2014, 5, 18), None)
    assert '<a href="http://tw.pycon.org/2014apac/en/">' in page.body
    assert page.occurrences.count() == 1
    assert len(set(pages.values_list("slug", flat=True))) == 78

    before = Revision.objects.count(), PageLogEntry.objects.count(), ModelLogEntry.objects.count()
    with CaptureQueriesContext(connection) as queries:
        assert counts(run(FEED, "--publish")) == (0, 0, 78, 0, 0)
    assert (Revision.objects.count(), PageLogEntry.objects.count(), ModelLogEntry.objects.count()) == before
    writes = [query["sql"] for query in queries if re.match("INSERT|UPDATE|DELETE", query["sql"])]
    assert len(writes) == 1
    assert "importrun" in writes[0]
    assert len(queries) <= 10

    edited = tmp_path / "another-name.ics"
    edited.write_bytes(FEED.read_bytes().replace(b"SUMMARY:PyCon APAC 2014", b"SUMMARY:PyCon Asia 2014"))
    assert counts(run(edited, "--publish")) == (0, 1, 77, 0, 0)
    page.refresh_from_db()
    assert (page.title, page.live, page.has_unpublished_changes) == ("PyCon Asia 2014", True, False)
    assert Revision.objects.count() == before[0] + 1
    assert ImportSource.objects.count() == 1
    assert [run.created for run in ImportRun.objects.all()] == [0, 0, 78]


def test_an_unchanged_feed_costs_the_same_whatever_its_size(feed):
    def queries_of_second_run(count):
        path = feed(*(f"UID:{number}\nSUMMARY:Event {number}" for number in range(count)))
        run(path)
        with CaptureQueriesContext(connection) as queries:
            run(path)
        return len(queries)

    assert queries_of_second_run(2) == queries_of_second_run(30)


def test_new_pages_are_drafts_unless_published(feed):
    run(feed("SUMMARY:One"))
    page = the_event()
    assert (page.live, page.has_unpublished_changes, page.occurrences.count()) == (False, True, 0)


def test_a_dry_run_writes_nothing(feed):
    path = feed("SUMMARY:One", "SUMMARY:Two", "DTSTART:never")
    with CaptureQueriesContext(connection) as queries:
        answer = run(path, "--dry-run")
    assert counts(answer) == (2, 0, 0, 0, 1)
    assert answer["run"] is None
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]


def test_a_dry_run_foresees_the_run(feed):
    run(feed("SUMMARY:One", "SUMMARY:Two", "SUMMARY:Three"), "--publish")
    the_event("Three").delete()
    edit(the_event("Two"), title="The editor's")
    path = feed("SUMMARY:Uno", "SUMMARY:Due", "SUMMARY:Tre", "SUMMARY:Four")
    foreseen, done = run(path, "--dry-run", "--publish"), run(path, "--publish")
    assert counts(foreseen) == counts(done) == (1, 1, 1, 1, 0)
    assert foreseen["problems"] == done["problems"]


def test_a_bad_item_costs_no_other(feed):
    answer = run(feed("SUMMARY:One", "UID:bad\nDTSTART:never", "SUMMARY:Three"))
    assert counts(answer) == (2, 0, 0, 0, 1)
    (problem,) = answer["problems"]
    assert (problem["uid"], problem["line"], problem["level"]) == ("bad", 11, "failed")
    assert "never" in problem["reason"]
    assert ImportRun.objects.get().problems == answer["problems"]


def test_an_item_that_the_page_refuses_leaves_nothing_behind(feed, monkeypatch):
    def refuse(self, at):
        if self.title == "Two":
            raise RuntimeError("a bug")
        return []

    monkeypatch.setattr(EventPage, "occurrence_rows", refuse)
    path = feed("SUMMARY:One", "SUMMARY:Two", "SUMMARY:Three")
    answer = run(path, "--publish")
    assert counts(answer) == (2, 0, 0, 0, 1)
    assert "error of the portal" in answer["problems"][0]["reason"]
    assert set(EventPage.objects.values_list("title", flat=True)) == {"One", "Three"}
    assert ImportRecord.objects.count() == 2
    monkeypatch.undo()
    assert counts(run(path, "--publish")) == (1, 0, 2, 0, 0)


def test_a_page_that_is_refused_after_it_was_stored_leaves_the_run_of_the_others(feed, monkeypatch):
    real = ImportChange.objects.bulk_create

    def refuse(changes):
        changes = list(changes)
        if any(change.title == "One" for change in changes):
            raise IntegrityError("not this one")
        # The database would notice at the end of the transaction only.
        assert ImportRun.objects.filter(pk=changes[0].run_id).exists()
        return real(changes)

    monkeypatch.setattr(ImportChange.objects, "bulk_create", refuse)
    assert counts(run(feed("SUMMARY:One", "SUMMARY:Two"), "--publish")) == (1, 0, 0, 0, 1)
    assert [change.title for change in the(ImportRun).changes.all()] == ["Two"]


@pytest.mark.parametrize("publishes", [True, False])
def test_pages_made_by_the_batch_are_what_publishing_makes_of_them(event_list, feed, publishes):
    make_topic("Cryosphere")
    rest = "DESCRIPTION:Ice\nCATEGORIES:Cryosphere\nORGANIZER;CN=ESA:mailto:a@b.org\nRRULE:FREQ=DAILY;COUNT=3"
    run(feed(f"SUMMARY:One\n{rest}", f"SUMMARY:Two\n{rest}"), *["--publish"] * publishes)
    made, model = EventPage.objects.get(title="One"), EventPage.objects.get(title="Two")
    values, slug, user = ImportRecord.objects.get(page=made).values, model.slug, model.owner
    model.delete()
    model = EventPage(slug=slug, live=False, owner=user)
    set_values(model, values | {"title": "Two"})
    event_list.add_child(instance=model)
    model.save_revision(user=user)
    if publishes:
        model.latest_revision.publish(user=user, skip_permission_checks=True)
    assert state_of(made) == state_of(EventPage.objects.get(pk=model.pk))
    assert Page.find_problems() == ([], [], [], [], [])
    assert EventPage.objects.first().get_parent().specific.numchild == 2


def state_of(page):
    """All that there is of a page, but what tells it from any other one."""
    own = "pk title draft_title slug url_path path translation_key uid sequence"
    times = "latest_revision_created_at first_published_at last_published_at latest_revision live_revision"
    content = page.serializable_data()
    rows = {
        name: [{key: value for key, value in row.items() if key not in ("pk", "page")} for row in value]
        for name, value in content.items()
        if value and isinstance(value, list) and isinstance(value[0], dict)
    }
    log = PageLogEntry.objects.filter(page=page.pk).order_by("pk")
    return {
        "fields": {name: content[name] for name in content.keys() - {*rows, *own.split(), *times.split()}},
        "rows": rows,
        "is set": {name: content[name] is not None for name in times.split()},
        "is live": page.live_revision_id and page.live_revision_id == page.latest_revision_id,
        "revisions": page.revisions.count(),
        "occurrences": [row.facts[1:] for row in page.occurrences.all()],
        "log": list(log.values_list("action", "user", "content_changed")),
        "index": list(IndexEntry.objects.filter(object_id=str(page.pk)).values_list("content_type", "body")),
        "references": sorted(
            ReferenceIndex.objects.filter(object_id=str(page.pk)).values_list("to_object_id", "model_path")
        ),
    }


# The editor's work is safe


def test_case_34_an_edited_title_and_a_new_time_are_both_kept(feed):
    run(feed("SUMMARY:One\nDESCRIPTION:Hello\\nthere"), "--publish")
    edit(the_event(), title="The editor's")
    answer = run(feed("SUMMARY:One\nDTSTART:20261130T090000\nDESCRIPTION:Hello\\nyou"), "--publish")
    page = the_event()
    assert (page.title, page.start_time, page.body) == ("The editor's", time(9), "<p>Hello<br/>you</p>")
    assert answer["problems"] == []


def test_case_35_both_changed_the_title(feed):
    run(feed("SUMMARY:One"), "--publish")
    edit(the_event(), title="The editor's")
    answer = run(feed("SUMMARY:The feed's"), "--publish")
    assert the_event().title == "The editor's"
    assert "title" in answer["problems"][0]["reason"]
    assert counts(answer) == (0, 0, 1, 0, 0)
    assert ImportRecord.objects.get().values["title"] == "The feed's"
    assert run(feed("SUMMARY:The feed's"), "--publish")["problems"] == []


def test_case_38_a_draft_is_neither_lost_nor_published(feed):
    run(feed("SUMMARY:One"), "--publish")
    edit(the_event(), publish=False, summary="Half a sent")
    answer = run(feed("SUMMARY:One\nLOCATION:Rome"), "--publish")
    page = the_event()
    draft = page.get_latest_revision_as_object()
    assert (page.venue, page.summary, page.has_unpublished_changes) == ("Rome", "", True)
    assert (draft.venue, draft.summary) == ("Rome", "Half a sent")
    assert (counts(answer), answer["problems"]) == ((0, 1, 0, 0, 0), [])
    draft.save_revision().publish()
    assert (the_event().venue, the_event().summary) == ("Rome", "Half a sent")


def test_case_38_what_is_live_and_a_draft_are_merged_each_by_itself(feed):
    run(feed("SUMMARY:One\nLOCATION:Oslo"), "--publish")
    edit(the_event(), venue="The editor's")
    edit(the_event(), publish=False, venue="Oslo", title="The editor's")
    answer = run(feed("SUMMARY:Two\nLOCATION:Rome"), "--publish")
    page = the_event()
    draft = page.get_latest_revision_as_object()
    assert (page.title, page.venue) == ("Two", "The editor's")
    assert (draft.title, draft.venue) == ("The editor's", "Rome")
    assert ImportRecord.objects.get().conflicts == ["title", "venue"]
    assert "title, venue" in answer["problems"][0]["reason"]


def test_case_38_a_page_that_somebody_has_open_waits_for_the_next_run(feed):
    run(feed("SUMMARY:One"), "--publish")
    page = the_event()
    session = EditingSession.objects.create(
        user=User.objects.create_user("ann"),
        content_type=ContentType.objects.get_for_model(Page),
        object_id=page.pk,
        last_seen_at=clock.now(),
        is_editing=True,
    )
    path = feed("SUMMARY:New")
    answer = run(path, "--publish")
    assert counts(answer) == (0, 0, 0, 1, 0)
    assert "ann has its page open" in answer["problems"][0]["reason"]
    session.last_seen_at -= EditingSession.IDLE_TIMEOUT
    session.save()
    assert counts(run(path, "--publish")) == (0, 1, 0, 0, 0)


def test_every_change_is_signed_and_says_what_it_was(feed):
    run(feed("SUMMARY:One"), "--publish")
    run(feed("SUMMARY:New\nLOCATION:Rome"), "--publish")
    page = the_event()
    assert page.latest_revision.user.username == "event import"
    assert not page.latest_revision.user.is_active
    entry = PageLogEntry.objects.filter(page=page.pk, action="events.import").get()
    assert entry.user == page.latest_revision.user
    assert entry.message == "Imported from Partner events: title, venue"


def test_an_unfinished_draft_need_not_be_valid(feed):
    run(feed("SUMMARY:One"), "--publish")
    edit(the_event(), publish=False, start_date=None)
    assert counts(run(feed("SUMMARY:One\nLOCATION:Rome"), "--publish")) == (0, 1, 0, 0, 0)
    draft = the_event().get_latest_revision_as_object()
    assert (draft.start_date, draft.venue) == (None, "Rome")


def test_case_39_an_edited_event_is_cancelled(feed):
    run(feed("SUMMARY:One"), "--publish")
    edit(the_event(), title="The editor's")
    run(feed("SUMMARY:One\nSTATUS:CANCELLED"), "--publish")
    page = the_event()
    assert (page.title, page.event_status) == ("The editor's", "EventCancelled")


def test_case_40_a_deleted_page_stays_away(feed):
    path = feed("SUMMARY:One")
    run(path)
    the_event().delete()
    assert counts(run(path)) == (0, 0, 0, 1, 0)
    assert counts(run(feed("SUMMARY:New"))) == (0, 0, 0, 1, 0)
    assert not EventPage.objects.exists()


def test_case_41_an_unpublished_page_is_not_published_again(feed):
    run(feed("SUMMARY:One"), "--publish")
    the_event().unpublish()
    EventPage.objects.update(has_unpublished_changes=False)
    answer = run(feed("SUMMARY:New"), "--publish")
    assert (counts(answer), answer["problems"]) == ((0, 1, 0, 0, 0), [])
    page = the_event()
    assert not page.live
    assert page.get_latest_revision_as_object().title == "New"


def test_a_locked_page_waits(feed):
    run(feed("SUMMARY:One"), "--publish")
    EventPage.objects.update(locked=True)
    path = feed("SUMMARY:New")
    assert counts(run(path, "--publish")) == (0, 0, 0, 1, 0)
    EventPage.objects.update(locked=False)
    assert counts(run(path, "--publish")) == (0, 1, 0, 0, 0)


def test_a_page_in_a_workflow_waits(event_list, feed):
    run(feed("SUMMARY:One"))
    page = the_event()
    workflow = Workflow.objects.create(name="Review", active=True)
    task = GroupApprovalTask.objects.create(name="Review", active=True)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    workflow.start(page, User.objects.create_user("editor"))
    assert counts(run(feed("SUMMARY:New"))) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize("published", [[], ["--publish"]])
@pytest.mark.parametrize("has_newer_draft", [False, True])
def test_a_scheduled_version_goes_live_with_what_is_new(feed, published, has_newer_draft):
    run(feed("SUMMARY:One"), *published)
    draft = the_event().get_latest_revision_as_object()
    draft.go_live_at = at = clock.now() + timedelta(days=1)
    draft.summary = "Scheduled"
    draft.save_revision().publish()
    if has_newer_draft:
        draft.go_live_at, draft.summary = None, "Unfinished"
        draft.save_revision()
    answer = run(feed("SUMMARY:New"), "--publish")
    assert (counts(answer), answer["problems"]) == ((0, 1, 0, 0, 0), [])
    page = the_event()
    assert (page.live, page.title) == ((True, "New") if published else (False, "One"))
    scheduled = page.scheduled_revision
    assert scheduled.approved_go_live_at == at
    assert (scheduled.as_object().title, scheduled.as_object().summary) == ("New", "Scheduled")
    latest = page.get_latest_revision_as_object()
    assert (latest.title, latest.summary) == ("New", "Unfinished" if has_newer_draft else "Scheduled")


def test_what_an_earlier_run_left_in_a_draft_is_published_with_the_next_news(feed):
    html = "DESCRIPTION:<b>Hello <i>you</i></b>"
    run(feed(f"SUMMARY:One\n{html}"), "--publish")
    edit(the_event(), summary="The editor's")
    run(feed(f"SUMMARY:Two\n{html}"))
    answer = run(feed(f"SUMMARY:Three\n{html}"), "--publish")
    page = the_event()
    assert (page.title, page.summary, page.has_unpublished_changes) == ("Three", "The editor's", False)
    assert answer["problems"] == []


@pytest.mark.parametrize("changes", [{"summary": "Half a sent"}, {"title": "Half a ti"}])
def test_an_editors_draft_upon_that_of_a_run_is_not_published(feed, changes):
    run(feed("SUMMARY:One"), "--publish")
    run(feed("SUMMARY:One\nLOCATION:Rome"))
    edit(the_event(), publish=False, **changes)
    run(feed("SUMMARY:One\nLOCATION:Paris"), "--publish")
    page = the_event()
    assert (page.venue, page.summary, page.title, page.has_unpublished_changes) == ("Paris", "", "One", True)
    draft = page.get_latest_revision_as_object()
    assert (draft.venue, {name: getattr(draft, name) for name in changes}) == ("Paris", changes)


def test_a_draft_that_a_run_created_is_published_by_nobody_but_an_editor(feed):
    run(feed("SUMMARY:One"))
    run(feed("SUMMARY:New"), "--publish")
    assert not the_event().live


@pytest.mark.parametrize(
    "html",
    [
        '<b>Register <a href="https://x.example">here</a> now</b>',
        "<i>it <b>both</b></i>",
        "&nbsp\\;<br>&nbsp\\;x",
    ],
)
@pytest.mark.parametrize("saves", [1, 2, 3])
def test_a_body_nobody_touched_follows_the_feed(feed, html, saves):
    run(feed(f"DESCRIPTION:{html}"), "--publish")
    for _ in range(saves):
        edit(the_event())
    run(feed(f"DESCRIPTION:{html} NEWS"), "--publish")
    assert "NEWS" in the_event().body


def test_news_of_a_live_page_are_a_draft_unless_published(feed):
    run(feed("SUMMARY:One"), "--publish")
    run(feed("SUMMARY:New"))
    page = the_event()
    assert (page.title, page.has_unpublished_changes) == ("One", True)


# What disappears


def several(count, first=0):
    return [f"UID:{number}\nSUMMARY:Event {number}" for number in range(first, first + count)]


@pytest.fixture
def source(feed):
    """source(missing="cancel", …): the source of a feed of three events that was imported."""

    def make(**changes):
        run(feed(*several(3)), "--publish")
        ImportSource.objects.update(**changes)
        return ImportSource.objects.get()

    return make


def states():
    return [(page.live, page.event_status) for page in EventPage.objects.order_by("title")]


AS_PLANNED, OFF = "EventScheduled", "EventCancelled"


@pytest.mark.parametrize(
    ("policy", "withdrawn"),
    [("keep", (True, AS_PLANNED)), ("cancel", (True, OFF)), ("unpublish", (False, AS_PLANNED))],
)
def test_case_42_what_is_missing_so_often_is_withdrawn_and_comes_back(feed, source, policy, withdrawn):
    source(missing=policy, missing_after=2)
    run(feed(*several(2)), "--publish")
    assert states() == [(True, AS_PLANNED)] * 3
    answer = run(feed(*several(2)), "--publish")
    assert states() == [(True, AS_PLANNED), (True, AS_PLANNED), withdrawn]
    assert answer["withdrawn"] == (0 if policy == "keep" else 1)
    assert all("2 runs in a row" in problem["reason"] for problem in answer["problems"])
    revisions = Revision.objects.count()
    run(feed(*several(2)), "--publish")
    assert Revision.objects.count() == revisions
    run(feed(*several(3)), "--publish")
    assert states() == [(True, AS_PLANNED)] * 3
    record = ImportRecord.objects.get(uid="2")
    assert (record.runs_missing, record.is_withdrawn) == (0, False)


def test_case_42_a_run_with_it_begins_the_count_anew(feed, source):
    source(missing="unpublish", missing_after=2)
    for number in (2, 3, 2):
        run(feed(*several(number)), "--publish")
    assert states() == [(True, AS_PLANNED)] * 3


def test_what_was_unpublished_and_edited_since_comes_back_as_it_was_public(feed, source):
    source(missing="unpublish", missing_after=1)
    run(feed(*several(2)), "--publish")
    edit(the_event("Event 2"), publish=False, summary="Half a sent")
    run(feed(*several(3)), "--publish")
    page = the_event("Event 2")
    assert (page.live, page.summary, page.has_unpublished_changes) == (True, "", True)
    assert page.get_latest_revision_as_object().summary == "Half a sent"


def test_case_43_a_past_event_leaves_a_rolling_feed(feed, source):
    past = "UID:past\nSUMMARY:Past\nDTSTART;VALUE=DATE:20200101"
    series = "UID:series\nSUMMARY:Series\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY"
    run(feed(*several(3), past, series), "--publish")
    # Series are the parser's business.
    record = ImportRecord.objects.get(uid="series")
    record.values["recurrence_rule"] = "FREQ=YEARLY"
    record.save()
    ImportSource.objects.update(missing="unpublish", missing_after=1)
    run(feed(*several(3)), "--publish")
    assert (the_event("Past").live, the_event("Series").live) == (True, False)
    ImportSource.objects.update(is_rolling=False)
    run(feed(*several(3)), "--publish")
    assert not the_event("Past").live


@pytest.mark.parametrize(
    ("before", "after", "is_held"),
    [(10, 5, False), (10, 4, True), (40, 33, False), (40, 31, True), (6, 0, True)],
)
def test_case_44_a_crowd_that_vanishes_holds_the_run(feed, capsys, before, after, is_held):
    run(feed(*several(before)), "--publish")
    ImportSource.objects.update(missing="unpublish", missing_after=1)
    # Something else stays, that the feed is not empty.
    path = feed(*several(after), "UID:new\nSUMMARY:New")
    if not is_held:
        assert run(path, "--publish")["withdrawn"] == before - after
        return
    with pytest.raises(SystemExit) as stop:
        run(path, "--publish")
    assert stop.value.code == 1
    assert (
        f"{before - after} of {before} upcoming events are no longer in the feed" in capsys.readouterr().err
    )
    assert EventPage.objects.live().count() == before
    held = ImportRun.objects.first()
    assert (held.state, held.withdrawn, "approve" in held.message) == ("held", 0, True)
    assert len(held.problems) == before - after
    title = EventPage.objects.get(import_records__uid=held.problems[0]["uid"]).title
    assert held.problems[0]["reason"] == f"“{title}” is no longer in the feed."
    assert run(path, "--publish", "--approve")["withdrawn"] == before - after
    assert EventPage.objects.live().count() == after + 1


def test_case_45_a_partial_feed_withdraws_nothing(feed, source, tmp_path):
    source(missing="unpublish", missing_after=1)
    partial = tmp_path / "partial.ics"
    partial.write_bytes(make_calendar(*several(2)))
    assert counts(run(partial, "--publish")) == (0, 0, 2, 0, 0)
    assert ImportSource.objects.count() == 1
    assert states() == [(True, AS_PLANNED)] * 3


def test_what_cannot_be_read_any_more_is_not_missing(feed, source):
    source(missing="unpublish", missing_after=1)
    run(feed(*several(2), "UID:2\nDTSTART:never"), "--publish")
    assert states() == [(True, AS_PLANNED)] * 3


def test_nothing_is_missing_from_a_page_of_which_a_part_cannot_be_read(tmp_path):
    path = tmp_path / "page.html"
    block = '<script type="application/ld+json">%s</script>'
    event = (
        '{"@context": "https://schema.org", "@type": "Event", "name": "%s", "url": "https://x.org/%s", '
        '"startDate": "2099-01-01"}'
    )
    path.write_text("".join(block % (event % (name, name)) for name in "ab"))
    command = ["import_events", str(path), "--publish"]
    call_command(*command, stdout=io.StringIO())
    ImportSource.objects.update(missing="unpublish", missing_after=1)
    path.write_text(block % (event % ("a", "a")) + block % "{broken")
    call_command(*command, stdout=io.StringIO())
    assert EventPage.objects.live().count() == 2
    path.write_text(block % (event % ("a", "a")))
    call_command(*command, stdout=io.StringIO())
    assert EventPage.objects.live().count() == 1


def test_an_editors_status_stands_against_a_withdrawal(feed, source):
    source(missing="cancel", missing_after=1)
    edit(the_event("Event 2"), event_status="EventPostponed")
    run(feed(*several(2)), "--publish")
    assert states()[2] == (True, "EventPostponed")


def test_a_field_that_is_pinned_follows_no_feed(feed):
    run(feed("SUMMARY:One"), "--publish")
    ImportRecord.objects.update(pins=["title"])
    answer = run(feed("SUMMARY:Two\nLOCATION:Rome"), "--publish")
    assert (the_event().title, the_event().venue, answer["problems"]) == ("One", "Rome", [])


def test_an_edit_between_plan_and_deed_is_kept(feed):
    run(feed("SUMMARY:One"), "--publish")

    def editing(items):
        edit(the_event(), title="The editor's")
        return iter(items)

    parent = the_event().get_parent().specific
    path = str(feed("SUMMARY:New"))
    import_source(path, format="ical", parent=parent, publish=True, progress=editing)
    assert the_event().title == "The editor's"


# Pages


def test_slugs(event_list, feed):
    make_event(title="Open day", slug="open-day")
    run(
        feed(
            "SUMMARY:Open day",
            "SUMMARY:Open day",
            "SUMMARY:Open day",
            "SUMMARY:!!!",
            "SUMMARY:Past",
            "SUMMARY:会议",
            "SUMMARY:" + "long " * 80,
        ),
        "--publish",
    )
    event_list.refresh_from_db()
    slugs = set(event_list.get_children().values_list("slug", flat=True))
    assert {
        "open-day",
        "open-day-2099",
        "open-day-2099-2",
        "open-day-2099-3",
        "event",
        "past-2099",
        "会议",
    } < slugs
    assert len(slugs) == 8


def test_cases_46_and_nul(feed):
    run(
        feed(
            "SUMMARY:</script><script>x</script>A\0B\nDESCRIPTION:\ud83d<script>x</script>C".encode(
                "utf-8", "replace"
            ).decode()
        )
    )
    page = the_event().get_latest_revision_as_object()
    assert page.title == "AB"
    assert "script" not in page.body


# Sources


def test_the_source_is_the_calendar_and_not_its_address(feed, tmp_path):
    path = feed("SUMMARY:One")
    run(path)
    copy = tmp_path / "copy.ics"
    copy.write_bytes(path.read_bytes().replace(b"Test 1.0", b"Test 2.5.1"))
    assert counts(run(copy)) == (0, 0, 1, 0, 0)
    assert run(path)["source"] == "Partner events"


def test_a_calendar_that_has_another_name_and_another_address_is_recognised(tmp_path):
    run(FEED)
    renamed = tmp_path / "renamed.ics"
    renamed.write_bytes(
        FEED.read_bytes()
        .replace(b"Python Events Calendar", b"Conferences")
        .replace(b"PRODID:", b"PRODID:-//x")
    )
    assert counts(run(renamed)) == (0, 0, 78, 0, 0)
    assert ImportSource.objects.count() == 1


def test_two_calendars_of_one_name_are_two_sources(tmp_path):
    head = "X-WR-CALNAME:Events"
    paths = [tmp_path / "a.ics", tmp_path / "b.ics"]
    for path, day in zip(paths, ("20270301", "20270401"), strict=True):
        path.write_bytes(make_calendar(f"UID:1\nSUMMARY:{path.stem}\nDTSTART;VALUE=DATE:{day}", head=head))
    answers = [run(path) for path in (paths[0], paths[1], paths[0], paths[1])]
    assert [counts(answer)[:3] for answer in answers] == [(1, 0, 0), (1, 0, 0), (0, 0, 1), (0, 0, 1)]
    assert [answer["source"] for answer in answers[:2]] == ["Events", f"Events ({paths[1]})"]
    assert set(EventPage.objects.values_list("title", flat=True)) == {"a", "b"}


def test_case_51_one_run_of_a_source_at_a_time(feed, capsys):
    path = feed("SUMMARY:One")
    with held_elsewhere("import Partner events"):
        with pytest.raises(SystemExit) as stop:
            run(path)
        assert stop.value.code == 1
        assert "being imported right now" in capsys.readouterr().err
        assert not ImportRecord.objects.exists()
    assert counts(run(path)) == (1, 0, 0, 0, 0)


def test_what_was_created_since_the_plan_was_made_is_not_created_again(feed, event_list):
    path = str(feed("SUMMARY:One"))

    def meanwhile(items):
        other = import_source(path, format="ical", parent=event_list)
        assert other.counts["created"] == 1
        return iter(items)

    summary = import_source(path, format="ical", parent=event_list, progress=meanwhile)
    assert (summary.counts["created"], summary.counts["unchanged"]) == (0, 1)
    assert EventPage.objects.count() == 1


def test_case_29_the_same_uid_in_two_sources_is_two_events(feed):
    path = feed("SUMMARY:One")
    run(path, "--source=A")
    assert counts(run(path, "--source=B")) == (1, 0, 0, 0, 0)
    assert set(ImportSource.objects.values_list("name", flat=True)) == {"A", "B"}


def test_a_calendar_without_a_name_goes_by_its_address(feed):
    path = feed("SUMMARY:One", head="X-A:b")
    run(path)
    assert run(path)["source"] == str(path)


A, B = "UID:\nSUMMARY:A\nURL:https://x.org/p", "UID:\nSUMMARY:B\nURL:https://x.org/p"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([A], [A, B], (1, 0, 1)),
        ([A, B], [A], (0, 0, 1)),
        ([A], [A.replace("SUMMARY:A", "SUMMARY:A!")], (0, 1, 0)),
        ([A], [A + "\nDTSTART:20270101"], (0, 1, 0)),
        ([A], [A.replace("x.org", "y.org")], (0, 1, 0)),
        ([A, B], [A, B.replace("SUMMARY:B", "SUMMARY:B!")], (0, 1, 1)),
        (
            ["UID:\nSUMMARY:A\nDESCRIPTION:https://x.org/p"],
            ["UID:\nSUMMARY:A\nDESCRIPTION:https://x.org/p https://y.org/"],
            (0, 1, 0),
        ),
        (
            ["UID:\nSUMMARY:A\nDESCRIPTION:https://zoom.org/"],
            ["UID:\nSUMMARY:B\nDESCRIPTION:https://zoom.org/"],
            (1, 0, 0),
        ),
    ],
)
def test_case_27_events_without_a_uid_stay_the_same(feed, before, after, expected):
    run(feed(*before))
    assert counts(run(feed(*after)))[:3] == expected
    assert counts(run(feed(*after)))[:3] == (0, 0, len(after))


def test_case_32_a_version_between_is_refused(feed):
    run(feed("SUMMARY:One\nSEQUENCE:1"))
    path = feed("SUMMARY:One\nSEQUENCE:5")
    assert counts(run(path)) == (0, 0, 1, 0, 0)
    with CaptureQueriesContext(connection) as queries:
        run(path)
    assert len([query for query in queries if re.match("INSERT|UPDATE|DELETE", query["sql"])]) == 1
    assert counts(run(feed("SUMMARY:Older\nSEQUENCE:3"))) == (0, 0, 0, 1, 0)


# The command


def test_the_table(feed, capsys):
    call_command(
        "import_events", str(feed("SUMMARY:One", "UID:bad\nDTSTART:never")), format="ical", parent="events"
    )
    out, err = capsys.readouterr()
    assert re.search(r"created +1\n +updated +0\n +unchanged +0\n +skipped +0\n +failed +1", out)
    assert re.search(r"failed: line 11: .*never.* \[bad\]", out)
    assert err == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<html><body>Sign in</body></html>", "web page"),
        (make_calendar("SUMMARY:One")[:-30], "breaks off"),
        (None, "no file"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_feed_that_cannot_be_used(tmp_path, capsys, content, words, as_json):
    path = tmp_path / "feed.ics"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit) as stop:
        call_command("import_events", str(path), format="ical", parent="events", json=as_json)
    assert stop.value.code == 1
    out, err = capsys.readouterr()
    assert words in err
    assert err.count("\n") == 1
    if as_json:
        answer = json.loads(out)
        assert words in answer["error"]
        assert (counts(answer), answer["problems"]) == ((0, 0, 0, 0, 0), [])
    else:
        assert out == ""
    assert not EventPage.objects.exists()
    recorded = ImportRun.objects.get()
    assert recorded.state == "failed"
    assert words in recorded.message


def test_case_4_a_feed_that_lost_all_its_events_is_held(feed, source):
    source(missing="cancel", missing_after=1)
    with pytest.raises(SystemExit):
        run(feed())
    assert ImportRun.objects.first().state == "held"
    assert set(EventPage.objects.values_list("event_status", flat=True)) == {"EventScheduled"}
    run(feed(), "--approve")
    assert not EventPage.objects.filter(event_status="EventScheduled").exists()


def test_an_unreachable_url(serve, capsys):
    address = serve(lambda handler: handler.send_error(503))
    with pytest.raises(SystemExit) as stop:
        run(address)
    assert stop.value.code == 1
    assert "503" in capsys.readouterr().err


def test_a_url(serve):
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(make_calendar("SUMMARY:One"))

    assert counts(run(serve(answer))) == (1, 0, 0, 0, 0)


def test_an_unknown_parent_says_what_there_is(feed):
    with pytest.raises(CommandError, match="“events”") as error:
        call_command("import_events", str(feed()), format="ical", parent="nowhere")
    assert error.value.returncode == 2


@pytest.mark.parametrize("parent", ["events", "/events/", "id"])
def test_ways_to_name_the_parent(event_list, feed, parent):
    name = str(event_list.pk) if parent == "id" else parent
    call_command("import_events", str(feed("SUMMARY:One")), format="ical", parent=name, stdout=io.StringIO())
    assert EventPage.objects.child_of(event_list).exists()


def test_an_unknown_format_is_wrong_usage(feed, capsys, monkeypatch):
    from django.core.management import execute_from_command_line

    monkeypatch.setattr(sys, "argv", ["manage.py"])
    with pytest.raises(SystemExit) as stop:
        execute_from_command_line(
            ["manage.py", "import_events", str(feed()), "--format=xml", "--parent=events"]
        )
    assert stop.value.code == 2
    assert "ical" in capsys.readouterr().err


def test_stopped_by_hand_keeps_what_was_done(feed, monkeypatch, capsys):
    def interrupted(items, **options):
        yield items[0]
        raise KeyboardInterrupt

    monkeypatch.setattr("events.management.commands.import_events.tqdm", interrupted)
    monkeypatch.setattr(import_module("events.importing.apply"), "BATCH", 1)
    path = feed("SUMMARY:One", "SUMMARY:Two")
    with pytest.raises(SystemExit) as stop:
        run(path)
    assert stop.value.code == 130
    assert "Stopped" in capsys.readouterr().err
    recorded = ImportRun.objects.get()
    assert (recorded.state, recorded.created) == ("broken", 1)
    monkeypatch.undo()
    assert counts(run(path)) == (1, 0, 1, 0, 0)


def test_stopped_by_a_signal_is_recorded_as_broken_off(feed, monkeypatch):
    def terminated(items, **options):
        yield items[0]
        sys.exit(143)

    monkeypatch.setattr("events.management.commands.import_events.tqdm", terminated)
    monkeypatch.setattr(import_module("events.importing.apply"), "BATCH", 1)
    with pytest.raises(SystemExit) as stop:
        run(feed("SUMMARY:One", "SUMMARY:Two"))
    assert stop.value.code == 143
    recorded = ImportRun.objects.get()
    assert (recorded.state, recorded.created) == ("broken", 1)
    assert "Stopped" in recorded.message


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_goes_away_is_one_line(feed, monkeypatch, capsys, error):
    def gone(*args, **options):
        raise error("server closed the connection unexpectedly\nThis probably means …")

    monkeypatch.setattr(EventPage, "save_revision", gone)
    monkeypatch.setattr(ImportRun.objects, "create", gone)
    with pytest.raises(SystemExit) as stop:
        call_command("import_events", str(feed("SUMMARY:One")), format="ical", parent="events", json=True)
    out, err = capsys.readouterr()
    assert stop.value.code == 1
    assert err.count("\n") == 1
    assert "database" in json.loads(out)["error"]


@pytest.mark.parametrize("address", ["caf\udce9.ics", "", "fifo"])
def test_paths_that_cannot_be_read_are_one_line(tmp_path, monkeypatch, capsys, address):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    with pytest.raises(SystemExit) as stop:
        call_command("import_events", address, format="ical", parent="events", json=True)
    out, err = capsys.readouterr()
    assert (stop.value.code, err.count("\n")) == (1, 1)
    assert json.loads(out)["error"]
    assert ImportRun.objects.get().state == "failed"


def test_a_path_that_is_not_utf_8_is_read(tmp_path):
    path = tmp_path / "caf\udce9.ics"
    path.write_bytes(make_calendar("SUMMARY:One", head="X-A:b"))
    assert counts(run(path)) == (1, 0, 0, 0, 0)
    assert counts(run(path)) == (0, 0, 1, 0, 0)


def test_an_error_of_the_portal_is_json_too(feed, monkeypatch, capsys):
    def bug(*args):
        raise RuntimeError("a bug")

    monkeypatch.setattr("events.importing.reconcile", bug)
    with pytest.raises(RuntimeError):
        call_command("import_events", str(feed("SUMMARY:One")), format="ical", parent="events", json=True)
    assert "error of the portal" in json.loads(capsys.readouterr().out)["error"]


def test_wrong_usage_is_json_too(feed, capsys):
    with pytest.raises(CommandError):
        call_command("import_events", str(feed()), format="ical", parent="nowhere", json=True)
    assert "no event list" in json.loads(capsys.readouterr().out)["error"]


def test_unusable_feeds_raise_for_callers_of_the_function(event_list, tmp_path):
    with pytest.raises(FeedUnusable):
        import_source(str(tmp_path / "none.ics"), format="ical", parent=event_list)
