"""A calendar feed becomes event pages: fetch, parse, reconcile, guard, apply, report."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from django.utils import timezone as clock

from events.models import EventIndexPage, EventPage

from .apply import Application, apply, expected
from .feed import ParsedFeed, Problem
from .fetch import fetch
from .guard import guard
from .markup import printable
from .models import ImportRecord, ImportRun, ImportSource
from .pages import held_by
from .parse import parse
from .reconcile import Plan, reconcile
from .report import Summary, recorded


def import_source(
    address: str,
    *,
    format: str,
    parent: EventIndexPage,
    source_name: str = "",
    publish: bool = False,
    dry_run: bool = False,
    trigger: str = ImportRun.Trigger.COMMAND,
    user: object = None,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Summary:
    """Bring the pages under `parent` up to date with the feed at `address`, a path or a URL.

    `source_name` names the source; otherwise the calendar's own name does. New pages are drafts, and news of
    live pages are left in drafts, unless `publish`. A dry run stops before anything is written. `progress`
    wraps the items while they are applied. Raises FeedUnusable when the feed as a whole cannot be used.
    """
    if dry_run:
        return _foreseen(*_prepare(address, format, source_name))
    with recorded(
        address=address, format=format, trigger=trigger, user=user, started_at=clock.now()
    ) as summary:
        source, plan, problems = _prepare(address, format, source_name)
        summary.source = _remembered(source)
        summary.add_unread(problems)
        how = Application(summary.source, parent, publish, user)
        for outcome in apply(plan, how, progress=progress):
            summary.add(outcome)
    return summary


def _prepare(address: str, format: str, source_name: str) -> tuple[ImportSource, Plan, tuple[Problem, ...]]:
    """From the address to a guarded plan; nothing is written."""
    data = fetch(address)
    feed = parse(data, format=format, default_timezone=EventPage._meta.get_field("timezone").default)
    source = _source(source_name or _own_name(feed) or _absolute(address), address, format)
    held = held_by(source, feed.events)
    plan = guard(reconcile(feed.events, held), feed, held=len(held))
    return source, plan, feed.problems


def _foreseen(source: ImportSource, plan: Plan, problems: Iterable[Problem]) -> Summary:
    summary = Summary(source)
    summary.add_unread(problems)
    for item in plan.items:
        summary.add(expected(item))
    return summary


def _source(name: str, address: str, format: str) -> ImportSource:
    """The source of that name; a new one is not stored yet."""
    name = printable(name)[: ImportSource._meta.get_field("name").max_length]
    found = ImportSource.objects.filter(name=name).first()
    return found or ImportSource(name=name, address=address[:2000], format=format)


def _remembered(source: ImportSource) -> ImportSource:
    if source.pk is None:
        new = {"address": source.address, "format": source.format}
        source, _ = ImportSource.objects.get_or_create(name=source.name, defaults=new)
    return source


def _own_name(feed: ParsedFeed) -> str:
    """What the calendar calls itself, told apart from others of that name by the program that made it.

    The program's version is left out: a calendar remains the same when its program is updated.
    """
    if not feed.name:
        return ""
    product = re.sub(r"\s*\bv?\d+(?:\.\d+)*", "", feed.product, flags=re.IGNORECASE)
    return f"{feed.name} ({product})" if product else feed.name


def _absolute(address: str) -> str:
    return address if ":" in address else str(Path(address).resolve())


__all__ = ("ImportRecord", "ImportRun", "ImportSource", "import_source")
