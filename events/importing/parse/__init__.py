"""Bytes to events. Adding a format = one module in this package, with what `Format` says, and its tests; see
docs/adding-a-feed-format.md."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from inspect import signature
from pkgutil import iter_modules
from typing import Any, Protocol, cast

from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed, Problem, short

from .encoding import charset_of, is_binary, read_text
from .otherwise import what_it_is


class Format(Protocol):
    """What makes a module of this package a format."""

    LABEL: str
    """What editors call it."""

    def recognises(self, data: bytes) -> bool:
        """Whether `data`, text in UTF-8 or a workbook, looks like it: looks at the beginning or the structure only,
        and never raises."""
        ...

    def parse(self, data: bytes, *, default_timezone: str, **options: Any) -> ParsedFeed:
        """Every event that can be read; an item that cannot is a problem. Raises FeedUnusable.

        `default_timezone` is the IANA name for times of which the feed does not tell the zone. A format that needs
        one of the other options of `parse` below names it as a parameter.
        """
        ...


def _found() -> dict[str, Format]:
    """The formats of this package by name; those that say they are GENERAL are asked last."""
    modules = {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}
    formats = [name for name, module in modules.items() if hasattr(module, "recognises")]
    formats.sort(key=lambda name: (getattr(modules[name], "GENERAL", False), name))
    return {name: cast(Format, modules[name]) for name in formats}


FORMATS = _found()


def format_of(data: bytes, address: str = "", content_type: str = "") -> str:
    """The name of the format that `data`, which came from `address`, is in; raises FeedUnusable, which says what it
    is instead. `content_type` is the header that it came with, or ""."""
    data, _ = _in_utf8(data, content_type)
    for name, format in FORMATS.items():
        if format.recognises(data):
            return name
    raise FeedUnusable(what_it_is(data, address))


def parse(
    data: bytes,
    *,
    format: str = "",
    default_timezone: str,
    address: str = "",
    mapping: Mapping[str, str] | None = None,
    content_type: str = "",
    at: datetime | None = None,
) -> ParsedFeed:
    """Every event of `data` that can be read, each with an identity of its own.

    `format` is one of FORMATS, or "" to recognise it. `default_timezone` is the IANA name for times of which the feed
    does not tell the zone. `address` is where `data` came from, from which relative addresses count, and
    `content_type` the header that it came with. `mapping` says which column of a table is which field. `at` (aware) is
    when it is read. An item that cannot be read is a problem; FeedUnusable is raised when `data` is nothing of the
    kind.
    """
    data, warnings = _in_utf8(data, content_type)
    read = FORMATS[format or format_of(data, address)].parse
    options = {"address": address, "mapping": mapping, "at": at}
    wanted = signature(read).parameters
    feed = read(
        data,
        default_timezone=default_timezone,
        **{name: value for name, value in options.items() if name in wanted},
    )
    events, problems = _distinct(map(_identified, feed.events))
    about_text = (Problem(Level.WARNING, warning) for warning in warnings)
    return replace(feed, events=tuple(events), problems=(*about_text, *feed.problems, *problems))


def _in_utf8(data: bytes, content_type: str) -> tuple[bytes, tuple[str, ...]]:
    """`data` as every format gets it, in UTF-8 unless it is no text, and what to tell about how it was read."""
    if is_binary(data):
        return data, ()
    text, warnings = read_text(data, charset_of(content_type))
    return text.encode("utf-8", "replace"), warnings


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
        where = f" on line {chosen.line}" if chosen.line else ""
        reason = (
            f"{len(same)} entries have this UID; the most recent one, “{chosen.title}”{where}, "
            "is imported. If they are different events, each needs a UID of its own."
        )
        problems += [
            Problem(Level.SKIPPED, reason, key.uid, event.line) for event in same if event is not chosen
        ]
    return distinct, problems
