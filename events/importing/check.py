"""A partner checks their feed: by a link that ends, so often, one at a time, and without the portal's credentials."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer

from .advice import MANY_BYTES, Advice
from .apart import read_apart
from .feed import FeedUnusable, Problem
from .fetch import TOTAL_SECONDS, Credential, Fetched, is_on_the_web, safe_get
from .markup import printable
from .models import Check, CheckLink, ImportSource
from .sources import CredentialWithheld, credential_of, lock_key_of, locked

LIFETIME = timedelta(days=30)
PERIOD = timedelta(hours=1)
PER_LINK = 20
PER_VISITOR = 30
"""As many checks in a PERIOD; a visitor may have several links."""
AT_ONCE = 2
"""As many checks in the whole portal: each keeps a thread of the web server for up to half a minute."""
BUSY = timedelta(seconds=30)
EVENTS_SHOWN = 20
PROBLEMS_SHOWN = 100

# Programs for mail take a colon for the end of a link.
_signer = Signer(sep=".", salt="events.importing.check")


class LinkForged(Exception):
    """The portal never made this link."""


class LinkOver(Exception):
    """The link has expired or was withdrawn."""


class TooOften(Exception):
    """Somebody has to wait for `pause`; the message says why."""

    def __init__(self, message: str, pause: timedelta):
        super().__init__(message)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Report:
    """What the portal makes of a feed: how it came (without its bytes), in which format, with how many events, and what
    there is to say of it, of the first EVENTS_SHOWN of them, and the first PROBLEMS_SHOWN of its problems."""

    fetched: Fetched
    format: str
    count: int
    advice: Advice
    problems: tuple[Problem, ...]
    problem_count: int


# The link


def make_link(source: ImportSource, *, user: Any, at: datetime) -> CheckLink:
    """A new link for `source`, made by `user` at `at` (aware); an earlier one no longer works."""
    told = {"nonce": secrets.token_urlsafe(12), "expires_at": at + LIFETIME, "made_by": user}
    link, _ = CheckLink.objects.update_or_create(source=source, defaults=told)
    return link


def token_of(link: CheckLink) -> str:
    """What stands in the address of `link`."""
    return _signer.sign_object([link.source_id, link.nonce, int(link.expires_at.timestamp())])


def link_of(token: str, at: datetime) -> CheckLink:
    """The link of this token at `at` (aware), with its source; raises LinkForged or LinkOver."""
    try:
        source, nonce, expires = _signer.unsign_object(token)
    except (BadSignature, ValueError):
        raise LinkForged from None
    if datetime.fromtimestamp(expires, UTC) <= at:
        raise LinkOver
    link = CheckLink.objects.select_related("source").filter(source=source, nonce=nonce).first()
    if link is None:
        raise LinkOver
    return link


# How often


@contextmanager
def turn(source: ImportSource, *, visitor: str, at: datetime) -> Iterator[None]:
    """Check the feed of `source` in here, as the `visitor` whose digest this is, at `at` (aware); raises TooOften."""
    with ExitStack() as held:
        if not held.enter_context(locked(lock_key_of(f"check {source.pk}"))):
            raise TooOften("A check by this link is still going on.", BUSY)
        held.enter_context(slot())
        forget_checks(at)
        _refuse_more_than(PER_LINK, at, "With this link", source=source)
        _refuse_more_than(PER_VISITOR, at, "From your network", visitor=visitor)
        Check.objects.create(source=source, visitor=visitor, asked_at=at)
        yield


@contextmanager
def slot() -> Iterator[None]:
    """Read a feed while somebody waits for it, a partner or an editor, in here; raises TooOften where as many as may do
    so at once already."""
    with ExitStack() as held:
        if not any(held.enter_context(locked(lock_key_of(f"check at once {n}"))) for n in range(AT_ONCE)):
            raise TooOften("Other feeds are being checked just now.", BUSY)
        yield


def forget_checks(at: datetime) -> None:
    """Those that no longer count at `at` (aware)."""
    Check.objects.filter(asked_at__lte=at - PERIOD).delete()


def _refuse_more_than(number: int, at: datetime, whose: str, **counted: Any) -> None:
    """The newest `number` checks decide: when the oldest of them is forgotten, there is room for one."""
    asked = Check.objects.filter(**counted).order_by("-asked_at").values_list("asked_at", flat=True)
    oldest = asked[number - 1 : number].first()
    if oldest is not None:
        raise TooOften(f"{whose} {number} checks were made within an hour.", oldest + PERIOD - at)


# The check


def has_address(source: ImportSource) -> bool:
    """Whether there is anything to check but what a partner types."""
    return is_on_the_web(source.address)


def check_own(source: ImportSource, at: datetime) -> Report:
    """Of the feed at the address that `source` has; raises FeedUnusable."""
    if not has_address(source):
        raise FeedUnusable("Give the address of your calendar or web page.")
    try:
        credential = credential_of(source)
    except CredentialWithheld:
        raise FeedUnusable(
            "This feed needs a password, and the portal waits for somebody to approve it."
        ) from None
    except FeedUnusable:
        # What it is called in the environment is nobody's business here.
        raise FeedUnusable(
            "This feed needs a password, which the portal does not have at the moment."
        ) from None
    return _check(source.address, source, at, credential=credential, format=source.format)


def check_typed(address: str, source: ImportSource, at: datetime) -> Report:
    """Of what is at the `address` that somebody typed; no credential is sent there. Raises FeedUnusable."""
    address = printable(address).strip()
    if not is_on_the_web(address):
        # What begins so would be a file of the server.
        address = f"https://{address}"
    return _check(address, source, at)


def _check(
    address: str,
    source: ImportSource,
    at: datetime,
    *,
    credential: Credential | None = None,
    format: str = "",
) -> Report:
    credential = credential or Credential()
    fetched = safe_get(address, credential=credential.afresh())
    again = None
    if fetched.bytes_read <= MANY_BYTES:
        # What cannot be had a second time was had once.
        with suppress(FeedUnusable):
            left = max(1.0, TOTAL_SECONDS - fetched.seconds)
            again = safe_get(address, credential=credential.afresh(), total_seconds=left).body
    with read_apart() as reader:
        format, count, advice, problems, problem_count = reader.report(
            fetched,
            again,
            day=at.date(),
            most_events=EVENTS_SHOWN,
            most_problems=PROBLEMS_SHOWN,
            format=format,
            default_timezone=source.timezone,
            address=fetched.address,
            mapping=source.columns,
            content_type=fetched.content_type,
            at=at,
        )
    return Report(replace(fetched, body=None), format, count, advice, problems, problem_count)
