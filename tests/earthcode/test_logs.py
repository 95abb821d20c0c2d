"""One line for a database that is away, a traceback for everything else."""

import io
import logging
import sys

import psycopg
import pytest
from django.db import OperationalError

from earthcode.settings.logs import LineFormatter, OncePerTrouble


def formatted(cause, message="It failed:\nDatabase error.\n"):
    try:
        raise OperationalError("…") from cause
    except OperationalError:
        record = logging.LogRecord("portal", logging.ERROR, __file__, 1, message, (), sys.exc_info())
    return LineFormatter("{name}: {message}", style="{").format(record)


@pytest.mark.parametrize("kind", [psycopg.OperationalError, psycopg.errors.AdminShutdown])
def test_a_database_that_is_away_takes_one_line(kind):
    assert formatted(kind("refused\nIs it there?")) == "portal: It failed: Database error. (refused)"


@pytest.mark.parametrize("kind", [psycopg.errors.DeadlockDetected, psycopg.errors.UndefinedTable, ValueError])
def test_anything_else_keeps_its_traceback(kind):
    assert "Traceback" in formatted(kind("words"))


def test_hostile_hosts_take_one_line_a_minute(client, settings, monkeypatch):
    settings.DEBUG = False
    out, now = io.StringIO(), [1_000.0]
    monkeypatch.setattr("earthcode.settings.logs.time.monotonic", lambda: now[0])
    handler = logging.StreamHandler(out)
    handler.setFormatter(LineFormatter("{levelname} {name}: {message}", style="{"))
    handler.addFilter(OncePerTrouble())
    logging.getLogger().addHandler(handler)
    try:
        for number in range(20):
            assert client.get("/", headers={"host": f"evil{number}.example{'x' * 5_000}"}).status_code == 400
        assert out.getvalue().count("\n") == 1
        assert len(out.getvalue()) < 300
        now[0] += 61
        client.get("/", headers={"host": "evil.example\r\nINFO portal: forged"})
        client.get("/healthz", headers={"host": "evil.example"})
    finally:
        logging.getLogger().removeHandler(handler)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("(and 19 more since the last such line)")
