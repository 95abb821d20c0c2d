"""Several programs that live and die together."""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GRACE_SECONDS = 15

Say = Callable[[str], None]

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class AlreadyRunning(Exception):
    """Another process holds the lock; the message names it."""


def end_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent dies, however it dies (on Linux)."""
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class ProgramEnded(Exception):
    """One of the programs ended by itself; the message says which and how."""


class Programs:
    """Programs started together. They inherit `lock`, so that it is held until the last of them is gone."""

    def __init__(self, commands: dict[str, list[str]], *, cwd: Path, lock: int) -> None:
        self._commands, self._cwd, self._lock = commands, cwd, lock
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        for name, command in self._commands.items():
            self._running[name] = subprocess.Popen(
                command,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                pass_fds=(self._lock,),
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in our own way
                preexec_fn=end_with_parent,
            )

    def check(self) -> None:
        """Raise ProgramEnded if one has ended."""
        for name, program in self._running.items():
            code = program.poll()
            if code is not None:
                how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
                raise ProgramEnded(f"The {name} ended {how}.")

    def stop(self) -> None:
        """Ask all to stop, wait, and kill what is left of them."""
        for program in self._running.values():
            program.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for program in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                program.wait(max(0, deadline - time.monotonic()))
        for program in self._running.values():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()


@contextmanager
def only_one(path: Path, say: Say, **about: object) -> Iterator[int]:
    """Hold the lock at `path` (a file in a writable folder) inside; give its file descriptor.

    `about` is written down for whoever finds the lock held. Orphans of a holder that was killed are ended and
    waited for. Raises AlreadyRunning.
    """
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _outlive_orphans(path, lock.fileno(), say)
        _write(lock.fileno(), {"pid": os.getpid(), **about})
        try:
            yield lock.fileno()
        finally:
            _write(lock.fileno(), {})


def _write(lock: int, about: dict[str, object]) -> None:
    os.ftruncate(lock, 0)
    os.write(lock, json.dumps(about).encode())


def _outlive_orphans(path: Path, lock: int, say: Say) -> None:
    about = json.loads(path.read_text() or "{}")
    holders = _holders(path)
    if about.get("pid") in holders or (not holders and about):
        raise AlreadyRunning(f"already running (process {about.get('pid')}, port {about.get('port')})")
    say("Waiting for what is left of the last run …")
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _holders(path) if about else ():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            with suppress(BlockingIOError):
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            time.sleep(0.05)
    raise AlreadyRunning("what is left of the last run does not end")


def _holders(path: Path) -> list[int]:
    """Return the processes, other than this one, that have the file at `path` open (known on Linux only)."""
    wanted, found = path.stat(), []
    for folder in Path("/proc").glob("[0-9]*/fd"):
        pid = int(folder.parent.name)
        with suppress(OSError):
            for descriptor in folder.iterdir():
                with suppress(OSError):
                    if os.path.samestat(descriptor.stat(), wanted) and pid != os.getpid():
                        found.append(pid)
                        break
    return found
