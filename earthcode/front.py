"""What stands between the web server and Django: it takes requests in, and lets Django see only whole ones.

A thread of Django's is a scarce thing: each keeps a connection with the database. So nobody holds one who only sends
or reads slowly. A request body is taken in here, within a time and a size that depend on the address, before a thread
is asked for; an answer is handed to the web server whole, or a file piece by piece, after the thread was let go.

An ASGI application (specification 3.0) around a WSGI one (PEP 3333).
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from earthcode.middleware import HEALTHY
from earthcode.trouble import Trouble, is_general, note, trouble_of

MB = 1_000_000
FORM = 4 * MB
"""Django itself takes 2.5 MB of fields that are no files."""
LIMITS = (
    ("/admin/login/", MB // 10),
    ("/admin/password_reset/", MB // 10),
    ("/admin/images/", 30 * MB),
    ("/admin/documents/", 105 * MB),
    ("/admin/import_upload/", 30 * MB),
    ("/admin/", FORM),
)
ELSEWHERE = 1 * MB
SILENCE_SECONDS = 15.0
"""A sender may pause for so long …"""
SLOWEST = 8_000
"""… and has to bring so many bytes a second, after the first SILENCE_SECONDS."""
IN_MEMORY = 256_000
BODIES_AT_ONCE = 200
BYTES_AT_ONCE = 500 * MB
"""A process takes in so many at a time; more are refused until some have ended."""
MOST_WAITING = 1000
"""So many requests may wait for a thread."""
PATIENCE_SECONDS = 1.5
"""So long, while requests fail because of the database: they would fail too, only later."""
PIECE = 65_536
READER_SECONDS = 60.0
"""A reader has to take a piece within this time."""

BUSY = "Too much is being sent at once. Try again in a moment."

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
Wsgi = Callable[..., Iterable[bytes]]

logger = logging.getLogger(__name__)


def limit_of(path: str, *, is_signed_in: bool = True) -> int:
    """The most bytes that a request to `path` may bring along. Files are for those who claim to be signed in."""
    limit = next((limit for beginning, limit in LIMITS if path.startswith(beginning)), ELSEWHERE)
    return limit if is_signed_in else min(limit, FORM)


class Refused(Exception):
    """A request is not taken in; `status` says why."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Gone(Exception):
    """Whoever asked is not there any more."""


class FilePieces:
    """What Django is told to wrap a file in (`wsgi.file_wrapper`), so that it can be sent without a thread of its."""

    def __init__(self, file: IO[bytes], size: int = PIECE):
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(PIECE):
            yield piece

    def close(self) -> None:
        self.file.close()


@dataclass
class Answer:
    """`body` is whole, or a file that is still to be read."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | FilePieces = b""
    is_sent: bool = False

    @classmethod
    def plain(cls, status: int, text: str, **headers: str) -> "Answer":
        headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **headers}
        body = text.encode()
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return cls(status, [*named, (b"content-length", str(len(body)).encode())], body)


class Front:
    """Serves a WSGI `application` with so many `threads`, which live as long as this does.

    `unavailable` makes the page for a Trouble; it is called in one of the threads.
    """

    def __init__(self, application: Wsgi, unavailable: Callable[[Trouble], Answer], *, threads: int):
        self._application, self._unavailable = application, unavailable
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="django")
        self._bodies = self._bytes = self._waiting = 0
        self._count = threading.Lock()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _live(receive, send)
        if scope["type"] != "http":
            return None
        try:
            answer = await self._answer(scope, receive, send)
        except Gone:
            return None
        except Refused as refused:
            # What is still to come of the body is not read, so the connection can be of no more use.
            answer = Answer.plain(refused.status, f"{refused.reason}\n", connection="close", retry_after="30")
        return None if answer.is_sent else await _sent(answer, send)

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> Answer:
        if scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            return Answer.plain(200, HEALTHY.decode())
        if self._waiting >= MOST_WAITING:
            raise Refused(503, "Too many requests are waiting. Try again in a moment.")
        body = await self._taken_in(scope, receive)
        environ, loop = environ_of(scope, body), asyncio.get_running_loop()
        with self._count:
            self._waiting += 1
        # Whoever asked may leave; what has begun is brought to its end.
        called = loop.run_in_executor(self._threads, self._called, environ, time.monotonic(), loop, send)
        return await asyncio.shield(called)

    async def _taken_in(self, scope: dict[str, Any], receive: Receive) -> IO[bytes]:
        """The body of a request, whole. Raises Refused and Gone."""
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie")
        limit = limit_of(scope["path"], is_signed_in=b"sessionid=" in cookies)
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if any(not length.isdigit() or int(length) > limit for length in lengths):
            raise Refused(413, f"What was sent is too large: {limit // 1000:,} kB are the most here.")
        if self._bodies >= BODIES_AT_ONCE and _has_body(scope):
            raise Refused(503, BUSY)
        body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by whoever is given it
        self._bodies += 1
        began, size, more = time.monotonic(), 0, True
        try:
            while more:
                spare = SILENCE_SECONDS + size / SLOWEST - (time.monotonic() - began)
                try:
                    message = await asyncio.wait_for(receive(), min(SILENCE_SECONDS, max(spare, 0)))
                except TimeoutError:
                    raise Refused(408, "What was sent did not arrive in time.") from None
                if message["type"] == "http.disconnect":
                    raise Gone
                data, more = message.get("body", b""), message.get("more_body", False)
                size += len(data)
                self._bytes += len(data)
                if self._bytes > BYTES_AT_ONCE:
                    raise Refused(503, BUSY)
                if size > limit:
                    raise Refused(413, f"What was sent is too large: {limit // 1000:,} kB are the most here.")
                body.write(data)
            body.seek(0)
        except OSError as error:
            body.close()
            if not trouble_of(error):
                raise
            logger.exception("A request could not be taken in")
            raise Refused(507, "The portal has no space left. Whoever runs it has to free some.") from None
        except BaseException:
            body.close()
            raise
        finally:
            self._bodies -= 1
            self._bytes -= size
        return body

    # What follows runs in a thread.

    def _called(
        self, environ: dict[str, Any], arrived: float, loop: asyncio.AbstractEventLoop, send: Send
    ) -> Answer:
        with self._count:
            self._waiting -= 1
        try:
            if time.monotonic() - arrived > PATIENCE_SECONDS and is_general():
                note()
                return self._unavailable(Trouble.BUSY)
            return self._django(environ, loop, send)
        except Gone:
            raise
        except Exception:
            logger.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            return Answer.plain(500, "Something went wrong.\n")
        finally:
            environ["wsgi.input"].close()

    def _django(self, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send) -> Answer:
        answer = Answer()

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer.status = int(status[:3])
            answer.headers = [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
            ]

        result = self._application(environ, start_response)
        if isinstance(result, FilePieces):
            # Django has given the file away, with the duty to close it.
            answer.body = result
            return answer
        try:
            if getattr(result, "streaming", False):
                self._stream(result, answer, loop, send)
            else:
                answer.body = b"".join(result)
        finally:
            if close := getattr(result, "close", None):
                close()
        return answer

    def _stream(
        self, pieces: Iterable[bytes], answer: Answer, loop: asyncio.AbstractEventLoop, send: Send
    ) -> None:
        """Few answers are made while they are sent; they may use the thread's connection with the database."""

        def pass_on(message: dict[str, Any]) -> None:
            asyncio.run_coroutine_threadsafe(send(message), loop).result(READER_SECONDS)

        answer.is_sent = True
        try:
            pass_on({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            for piece in pieces:
                pass_on({"type": "http.response.body", "body": piece, "more_body": True})
            pass_on({"type": "http.response.body"})
        except TimeoutError:
            raise Gone from None


def _has_body(scope: dict[str, Any]) -> bool:
    return scope["method"] not in ("GET", "HEAD", "OPTIONS")


async def _sent(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if isinstance(answer.body, bytes):
        await send({"type": "http.response.body", "body": answer.body})
        return
    loop = asyncio.get_running_loop()
    try:
        while piece := await loop.run_in_executor(None, answer.body.file.read, PIECE):
            message = {"type": "http.response.body", "body": piece, "more_body": True}
            await asyncio.wait_for(send(message), READER_SECONDS)
        await send({"type": "http.response.body"})
    finally:
        await loop.run_in_executor(None, answer.body.close)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def environ_of(scope: dict[str, Any], body: IO[bytes]) -> dict[str, Any]:
    """What WSGI says of the request that ASGI describes in `scope`.

    Headers with an underscore are left out: they would be taken for others (`X_Forwarded_Proto`).
    """
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": scope["client"][0] if scope.get("client") else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FilePieces,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    # What Django may read is what has come, whatever was announced, or not, as of a body in chunks.
    size = body.seek(0, 2)
    body.seek(0)
    if size or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(size)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ
