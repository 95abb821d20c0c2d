"""One line for a database that is away, a traceback for everything else."""

import logging
import sys

import psycopg
import pytest
from django.db import OperationalError

from earthcode.settings.logs import LineFormatter


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
