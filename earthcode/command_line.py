"""Django's command line, made to start what it needs, clean up after itself and refuse in one line."""

import contextlib
import signal
import sys
from collections.abc import Iterator, MutableMapping
from types import FrameType
from typing import NoReturn

import psycopg
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import DatabaseError, connection

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
    except DatabaseError as error:
        if refused := refused_privilege(error) or missing_module(error):
            return refused
        raise
    return 0


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Have the database of the settings answer inside: start ours, or be sure that the given one lets us in.

    Raises ConfigurationError, or LocalDatabaseError for ours.
    """
    if settings.DATABASE_FOLDER:
        with local_database.running(settings.DATABASE_FOLDER):
            yield
    else:
        require_answer()
        yield


def require_answer() -> None:
    """Return if the database of the settings lets us in. Raises ConfigurationError."""
    address = database_address(connection.settings_dict)
    try:
        # With everything that Django would connect with: the options of DATABASE_URL may be what is wrong.
        psycopg.connect(**{"connect_timeout": 5, **connection.get_connection_params()}).close()
    except psycopg.ProgrammingError as error:
        reason = str(error).splitlines()[0]
        raise ConfigurationError(
            f"DATABASE_URL: cannot use the database {address} ({reason}): correct what follows the ? in it."
        ) from None
    except psycopg.OperationalError as error:
        reason = str(error).splitlines()[0].removeprefix("connection failed: ")
        raise ConfigurationError(
            f"DATABASE_URL: cannot use the database {address} ({reason}). "
            "Start it, correct DATABASE_URL, or unset it to use the one under var/."
        ) from None


def refused_privilege(error: DatabaseError) -> str | None:
    """Return one line that says what the database does not let its user do, if that is what `error` tells of."""
    reason = _reason(error, psycopg.errors.InsufficientPrivilege)
    if reason is None:
        return None
    configured = connection.settings_dict
    return (
        f"DATABASE_URL: the user {configured['USER']} may not do what is needed in the database "
        f"{database_address(configured)} ({reason}). Make it the database's owner: "
        f'ALTER DATABASE "{configured["NAME"]}" OWNER TO "{configured["USER"]}".'
    )


def missing_module(error: DatabaseError) -> str | None:
    """Return one line that says which module the database server lacks, if that is what `error` tells of."""
    # Older servers tell of a control file that is not there.
    reason = _reason(error, (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile))
    if reason is None or "extension" not in reason:
        return None
    return (
        f"DATABASE_URL: the server of the database {database_address(connection.settings_dict)} lacks a module "
        f"({reason}). Install PostgreSQL's contrib modules there."
    )


def _reason(
    error: BaseException | None, wanted: type[psycopg.Error] | tuple[type[psycopg.Error], ...]
) -> str | None:
    """The first line of what PostgreSQL says, if `error` came of one of the `wanted` errors."""
    while error and not isinstance(error, wanted):
        error = error.__cause__ or error.__context__
    return str(error).splitlines()[0] if error else None
