"""Several programs kept running together, and ended together."""

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
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 15
STEADY_SECONDS = 10
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

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
    """One of the programs never keeps running; the message says which and how it ended."""


@dataclass
class _Program:
    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: float
    """As `time.monotonic` has it, like the next."""
    due: float | None = None
    """When it is to be started again, once it has ended."""
    ends: int = 0
    """How often in a row it ended before it was steady."""
    has_been_steady: bool = False


class Programs:
    """Programs started together. They inherit `lock`, so that it is held until the last of them is gone.

    `say` is told of each that ends and of when it is started again.
    """

    def __init__(self, commands: dict[str, list[str]], say: Say, *, cwd: Path, lock: int) -> None:
        self._commands, self._say, self._cwd, self._lock = commands, say, cwd, lock
        self._programs: list[_Program] = []

    def start(self) -> None:
        for name, command in self._commands.items():
            self._programs.append(_Program(name, command, self._run(command), time.monotonic()))

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            pass_fds=(self._lock,),
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in our own way
            preexec_fn=end_with_parent,
        )

    def check(self) -> None:
        """Start again those that have ended, each after a pause that grows; to be called every moment.

        Raises ProgramEnded for one that ends time after time and has never been steady: nothing that may pass,
        like a database that is away, but a mistake.
        """
        for program in self._programs:
            now = time.monotonic()
            if program.due is not None:
                if now >= program.due:
                    program.process, program.started, program.due = self._run(program.command), now, None
                continue
            code = program.process.poll()
            if now - program.started >= STEADY_SECONDS:
                program.has_been_steady, program.ends = True, 0
            if code is not None:
                _kill_group(program.process)
                how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
                program.ends += 1
                if program.ends >= ATTEMPTS and not program.has_been_steady:
                    raise ProgramEnded(f"The {program.name} ended {how}, {ATTEMPTS} times in a row.")
                pause = min(FIRST_PAUSE_SECONDS * 2 ** (program.ends - 1), LONGEST_PAUSE_SECONDS)
                self._say(f"The {program.name} ended {how}: starting it again in {pause:g} s …")
                program.due = now + pause

    def stop(self) -> None:
        """Ask all to stop, wait, and kill what is left of them."""
        processes = [program.process for program in self._programs]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))
        for process in processes:
            _kill_group(process)
            process.wait()


class Revival:
    """Something that is no program of ours, brought back by calling `revive`, which does nothing while it lives.

    After an attempt that fails with one of `errors` the next one waits, longer each time.
    """

    def __init__(self, revive: Callable[[], None], say: Say, errors: type[Exception]) -> None:
        self._revive, self._say, self._errors = revive, say, errors
        self._due, self._failures = 0.0, 0

    def check(self) -> None:
        """To be called every moment."""
        if time.monotonic() < self._due:
            return
        try:
            self._revive()
        except self._errors as error:
            pause = min(FIRST_PAUSE_SECONDS * 2**self._failures, LONGEST_PAUSE_SECONDS)
            self._say(f"{error} Trying again in {pause:g} s …")
            self._due, self._failures = time.monotonic() + pause, self._failures + 1
        else:
            self._failures = 0


def _kill_group(leader: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a program: the web server's own processes outlive it if it is killed."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader.pid, signal.SIGKILL)


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
