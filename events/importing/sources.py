"""Which source a feed is of, and whose turn it is to import it."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from django.db import Error, connection
from django.db.models import Exists, OuterRef

from events.models import EventTopic, EventType

from .choose import Wishes, folded
from .feed import FeedElsewhere, FeedEvent, FeedUnusable, Key, ParsedFeed, as_value
from .fetch import Credential, Validators
from .markup import cut, printable
from .models import ImportRecord, ImportSource

NAME_LENGTH = 255
ADDRESS_LENGTH = 2000


class CredentialWithheld(FeedUnusable):
    """The source has a credential, but is not approved as it is."""


class Trace(NamedTuple):
    """What a record tells of the event that it is of; dates and times as JSON holds them."""

    source: int
    key: Key
    title: str | None
    start: tuple[str | None, str | None]


def source_of(feed: ParsedFeed, *, name: str, address: str, format: str) -> ImportSource:
    """The source that is called `name`, if that is given; else the one that `feed` is recognised as.

    A new one is not stored yet.
    """
    name, address = cut(printable(name), NAME_LENGTH), absolute(address)
    sources: dict[int | None, ImportSource] = {
        source.pk: source for source in ImportSource.objects.order_by("pk")
    }
    if name:
        found = next((source for source in sources.values() if source.name == name), None)
    else:
        found = next((source for source in sources.values() if source.address == address), None)
        found = found or sources.get(recognised(feed.events, _traces(feed.events)))
        name = free_name(feed.name or address, address, {source.name for source in sources.values()})
    return found or ImportSource(name=name, address=address, format=format)


def recognised(events: Iterable[FeedEvent], traces: Iterable[Trace]) -> int | None:
    """The source that holds most of `events`, and at least half of them, under the same key and with the same
    title or the same start.

    Neither the name of a calendar nor its address nor a UID alone tells: all three change, and `1` is a UID.
    """
    wanted = {event.key: event for event in events}
    held = Counter(
        trace.source
        for trace in traces
        if (event := wanted.get(trace.key)) and (trace.title == event.title or trace.start == _start(event))
    )
    source, most = max(held.items(), key=lambda item: (item[1], -item[0]), default=(None, 0))
    return source if most * 2 >= len(wanted) else None


def _start(event: FeedEvent) -> tuple[str | None, str | None]:
    return as_value(event.start_date), as_value(event.start_time)


def _traces(events: Iterable[FeedEvent]) -> Iterator[Trace]:
    uids = {event.key.uid for event in events}
    rows = ImportRecord.objects.filter(uid__in=uids).values_list("source", "uid", "recurrence_id", "values")
    for source, uid, recurrence_id, values in rows:
        start = values["start_date"], values["start_time"]
        yield Trace(source, Key(uid, recurrence_id), values["title"], start)


def free_name(name: str, address: str, taken: set[str]) -> str:
    """`name`, or something like it that tells the source apart from those that are called so already."""
    numbered = (f"{cut(name, NAME_LENGTH - 10)} {number}" for number in count(2))
    candidates = chain((name, f"{name} ({address})"), numbered)
    return next(found for candidate in candidates if (found := cut(candidate, NAME_LENGTH)) not in taken)


def absolute(address: str) -> str:
    """`address` as a source keeps it: a path from the root of the file system."""
    full = address if ":" in address else str(Path(address).resolve())
    return printable(full)[:ADDRESS_LENGTH]


@contextmanager
def alone(source: ImportSource) -> Iterator[None]:
    """Import `source` in here: FeedElsewhere where another process does so at the moment.

    The lock belongs to the session with the database, so that it ends with the process, however that ends.
    """
    with locked(lock_key(source)) as is_mine:
        if not is_mine:
            raise FeedElsewhere(
                f"“{source}” is being imported right now by another run; try again when it is done."
            )
        yield


@contextmanager
def locked(key: int) -> Iterator[bool]:
    """Hold the lock `key` in here, if nobody else does; whether that is so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_mine = cursor.fetchone()[0]
    try:
        yield is_mine
    finally:
        if is_mine:
            _unlock(key)


def lock_key(source: ImportSource) -> int:
    """By name, which a source that is not stored yet has as well."""
    return lock_key_of(f"import {source.name}")


def lock_key_of(words: str) -> int:
    return int.from_bytes(sha256(words.encode()).digest()[:8], signed=True)


def _unlock(key: int):
    # Without its session the lock is gone already.
    with suppress(Error), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def validators_of(source: ImportSource) -> Validators | None:
    """What to ask a server with whether its feed is still the one that is known."""
    return Validators(source.etag, source.last_modified) if source.digest else None


def credential_of(source: ImportSource, *, may_try: bool = False) -> Credential:
    """What is sent as Authorization to the server of `source`; see `Credential` for who is sent it.

    Raises CredentialWithheld where nobody has approved the source as it is, unless a person who may approve it
    tries it first (`may_try`), and FeedUnusable where the environment does not have the secret.
    """
    if not source.credential:
        return Credential()
    if not (source.is_approved or may_try):
        # Else whoever writes an address would be sent the secret.
        raise CredentialWithheld(
            f"“{source}” is read with a credential and was changed or made since it was approved. "
            "Somebody who may approve sources of events has to test and approve it."
        )
    value = os.environ.get(source.credential, "")
    if not value:
        raise FeedUnusable(
            f"The environment variable {source.credential} is not set in this portal. Whoever runs the portal has to "
            "set it, or empty the credential of the source."
        )
    return Credential(value, source.address)


def wishes_of(source: ImportSource) -> Wishes:
    """What the source wants of its feed, and the vocabulary as it is now."""
    chosen = ImportSource.topics.through.objects.filter(importsource=source.pk, eventtopic=OuterRef("pk"))
    topics = EventTopic.objects.annotate(is_chosen=Exists(chosen)).values_list("name", "slug", "is_chosen")
    return Wishes(
        include_words=_lines(source.include_words),
        exclude_words=_lines(source.exclude_words),
        include_categories=_lines(source.include_categories),
        exclude_categories=_lines(source.exclude_categories),
        types={folded(name): slug for name, slug in EventType.objects.values_list("name", "slug")},
        all_topics={folded(name): slug for name, slug, _ in topics},
        event_type=source.event_type.slug if source.event_type else None,
        topics=tuple(slug for _, slug, is_chosen in topics if is_chosen),
        organizer=source.organizer.title if source.organizer else "",
        language=source.language,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.splitlines())))
