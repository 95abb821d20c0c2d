"""Sources with settings of their own: what they want, when they are asked, and what they remember."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import GroupApprovalTask, Workflow, WorkflowPage, WorkflowTask

from events import tasks
from events.importing import import_stored, timetable
from events.importing.choose import Wishes, chosen
from events.importing.feed import FeedUnusable
from events.importing.models import ImportRun, ImportSource
from events.models import EventPage
from tests.builders import (
    change_sources,
    make_calendar,
    make_event,
    make_feed_event,
    make_partner,
    make_partner_index,
    make_topic,
    make_type,
    the,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
TIMETABLE, ADMIN = ImportRun.Trigger.TIMETABLE, ImportRun.Trigger.ADMIN


def by_the_clock(source):
    """What a run by the timetable leaves: its counts if it left a run, and the queries that parsed or wrote."""
    runs = ImportRun.objects.count()
    summary = import_stored(ImportSource.objects.get(pk=source.pk), trigger=TIMETABLE)
    source.refresh_from_db()
    return dict(summary.counts) if ImportRun.objects.count() > runs else None


def test_a_source_is_imported_by_its_settings(source):
    assert by_the_clock(source) == {"created": 1}
    assert not the(EventPage).live
    run = the(ImportRun)
    assert (run.source, run.trigger, run.state) == (source, "timetable", "complete")
    assert source.failures == 0
    assert source.succeeded_at == source.checked_at
    assert timedelta(minutes=60) <= source.next_run_at - source.checked_at <= timedelta(minutes=66)


@pytest.mark.parametrize("headers", [{"ETag": '"1"'}, {}])
def test_case_31_what_did_not_change_is_not_parsed_and_leaves_no_run(source, server, monkeypatch, headers):
    server.headers = headers
    by_the_clock(source)
    before = source.checked_at
    monkeypatch.setattr("events.importing.parse", None)
    with CaptureQueriesContext(connection) as queries:
        summary = import_stored(ImportSource.objects.get(pk=source.pk), trigger=TIMETABLE)
    assert (summary.run, ImportRun.objects.count()) == (None, 1)
    source.refresh_from_db()
    assert source.checked_at > before
    assert len(queries) <= 10
    assert [query["sql"].split('"')[1] for query in queries if query["sql"].startswith("UPDATE")] == [
        "events_importsource"
    ]


def test_somebody_who_asks_for_it_gets_a_run_of_what_did_not_change(source, server):
    server.headers = {"ETag": '"1"'}
    by_the_clock(source)
    summary = import_stored(source, trigger=ADMIN, user=User.objects.create_user("ann"))
    assert (dict(summary.counts), summary.run.user.username) == ({"unchanged": 1}, "ann")


@pytest.mark.parametrize("headers", [{"ETag": '"1"'}, {}])
def test_other_settings_have_the_same_bytes_parsed_again(source, server, headers):
    server.headers = headers
    by_the_clock(source)
    source.topics.set([make_topic("Sea")])
    change_sources()
    assert by_the_clock(source) == {"updated": 1}
    assert [topic.slug for topic in the(EventPage).get_latest_revision_as_object().topics.all()] == ["sea"]


@pytest.mark.parametrize("broken", [b"", b"<html>", make_calendar("SUMMARY:One")[:-30]])
def test_case_59_only_what_was_imported_is_remembered(source, server, broken):
    server.headers = {"ETag": '"1"'}
    by_the_clock(source)
    server.headers, server.body = {"ETag": '"2"'}, broken
    for failures in (1, 2):
        with pytest.raises(FeedUnusable):
            by_the_clock(source)
        source.refresh_from_db()
        assert (source.failures, source.etag, source.digest) == (failures, "", "")
    server.body = make_calendar("SUMMARY:Two")
    assert by_the_clock(source) == {"updated": 1}
    assert (source.failures, source.etag) == (0, '"2"')


def test_case_59_what_waits_is_tried_again_with_the_same_bytes(source, server):
    by_the_clock(source)
    EventPage.objects.update(locked=True)
    server.body = make_calendar("SUMMARY:Two")
    assert by_the_clock(source) == {"skipped": 1}
    EventPage.objects.update(locked=False)
    assert by_the_clock(source) == {"updated": 1}


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [(500, {}, 120), (429, {"Retry-After": "36000"}, 600), (404, {}, 120)],
)
def test_case_49_failures_make_pauses_grow(source, server, status, headers, pause):
    server.status, server.headers = status, headers
    with pytest.raises(FeedUnusable):
        by_the_clock(source)
    source.refresh_from_db()
    assert the(ImportRun).state == "failed"
    minutes = (source.next_run_at - source.checked_at) / timedelta(minutes=1)
    assert pause <= minutes <= pause * 1.1


@pytest.mark.parametrize(
    ("interval", "failures", "least", "most"),
    [(15, 0, 15, 17), (15, 1, 30, 33), (15, 3, 120, 132), (15, 50, 1440, 1584), (10080, 5, 10080, 11088)],
)
def test_the_timetable(interval, failures, least, most):
    source = ImportSource(pk=1, interval=interval, failures=failures)
    assert least <= (timetable.next_run(source, AT) - AT) / timedelta(minutes=1) <= most
    assert timetable.next_run(ImportSource(interval=None), AT) is None


def test_what_is_due(source):
    def is_due(**changes):
        fresh = {"next_run_at": None, "interval": 60, "is_paused": False}
        ImportSource.objects.update(**{**fresh, **changes})
        return timetable.due(AT).exists()

    assert is_due()
    assert is_due(next_run_at=AT)
    assert not is_due(next_run_at=AT + timedelta(seconds=1))
    assert not is_due(is_paused=True)
    assert not is_due(interval=None)


def test_case_33_our_own_calendar_is_refused(source, server):
    uid = make_event().uid
    server.body = make_calendar(f"UID:{uid}")
    with pytest.raises(FeedUnusable, match="own calendar"):
        by_the_clock(source)


# Approval


def test_a_source_that_nobody_approved_shows_what_it_would_do(source, server):
    ImportSource.objects.update(approved="")
    assert by_the_clock(source) == {"created": 1}
    assert not EventPage.objects.exists()
    assert the(ImportRun).state == "preview"


@pytest.mark.parametrize("field", ["address", "exclude_words", "include_categories"])
def test_case_60_a_source_that_changed_is_approved_anew(source, server, field):
    change_sources(publish="publish", missing="unpublish", missing_after=1)
    server.body = make_calendar("SUMMARY:One", "SUMMARY:Two")
    by_the_clock(source)
    ImportSource.objects.filter(pk=source.pk).update(
        **{field: f"{source.address}?x" if field == "address" else "Two"}
    )
    source.refresh_from_db()
    assert not source.is_approved
    by_the_clock(source)
    assert EventPage.objects.live().count() == 2
    source.approved = source.what_was_approved
    source.save()
    by_the_clock(source)
    # What the source no longer wants is still there in its feed.
    assert EventPage.objects.live().count() == 2


def test_a_source_without_an_event_list_says_so(source, event_list):
    ImportSource.objects.update(parent=None)
    with pytest.raises(FeedUnusable, match="choose one"):
        by_the_clock(source)


# Who may read it


def test_case_61_a_credential_comes_from_the_environment(source, server, monkeypatch):
    source.credential = "IMPORT_CREDENTIAL_X"
    source.approved = source.what_was_approved
    source.save()
    with pytest.raises(FeedUnusable, match="IMPORT_CREDENTIAL_X is not set"):
        by_the_clock(source)
    assert server.asked == []
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", "Bearer abc")
    by_the_clock(source)
    assert server.asked[0]["Authorization"] == "Bearer abc"


def test_case_61_no_address_that_nobody_approved_is_sent_a_credential(source, server, monkeypatch):
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", "Bearer abc")
    ImportSource.objects.update(credential="IMPORT_CREDENTIAL_X")
    with pytest.raises(FeedUnusable, match="has to test and approve it"):
        by_the_clock(source)
    assert server.asked == []
    assert the(ImportRun).state == "failed"


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "IMPORT_CREDENTIAL_", "import_credential_x"])
def test_no_other_secret_of_the_portal_can_be_named(source, name):
    source.credential = name
    with pytest.raises(Exception, match="begins with IMPORT_CREDENTIAL_"):
        source.full_clean()


# What a source wants

WISHES = Wishes(
    types={"workshop": "workshop", "conference": "conference"},
    all_topics={"ice": "ice", "oceans": "oceans"},
)


@pytest.mark.parametrize(
    ("wishes", "is_wanted"),
    [
        ({}, True),
        ({"include_words": ("glacier", "METEOROLOGIE")}, True),
        ({"include_words": ("glacier",)}, False),
        ({"exclude_words": ("sold out",)}, False),
        ({"exclude_words": ("glacier",)}, True),
        ({"include_categories": ("ICE",)}, True),
        ({"include_categories": ("ic",)}, False),
        ({"exclude_categories": ("Ice",)}, False),
        ({"include_categories": ("Ice",), "exclude_words": ("Sold Out",)}, False),
    ],
)
def test_words_and_categories_choose(wishes, is_wanted):
    event = make_feed_event(
        title="Météorologie", body="<p>Sold <b>out</b></p>", categories=("Ice", "Workshop")
    )
    found = chosen([event], Wishes(types={}, all_topics={}, **wishes))
    assert bool(found) == is_wanted


def test_categories_become_type_and_topics_and_the_rest_is_filled_in():
    wishes = Wishes(
        types=WISHES.types,
        all_topics=WISHES.all_topics,
        event_type="conference",
        topics=("ice",),
        organizer="ESA",
        language="en",
    )
    told, silent = chosen(
        [
            make_feed_event(categories=("OCEANS", "Workshop", "Other"), organizers=("DLR",), language="de"),
            make_feed_event(categories=("Other",)),
        ],
        wishes,
    )
    assert (told.event_type, told.topics, told.organizers, told.language) == (
        "workshop",
        ("oceans",),
        ("DLR",),
        "de",
    )
    assert (silent.event_type, silent.topics, silent.organizers, silent.language) == (
        "conference",
        ("ice",),
        ("ESA",),
        "en",
    )


def test_an_imported_event_is_sorted_by_the_vocabulary(source, server):
    make_partner_index()
    source.organizer, source.event_type = make_partner(title="Telespazio"), make_type("Workshop")
    source.approved = source.what_was_approved
    source.save()
    make_topic("Ice")
    server.body = make_calendar("SUMMARY:One\nCATEGORIES:ICE,Other")
    by_the_clock(source)
    page = the(EventPage).get_latest_revision_as_object()
    assert (page.event_type.slug, [topic.slug for topic in page.topics.all()]) == ("workshop", ["ice"])
    assert [row.partner for row in page.organizers.all()] == [source.organizer]


def test_what_is_new_can_be_submitted_for_approval(source, server, event_list):
    workflow = Workflow.objects.create(name="Review", active=True)
    task = GroupApprovalTask.objects.create(name="Review", active=True)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page=event_list)
    change_sources(publish="workflow")
    by_the_clock(source)
    page = the(EventPage)
    assert (page.live, page.workflow_in_progress) == (False, True)
    page.current_workflow_state.finish()
    page.get_latest_revision().publish()
    server.body = make_calendar("SUMMARY:Two")
    assert by_the_clock(source) == {"updated": 1}
    page.refresh_from_db()
    assert (page.title, page.workflow_in_progress) == ("One", True)


# By hand


def command(capsys, *arguments):
    """The answer, the exit status and what is said to people."""
    status = 0
    try:
        call_command("import_events", "--json", *arguments)
    except SystemExit as stop:
        status = stop.code
    out, err = capsys.readouterr()
    return json.loads(out), status, err


def test_a_stored_source_is_imported_by_its_name(source, capsys):
    change_sources(publish="publish")
    answer, status, _ = command(capsys, "--source", "Partner")
    assert (answer["source"], answer["created"], status) == ("Partner", 1, 0)
    assert the(EventPage).live
    assert the(ImportRun).trigger == "command"


def test_a_source_is_approved_by_hand(source, capsys):
    ImportSource.objects.update(approved="")
    answer, _, _ = command(capsys, "--source", "Partner")
    assert answer["created"] == 1
    assert not EventPage.objects.exists()
    command(capsys, "--source", "Partner", "--approve", "--dry-run")
    assert not ImportSource.objects.get().is_approved
    command(capsys, "--source", "Partner", "--approve")
    assert EventPage.objects.exists()
    assert ImportSource.objects.get().is_approved


def test_case_49_what_is_due_is_imported_and_a_dead_feed_costs_no_other(
    source, server, serve, event_list, capsys
):
    def other(name, **changes):
        address = serve(changes.pop("answer", server.answer))
        found = ImportSource(name=name, address=address, parent=event_list, interval=60, **changes)
        found.approved = found.what_was_approved
        found.save()

    other("A dead one", answer=lambda handler: handler.send_error(500))
    other("Paused", is_paused=True)
    other("Later", next_run_at=clock.now() + timedelta(hours=1))
    answer, status, err = command(capsys, "--due")
    assert [(run["source"], run["created"], "error" in run) for run in answer["runs"]] == [
        ("A dead one", 0, True),
        ("Partner", 1, False),
    ]
    assert (status, err.count("\n")) == (1, 1)
    assert command(capsys, "--due")[0] == {"runs": []}


def test_several_addresses_in_any_format(event_list, tmp_path, capsys):
    (tmp_path / "a.ics").write_bytes(make_calendar("SUMMARY:One", head="X-WR-CALNAME:A"))
    (tmp_path / "b.csv").write_text("title,start date\nTwo,2027-03-01\n")
    answer, status, _ = command(capsys, str(tmp_path / "a.ics"), str(tmp_path / "b.csv"))
    assert ([run["created"] for run in answer["runs"]], status) == ([1, 1], 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name a file"),
        (["--source", "Nobody"], "no source “Nobody”. Sources: “Partner”"),
        (["x.ics", "--due"], "not both"),
        (["x.ics", "y.ics", "--source", "A"], "one address"),
        (["x.ics", "--source", "A", "--source", "B"], "one address"),
    ],
)
def test_wrong_usage_says_what_is_right(source, arguments, words):
    with pytest.raises(CommandError, match=words) as error:
        call_command("import_events", *arguments)
    assert error.value.returncode == 2


# The worker


def test_case_49_each_source_has_a_job_of_its_own(source):
    tasks.start_due_imports(timestamp=0)
    tasks.start_due_imports(timestamp=60)
    (job,) = ProcrastinateJob.objects.filter(task_name="import_one")
    assert (job.lock, job.queueing_lock) == (f"import {source.pk}", f"import {source.pk}")
    assert job.args == {"source": source.pk, "trigger": "timetable", "user": None, "is_approved": False}
    tasks.import_one(**job.args)
    assert EventPage.objects.count() == 1
    tasks.start_due_imports(timestamp=120)
    assert ProcrastinateJob.objects.filter(task_name="import_one").count() == 1


def test_case_66_a_bad_feed_is_no_failure_of_the_job(source, server, caplog):
    server.status = 500
    tasks.import_one(source.pk, trigger=TIMETABLE)
    assert "Partner" in caplog.text
    assert the(ImportRun).state == "failed"
    tasks.import_one(0, trigger=TIMETABLE)


def test_a_run_that_was_killed_is_told_of_by_the_next_one(source):
    killed = ImportRun.objects.create(
        source=source,
        address="x",
        format="ical",
        trigger="timetable",
        started_at=clock.now(),
        state="running",
    )
    by_the_clock(source)
    killed.refresh_from_db()
    assert (killed.state, "ended from outside" in killed.message) == ("broken", True)
