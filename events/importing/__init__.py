"""A calendar feed becomes event pages: fetch, parse, reconcile, guard, apply, report."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone as clock
from procrastinate.contrib.django import app

from events.models import EventIndexPage

from . import alerts, timetable
from .apart import Here, read_apart
from .apply import Application, Result, apply, expected
from .choose import Wishes, chosen
from .feed import FIELDS, FeedEvent, FeedHeld, FeedUnusable, Key, Level, ParsedFeed
from .fetch import FeedGone, Fetched, fetch_feed
from .guard import guard, refuse_loop
from .images import Pictures, with_pictures
from .importer import importer
from .models import ImportRecord, ImportRun, ImportSource
from .pages import held_by, known_of, to_remember
from .recognise import recognised
from .reconcile import Plan, reconcile, with_absences
from .report import Summary, finish_interrupted, recorded
from .sources import absolute, alone, credential_of, source_of, validators_of, wishes_of
from .uploads import address_of, stored

# Raise it when the same feed comes to be read differently, so that it is read again.
READING = 2
# A feed that comes in more pages than this is no calendar of events.
MAX_PAGES = 20
Progress = Callable[[Iterable], Iterable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be imported, by whom and how. `source` is the stored one, where that is known beforehand; without it,
    `parent` is where new pages go. `job` is the worker's, if it is one. `may_try`: as of `credential_of`.
    `is_test`: somebody waits to see what would be imported."""

    address: str
    format: str = ""
    parent: EventIndexPage | None = None
    publish: str = ImportSource.Publish.DRAFT
    source: ImportSource | None = None
    source_name: str = ""
    trigger: str = ImportRun.Trigger.COMMAND
    user: Any = None
    is_approved: bool = False
    job: int | None = None
    may_try: bool = False
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A feed as it was read, in `format`: `everything` in it has these keys, its `feed` what the source wants of it.
    `digest` is of the bytes and of what the source made of them."""

    fetched: Fetched
    format: str
    source: ImportSource
    feed: ParsedFeed
    everything: tuple[FeedEvent, ...]
    digest: str


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
    progress: Progress = iter,
    summary: Summary | None = None,
) -> Summary:
    """Bring the pages under `parent` up to date with the feed at `address`, a path or a URL.

    `source_name` names the source; otherwise the feed is recognised, see `sources`. New pages are drafts, and news of
    live pages are left in drafts, unless `publish`. A dry run stops before anything is written. `is_approved`: a person
    has looked at what the guard would hold. `user` has started it. `progress`
    wraps the items while they are applied; `summary` is what is added up, for a caller who wants it even
    of a run that breaks off. Raises FeedUnusable when the feed as a whole cannot be used, FeedHeld when it is held.
    """
    order = Order(
        address=address,
        format=format,
        parent=parent,
        publish=ImportSource.Publish.PUBLISH if publish else ImportSource.Publish.DRAFT,
        source_name=source_name,
        trigger=trigger,
        user=user,
        is_approved=is_approved,
    )
    return _carried_out(order, dry_run=dry_run, progress=progress, summary=summary or Summary())


def import_stored(
    source: ImportSource,
    *,
    trigger: str,
    user: Any = None,
    dry_run: bool = False,
    is_approved: bool = False,
    job: int | None = None,
    may_try: bool = False,
    progress: Progress = iter,
    summary: Summary | None = None,
) -> Summary:
    """As `import_source`, by the settings of a source that is stored; the run of one that is not approved is a preview.

    By the timetable, nothing is parsed or written but when it was checked, if the feed says what it said last. When
    there is something to tell of the source, its people get a mail. `job` is the worker's that this is done by. In a
    dry run `may_try` is as of `credential_of`.
    Raises FeedElsewhere, beside what `import_source` does, when another process imports the source.
    """
    order = Order(
        address=address_of(source) if source.is_upload else source.address,
        format=source.format,
        publish=source.publish,
        source=source,
        trigger=trigger,
        user=user,
        is_approved=is_approved,
        job=job,
        may_try=may_try and dry_run,
        is_test=dry_run and trigger == ImportRun.Trigger.ADMIN,
    )
    summary = summary or Summary()
    if dry_run:
        return _carried_out(order, dry_run=True, progress=progress, summary=summary)
    with alone(source):
        # Whether it is approved is asked several times.
        prefetch_related_objects([source], "topics")
        try:
            _carried_out(order, dry_run=False, progress=progress, summary=summary)
        except Exception as error:
            _note(source, error)
            raise
        timetable.succeeded(source, clock.now())
        alerts.tell(source, clock.now())
    return summary


def _note(source: ImportSource, error: Exception) -> None:
    """What an import that ended with `error` means for the next ones, and for the people of the source."""
    at = clock.now()
    match error:
        case FeedHeld():
            timetable.held(source, at)
        case FeedGone():
            timetable.gone(source, at)
        case _:
            timetable.failed(source, at, retry_after=getattr(error, "retry_after", None))
    alerts.tell(source, at)


def _carried_out(order: Order, *, dry_run: bool, progress: Progress, summary: Summary) -> Summary:
    summary.source = order.source
    if dry_run:
        if read := _read(order):
            _foresee(read, order, summary)
        return summary
    with recorded(
        summary,
        address=order.address,
        format=order.format,
        trigger=order.trigger,
        user=order.user,
        started_at=clock.now(),
        job=order.job,
    ) as recording:
        if order.trigger == ImportRun.Trigger.ADMIN:
            # Somebody looks on.
            recording.run()
        read = _read(order)
        summary.found = len(read.everything) if read else None
        if read is None:
            recording.is_worth_it = False
            return summary
        recording.heard(read.fetched)
        if order.source and not order.source.is_approved:
            _foresee(read, order, summary)
            recording.end_state = ImportRun.State.PREVIEW
            return summary
        # A stored source is locked already.
        with nullcontext() if order.source else alone(read.source):
            plan = _plan(read, order, summary)
            summary.source = source = _remembered(read.source, order)
            if not order.source:
                finish_interrupted(source)
            summary.add_unread(read.feed.problems)
            user = importer() if plan.touches_pages else None
            how = Application(source, _parent(order), recording.run, Pictures(source), order.publish, user)
            outcomes = apply(plan, how, progress=progress)
            for outcome in recording.followed(outcomes, total=len(plan.items)):
                summary.add(outcome)
            if summary.counts[Result.CREATED] or summary.counts[Result.UPDATED]:
                # It compares them with all that there is, and nobody has to wait for that.
                app.configure_task("look_after_run").defer(run=recording.run().pk)
        if order.source:
            _remember_feed(order.source, read, is_settled=summary.is_settled and not plan.absences)
    return summary


def _parent(order: Order) -> EventIndexPage:
    parent = order.source.parent if order.source else order.parent
    if parent is None:
        raise _without_list(order.source)
    return parent


def _without_list(source: ImportSource | None) -> FeedUnusable:
    return FeedUnusable(f"“{source}” has no event list; choose one in its settings.")


def _foresee(read: Read, order: Order, summary: Summary) -> None:
    summary.source = read.source
    plan = _plan(read, order, summary)
    summary.add_unread(read.feed.problems)
    for item in plan.items:
        summary.add(expected(item, read.source))


def _read(order: Order) -> Read | None:
    """The feed, all its pages; None where nothing is new and nobody has to know what is."""
    source = order.source
    if source and source.parent_id is None:
        raise _without_list(source)
    by_the_clock = source is not None and order.trigger == ImportRun.Trigger.TIMETABLE
    wishes = wishes_of(source) if source else None
    is_as_before = by_the_clock and source and wishes and source.digest.endswith(_settings(source, wishes))
    known = validators_of(source) if source and is_as_before and source.is_approved else None
    credential = credential_of(source, may_try=order.may_try) if source else None
    if source and source.is_upload:
        fetched = stored(source)
    else:
        fetched = fetch_feed(order.address, known=known, credential=credential)
    if fetched.body is None:
        return None
    digest = sha256(fetched.body)
    zone = source.timezone if source else ImportSource._meta.get_field("timezone").default
    if known and source and source.digest.startswith(_short(digest)):
        return None
    options = {"default_timezone": zone, "mapping": source.columns if source else None, "at": clock.now()}
    # Somebody waits for the answer, and with them a part of the web server.
    with read_apart() if order.is_test else nullcontext(Here()) as reader:
        format, feed = reader.parse(
            fetched.body,
            format=order.format,
            address=fetched.address,
            content_type=fetched.content_type,
            **options,
        )
        pages, address = [feed], feed.next_address
        while address and len(pages) < MAX_PAGES:
            page = fetch_feed(address, credential=credential)
            body = page.body or b""
            digest.update(body)
            _, feed = reader.parse(
                body, format=format, address=address, content_type=page.content_type, **options
            )
            pages.append(feed)
            address = feed.next_address
    feed = replace(
        feed,
        events=tuple({event.key: event for page in pages for event in page.events}.values()),
        problems=tuple(problem for page in pages for problem in page.problems),
        complete=all(page.complete for page in pages) and not address,
        uids=frozenset().union(*(page.uids for page in pages)),
    )
    refuse_loop(feed)
    found = source or source_of(feed, name=order.source_name, address=order.address, format=order.format)
    everything = feed.events
    wishes = wishes or wishes_of(found)
    feed = replace(feed, events=chosen(feed.events, wishes))
    return Read(fetched, format, found, feed, everything, _short(digest) + _settings(found, wishes))


def _short(digest: Any) -> str:
    return digest.hexdigest()[:32]


def _settings(source: ImportSource, wishes: Wishes) -> str:
    """What decides what a feed becomes, beside what it says, in short."""
    rest = f"{source.timezone} {source.publish} {source.images} {source.columns}"
    return _short(sha256(f"{READING} {FIELDS} {wishes} {rest}".encode()))


def _plan(read: Read, order: Order, summary: Summary) -> Plan:
    """What is to be done about the feed, if it may be used; only `summary` is told. Nothing is missing from a feed that
    is not from the source's own address, such as a file given by hand, or of which a part cannot be read."""
    source = read.source
    known = known_of(source) if source.pk else {}
    found = recognised(read.everything, known, day=clock.now().date())
    keys = found.keys
    summary.add_unread(found.problems)
    marks = {key: one.values for key, one in known.items()}
    renamed = (replace(event, key=keys[event.key]) for event in read.feed.events)
    events = with_pictures(renamed, marks, source, clock.now())
    held = held_by(source, events) if source.pk else {}
    for told, key in keys.items():
        if key in known and told != known[key].feed_key:
            # Versions of another UID cannot be compared.
            held[key] = replace(held[key], sequence=None, last_modified=None)
    plan = replace(reconcile(events, held), seen=to_remember(read.everything, keys, known))
    # What was left out on purpose, such as what is private now, is as good as gone.
    unread = {problem.uid for problem in read.feed.problems if problem.level == Level.FAILED}
    is_its_own = order.source is not None or source.address == absolute(order.address)
    if is_its_own and "" not in unread:
        there = set(keys.values())
        unread |= read.feed.uids - {told.uid for told in keys}
        # A series of which only a single date is told, and an event that cannot be read, are there all the same.
        present = (
            there
            | {Key(key.uid) for key in there}
            | {key for key in held if known[key].feed_key.uid in unread}
        )
        if read.feed.problems:
            # A UID that seems to have come to another event may be a sign of damage.
            present |= {key for key in held if known[key].feed_key in keys}
        plan = with_absences(plan, held, present, clock.now().date(), is_rolling=source.is_rolling)
    summary.format, summary.plan = read.format, plan
    return guard(
        plan,
        read.feed,
        found=len(read.everything),
        held=len(held),
        vanishing_count=source.vanishing_count,
        vanishing_percent=source.vanishing_percent,
        is_approved=order.is_approved,
    )


def _remembered(source: ImportSource, order: Order) -> ImportSource:
    """The source, stored; whoever starts an import by hand has approved of it."""
    if source.pk is None:
        source.parent, source.publish = order.parent, order.publish
        source.approved = source.what_was_approved
        new = {name: getattr(source, name) for name in ("address", "format", "parent", "publish", "approved")}
        source, _ = ImportSource.objects.get_or_create(name=source.name, defaults=new)
    return source


def _remember_feed(source: ImportSource, read: Read, *, is_settled: bool) -> None:
    """What is asked for the next time; nothing, where something of this feed is still to be done."""
    is_settled = is_settled and not read.feed.depends_on_clock
    told = read.fetched.validators
    source.etag, source.last_modified = (told.etag, told.last_modified) if is_settled else ("", "")
    source.digest = read.digest if is_settled else ""


__all__ = ("ImportRecord", "ImportRun", "ImportSource", "import_source", "import_stored")
