"""How far an import is that somebody has asked for, and the page that follows it."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock
from procrastinate.contrib.django.models import ProcrastinateJob

from events import importing, tasks
from events.importing import import_stored, report
from events.importing.admin.progress import address_of_progress, progress_of
from events.importing.models import ImportRun, ImportSource
from tests.builders import make_calendar, the

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def make_run(state="running", **changes):
    return ImportRun(state=state, **changes)


@pytest.mark.parametrize(
    ("run", "status", "stage"),
    [
        (None, "todo", "waiting"),
        (None, "doing", "reading"),
        (make_run(), "doing", "reading"),
        (make_run(total=9, done=3), "doing", "writing"),
        (make_run("complete"), "doing", "over"),
        (make_run("complete"), "", "over"),
        (make_run("held", message="Odd."), "", "over"),
        (make_run("broken", message="Killed."), "failed", "over"),
        # A killed worker's job is done again by another one.
        (make_run("broken", message="Killed."), "todo", "waiting"),
        (make_run(), "", "lost"),
        (None, "", "lost"),
        (None, "failed", "lost"),
    ],
)
def test_the_stages_of_an_import(run, status, stage):
    found = progress_of(run, status, 0 * SECOND, is_behind=False, has_worker=True)
    assert found.stage == stage
    assert found.goes_on == (stage in ("waiting", "reading", "writing"))
    if stage == "writing":
        assert (found.done, found.total) == (3, 9)
    if run and run.message and stage == "over":
        assert found.hint == run.message


@pytest.mark.parametrize(
    ("status", "seconds", "is_behind", "has_worker", "words"),
    [
        ("todo", 3, False, True, ""),
        ("todo", 3, False, False, ""),
        ("todo", 12, False, False, "No worker is running"),
        ("todo", 12, False, True, ""),
        ("todo", 31, False, True, "Is it running"),
        ("todo", 31, True, True, "this one follows"),
        ("doing", 0, False, True, ""),
        ("doing", 0, False, False, "not been heard of"),
    ],
)
def test_that_nothing_happens_is_explained(status, seconds, is_behind, has_worker, words):
    found = progress_of(None, status, seconds * SECOND, is_behind=is_behind, has_worker=has_worker)
    assert words in found.hint
    assert bool(words) == bool(found.hint)


# How it is written down


def imported(source, monkeypatch, seconds, trigger=ImportRun.Trigger.ADMIN):
    """What is stored of the run before each of its events, and how many queries it took."""
    seen = []

    def look(items):
        for item in items:
            seen.extend(ImportRun.objects.values_list("state", "done", "total"))
            yield item

    monkeypatch.setattr(report, "monotonic", seconds)
    with CaptureQueriesContext(connection) as captured:
        source = ImportSource.objects.select_related("parent").get(pk=source.pk)
        import_stored(source, trigger=trigger, progress=look)
    return seen, len(captured)


def test_how_far_a_run_is_is_stored_every_second(source, server, monkeypatch):
    server.body = make_calendar(*(f"SUMMARY:{number}" for number in range(4)))
    import_stored(source, trigger="timetable")
    ImportRun.objects.all().delete()
    server.body = server.body.replace(b"SUMMARY:", b"SUMMARY:New ")
    ticks = count(0, 0.6)
    seen, _ = imported(source, monkeypatch, lambda: next(ticks))
    assert [state for state, _, _ in seen] == ["running"] * 4
    assert seen[0] == ("running", 0, 4)
    assert [done for _, done, _ in seen] == [0, 0, 2, 2]
    run = the(ImportRun)
    assert (run.state, run.done, run.total, run.found) == ("complete", 4, 4, 4)


def test_a_run_by_the_timetable_of_a_moment_costs_nothing_more(source, server, monkeypatch):
    server.body = make_calendar(*(f"SUMMARY:{number}" for number in range(9)))
    imported(source, monkeypatch, lambda: 0, ImportRun.Trigger.TIMETABLE)
    server.body = server.body.replace(b"VERSION", b"X-A:b\nVERSION")
    seen, queries = imported(source, monkeypatch, lambda: 0, ImportRun.Trigger.TIMETABLE)
    assert seen == [("complete", 9, 9)] * 9
    assert queries - len(seen) <= 11


def test_an_import_is_running_from_the_start_when_somebody_asks_for_it(source, server, monkeypatch):
    states = []
    fetch = importing.fetch_feed

    def answer(*args, **options):
        states.extend(ImportRun.objects.values_list("state", "total", "job"))
        return fetch(*args, **options)

    monkeypatch.setattr(importing, "fetch_feed", answer)
    import_stored(source, trigger="admin", job=7)
    assert states == [("running", None, 7)]
    states.clear()
    import_stored(source, trigger="timetable")
    assert states == [("complete", 1, 7)]


# The page


def start(client, source):
    """Press the button; gives the address of the page that one lands on."""
    response = client.post(reverse("import_sources:import_now", args=[source.pk]))
    job = ProcrastinateJob.objects.get(task_name="import_one", status="todo")
    assert response["Location"] == address_of_progress(source, job.pk)
    return response["Location"]


def test_who_presses_import_now_is_shown_how_far_it_is(as_moderator, source, server):
    server.body = make_calendar("SUMMARY:One", "SUMMARY:Two")
    address = start(as_moderator, source)
    html = as_moderator.get(address).content.decode()
    assert "Waiting for the worker." in html
    assert f'data-import-progress="{address}?part"' in html
    assert "events/import_progress.js" in html
    take(source)
    ImportRun.objects.create(
        source=source, state="running", trigger="admin", started_at=clock.now(), total=9, done=4
    )
    run = the(ImportRun)
    run.job = int(address.rstrip("/").rsplit("/", 1)[-1])
    run.save()
    part = as_moderator.get(f"{address}?part").content.decode()
    assert "4 of 9 events" in part
    assert '<progress value="4" max="9"' in part
    assert "<html" not in part
    ImportRun.objects.update(state="complete", created=9)
    part = as_moderator.get(f"{address}?part").content.decode()
    assert "<strong>9</strong> created" in part
    assert "data-goes-on" not in part
    assert reverse("import_runs:inspect", args=[run.pk]) in part


def take(source):
    """As a worker takes the job; procrastinate's models cannot be written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE lock = %s", [tasks.lock_of(source.pk)]
        )


def test_the_run_of_a_job_is_known_by_it(as_moderator, source):
    address = start(as_moderator, source)
    take(source)
    job = ProcrastinateJob.objects.get(task_name="import_one")
    tasks.import_one(**job.args)
    assert the(ImportRun).job == job.pk
    html = as_moderator.get(address).content.decode()
    assert "Complete." in html
    assert "<strong>1</strong> created" in html


def test_a_run_that_goes_on_leads_to_where_it_can_be_followed(as_moderator, source):
    run = ImportRun.objects.create(
        source=source, state="running", started_at=clock.now(), trigger="admin", job=7
    )
    html = as_moderator.get(reverse("import_runs:inspect", args=[run.pk])).content.decode()
    assert address_of_progress(source, 7) in html


def test_an_import_that_is_unknown_or_over_says_where_to_look(as_moderator, source):
    for job in (12345, 10**30):
        html = as_moderator.get(address_of_progress(source, job)).content.decode()
        assert "not going on any more" in html
        assert "data-goes-on" not in html


def test_the_job_of_another_source_is_not_shown(as_moderator, source, event_list):
    other = ImportSource.objects.create(name="Other", address="x.ics", parent=event_list)
    address = start(as_moderator, source)
    job = int(address.rstrip("/").rsplit("/", 1)[-1])
    assert "not going on any more" in as_moderator.get(address_of_progress(other, job)).content.decode()


def test_what_a_server_says_is_escaped(as_moderator, source):
    ImportRun.objects.create(
        source=source, state="failed", message="<script>x", started_at=clock.now(), trigger="admin", job=7
    )
    for part in ("", "?part"):
        html = as_moderator.get(address_of_progress(source, 7) + part).content.decode()
        assert "&lt;script&gt;x" in html
        assert "<script>x" not in html


def test_a_look_every_second_is_cheap(as_moderator, source):
    address = f"{start(as_moderator, source)}?part"
    as_moderator.get(address)
    with CaptureQueriesContext(connection) as captured:
        as_moderator.get(address)
    assert len(captured) <= 12


def test_progress_is_for_those_who_may_see_sources(client, as_editor, source, django_user_model):
    assert as_editor.get(address_of_progress(source, 7)).status_code == 200
    nobody = django_user_model.objects.create_user("no")
    client.force_login(nobody)
    assert client.get(address_of_progress(source, 7)).status_code == 302
