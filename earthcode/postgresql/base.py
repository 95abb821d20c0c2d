"""Django's PostgreSQL backend, for processes that must not wait for a server that stays silent.

`statement_timeout` and `lock_timeout` are kept by the server. One that is frozen, or whose machine is gone, keeps
nothing; so this side stops waiting as well. OPTIONS may have `patience`, the longest wait in seconds.
"""

from collections.abc import Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import errors

CHECK_SECONDS = 1.0
"""A kept connection that does not answer within this time is replaced by a new one."""


class ServerSilent(psycopg.OperationalError):
    """The server did not answer within the patience of this process. The connection is closed."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for at most `patience` seconds at a time, or as long as it takes if that is None."""

    patience: float | None = None

    def wait[R](self, gen: Generator[Any, Any, R], interval: float = 0.1, timeout: float | None = None) -> R:
        """As psycopg's. Raises ServerSilent."""
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except errors._WaitTimeout:
            self.pgconn.finish()  # an answer may still come, to whatever would be asked next
            raise ServerSilent(f"the server has been silent for {self.patience:g} s") from None


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
