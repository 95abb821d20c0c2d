"""What is neither a visitor's fault nor a programming error: a database that is away or busy, a disk that is full."""

import errno
import time
from collections import deque
from enum import Enum

import psycopg

MANY = 3
RECENTLY = 5.0


class Trouble(Enum):
    """What is the matter, as far as it passes by itself or an operator can help."""

    AWAY = "away"
    BUSY = "busy"
    FULL = "full"

    @property
    def status(self) -> int:
        """Of HTTP: 503 Service Unavailable (RFC 9110), or 507 Insufficient Storage (RFC 4918)."""
        return 507 if self is Trouble.FULL else 503

    @property
    def retry_after(self) -> int:
        """Seconds until trying again is worth it."""
        return {Trouble.AWAY: 10, Trouble.BUSY: 5, Trouble.FULL: 600}[self]


# Beginnings of SQLSTATE codes (PostgreSQL's appendix A).
_STATES = {
    "08": Trouble.AWAY,  # connection exceptions
    "57P": Trouble.AWAY,  # the server stops, starts or has crashed
    "53100": Trouble.FULL,
    "53": Trouble.BUSY,  # too many connections, out of memory
    "55P03": Trouble.BUSY,  # lock_timeout
    "57014": Trouble.BUSY,  # statement_timeout
    "25P03": Trouble.BUSY,  # idle_in_transaction_session_timeout
    "40001": Trouble.BUSY,  # serialization failure
    "40P01": Trouble.BUSY,  # deadlock
}


def trouble_of(error: BaseException | None) -> tuple[Trouble, str] | None:
    """Return what `error` comes of, and the reason that the driver or the system gives, in one line."""
    while error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Trouble.FULL, f"{error.strerror}: {error.filename}" if error.filename else str(
                error.strerror
            )
        if isinstance(error, psycopg.Error):
            # Without a state there was no answer: the connection could not be made, was lost or is closed.
            lost = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
            state = error.sqlstate or ("08" if lost else "")
            for beginning, trouble in _STATES.items():
                if state.startswith(beginning):
                    return trouble, str(error).partition("\n")[0]
        error = error.__cause__ or error.__context__
    return None


_noted: deque[float] = deque(maxlen=MANY)


def note() -> None:
    """Remember that a request has just failed because of a Trouble."""
    _noted.append(time.monotonic())


def is_general() -> bool:
    """Say whether several requests to this process have failed within the last seconds."""
    return len(_noted) == MANY and time.monotonic() - _noted[0] < RECENTLY
