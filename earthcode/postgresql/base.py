"""Django's PostgreSQL backend, for processes that must not wait for a server that stays silent.

`statement_timeout` and `lock_timeout` are kept by the server. One that is frozen, or whose machine is gone, keeps
nothing; so this side stops waiting as well. OPTIONS may have `patience`, the longest wait in seconds.
"""

from collections.abc import Callable, Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import errors

CHECK_SECONDS = 1.0
"""A kept connection that does not answer within this time is replaced by a new one."""
PROBE_AFTER_SECONDS = 2.0
"""After so long it is found out whether the server takes its time, or answers nobody any more."""
PROBE_SECONDS = 2


class ServerSilent(psycopg.OperationalError):
    """The server did not answer within the patience of this process. The connection is closed."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for at most `patience` seconds at a time, or as long as it takes if that is None."""

    patience: float | None = None
    probe: Callable[[], object] | None = None
    """Connects once more; raises psycopg's ConnectionTimeout where nobody answers."""

    def wait[R](self, gen: Generator[Any, Any, R], interval: float = 0.1, timeout: float | None = None) -> R:
        """As psycopg's. Raises ServerSilent."""
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            if self.probe and self.patience > PROBE_AFTER_SECONDS:
                try:
                    return super().wait(gen, interval, PROBE_AFTER_SECONDS)
                except errors._WaitTimeout:
                    _ask(self.probe)
                return super().wait(gen, interval, self.patience - PROBE_AFTER_SECONDS)
            return super().wait(gen, interval, self.patience)
        except (errors._WaitTimeout, errors.ConnectionTimeout):
            self.pgconn.finish()  # an answer may still come, to whatever would be asked next
            raise ServerSilent("the server does not answer any more") from None


def _ask(probe: Callable[[], object]) -> None:
    """Raises psycopg's ConnectionTimeout."""
    try:
        probe()
    except errors.ConnectionTimeout:
        raise
    except psycopg.Error:
        pass  # a refusal is an answer


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, on a PatientConnection. It has no pool: each thread keeps its own connection."""

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        parameters.pop("patience", None)
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        options = self.settings_dict["OPTIONS"]
        level = options.get("isolation_level")
        self.isolation_level = psycopg.IsolationLevel(level or psycopg.IsolationLevel.READ_COMMITTED)
        connection = PatientConnection.connect(**conn_params)
        connection.patience = options.get("patience")
        probing = {**conn_params, "connect_timeout": PROBE_SECONDS}
        connection.probe = lambda: psycopg.connect(**probing).close()
        if level:
            connection.isolation_level = self.isolation_level
        return connection

    def is_usable(self) -> bool:
        connection = self.connection
        if connection is None:
            return False
        before, connection.patience = connection.patience, CHECK_SECONDS
        try:
            return super().is_usable()
        finally:
            connection.patience = before
