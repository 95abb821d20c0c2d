"""A calendar feed becomes event pages: fetch, parse, reconcile, guard, apply, report."""

from collections.abc import Callable, Iterable

from django.utils import timezone as clock

from events.models import EventIndexPage, EventPage

from .apply import Application, apply, expected
from .feed import ParsedFeed
from .fetch import fetch
from .guard import guard
from .models import ImportRecord, ImportRun, ImportSource
from .pages import held_by, records_of
from .parse import parse
from .reconcile import Plan, adopted, reconcile
from .report import Summary, recorded
from .sources import alone, source_of


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
    summary: Summary | None = None,
) -> Summary:
    """Bring the pages under `parent` up to date with the feed at `address`, a path or a URL.

    `source_name` names the source; otherwise the feed is recognised, see `sources`. New pages are drafts, and news of
    live pages are left in drafts, unless `publish`. A dry run stops before anything is written. `progress`
    wraps the items while they are applied; `summary` is what is added up, for a caller who wants it even
    of a run that breaks off. Raises FeedUnusable when the feed as a whole cannot be used.
    """

    def read() -> tuple[ParsedFeed, ImportSource]:
        feed = parse(fetch(address), format=format, default_timezone=_default_timezone())
        return feed, source_of(feed, name=source_name, address=address, format=format)

    summary = summary or Summary()
    if dry_run:
        feed, summary.source = read()
        plan = _plan(feed, summary.source)
        summary.add_unread(feed.problems)
        for item in plan.items:
            summary.add(expected(item))
        return summary
    with recorded(
        summary, address=address, format=format, trigger=trigger, user=user, started_at=clock.now()
    ):
        feed, source = read()
        with alone(source):
            plan = _plan(feed, source)
            summary.source = _remembered(source)
            summary.add_unread(feed.problems)
            how = Application(summary.source, parent, publish, user)
            for outcome in apply(plan, how, progress=progress):
                summary.add(outcome)
    return summary


def _default_timezone() -> str:
    return EventPage._meta.get_field("timezone").default


def _plan(feed: ParsedFeed, source: ImportSource) -> Plan:
    """What is to be done about `feed`, if it may be used; nothing is written."""
    records = records_of(source)
    events = adopted(feed.events, {record.key: record.values for record in records})
    return guard(reconcile(events, held_by(records, events)), feed, held=len(records))


def _remembered(source: ImportSource) -> ImportSource:
    if source.pk is None:
        new = {"address": source.address, "format": source.format}
        source, _ = ImportSource.objects.get_or_create(name=source.name, defaults=new)
    return source


__all__ = ("ImportRecord", "ImportRun", "ImportSource", "import_source")
