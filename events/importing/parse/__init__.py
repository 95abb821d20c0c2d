"""Bytes to events. A format is a module with a function `parse` of the signature `Parser`, and a line in
FORMATS."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from events.importing.feed import FeedEvent, Key, Level, ParsedFeed, Problem, short

from . import ical

Parser = Callable[..., ParsedFeed]
FORMATS: dict[str, Parser] = {"ical": ical.parse}


def parse(data: bytes, *, format: str, default_timezone: str) -> ParsedFeed:
    """Every event of `data` that can be read, each with an identity of its own.

    `default_timezone` is the IANA name for times of which the feed does not tell the zone. An item that
    cannot be read is a problem; FeedUnusable is raised when `data` is nothing of the kind.
    """
    feed = FORMATS[format](data, default_timezone=default_timezone)
    events, problems = _distinct(map(_identified, feed.events))
    return replace(feed, events=tuple(events), problems=(*feed.problems, *problems))


def _identified(event: FeedEvent) -> FeedEvent:
    if not event.key.uid:
        return replace(event, key=Key.of_nameless(event.values))
    key = Key(short(event.key.uid), short(event.key.recurrence_id))
    return event if key == event.key else replace(event, key=key)


def _distinct(events: Iterable[FeedEvent]) -> tuple[list[FeedEvent], list[Problem]]:
    """One event per key, the most recent; which one must not depend on the order in the feed."""
    versions = defaultdict(list)
    for event in events:
        versions[event.key].append(event)
    distinct, problems = [], []
    for key, same in versions.items():
        if len(same) == 1:
            distinct += same
            continue
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
