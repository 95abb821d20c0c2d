"""Bytes to events. A format is a module with a function `parse` of the signature `Parser`, and a line in
FORMATS."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from events.importing.feed import FeedEvent, Key, Level, ParsedFeed, Problem

from . import ical

Parser = Callable[..., ParsedFeed]
FORMATS: dict[str, Parser] = {"ical": ical.parse}

MAX_KEY_LENGTH = 255


def parse(data: bytes, *, format: str, default_timezone: str) -> ParsedFeed:
    """Every event of `data` that can be read, each with an identity of its own.

    `default_timezone` is the IANA name for times of which the feed does not tell the zone. An item that
    cannot be read is a problem; FeedUnusable is raised when `data` is nothing of the kind.
    """
    feed = FORMATS[format](data, default_timezone=default_timezone)
    events, problems = _distinct(_identified(feed.events))
    return replace(feed, events=tuple(events), problems=(*feed.problems, *problems))


def _identified(events: Iterable[FeedEvent]) -> list[FeedEvent]:
    """An event without a UID goes by its website if no other of them has the same, else by its title and
    start."""
    events = list(events)
    websites = Counter(event.website for event in events if not event.key.uid)

    def identified(event: FeedEvent) -> FeedEvent:
        uid = event.key.uid
        if not uid:
            start = f"{event.start_date}T{event.start_time or ''}"
            by_website = event.website and websites[event.website] == 1
            uid = f"url:{event.website}" if by_website else f"title:{event.title}|{start}"
        return replace(event, key=Key(_short(uid), _short(event.key.recurrence_id)))

    return [identified(event) for event in events]


def _short(text: str) -> str:
    if len(text) <= MAX_KEY_LENGTH:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _distinct(events: Iterable[FeedEvent]) -> tuple[list[FeedEvent], list[Problem]]:
    """One event per key, the most recent; which one must not depend on the order in the feed."""
    versions = defaultdict(list)
    for event in events:
        versions[event.key].append(event)
    distinct, problems = [], []
    for key, same in versions.items():
        chosen = max(same, key=lambda event: (event.recency, sorted(map(str, event.values.items()))))
        distinct.append(chosen)
        reason = (
            f"{len(same)} entries have this UID; the most recent one, “{chosen.title}” on line {chosen.line}, "
            "is imported. If they are different events, each needs a UID of its own."
        )
        problems += [
            Problem(Level.SKIPPED, reason, key.uid, event.line) for event in same if event is not chosen
        ]
    return distinct, problems
