"""Django's command line, made to start what it needs, clean up after itself and refuse in one line."""

import contextlib
import signal
import sys
from collections.abc import Iterator, MutableMapping
from types import FrameType
from typing import Any, NoReturn

import psycopg
from django.conf import settings
from django.core.management import execute_from_command_line

from earthcode import local_database
from earthcode.settings.environment import ConfigurationError, database_address

# These run without a database; `run_portal` starts its own, after what is quicker to find wrong.
NO_DATABASE = {"", "help", "version", "check", "collectstatic", "diffsettings", "run_portal"}


def needs_database(arguments: list[str]) -> bool:
    """Say whether the command in `arguments` (as in `sys.argv`, program first) talks to a database."""
    command = arguments[1] if len(arguments) > 1 else ""
    return not (command.startswith("-") or command in NO_DATABASE or {"-h", "--help"} & set(arguments))


def run(arguments: list[str], environment: MutableMapping[str, str]) -> int | str:
    """Run the command in `arguments`; return what `sys.exit` is to be given."""
    one_machine = arguments[1:2] == ["run_portal"]
    environment.setdefault(
        "DJANGO_SETTINGS_MODULE", f"earthcode.settings.{'one_machine' if one_machine else 'development'}"
    )
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    try:
        with database() if needs_database(arguments) else contextlib.nullcontext():
            execute_from_command_line(arguments)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (ConfigurationError, local_database.LocalDatabaseError) as refusal:
        return str(refusal)
    return 0


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Have the database of the settings answer inside: start ours, or be sure that the given one lets us in.

    Raises ConfigurationError, or LocalDatabaseError for ours.
    """
    configured = settings.DATABASES["default"]
    if settings.DATABASE_FOLDER:
        with local_database.running(settings.DATABASE_FOLDER):
            yield
    else:
        require_answer(configured)
        yield


def require_answer(configured: dict[str, Any]) -> None:
    """Return if the database that `configured` (Django's settings) names lets us in.

    Raises ConfigurationError.
    """
    try:
        psycopg.connect(
            host=configured["HOST"],
            port=configured["PORT"] or None,
            user=configured["USER"] or None,
            password=configured["PASSWORD"] or None,
            dbname=configured["NAME"],
            connect_timeout=5,
        ).close()
    except psycopg.OperationalError as error:
        reason = str(error).splitlines()[0].removeprefix("connection failed: ")
        raise ConfigurationError(
            f"DATABASE_URL: cannot use the database {database_address(configured)} ({reason}). "
            "Start it, correct DATABASE_URL, or unset it to use the one under var/."
        ) from None
