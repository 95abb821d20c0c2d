"""A portal in production on this machine, with a PostgreSQL of its own that may be broken."""

import contextlib
import http.client
import os
import pwd
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from earthcode import local_database

PASSWORD = secrets.token_urlsafe(12)
EDITOR = "operator"
STARTS_SECONDS = 90


class Portal:
    """The programs of the checkout at `root`, with all that they write below `folder`."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder, self.data = root, folder, folder / "postgres" / "data"
        self.url = local_database.url(folder / "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.media = folder / "media"
        self.media.mkdir()
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "earthcode.settings.production",
            "DATABASE_URL": self.url,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "127.0.0.1",
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "EMAIL_URL": "consolemail://",
            "MEDIA_ROOT": str(self.media),
            "GRANIAN_PORT": str(self.port),
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "PYTHONUNBUFFERED": "1",
        }
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def commands(self) -> list[list[str]]:
        """The command lines of README's production section, in their order."""
        text = (self.root / "README.md").read_text()
        section = text.partition("## Run it in production")[2].partition("\n## ")[0]
        lines = [line.strip() for line in section.splitlines() if line.startswith("    .venv/bin/")]
        return [shlex.split(line, comments=True) for line in lines]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        with local_database.running(self.folder / "postgres"):
            try:
                for command in self.commands():
                    words = " ".join(command)
                    if "granian" in words:
                        self.start("web", command)
                    elif "worker" in words:
                        self.start("worker", command)
                    else:
                        if "createsuperuser" in words:
                            command += ["--noinput", "--username", EDITOR, "--email", "operator@example.org"]
                        done = subprocess.run(
                            command,
                            cwd=self.root,
                            env=self.environment,
                            capture_output=True,
                            timeout=180,
                            check=False,
                        )
                        if done.returncode:
                            sys.exit(f"{words} failed:\n{done.stdout.decode()}{done.stderr.decode()}")
                self.await_answer()
                yield
            finally:
                self.signal_database(signal.SIGCONT)
                for name in list(self.programs):
                    self.end(name)

    def start(self, name: str, command: list[str] | None = None) -> None:
        if command is None:
            mark = {"web": "granian", "worker": "worker"}[name]
            command = next(words for words in reversed(self.commands()) if mark in " ".join(words))
        with self.log(name).open("ab") as log:
            self.programs[name] = subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @contextlib.contextmanager
    def behind_nginx(self, configuration: Path) -> Iterator[int]:
        """The port of an nginx with `configuration`, but for its ports, its certificate and the portal's port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        text = configuration.read_text()
        text = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", text, flags=re.DOTALL)
        text = re.sub(r"^ *(listen \[|ssl_).*\n", "", text, flags=re.MULTILINE)
        text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace(
            "portal.example.org", "127.0.0.1"
        )
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {self.folder}/nginx-{kind};\n" for kind in kinds)
        head = f"pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.log; worker_processes 1;\n"
        whole = self.folder / "nginx.conf"
        whole.write_text(f"{head}events {{}}\nhttp {{ access_log off;\n{places}{text}}}\n")
        program = subprocess.Popen(
            [
                "nginx",
                "-p",
                str(self.folder),
                "-c",
                str(whole),
                "-g",
                "daemon off;",
            ],
            stdin=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.1)
            yield port
        finally:
            program.terminate()
            program.wait(10)

    def start_again(self) -> None:
        """Whatever the scene before has ended, as an operator would."""
        for name in ("web", "worker"):
            if self.programs[name].poll() is not None:
                print(f"  (the {name} program had ended and is started again)")
                self.end(name)
                self.start(name)
        self.await_answer()

    def end(self, name: str) -> None:
        program = self.programs.pop(name)
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def await_answer(self) -> None:
        deadline = time.monotonic() + STARTS_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                inquiry = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                inquiry.request("GET", "/readyz")
                if inquiry.getresponse().status == 200:
                    return
            time.sleep(0.2)
        sys.exit(f"The portal did not start:\n{self.log('web').read_text()}")

    # What breaks

    def ask(self, statement: str) -> Any:
        """The first row that the database answers with."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(statement).fetchone()

    def restart_database(self) -> None:
        owner = pwd.getpwuid(self.data.stat().st_uid)
        command = ["pg_ctl", "restart", "--mode=fast", "--wait", "-D", str(self.data)]
        local_database._run(command, owner, log=self.folder / "restart.log")

    def signal_database(self, number: signal.Signals) -> None:
        """To all of its processes."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
            for pid in [postmaster, *children_of(postmaster)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def kill_web_worker(self) -> int:
        """One of the processes that answer; the web server itself lives on."""
        found = [pid for pid in children_of(self.programs["web"].pid) if _is_web_worker(pid)]
        os.kill(found[0], signal.SIGKILL)
        return len(found)


def children_of(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if re.search(rf"^PPid:\t{pid}$", (folder / "status").read_text(), re.MULTILINE):
                found.append(int(folder.name))
    return sorted(found)


def _is_web_worker(pid: int) -> bool:
    line = Path(f"/proc/{pid}/cmdline").read_bytes()
    return b"resource_tracker" not in line
