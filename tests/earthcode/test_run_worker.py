"""The worker outlives a database that goes away."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from earthcode.management.commands.run_worker import LONGEST_PAUSE_SECONDS, pauses

ROOT = Path(__file__).parents[2]
SECONDS = 40


def database_url():
    found = connection.get_connection_params()
    where = f"host={quote(str(found['host']), safe='')}&port={found.get('port', 5432)}"
    return f"postgres://{found['user']}@/{found['dbname']}?{where}"


def wait_until(condition, process):
    ends = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, "the worker has ended"
        assert time.monotonic() < ends, "it does not come to that"
        time.sleep(0.1)


def do_a_job(process):
    job = app.configure_task("look_after_run").defer(run=0)
    wait_until(lambda: not ProcrastinateJob.objects.filter(pk=job).exists(), process)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_worker_whose_connections_break_works_on_and_ends_when_it_is_asked_to():
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "earthcode.settings.test",
    }
    worker = subprocess.Popen([sys.executable, "manage.py", "run_worker"], cwd=ROOT, env=environment)
    try:
        do_a_job(worker)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        do_a_job(worker)
        worker.terminate()
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        assert cursor.fetchone() == (0,), "it has signed off"


def test_pauses_grow_to_a_minute():
    pause = pauses()
    grown = [next(pause) for _ in range(12)]
    assert grown[:4] == [1, 2, 4, 8]
    assert grown[-1] == LONGEST_PAUSE_SECONDS == 60
