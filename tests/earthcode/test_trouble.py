"""A database that is locked, slow or away and a disk that is full are answered as such, whoever notices it."""

import errno
import logging

import psycopg
import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from earthcode.postgresql.base import PatientConnection, ServerSilent
from earthcode.settings.environment import ConfigurationError, database_limits, positive_number, whole_number
from earthcode.settings.logs import OncePerTrouble
from earthcode.trouble import Trouble, trouble_of
from tests.builders import make_home

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    make_home()
    return Client(raise_request_exception=False)


def elsewhere():
    """A connection that no test's transaction holds."""
    return psycopg.connect(**connection.get_connection_params())


def test_a_lock_that_a_middleware_waits_for_is_answered_with_503(visitor):
    with elsewhere() as other, connection.cursor() as cursor:
        # Redirects are looked for by a middleware, after a page was not found.
        other.execute("LOCK TABLE wagtailredirects_redirect IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        response = visitor.get("/nothing/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "private, no-store"
    assert "That took too long" in response.content.decode()


def test_a_question_that_takes_too_long_is_answered_with_503(visitor, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")

    def slow(*arguments):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setattr("earthcode.views.find", slow)
    assert visitor.get("/search/?q=earth").status_code == 503


def test_what_was_sent_and_not_saved_is_said(visitor):
    with elsewhere() as other, connection.cursor() as cursor:
        other.execute("LOCK TABLE wagtailredirects_redirect IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        assert "was not saved" in visitor.post("/nothing/").content.decode()


def test_a_full_disk_is_said_to_the_editor(admin_client, monkeypatch):
    def full(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device", name)

    admin_client.raise_request_exception = False
    monkeypatch.setattr(FileSystemStorage, "_save", full)
    make_home()
    data = {"title": "Notes", "file": SimpleUploadedFile("notes.txt", b"words"), "collection": 1}
    response = admin_client.post("/admin/documents/add/", data)
    assert response.status_code == 507
    assert "no space left" in response.content.decode()


def test_a_programming_error_stays_one(visitor, monkeypatch):
    monkeypatch.setattr("earthcode.views.find", lambda *arguments: 1 / 0)
    assert visitor.get("/search/?q=earth").status_code == 500


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("refused"), Trouble.AWAY),
        (psycopg.InterfaceError("the connection is closed"), Trouble.AWAY),
        (ServerSilent("silent"), Trouble.AWAY),
        (psycopg.errors.AdminShutdown(), Trouble.AWAY),
        (psycopg.errors.TooManyConnections(), Trouble.BUSY),
        (psycopg.errors.DiskFull(), Trouble.FULL),
        (psycopg.errors.LockNotAvailable(), Trouble.BUSY),
        (psycopg.errors.QueryCanceled(), Trouble.BUSY),
        (OSError(errno.EDQUOT, "quota"), Trouble.FULL),
    ],
)
def test_what_is_the_matter(error, expected):
    outer = OperationalError()
    outer.__cause__ = error
    assert trouble_of(outer)[0] is expected


@pytest.mark.parametrize(
    "error", [None, ValueError(), psycopg.errors.UndefinedTable(), OSError(errno.EACCES, "no")]
)
def test_anything_else_is_no_trouble(error):
    assert trouble_of(error) is None


def test_the_same_trouble_of_many_requests_is_logged_once():
    once, error = OncePerTrouble(), psycopg.OperationalError("refused")

    def passes(name="django.request", of=error):
        record = logging.LogRecord(name, logging.ERROR, __file__, 1, "Failed", (), (type(of), of, None))
        return bool(once.filter(record))

    assert [passes() for _ in range(3)] == [True, False, False]
    assert passes(of=ValueError())
    probes = [logging.makeLogRecord({"name": "django.request", "status_code": 503}) for _ in range(3)]
    assert [bool(once.filter(record)) for record in probes] == [True, False, False]
    assert passes("events")
    full = OSError(errno.ENOSPC, "full")
    assert [passes("events", full), passes("django.request", full)] == [True, False]


def test_a_server_that_stays_silent_is_not_waited_for():
    parameters = connection.get_connection_params()
    with PatientConnection.connect(**parameters, autocommit=True) as patient:
        patient.patience = 0.2
        assert patient.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(ServerSilent):
            patient.execute("SELECT pg_sleep(5)")
        assert patient.closed


def test_a_server_that_answers_nobody_is_told_from_one_that_takes_its_time(monkeypatch):
    monkeypatch.setattr("earthcode.postgresql.base.PROBE_AFTER_SECONDS", 0.1)

    def nobody_answers():
        raise psycopg.errors.ConnectionTimeout("timeout")

    def somebody_refuses():
        raise psycopg.errors.TooManyConnections("too many clients")

    with PatientConnection.connect(**connection.get_connection_params(), autocommit=True) as patient:
        patient.patience, patient.probe = 5, somebody_refuses
        assert patient.execute("SELECT 'here' FROM pg_sleep(0.5)").fetchone() == ("here",)
        assert patient.execute("SELECT 1").fetchone() == (1,)
        patient.probe = nobody_answers
        with pytest.raises(ServerSilent):
            patient.execute("SELECT pg_sleep(3)")
        assert patient.closed


def test_the_limits_reach_the_server():
    parameters = connection.get_connection_params()
    parameters["options"] = database_limits(5, lock=3, idle=5, given="-c lock_timeout=7000")
    with psycopg.connect(**parameters) as limited:
        shown = [
            limited.execute(f"SHOW {name}").fetchone()[0]
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        ]
    assert shown == ["5s", "7s", "5s"]


@pytest.mark.parametrize("text", ["", "0", "-1", "five", "nan", "inf"])
def test_a_limit_is_a_number_above_zero(text):
    with pytest.raises(ConfigurationError, match="DATABASE_TIMEOUT"):
        positive_number("DATABASE_TIMEOUT", text)
    with pytest.raises(ConfigurationError, match="WEB_THREADS"):
        whole_number("WEB_THREADS", text)


def test_health_answers_to_any_host_and_readiness_compares_migrations(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz", headers={"host": "nobody.example"}).status_code == 200
    with django_assert_num_queries(1):
        assert client.get("/readyz").status_code == 200
    MigrationRecorder.Migration.objects.filter(app="events").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "events.0001_initial" in response.content.decode()
