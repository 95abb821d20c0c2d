"""The whole portal on one machine: database, content, account, static files, web server and worker."""

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from earthcode import local_database
from earthcode.accounts import ADMIN, give_admin_password, has_admin
from earthcode.command_line import database
from earthcode.supervision import (
    AlreadyRunning,
    ProgramEnded,
    Programs,
    Revival,
    end_with_parent,
    only_one,
)

HOST = "127.0.0.1"
READY_SECONDS = 60


class Command(BaseCommand):
    help = "Run the portal on this machine: make everything it needs, then serve until Ctrl-C."
    requires_system_checks = []  # `migrate` and the web server make them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--end-with-parent",
            action="store_true",
            help="End when the process that started this one is gone.",
        )

    def handle(self, *, end_with_parent: bool, **options: Any) -> None:
        # A shell that starts us in the background has us ignore SIGINT.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if end_with_parent:
            follow_parent()
        port: int = settings.PORT  # type: ignore[misc]  # in `one_machine` only
        try:
            with contextlib.ExitStack() as stack:
                lock = stack.enter_context(only_one(settings.VAR_DIR / "run.lock", self.say, port=port))
                require_free(port)
                self.say("Starting the database …")
                stack.enter_context(database())
                self.database = Revival(self.revive_database, self.say, local_database.LocalDatabaseError)
                self.prepare()
                self.serve(port, lock)
        except AlreadyRunning as found:
            raise CommandError(
                f"The portal of this checkout is {found}: stop it with Ctrl-C or SIGTERM."
            ) from None
        except ProgramEnded as end:
            raise CommandError(f"{end} Everything else was stopped; the lines above say why.") from None
        except PermissionError as error:
            raise CommandError(
                f"{error.filename} is not writable: "
                "run as the owner of the checkout, or correct its permissions."
            ) from None

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def revive_database(self) -> None:
        if settings.DATABASE_FOLDER:
            local_database.revive(settings.DATABASE_FOLDER, self.say)

    def prepare(self) -> None:
        self.say("Bringing the tables up to date …")
        call_command("migrate", interactive=False, verbosity=0)
        self.say("Loading the initial content …")
        call_command("seed_content")
        if not has_admin():
            self.say(f"Made the account {ADMIN} with the password {give_admin_password()} (shown only now).")
        fingerprint, mark = static_files_fingerprint(), settings.STATIC_ROOT / ".fingerprint"
        if not mark.exists() or mark.read_text() != fingerprint:
            self.say("Collecting the static files …")
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            mark.write_text(fingerprint)
        connection.close()

    def serve(self, port: int, lock: int) -> None:
        self.say("Starting the web server and the worker …")
        programs = Programs(
            {"web server": web_server(port), "worker": worker()}, self.say, cwd=settings.BASE_DIR, lock=lock
        )
        try:
            programs.start()
            await_answer(port, programs)
            self.say(f"The portal:     {settings.BASE_URL}/")
            self.say(f"Its admin area: {settings.BASE_URL}/admin/   (Ctrl-C stops everything)")
            with contextlib.suppress(KeyboardInterrupt, SystemExit):  # asked to stop: the proper end
                while True:
                    self.database.check()
                    programs.check()
                    time.sleep(0.3)
        finally:
            with local_database.unbreakable():
                self.say("Stopping …")
                programs.stop()


def follow_parent() -> None:
    parent = os.getppid()
    end_with_parent()
    if os.getppid() != parent or parent == 1:
        sys.exit(128 + signal.SIGTERM)


def require_free(port: int) -> None:
    """Return if `port` can be listened on. Raises CommandError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}): "
                f"choose another, as in `make run PORT={port % 65535 + 1}`."
            ) from None


def web_server(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "earthcode.asgi:application", "--interface", "asginl"),
        *("--host", HOST, "--port", str(port), "--no-ws", "--log-level", "warning"),
        *("--workers", str(max(2, min(os.cpu_count() or 1, 4))), "--respawn-failed-workers"),
        *("--http1-header-read-timeout", "10000", "--workers-kill-timeout", "3"),
    ]


def worker() -> list[str]:
    # `migrate` has made the system checks just now.
    return [sys.executable, "manage.py", "run_worker"]


def await_answer(port: int, programs: Programs) -> None:
    """Return once the web server answers. Raises ProgramEnded or CommandError."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        programs.check()
        with contextlib.suppress(OSError, http.client.HTTPException):
            inquiry = http.client.HTTPConnection(HOST, port, timeout=5)
            inquiry.request("GET", "/healthz")
            if inquiry.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise CommandError(
        f"The web server did not answer within {READY_SECONDS} seconds: the lines above may say why."
    )


def static_files_fingerprint() -> str:
    """Return what changes when a static file is added, changed or removed, or stored in another way."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
