"""How what is logged is written down."""

import copy
import logging
import re

import psycopg

# While the database is away, everyone says so: a traceback each time would bury what else happens.
AWAY = ("08", "57P")  # SQLSTATE: connection exceptions, a server that stops or starts

# Addresses that let in whoever has them. In mail a long line may go on after “=” and a line break (RFC 2045, 6.7).
SECRET_LINK = re.compile(r"(/password_reset/confirm/|/feeds/check/)(?:[\w%.:~/-]|=\r?\n)+")


def without_secret_links(text: str) -> str:
    """`text` with the secrets in the addresses of the portal left out."""
    return SECRET_LINK.sub(r"\1…", text)


def why_database_is_away(error: BaseException | None) -> str | None:
    """Return the driver's reason in one line, if `error` comes of a database that cannot be reached."""
    while error:
        if isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08").startswith(AWAY):
            return str(error).partition("\n")[0]
        error = error.__cause__ or error.__context__
    return None


class LineFormatter(logging.Formatter):
    """A line for each record, and the traceback that it brings unless only the database is away; no secret link."""

    def format(self, record: logging.LogRecord) -> str:
        reason = why_database_is_away(record.exc_info[1]) if record.exc_info else None
        if reason:
            record = copy.copy(record)  # other handlers get it whole
            record.msg, record.args = f"{' '.join(record.getMessage().split())} ({reason})", ()
            record.exc_info = record.exc_text = None
        return without_secret_links(super().format(record))
