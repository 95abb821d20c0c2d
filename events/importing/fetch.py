"""The bytes of a feed: out of a file, or over the network without trusting who answers."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from .feed import FeedUnusable

# What it refuses is told by FeedUnusable.
logging.getLogger("requests_hardened").setLevel(logging.CRITICAL)

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
MAX_BYTES = 10_000_000
MAX_REDIRECTS = 5
CHUNK_BYTES = 65_536


def fetch(address: str) -> bytes:
    """What is at `address`, a path or an http, https or webcal URL; FeedUnusable says why there is nothing."""
    if "://" in address or address.lower().startswith("webcal:"):
        return safe_get(address)
    return _read_file(address)


def _read_file(address: str) -> bytes:
    if not address.strip():
        raise FeedUnusable("Name a file or a web address to import from; an empty one was given.")
    path = Path(address)
    try:
        # Opening a pipe or a device can wait for ever.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise FeedUnusable(f"“{address}” is no ordinary file; save the calendar in one.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise FeedUnusable(f"There is no file “{address}”.") from None
    except IsADirectoryError:
        raise FeedUnusable(f"“{address}” is a folder; name the calendar file in it.") from None
    except PermissionError:
        raise FeedUnusable(f"The file “{address}” may not be read by this user.") from None
    except (OSError, ValueError) as error:
        raise FeedUnusable(f"The file “{address}” cannot be read: {error}.") from error
    if len(data) > MAX_BYTES:
        raise FeedUnusable(f"The file “{address}” is larger than {MAX_BYTES // 1_000_000} MB.")
    return data


def safe_get(address: str, *, total_seconds: float = TOTAL_SECONDS, max_bytes: int = MAX_BYTES) -> bytes:
    """The body of the answer to a GET of `address`, decompressed; raises FeedUnusable.

    Only http and https (webcal is https), only hosts with a public address, which is checked for the very
    address that is connected to, redirects included. `total_seconds` bounds everything after the look-up of
    the name.
    """
    with _deadline(total_seconds) as deadline, _session(deadline) as session:
        try:
            for _ in range(MAX_REDIRECTS + 1):
                address = _allowed(address)
                with session.get(address, stream=True, allow_redirects=False) as response:
                    if not response.is_redirect:
                        return _body(response, deadline, max_bytes)
                    address = urljoin(address, response.headers["location"])
        except FeedUnusable:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise FeedUnusable(_in_words(error, address, deadline)) from error
    raise FeedUnusable(
        f"{_host(address)} redirects more than {MAX_REDIRECTS} times. Use the calendar's final address."
    )


def loopback_is_allowed() -> bool:
    """Tests reach servers on their own machine by IMPORT_ALLOW_LOOPBACK; a portal with a public address never
    does."""
    own_host = urlsplit(settings.BASE_URL).hostname
    return getattr(settings, "IMPORT_ALLOW_LOOPBACK", False) and own_host in {
        "localhost",
        "127.0.0.1",
        "testserver",
    }


def _allowed(address: str) -> str:
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        raise FeedUnusable(f"“{address}” is not a web address.") from None
    scheme = "https" if parts.scheme == "webcal" else parts.scheme
    if scheme not in {"http", "https"}:
        raise FeedUnusable(f"Addresses with “{parts.scheme}:” are not fetched; use https, http or webcal.")
    if not host:
        raise FeedUnusable(f"“{address}” is not a web address.")
    if parts.username is not None or parts.password is not None:
        raise FeedUnusable("An address with a user name or password in it is not fetched.")
    return urlunsplit((scheme, parts.netloc, parts.path, parts.query, ""))


def _body(response: requests.Response, deadline: "_Deadline", max_bytes: int) -> bytes:
    if response.status_code != 200:
        raise FeedUnusable(_status_in_words(response))
    body = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise FeedUnusable(
                f"The feed is larger than {max_bytes // 1_000_000} MB; that is no calendar of events."
            )
        if deadline.is_over:
            raise TimeoutError
    # A connection that is cut at the deadline can look like the end of an answer without a length.
    if deadline.is_over:
        raise TimeoutError
    return bytes(body)


def _status_in_words(response: requests.Response) -> str:
    status, host = response.status_code, _host(response.url)
    if status in {401, 403}:
        meaning = "does not let us read the feed. Use an address that is open to everybody."
    elif status in {404, 410}:
        meaning = "has no feed at this address. Check the address, or ask where the calendar has gone."
    elif status == 429:
        meaning = "was asked too often. Try again later."
    elif status >= 500:
        meaning = "has an error of its own. Try again later."
    else:
        meaning = "did not send the feed."
    return f"{host} answered {status}: it {meaning}"


def _in_words(error: Exception, address: str, deadline: "_Deadline") -> str:
    host = _host(address)
    if deadline.is_over:
        return f"{host} took longer than {deadline.seconds:g} seconds to send the feed. Try again later."
    if isinstance(error, InvalidIPAddress):
        return f"{host} is not a public address of the internet; feeds are fetched from public ones only."
    if isinstance(error, requests.Timeout):
        return f"{host} does not answer. Check the address, or try again later."
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {host} is not valid, so the connection is not safe. Tell whoever runs it."
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return f"{host} sent a feed that cannot be decompressed. Tell whoever runs it."
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"{host} broke off in the middle of the feed. Try again later."
    if isinstance(error, requests.ConnectionError):
        return f"{host} cannot be reached. Check the address, or try again later."
    return f"The feed cannot be fetched from {host}: {error}"


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class _Deadline:
    """An end to all connections of a fetch, however slowly their bytes drip: a time-out counts from each byte
    anew."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    def start(self):
        self._timer.start()

    def watch(self, connection: socket.socket) -> socket.socket:
        # A duplicate stays valid when the original becomes part of a TLS connection.
        self._sockets.append(connection.dup())
        return connection

    def _shut_down(self):
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def cancel(self):
        self._timer.cancel()
        self._timer.join()
        for connection in self._sockets:
            connection.close()


@contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    deadline = _Deadline(seconds)
    deadline.start()
    try:
        yield deadline
    finally:
        deadline.cancel()


@contextmanager
def _session(deadline: _Deadline) -> Iterator[requests.Session]:
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=loopback_is_allowed(),
        never_redirect=True,
        default_timeout=(CONNECT_SECONDS, deadline.seconds),
        user_agent_override=f"EarthCODE portal (+{settings.BASE_URL})",
    )
    with Manager(config).get_session() as session:
        # No proxy and no .netrc of the environment: they would see or send what was not meant for the host.
        session.trust_env = False
        # Even when told not to follow, requests reads the whole body of a redirect to know where it leads.
        session.resolve_redirects = lambda *args, **options: iter(())
        session.headers["Accept"] = "text/calendar, */*;q=0.5"
        for adapter in session.adapters.values():
            _watch_connections(adapter, deadline)
        yield session


def _watch_connections(adapter: HTTPAdapter, deadline: _Deadline):
    class WatchedConnection(HTTPConnection):
        def _new_conn(self):
            return deadline.watch(super()._new_conn())

    class WatchedTLSConnection(HTTPSConnection):
        def _new_conn(self):
            return deadline.watch(super()._new_conn())

    class Pool(HTTPConnectionPool):
        ConnectionCls = WatchedConnection

    class TLSPool(HTTPSConnectionPool):
        ConnectionCls = WatchedTLSConnection

    adapter.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TLSPool}
