"""The bytes of a feed: out of a file, or over the network without trusting who answers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests_hardened import Config, Manager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from .egress import AddressRefused, Rules, ascii_host, has_numeric_name, resolved
from .feed import FeedUnusable

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 30.0
MAX_BYTES = 10_000_000
MAX_IMAGE_BYTES = 5_000_000
MAX_REDIRECTS = 5
MAX_PAUSE = timedelta(days=1)
"""However long a server asks to be left alone."""
MAX_VALIDATOR_LENGTH = 255
CHUNK_BYTES = 65_536
NOT_MODIFIED = 304
DEFAULT_PORTS = {"http": 80, "https": 443}

_CONDITIONS = {"If-None-Match", "If-Modified-Since"}


class AnswerUnusable(FeedUnusable):
    """The server answered, but not with what was asked for; `status` is the one of HTTP."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class FeedGone(AnswerUnusable):
    """It is gone for good (410): asking again is no use."""


class FeedBusy(AnswerUnusable):
    """The server wants to be asked later (429, 503); after `retry_after` if it says so, which is a day at most."""

    def __init__(self, message: str, status: int, retry_after: timedelta | None = None):
        super().__init__(message, status)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server called the version of a feed that is known (RFC 9110, 8.8): its headers as they stand, or ""."""

    etag: str = ""
    last_modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        told = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of a request. `body` is None when the version that is known is still the newest.

    `address` is the one that answered, after all redirects; `bytes_read` counts decompressed ones. Of a file there are
    no headers.
    """

    body: bytes | None
    address: str
    status: int = 200
    validators: Validators = Validators()
    content_type: str = ""
    seconds: float = 0.0

    @property
    def bytes_read(self) -> int:
        return len(self.body or b"")


class Credential:
    """What is sent as Authorization to one source, and the only thing that decides who is sent it.

    `home` is the address that the source is stored with. The secret reaches its scheme, host and port only. Once a
    request has gone elsewhere, by a redirect or to a next page, it is not sent any more: where the feed goes on from
    there is decided by somebody else. So make one for each import, and use it for all of its requests.
    """

    def __init__(self, secret: str = "", home: str = ""):
        if not (secret.isascii() and secret.isprintable()):
            # Whatever would fail later on would repeat the secret.
            raise FeedUnusable("The credential has characters in it that cannot be sent. Set it again.")
        self._secret = secret
        self._home = _origin(allowed(home)) if secret else None

    def __bool__(self) -> bool:
        return bool(self._secret)

    def afresh(self) -> "Credential":
        """The same one, for requests that begin at the source's own address again."""
        return copy(self)

    def headers_for(self, address: str) -> dict[str, str]:
        """The header to send to `address`, or none; to be asked before each request, in their order."""
        if self._secret and _origin(address) != self._home:
            self._secret = ""
        return {"Authorization": self._secret} if self._secret else {}


def fetch_feed(
    address: str, *, known: Validators | None = None, credential: Credential | None = None
) -> Fetched:
    """The feed at `address`, a path or an http, https or webcal URL, unless it still is the `known` version.

    Raises FeedUnusable, FeedBusy or FeedGone.
    """
    if is_on_the_web(address):
        return safe_get(address, known=known, credential=credential)
    return Fetched(body=_read_file(address), address=address)


def fetch_image(address: str) -> Fetched:
    """The picture at the URL `address`; raises FeedUnusable. Its bytes are still anybody's: nothing is decoded here."""
    found = safe_get(address, max_bytes=MAX_IMAGE_BYTES, accept="image/*")
    if not found.content_type.startswith("image/"):
        raise FeedUnusable(f"{host_of(found.address)} sent no picture, but “{found.content_type[:80]}”.")
    return found


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


def safe_get(
    address: str,
    *,
    known: Validators | None = None,
    credential: Credential | None = None,
    accept: str = "text/calendar, */*;q=0.5",
    total_seconds: float = TOTAL_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """The answer to a GET of `address`, decompressed; raises FeedUnusable.

    Only http and https (webcal is https), only hosts and ports that `egress.Rules` allows, which is checked for the
    very address that is connected to, redirects included. `total_seconds` bounds everything after the look-up of
    the name. `known` and `credential` are as in `fetch_feed`.
    """
    credential = credential or Credential()
    started = time.monotonic()
    with _deadline(total_seconds) as deadline, _session(deadline) as session:
        try:
            for _ in range(MAX_REDIRECTS + 1):
                address = allowed(address)
                headers = {"Accept": accept, **(known.headers if known else {})}
                headers |= credential.headers_for(address)
                with session.get(address, stream=True, allow_redirects=False, headers=headers) as response:
                    if not response.is_redirect:
                        return Fetched(
                            body=_body(response, deadline, max_bytes),
                            address=address,
                            status=response.status_code,
                            validators=_validators(response, known),
                            content_type=response.headers.get("Content-Type", "").lower(),
                            seconds=time.monotonic() - started,
                        )
                    address = urljoin(address, _location(response))
        except FeedUnusable:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise FeedUnusable(_in_words(error, address, deadline)) from error
    raise FeedUnusable(
        f"{host_of(address)} redirects more than {MAX_REDIRECTS} times. Use the calendar's final address."
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


def rules() -> Rules:
    """What the settings say about which servers may be asked."""
    return Rules(
        allowed=settings.IMPORT_ALLOWED_HOSTS,
        denied=settings.IMPORT_DENIED_HOSTS,
        ports=settings.IMPORT_PORTS,
        allow_loopback=loopback_is_allowed(),
    )


def is_on_the_web(address: str) -> bool:
    """Whether `address` is meant as a web address, and not as a path."""
    return "://" in address or address.lower().startswith("webcal:")


def allowed(address: str) -> str:
    """`address` as it is fetched, its host in ASCII; FeedUnusable says why it is not.

    This is all that can be known without asking for the addresses of the host; see `egress`.
    """
    not_one = FeedUnusable(f"“{address}” is not a web address.")
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise not_one from None
    scheme = "https" if parts.scheme == "webcal" else parts.scheme
    if scheme not in {"http", "https"}:
        raise FeedUnusable(f"Addresses with “{parts.scheme}:” are not fetched; use https, http or webcal.")
    bracketed, _, after = parts.netloc.rpartition("]")
    if (
        not host
        or port == 0
        or bool(bracketed) != (":" in host)
        or (bracketed and after[:1] not in {"", ":"})
    ):
        raise not_one
    if "@" in parts.netloc:
        raise FeedUnusable("An address with a user name or password in it is not fetched.")
    try:
        host = ascii_host(host)
    except ValueError:
        raise not_one from None
    if has_numeric_name(host):
        raise FeedUnusable(
            f"“{host}” is an unusual way to write the address of a server; use its name, or four numbers from 0 to 255."
        )
    if refusal := rules().why_not_name(host, port or DEFAULT_PORTS[scheme]):
        raise FeedUnusable(f"{scheme}://{host}{f':{port}' if port else ''} is not fetched: {refusal}")
    netloc = f"[{host}]" if ":" in host else host
    # Built anew, so that no other program reads another host out of it.
    return urlunsplit((scheme, netloc if port is None else f"{netloc}:{port}", parts.path, parts.query, ""))


def _origin(address: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


def _location(response: requests.Response) -> str:
    """Where a redirect leads to, as browsers read it: bytes that are not ASCII are UTF-8, or stand for themselves."""
    told = response.headers["location"].encode("latin-1")
    try:
        return told.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in told)


def _validators(response: requests.Response, known: Validators | None) -> Validators:
    """What to ask with the next time; an answer that nothing is new need not repeat it."""
    told = [response.headers.get(name, "") for name in ("ETag", "Last-Modified")]
    found = [
        value if len(value) <= MAX_VALIDATOR_LENGTH and value.isascii() and value.isprintable() else ""
        for value in told
    ]
    if response.status_code == NOT_MODIFIED and known and not any(found):
        return known
    return Validators(*found)


def _body(response: requests.Response, deadline: "_Deadline", max_bytes: int) -> bytes | None:
    if response.status_code == NOT_MODIFIED and response.request.headers.keys() & _CONDITIONS:
        return None
    if response.status_code != 200:
        raise _unusable(response)
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


def _unusable(response: requests.Response) -> AnswerUnusable:
    message, status = _status_in_words(response), response.status_code
    if status == 410:
        return FeedGone(message, status)
    if status in {429, 503}:
        return FeedBusy(message, status, _retry_after(response))
    return AnswerUnusable(message, status)


def _retry_after(response: requests.Response) -> timedelta | None:
    """What the Retry-After header says (RFC 9110, 10.2.3), by the server's own clock if it is a date."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return min(timedelta(seconds=int(told[:9])), MAX_PAUSE)
    until = _http_date(told)
    now = _http_date(response.headers.get("Date", "")) or datetime.fromtimestamp(time.time(), UTC)
    return max(timedelta(0), min(until - now, MAX_PAUSE)) if until else None


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _status_in_words(response: requests.Response) -> str:
    status, host = response.status_code, host_of(response.url)
    if status in {401, 403} and "Authorization" in response.request.headers:
        meaning = "does not accept the credential of this source. Ask whoever runs it for a new one."
    elif status in {401, 403}:
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
    host = host_of(address)
    if deadline.is_over:
        return f"{host} took longer than {deadline.seconds:g} seconds to send the feed. Try again later."
    if isinstance(error, AddressRefused):
        return f"{host} {error}"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"{host} cannot be reached by way of the proxy of this portal. Tell whoever runs the portal."
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


def host_of(address: str) -> str:
    """The scheme and the host of `address`, which may be said aloud where the rest may be a secret."""
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
        # `_GuardedAdapter` does that, by rules of the portal's own.
        ip_filter_enable=False,
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(CONNECT_SECONDS, deadline.seconds),
        user_agent_override=f"EarthCODE portal (+{settings.BASE_URL})",
    )
    with Manager(config).get_session() as session:
        # No proxy and no .netrc of the environment: they would see or send what was not meant for the host.
        session.trust_env = False
        if settings.IMPORT_PROXY:
            session.proxies = {"http": settings.IMPORT_PROXY, "https": settings.IMPORT_PROXY}
        # Even when told not to follow, requests reads the whole body of a redirect to know where it leads.
        session.resolve_redirects = lambda *args, **options: iter(())
        for scheme in DEFAULT_PORTS:
            session.mount(f"{scheme}://", _GuardedAdapter(deadline, rules()))
        yield session


class _GuardedAdapter(HTTPAdapter):
    """Connects to addresses that `rules` allow, and to the very one that was checked: a name may have another the next
    time that somebody asks. Its connections end with `deadline`.

    A proxy is given the name, and looks it up itself; see SECURITY.md for what it has to refuse then.
    """

    def __init__(self, deadline: _Deadline, rules: Rules):
        self._rules = rules
        self._pools = _pools_watched_by(deadline)
        super().__init__()
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy, **options):
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def build_connection_pool_key_attributes(self, request, verify, cert=None):
        target, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        host, port = target["host"].strip("[]"), target["port"] or DEFAULT_PORTS[target["scheme"]]
        found = resolved(host, port, self._rules)
        if not settings.IMPORT_PROXY:
            request.headers["Host"] = urlsplit(request.url).netloc
            if target["scheme"] == "https":
                tls = {**tls, "assert_hostname": host, "server_hostname": host}  # type: ignore[typeddict-unknown-key]
            target["host"] = f"[{found}]" if found.version == 6 else str(found)
        return target, tls


def _pools_watched_by(deadline: _Deadline) -> dict[str, type[HTTPConnectionPool]]:
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

    return {"http": Pool, "https": TLSPool}
