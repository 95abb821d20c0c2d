"""A calendar feed becomes event pages: fetch, parse, reconcile, guard, apply, report."""

from collections.abc import Callable, Iterable

from django.utils import timezone as clock

from events.models import EventIndexPage, EventPage

from .apply import Application, apply, expected
from .feed import ParsedFeed
from .fetch import fetch
from .guard import guard
from .importer import importer
from .models import ImportRecord, ImportRun, ImportSource
from .pages import held_by, records_of
from .parse import parse
from .reconcile import Plan, adopted, reconcile, with_absences
from .report import Summary, recorded
from .sources import absolute, alone, source_of


def import_source(
    address: str,
    *,
    format: str,
    parent: EventIndexPage,
    source_name: str = "",
    publish: bool = False,
    dry_run: bool = False,
    is_approved: bool = False,
    trigger: str = ImportRun.Trigger.COMMAND,
    user: object = None,
    progress: Callable[[Iterable], Iterable] = iter,
    summary: Summary | None = None,
) -> Summary:
    """Bring the pages under `parent` up to date with the feed at `address`, a path or a URL.

    `source_name` names the source; otherwise the feed is recognised, see `sources`. New pages are drafts, and news of
    live pages are left in drafts, unless `publish`. A dry run stops before anything is written. `is_approved`: a person
    has looked at what the guard would hold. `user` has started it. `progress`
    wraps the items while they are applied; `summary` is what is added up, for a caller who wants it even
    of a run that breaks off. Raises FeedUnusable when the feed as a whole cannot be used, FeedHeld when it is held.
    """

    def read() -> tuple[ParsedFeed, ImportSource]:
        feed = parse(fetch(address), format=format, default_timezone=_default_timezone())
        return feed, source_of(feed, name=source_name, address=address, format=format)

    def planned(feed: ParsedFeed, source: ImportSource) -> Plan:
        return _plan(feed, source, is_whole=source.address == absolute(address), is_approved=is_approved)

    summary = summary or Summary()
    if dry_run:
        feed, summary.source = read()
        plan = planned(feed, summary.source)
        summary.add_unread(feed.problems)
        for item in plan.items:
            summary.add(expected(item))
        return summary
    with recorded(
        summary, address=address, format=format, trigger=trigger, user=user, started_at=clock.now()
    ) as run:
        feed, source = read()
        with alone(source):
            plan = planned(feed, source)
            summary.source = _remembered(source)
            summary.add_unread(feed.problems)
            how = Application(summary.source, parent, run, publish, importer())
            for outcome in apply(plan, how, progress=progress):
                summary.add(outcome)
    return summary


def _default_timezone() -> str:
    return EventPage._meta.get_field("timezone").default


def _plan(feed: ParsedFeed, source: ImportSource, *, is_whole: bool, is_approved: bool) -> Plan:
    """What is to be done about `feed`, if it may be used; nothing is written. Nothing is missing from a feed that is
    not `is_whole`, such as a file given by hand."""
    records = records_of(source)
    events = adopted(feed.events, {record.key: record.values for record in records})
    held = held_by(records, events)
    plan = reconcile(events, held)
    if is_whole:
        # What could not be read is there all the same.
        unread = {problem.uid for problem in feed.problems}
        present = {event.key for event in events} | {key for key in held if key.uid in unread}
        plan = with_absences(plan, held, present, clock.now().date(), is_rolling=source.is_rolling)
    return guard(
        plan,
        feed,
        held=len(records),
        vanishing_count=source.vanishing_count,
        vanishing_percent=100 if is_approved else source.vanishing_percent,
    )


def _remembered(source: ImportSource) -> ImportSource:
    if source.pk is None:
        new = {"address": source.address, "format": source.format}
        source, _ = ImportSource.objects.get_or_create(name=source.name, defaults=new)
    return source


__all__ = ("ImportRecord", "ImportRun", "ImportSource", "import_source")
