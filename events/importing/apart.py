"""Read a feed of a stranger in a process of its own, which the system ends when it takes too long or too much.

No check in the portal's own process would do: what takes long may be a single call into a library. The process has
neither the database nor the environment, and so no secret.
"""

import contextlib
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from .advice import Advice
from .feed import FeedUnusable, ParsedFeed, Problem
from .fetch import Fetched
from .parse import format_of, parse

CPU_SECONDS = 5
"""For all that is read of one feed, with some half a second to start."""
WALL_SECONDS = 60.0
"""The machine may have others to serve."""
MEMORY_BYTES = 1_500_000_000
CHILD = Path(__file__).with_name("apart_child.py")

TOO_LONG = (
    f"This feed takes longer than {CPU_SECONDS} seconds to read, or more memory than is given to it. Make it smaller, "
    "for example without past events, or with shorter and simpler descriptions."
)


class Here:
    """Reads feeds in this process, for imports, which keep nobody waiting."""

    def parse(self, data: bytes, *, format: str = "", **options: Any) -> tuple[str, ParsedFeed]:
        """As `parse.parse`, with the format that was recognised if `format` is empty."""
        format = format or format_of(data, options.get("address", ""), options.get("content_type", ""))
        return format, parse(data, format=format, **options)


class Apart:
    """A process that reads one feed; see `read_apart`. Its methods raise FeedUnusable, also when limits are reached."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def parse(self, data: bytes, **options: Any) -> tuple[str, ParsedFeed]:
        """As that of Here."""
        return self._asked("read", data, options)

    def report(
        self,
        fetched: Fetched,
        again: bytes | None,
        *,
        day: date,
        most_events: int,
        most_problems: int,
        **options: Any,
    ) -> tuple[str, int, Advice, tuple[Problem, ...], int]:
        """What `check.Report` needs; see `apart_child`."""
        return self._asked("report", fetched, again, day, most_events, most_problems, options)

    def _asked(self, *question: Any) -> Any:
        questions, answers = self._process.stdin, self._process.stdout
        try:
            pickle.dump(question, questions)  # type: ignore[arg-type]
            questions.flush()  # type: ignore[union-attr]
            answer = pickle.load(answers)  # type: ignore[arg-type]  # noqa: S301 - written by our own code
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise FeedUnusable(TOO_LONG) from error
        if isinstance(answer, MemoryError | RecursionError):
            raise FeedUnusable(TOO_LONG)
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextlib.contextmanager
def read_apart() -> Iterator[Apart]:
    """A process for one feed, which ends with the block."""
    command = [sys.executable, "-I", str(CHILD), str(CPU_SECONDS), str(MEMORY_BYTES)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as process:
        timer = threading.Timer(WALL_SECONDS, process.send_signal, (signal.SIGKILL,))
        timer.daemon = True
        timer.start()
        try:
            yield Apart(process)
        finally:
            timer.cancel()
            process.kill()
            # Closing flushes what a process that is gone cannot read any more.
            with contextlib.suppress(OSError):
                process.stdin and process.stdin.close()
