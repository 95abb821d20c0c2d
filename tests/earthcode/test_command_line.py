"""manage.py from anywhere: what it starts, and how it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from earthcode.command_line import missing_module, needs_database, refused_privilege, require_answer
from earthcode.settings.environment import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "earthcode.settings.production",
    "DATABASE_URL": "postgresql://user@localhost/name",
    "SECRET_KEY": "long" * 20,
    "ALLOWED_HOSTS": "portal.example.org",
    "BASE_URL": "https://portal.example.org",
}


def manage(*arguments, **environment):
    """Run manage.py with `environment` alone, from a folder that is not the checkout."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        cwd="/",
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


VISITOR = """
import time, django
from django.conf import settings
# A checkout in which nobody has collected the static files yet.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
django.setup()
from django.test import Client
client = Client(raise_request_exception=False, headers={"host": "portal.example.org"})
began = time.monotonic()
for path in ("/readyz", "/healthz", "/about/"):
    print(client.get(path, secure=True).status_code)
print(time.monotonic() - began < 20)  # a pool's own patience would be 30 s a request
"""


def test_without_its_database_the_portal_says_so_at_once():
    done = subprocess.run(
        [sys.executable, "-c", VISITOR],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **PRODUCTION, "DATABASE_URL": "postgresql://user@127.0.0.1:1/name"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.stdout.split() == ["503", "200", "503", "True"], done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], False),
        (["--help"], False),
        (["help", "migrate"], False),
        (["migrate", "--help"], False),
        (["check"], False),
        (["run_portal"], False),
        (["migrate"], True),
        (["import_events", "feed.ics"], True),
    ],
)
def test_only_commands_that_need_the_database_start_it(arguments, expected):
    assert needs_database(["manage.py", *arguments]) is expected


def test_command_works_from_any_folder_and_leaves_standard_output_to_itself():
    done = manage("shell", "--no-imports", "-c", "print(1)")
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"DATABASE_URL": "postgresql://u:hunter2@db:port/name"},
            ["DATABASE_URL is malformed", "percent-encoded"],
        ),
        (
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/name"},
            ["DATABASE_URL", "name on 127.0.0.1:1", "refused", "unset it"],
        ),
        (PRODUCTION | {"SECRET_KEY": ""}, ["Production needs SECRET_KEY", ".env.example"]),
        (
            {"DJANGO_SETTINGS_MODULE": "earthcode.settings.production"},
            ["DATABASE_URL, SECRET_KEY, ALLOWED_HOSTS, BASE_URL"],
        ),
        (
            PRODUCTION | {"BASE_URL": "http://portal.example.org"},
            ["BASE_URL=http://portal.example.org", "https://"],
        ),
        ({"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL=LOUD", "DEBUG, INFO"]),
        (PRODUCTION | {"BEHIND_PROXY": "maybe"}, ["BEHIND_PROXY=maybe", "true or false"]),
        (
            PRODUCTION | {"ALLOWED_HOSTS": "https://portal.example.org"},
            ["ALLOWED_HOSTS=", "host names alone"],
        ),
        (
            {"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/name?speed=high"},
            ["DATABASE_URL", "speed", "correct"],
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(environment, words):
    done = manage("migrate", **environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "hunter2" not in done.stderr


def test_the_options_of_the_address_count_when_the_database_is_asked(monkeypatch):
    # On a socket's server, which is what tests run on by default, the driver never asks for TLS.
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"options": "-c no_such_setting=1"})
    with pytest.raises(ConfigurationError, match="no_such_setting"):
        require_answer()


def test_a_user_who_may_not_make_tables_is_told_so_in_one_line(monkeypatch):
    def refuse(*arguments):
        try:
            raise psycopg.errors.InsufficientPrivilege("permission denied for schema public\nLINE 1: …")
        except psycopg.Error as error:
            raise ProgrammingError(str(error)) from error

    recorder = MigrationRecorder(connection)
    monkeypatch.setattr(recorder, "has_table", lambda: False)
    monkeypatch.setattr(connection, "schema_editor", refuse)
    with pytest.raises(DatabaseError) as caught:
        recorder.ensure_schema()
    line = refused_privilege(caught.value)
    assert "(permission denied for schema public). Make it the database's owner: ALTER DATABASE" in line
    assert "\n" not in line
    assert refused_privilege(ProgrammingError("another reason")) is None


@pytest.mark.django_db
def test_a_server_without_a_module_is_named_in_one_line():
    with pytest.raises(DatabaseError) as caught, connection.schema_editor() as editor:
        editor.execute("CREATE EXTENSION there_is_no_such_module")
    line = missing_module(caught.value)
    assert 'lacks a module (extension "there_is_no_such_module" is not available)' in line
    assert "contrib" in line
    assert "\n" not in line
    assert missing_module(ProgrammingError("another reason")) is None
    assert refused_privilege(caught.value) is None


LIMITS = """
import sys
from earthcode import process
process.serves_visitors = process.keeps_threads = sys.argv[1] == "web"
from django.conf import settings
found = settings.DATABASES["default"]
print(found["ENGINE"], found.get("CONN_MAX_AGE", 0), found["OPTIONS"]["connect_timeout"])
print(found["OPTIONS"]["options"])
"""


@pytest.mark.parametrize(
    ("role", "about", "limits"),
    [
        (
            "web",
            "earthcode.postgresql 600 2",
            {"statement": 7000, "lock": 4200, "idle_in_transaction_session": 7000},
        ),
        (
            "command",
            "django.db.backends.postgresql 0 10",
            {"statement": 3_600_000, "lock": 60_000, "idle_in_transaction_session": 3_600_000},
        ),
    ],
)
def test_what_visitors_wait_for_ends_early_and_what_commands_do_may_take_its_time(role, about, limits):
    done = subprocess.run(
        [sys.executable, "-c", LIMITS, role],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **PRODUCTION, "DATABASE_TIMEOUT": "7"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first == about
    assert second == " ".join(f"-c {name}_timeout={value}" for name, value in limits.items())
