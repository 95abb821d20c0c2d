"""What is forgotten after a year, what stays, and what a run that was killed says."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone as clock
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import ModelLogEntry, PageLogEntry

from earthcode import tasks as portal_tasks
from earthcode.history import delete_in_batches, forget_log_entries
from events import tasks
from events.importing.health import HISTORY
from events.importing.history import forget_runs
from events.importing.models import ImportChange, ImportIncident, ImportRun, ImportSource
from events.importing.sources import lock_key
from tests.builders import make_event, make_event_index, make_home

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def source():
    make_home()
    return ImportSource.objects.create(
        name="Partner", address="https://example.org/", parent=make_event_index()
    )


def make_run(source, days, state="complete", **fields):
    at = clock.now() - days * DAY
    ended = None if state == "running" else at
    return ImportRun.objects.create(
        source=source,
        address=source.address,
        format="ical",
        trigger="timetable",
        started_at=at,
        finished_at=ended,
        state=state,
        **fields,
    )


def change(run, page, action="updated", **fields):
    return ImportChange.objects.create(run=run, page=page, action=action, uid="1", title="Workshop", **fields)


@pytest.fixture
def newer(source):
    """As many as are needed to judge a source."""
    return [make_run(source, 1) for _ in range(HISTORY)]


def test_old_runs_go_but_none_that_can_be_undone(source, newer):
    page, other = make_event(), make_event()
    empty, superseded, undone = (make_run(source, 400) for _ in range(3))
    change(superseded, page)
    change(undone, other, is_undone=True)
    change(undone, None)
    last = make_run(source, 390)
    change(last, page)
    change(last, None)
    recent = make_run(source, 300)
    killed = make_run(source, 500, state="running")
    assert forget_runs(clock.now()) == 3
    assert set(ImportRun.objects.all()) == {*newer, last, recent, killed}
    assert last.changes.count() == 2, "undoing takes all of them"
    assert not ImportRun.objects.filter(pk__in=[empty.pk, superseded.pk, undone.pk]).exists()


def test_the_newest_runs_of_a_source_stay_however_old(source):
    for days in range(400, 400 + HISTORY + 5):
        make_run(source, days)
    assert forget_runs(clock.now()) == 5
    assert source.runs.count() == HISTORY


def test_how_long_is_a_setting(source, newer, settings):
    make_run(source, 40)
    assert forget_runs(clock.now()) == 0
    settings.KEEP_HISTORY_DAYS = 30
    assert forget_runs(clock.now()) == 1


def test_incidents_that_are_over_go(source):
    now = clock.now()
    for number, ended in enumerate((now - 400 * DAY, now - 10 * DAY, None)):
        opened = now - (900 - number) * DAY
        ImportIncident.objects.create(source=source, opened_at=opened, ended_at=ended, end_told_at=ended)
    forget_runs(now)
    assert ImportIncident.objects.count() == 2


def test_old_log_entries_go(source, admin_user):
    page = make_event()
    for days in (400, 10):
        at = clock.now() - days * DAY
        for model, instance in ((PageLogEntry, page), (ModelLogEntry, admin_user)):
            entry = model.objects.log_action(instance, "wagtail.edit", user=admin_user)
            model.objects.filter(pk=entry.pk).update(timestamp=at)
    pages, models = PageLogEntry.objects.count(), ModelLogEntry.objects.count()
    assert forget_log_entries(clock.now()) == 2
    assert (PageLogEntry.objects.count(), ModelLogEntry.objects.count()) == (pages - 1, models - 1)


def test_many_rows_go_in_small_portions(source, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("earthcode.history.BATCH", 2)
    for days in range(5):
        make_run(source, 400 + days)
    assert delete_in_batches(ImportRun.objects.all()) == 5
    assert not ImportRun.objects.exists()


def test_it_is_done_every_night():
    crons = {
        periodic.task.name: periodic.cron for periodic in tasks.app.periodic_registry.periodic_tasks.values()
    }
    for task in (tasks.forget_runs, portal_tasks.forget_log_entries, portal_tasks.forget_jobs):
        assert crons[task.name].endswith("* * *")
    tasks.forget_runs(timestamp=0)
    portal_tasks.forget_log_entries(timestamp=0)
    assert ProcrastinateJob.objects.count() == 0


# Runs that were killed


def test_a_run_that_was_killed_says_what_it_had_done(source):
    run = make_run(source, 1, state="running", done=3, total=9)
    for action in ("created", "created", "updated", "unpublished"):
        change(run, make_event(), action)
    tasks.finish_abandoned_runs(timestamp=0)
    run.refresh_from_db()
    assert (run.state, run.created, run.updated, run.withdrawn) == ("broken", 2, 1, 1)
    assert "after 3 of 9 events" in run.message
    assert run.finished_at


def test_a_run_that_goes_on_is_left_alone(source):
    run = make_run(source, 0, state="running")
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key(source)])
        tasks.finish_abandoned_runs(timestamp=0)
    run.refresh_from_db()
    assert run.state == "running"
