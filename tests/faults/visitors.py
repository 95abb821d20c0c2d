"""Visitors of a portal: what they ask for, how it went, and how that is told."""

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

PATHS = ("/", "/events/", "/events/earthcode-hackathon-2026/", "/partners/", "/healthz", "/readyz")
PAGES = PATHS[:4]
TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Visit:
    """`outcome` is the status, or what was seen in place of an answer. `at` is in seconds since the scene began."""

    at: float
    path: str
    outcome: str
    seconds: float
    says_when: bool = False
    """It has a Retry-After."""


def visit(port: int, path: str, began: float) -> Visit:
    at = time.monotonic()
    connection, says_when = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS), False
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        outcome, says_when = str(answer.status), answer.getheader("Retry-After") is not None
    except TimeoutError:
        outcome = "no answer"
    except ConnectionRefusedError:
        outcome = "refused"
    except (OSError, http.client.HTTPException):
        outcome = "broken off"
    finally:
        connection.close()
    return Visit(at - began, path, outcome, time.monotonic() - at, says_when)


class Visitors:
    """Ask for every path each second while inside; `visits` is what they saw."""

    def __init__(self, port: int) -> None:
        self.port, self.visits, self.began = port, [], time.monotonic()
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(180)
        self._clock = threading.Thread(target=self._tick)

    visits: list[Visit]

    def __enter__(self) -> "Visitors":
        self._clock.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._clock.join()
        self._pool.shutdown(wait=True)

    def _tick(self) -> None:
        while not self._end.wait(1):
            self.send(PATHS)

    def send(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._pool.submit(self._visit, path)

    def _visit(self, path: str) -> None:
        self.visits.append(visit(self.port, path, self.began))

    def burst(self, count: int) -> None:
        """So many at the same moment."""
        self.send(PAGES[number % len(PAGES)] for number in range(count))


def table(visits: Iterable[Visit]) -> list[str]:
    """A line for each second: how many saw what, and how long the slowest had to wait."""
    seconds: dict[int, list[Visit]] = {}
    for one in visits:
        seconds.setdefault(int(one.at), []).append(one)
    lines = []
    for second, seen in sorted(seconds.items()):
        counts = Counter(one.outcome for one in seen)
        words = ", ".join(f"{count} × {outcome}" for outcome, count in sorted(counts.items()))
        worst = max(seen, key=lambda one: one.seconds)
        lines.append(f"  {second:3} s  {words:40} slowest {worst.seconds:5.2f} s {worst.path}")
    return lines


def send_slowly(port: int, path: str, seconds: float) -> str:
    """Send a body byte by byte for so long; what came of it."""
    try:
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError:
        return "refused"
    with connection:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"
        connection.sendall(head.encode())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                connection.sendall(b"x")
                time.sleep(0.5)
            except OSError:
                return "ended by the portal"
    return "taken in"


def send_much(port: int, path: str, megabytes: int, *, in_chunks: bool) -> tuple[str, int, float]:
    """Send so much; the status line, how many bytes were sent before it came, and after how many seconds."""
    piece, sent, began = b"x" * 100_000, 0, time.monotonic()
    length = "Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {megabytes * 1_000_000}"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n".encode())
        connection.settimeout(0.02)
        status = b""
        while sent < megabytes * 1_000_000 and not status:
            try:
                status = connection.recv(100)
            except TimeoutError:
                pass
            except OSError:
                break
            connection.settimeout(20)
            try:
                connection.sendall(b"186a0\r\n%b\r\n" % piece if in_chunks else piece)
            except OSError:
                break
            sent += len(piece)
            connection.settimeout(0.02)
        connection.settimeout(5)
        try:
            status = status or connection.recv(100)
        except OSError:
            status = status or b"no answer"
    words = status.split(b"\r\n")[0].decode()
    return words.removeprefix("HTTP/1.1 "), sent, time.monotonic() - began
