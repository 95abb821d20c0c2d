"""Workers that are killed in the middle of an import lose nothing, double nothing and leave nothing half done."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import Page, Revision

from events import tasks
from events.importing.apply import BATCH
from events.importing.models import ImportChange, ImportRecord, ImportRun, ImportSource
from events.models import EventPage
from tests.builders import make_calendar, make_event_index, make_home

ROOT = Path(__file__).parents[3]
EVENTS = 6 * BATCH
SECONDS = 60

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def database_url():
    found = connection.get_connection_params()
    names = {name: quote(str(found.get(name, "")), safe="") for name in ("user", "password", "dbname")}
    where = "&".join(
        f"{name}={quote(str(found[name]), safe='')}" for name in ("host", "port") if found.get(name)
    )
    return f"postgres://{names['user']}:{names['password']}@/{names['dbname']}?{where}"


def start_worker(settings="earthcode.settings.test"):
    environment = os.environ | {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": settings}
    return subprocess.Popen(
        [sys.executable, "manage.py", "procrastinate", "--skip-checks", "worker", "--name", "to be killed"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(condition):
    ends = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < ends, "it does not come to that"
        time.sleep(0.02)


def let_another_worker_have_the_job():
    """What is done every few minutes, once a worker has not been heard of for a while."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")
    # In a thread of its own: the browser's tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, retry_stalled_jobs()).result()


async def retry_stalled_jobs():
    await tasks.retry_stalled_jobs(timestamp=0)
    # The thread that asks the database for asynchronous code is no test's, and nobody else closes what it opened.
    await sync_to_async(connections.close_all)()


def test_case_52_killed_at_any_moment_the_next_run_completes(tmp_path):
    make_home()
    path = tmp_path / "feed.ics"
    path.write_bytes(make_calendar(*(f"UID:{number}\nSUMMARY:Event {number}" for number in range(EVENTS))))
    source = ImportSource(name="Partner", address=str(path), parent=make_event_index(), publish="publish")
    source.approved = source.what_was_approved
    source.save()
    assert tasks.start_import(source.pk, trigger="timetable")
    for seconds in (0.1, 0.4):
        before = ImportRecord.objects.count()
        worker = start_worker()
        try:
            wait_until(lambda before=before: ImportRecord.objects.count() > before)
            # In the middle of the next batch.
            time.sleep(seconds)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        assert ImportRecord.objects.count() < EVENTS
        assert ProcrastinateJob.objects.get(task_name="import_one").status == "doing"
        let_another_worker_have_the_job()
    worker = start_worker()
    try:
        wait_until(lambda: ImportRun.objects.filter(state="complete").exists())
    finally:
        worker.terminate()
        worker.wait()

    pages = EventPage.objects.live()
    assert sorted(pages.values_list("title", flat=True)) == sorted(f"Event {n}" for n in range(EVENTS))
    assert EventPage.objects.count() == ImportRecord.objects.filter(page__in=pages).count() == EVENTS
    assert ImportChange.objects.filter(action="created").count() == EVENTS
    assert all(page.occurrences.count() == 1 and page.live_revision_id for page in pages)
    assert Revision.objects.filter(base_content_type=pages[0].get_base_content_type()).exists()
    assert Page.find_problems() == ([], [], [], [], [])
    assert [run.state for run in ImportRun.objects.order_by("pk")] == ["broken", "broken", "complete"]
    # Each says what it did, those that were killed too.
    assert all(ImportRun.objects.values_list("created", flat=True))
    assert sum(ImportRun.objects.values_list("created", flat=True)) == EVENTS
