"""Locks that another process holds."""

from contextlib import contextmanager

from django.db import connection

from events.importing.sources import lock_key_of


@contextmanager
def held_elsewhere(*words):
    """Another process holds the locks that are called so."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            for each in words:
                cursor.execute("SELECT pg_advisory_lock(%s)", [lock_key_of(each)])
        yield
    finally:
        # Not left to the end of the connection: the server gives up its locks some time after that.
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        other.close()
