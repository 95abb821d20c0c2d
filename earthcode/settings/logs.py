"""How what is logged is written down."""

import copy
import logging
import re
import time
from typing import Any

from django.core.exceptions import DisallowedHost

from earthcode.trouble import Trouble, trouble_of

QUIET_SECONDS = 60
"""Requests that fail for the same reason are logged once within this time, and counted."""

HOSTILE = "django.security.DisallowedHost"
MAX_HOSTILE = 200
"""Characters of what Django says about a Host header, which may be long."""

# Addresses that let in whoever has them. In mail a long line may go on after “=” and a line break (RFC 2045, 6.7).
SECRET_LINK = re.compile(r"(/password_reset/confirm/|/feeds/check/)(?:[\w%.:~/-]|=\r?\n)+")


def without_secret_links(text: str) -> str:
    """`text` with the secrets in the addresses of the portal left out."""
    return SECRET_LINK.sub(r"\1…", text)


class LineFormatter(logging.Formatter):
    """A line for each record, and the traceback that it brings unless only the database is away or the disk full.

    Links that let somebody in are left out.
    """

    def format(self, record: logging.LogRecord) -> str:
        found = trouble_of(record.exc_info[1]) if record.exc_info else None
        if found and found[0] is not Trouble.BUSY:
            hint = "the disk is full: free some space; " if found[0] is Trouble.FULL else ""
            record = copy.copy(record)  # other handlers get it whole
            message = " ".join(record.getMessage().split())
            record.msg, record.args = f"{message} ({hint}{found[1]})", ()
            record.exc_info = record.exc_text = None
        return without_secret_links(super().format(record))


def _has_foreign_host(request: Any) -> bool:
    """Say whether Django has refused `request` for its Host header."""
    try:
        if request is not None:
            request.get_host()
    except DisallowedHost:
        return True
    return False


class OncePerTrouble(logging.Filter):
    """Lets one request that failed because of a Trouble, or that asked for a host that is not ours, into the log, then
    counts the others for a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[Trouble | str | None, float] = {}
        self._left_out: dict[Trouble | str | None, int] = {}

    def filter(self, record: logging.LogRecord) -> bool | logging.LogRecord:
        trouble: Trouble | str | None
        if record.name == HOSTILE:
            # What was asked for is the visitor's to choose, and the traceback always the same.
            short = copy.copy(record)
            short.msg, short.args = record.getMessage()[:MAX_HOSTILE], ()
            short.exc_info = short.exc_text = None
            return self._once(HOSTILE, short)
        if record.name == "django.request" and _has_foreign_host(getattr(record, "request", None)):
            return False  # HOSTILE has said it
        found = trouble_of(record.exc_info[1]) if record.exc_info else None
        is_request = record.name == "django.request"
        if found and (is_request or found[0] is Trouble.FULL):
            trouble = found[0]
        elif is_request and getattr(record, "status_code", None) == 503:
            trouble = None  # a view has said so itself, as the one that probes ask does every few seconds
        else:
            return True
        return self._once(trouble, record)

    def _once(self, trouble: Trouble | str | None, record: logging.LogRecord) -> bool | logging.LogRecord:
        now = time.monotonic()
        if now - self._last.get(trouble, -QUIET_SECONDS) < QUIET_SECONDS:
            self._left_out[trouble] = self._left_out.get(trouble, 0) + 1
            return False
        self._last[trouble] = now
        if left_out := self._left_out.pop(trouble, 0):
            record = copy.copy(record)
            record.msg = f"{record.getMessage()} (and {left_out} more since the last such line)"
            record.args = ()
        return record
