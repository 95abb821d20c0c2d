"""Carry out a plan: pages through Wagtail, so that history, search and references follow; one transaction per
event.

Between plan and deed an editor may have saved: each page is read and merged again under a lock. The published version
of a page and a draft that an editor has of it are merged each by itself: no draft goes live by an import, and a draft
that is published later undoes none.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import batched
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone as clock
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.signals import published

from events.models import EventIndexPage, EventOccurrence, EventPage, EventTombstone

from .feed import FeedEvent, Key, Level, Problem
from .images import Brought, Pictures
from .indexing import indexed_once
from .models import ImportChange, ImportRecord, ImportRun, ImportSource
from .pages import free_slug, says_the_same, set_values
from .reconcile import STAYS_AWAY, Absence, Action, Plan, PlanItem
from .versions import LOG_ACTION, changed, following, listed, why_it_waits

logger = logging.getLogger(__name__)

# So many pages are made in one transaction, which keeps editors from adding any to the same list.
BATCH = 25
WITHDRAWN: dict[str, str] = {
    ImportSource.Missing.CANCEL: "it is marked as cancelled",
    ImportSource.Missing.UNPUBLISH: "its page is unpublished",
}


class Result(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`waits`: something is left to be done when the feed says the same again."""

    result: Result
    problems: tuple[Problem, ...] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Application:
    """Where and how a plan is carried out. `user` signs revisions and log entries, and may be None. `run` gives the
    run to which changes are written down; the first call stores it. `pictures` brings those of events."""

    source: ImportSource
    parent: EventIndexPage
    run: Callable[[], ImportRun]
    pictures: Pictures
    publish: str = ImportSource.Publish.DRAFT
    user: object = None

    @property
    def publishes(self) -> bool:
        return self.publish == ImportSource.Publish.PUBLISH


def apply(
    plan: Plan, how: Application, *, progress: Callable[[Iterable], Iterable] = iter
) -> Iterator[Outcome]:
    """Carry out `plan` item by item. An item that fails leaves nothing behind and stops no other."""
    if plan.touches_pages:
        # Before any transaction that may be rolled back, and the run with it.
        how.run()
    _remember_seen(plan.seen, how)
    _remember_versions(plan.newer, how)
    new: list[FeedEvent] = []
    for item in progress(plan.items):
        if item.action != Action.CREATE:
            yield _outcome(item, how)
            continue
        new.append(item.event)
        if len(new) == BATCH:
            yield from _created(new, how)
            new = []
    if new:
        yield from _created(new, how)
    yield from _withdraw(plan.absences, how)


def _remember_seen(seen: Mapping[Key, Mapping[str, Any]], how: Application) -> None:
    """Under another UID the numbers of versions begin again (RFC 5545, 3.8.7.4)."""
    records = _records(seen, how)
    for record in records:
        if (record.seen.get("uid"), record.seen.get("recurrence_id")) != (
            seen[record.key].get("uid"),
            seen[record.key].get("recurrence_id"),
        ):
            record.sequence = record.last_modified = None
        record.seen = dict(seen[record.key])
    if records:
        ImportRecord.objects.bulk_update(records, ("seen", "sequence", "last_modified"), batch_size=1000)


def _remember_versions(events: Iterable[FeedEvent], how: Application):
    for some in batched(events, 1000):
        newer = {event.key: event for event in some}
        records = _records(newer, how)
        for record in records:
            event = newer[record.key]
            record.sequence = record.sequence if event.sequence is None else event.sequence
            record.last_modified = event.last_modified or record.last_modified
            record.runs_missing = 0
        ImportRecord.objects.bulk_update(records, ("sequence", "last_modified", "runs_missing"))


def _records(keys: Mapping[Key, object], how: Application) -> list[ImportRecord]:
    if not keys:
        return []
    rows = ImportRecord.objects.filter(source=how.source, uid__in={key.uid for key in keys})
    return [record for record in rows if record.key in keys]


def expected(item: PlanItem) -> Outcome:
    """What `apply` would make of `item` as things stand."""
    results = {
        Action.CREATE: Result.CREATED,
        Action.UPDATE: Result.UPDATED,
        Action.UNCHANGED: Result.UNCHANGED,
        Action.REMEMBER: Result.UNCHANGED,
        Action.SKIP: Result.SKIPPED,
    }
    if item.action == Action.SKIP:
        return Outcome(Result.SKIPPED, (_problem(item.event, Level.SKIPPED, item.reason),))
    return Outcome(results[item.action], _conflicts(item.event, item.merge.conflicts))


def _outcome(item: PlanItem, how: Application) -> Outcome:
    if item.action not in (Action.UPDATE, Action.REMEMBER):
        return expected(item)
    brought = how.pictures.brought(item.event)
    event = brought.event
    return _with(_attempted(lambda: _update(event, how), event.key, event.line), brought)


def _with(outcome: Outcome, brought: Brought) -> Outcome:
    problems = (*outcome.problems, *brought.problems)
    return replace(outcome, problems=problems, waits=outcome.waits or brought.waits)


def _attempted(deed: Callable[[], Outcome], key: Key, line: int | None = None) -> Outcome:
    """The outcome of `deed`, done whole or not at all."""
    try:
        with transaction.atomic():
            return deed()
    except (OperationalError, InterfaceError):
        # The database itself is in trouble: the rest would fail as well.
        raise
    except ValidationError as error:
        reason = "The page does not accept it: " + " ".join(error.messages)
    except DatabaseError as error:
        reason = f"The database does not accept it: {str(error).splitlines()[0]}"
    except Exception:
        logger.exception("Importing %s failed", key)
        reason = "An error of the portal, not of the feed; the log of the portal tells more."
    return Outcome(Result.FAILED, (Problem(Level.FAILED, reason, key.uid, line),))


def _created(planned: Sequence[FeedEvent], how: Application) -> list[Outcome]:
    brought = [how.pictures.brought(event) for event in planned]
    outcomes = _attempted_together([each.event for each in brought], how)
    return [_with(*pair) for pair in zip(outcomes, brought, strict=True)]


def _attempted_together(events: Sequence[FeedEvent], how: Application) -> list[Outcome]:
    """Pages for `events`, all in one transaction; where one of them is not accepted, each in one of its own."""
    try:
        with transaction.atomic():
            return _create(events, how)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - told below, of the event that raises it
        return [
            _attempted(lambda event=event: _create([event], how)[0], event.key, event.line)  # type: ignore[misc]
            for event in events
        ]


def _create(events: Iterable[FeedEvent], how: Application) -> list[Outcome]:
    # Read anew: a creation that was rolled back leaves the tree fields of the instance wrong.
    parent = EventIndexPage.objects.select_for_update(of=("self",)).get(pk=how.parent.pk)
    new = {event.key: event for event in events}
    # Made since it was planned, by a run that the lock on a new source could not keep out.
    made_since = [new.pop(record.key) for record in _records(new, how)]
    with indexed_once() as pages:
        pages.extend(_page(event, parent, how) for event in new.values())
        if how.publishes:
            _go_live(pages, how)
    made = list(zip(new.values(), pages, strict=True))
    ImportRecord.objects.bulk_create(
        ImportRecord(
            source=how.source,
            uid=event.key.uid,
            recurrence_id=event.key.recurrence_id,
            page=page,
            values=event.values,
            published=event.values if how.publishes else {},
            sequence=event.sequence,
            last_modified=event.last_modified,
        )
        for event, page in made
    )
    ImportChange.objects.bulk_create(
        _change(ImportChange.Action.CREATED, event, page, how, draft=changed({}, event.values))
        for event, page in made
    )
    return [Outcome(Result.CREATED) for _ in made] + [_update(event, how) for event in made_since]


def _page(event: FeedEvent, parent: EventIndexPage, how: Application) -> EventPage:
    """A draft with its first revision."""
    page = EventPage(slug=free_slug(parent, event), live=False, owner=how.user)
    set_values(page, event.values)
    parent.add_child(instance=page)
    # What is left out is set by us or Wagtail, and the database sees to it.
    page.clean_fields(exclude=[field.name for field in EventPage._meta.fields if field.remote_field])
    page.clean()
    page.save_revision(user=how.user, clean=False)
    if not how.publishes:
        submit(page, how)
    return page


def _go_live(pages: list[EventPage], how: Application) -> None:
    """What publishing the first revision of each does."""
    now = clock.now()
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(
        live=True,
        has_unpublished_changes=False,
        live_revision=F("latest_revision"),
        first_published_at=now,
        last_published_at=now,
    )
    for page in pages:
        page.live, page.has_unpublished_changes, page.live_revision = True, False, page.latest_revision
        page.first_published_at = page.last_published_at = now
        published.send(sender=EventPage, instance=page, revision=page.latest_revision)
        log(page, "wagtail.publish", user=how.user, revision=page.latest_revision, content_changed=True)
    EventOccurrence.objects.bulk_create(row for page in pages for row in page.occurrence_rows(now))
    EventTombstone.objects.filter(slug__in=[page.slug for page in pages]).delete()


def _update(event: FeedEvent, how: Application) -> Outcome:
    (record,) = _records({event.key: event}, how)
    record = ImportRecord.objects.select_for_update().get(pk=record.pk)
    page = EventPage.objects.select_for_update(of=("self",)).filter(pk=record.page_id).first()
    if page is None or record.is_ignored:
        return _skipped(event, STAYS_AWAY)
    if waits := why_it_waits(page):
        reason = f"{waits} What is new waits for the next run."
        return replace(_skipped(event, reason), waits=True)
    before = state(record)
    versions = following(page, record, event.values, publish=how.publishes)
    # Taken down by an earlier run, and left as it was.
    returns = record.is_withdrawn and not page.live and how.publishes and says_the_same(versions.draft, page)
    if versions.has_news or returns:
        message = f"{how.source}: {listed(versions.changes) or 'it is in the feed again'}"
        versions.write(how.user, message, publish_again=returns)
        submit(page, how)
    if versions.goes_live or returns:
        record.published = event.values
    record.values, record.sequence, record.last_modified = event.values, event.sequence, event.last_modified
    record.runs_missing, record.is_withdrawn = 0, False
    record.conflicts = sorted(
        versions.conflicts | {name for name in record.conflicts if name not in versions.changes}
    )
    record.save()
    if versions.has_news or returns:
        changes = {"live": versions.live_changes, "draft": versions.draft_changes}
        _change(ImportChange.Action.UPDATED, event, page, how, record=before, **changes).save()
    return Outcome(
        Result.UPDATED if versions.has_news or returns else Result.UNCHANGED,
        _conflicts(event, versions.conflicts),
    )


def submit(page: EventPage, how: Application) -> None:
    """Start the workflow of `page`, if there is one and the source wants it, for what is not published yet."""
    if how.publish != ImportSource.Publish.WORKFLOW:
        return
    page.refresh_from_db()
    workflow = page.get_workflow()
    if workflow and page.has_unpublished_changes and not page.workflow_in_progress:
        workflow.start(page, how.user)


def state(record: ImportRecord) -> dict:
    """What undoing needs to know of `record`."""
    names = ("values", "published", "conflicts", "pins", "runs_missing", "is_withdrawn", "sequence")
    last_modified = record.last_modified.isoformat() if record.last_modified else None
    return {name: getattr(record, name) for name in names} | {"last_modified": last_modified}


def restore(record: ImportRecord, told: dict) -> None:
    """`record` as it was when `state` told of it; it is not saved."""
    for name in state(record):
        if name in told:
            setattr(record, name, told[name])
    last_modified = told["last_modified"]
    record.last_modified = datetime.fromisoformat(last_modified) if last_modified else None


def _withdraw(absences: Iterable[Absence], how: Application) -> Iterator[Outcome]:
    """Count the runs without an event, and carry out the source's policy where they are enough."""
    found = {absence.key: absence for absence in absences}
    records = _records(found, how)
    for record in records:
        record.runs_missing = found[record.key].runs
    if records:
        ImportRecord.objects.bulk_update(records, ("runs_missing",))
    if how.source.missing == ImportSource.Missing.KEEP:
        return
    for record in records:
        if record.runs_missing >= how.source.missing_after and not record.is_withdrawn:
            yield _attempted(lambda record=record: _withdrawn(record, how), record.key)  # type: ignore[misc]


def _withdrawn(record: ImportRecord, how: Application) -> Outcome:
    page = EventPage.objects.select_for_update(of=("self",)).filter(pk=record.page_id).first()
    if page is None:
        return Outcome(Result.UNCHANGED)
    title = str(record.values["title"])
    if still := _still_has_it(record):
        is_new = record.runs_missing == how.source.missing_after
        reason = f"“{title}” is not in the feed any more. “{still}” still has it, so its page stays."
        return Outcome(Result.UNCHANGED, (Problem(Level.WARNING, reason, record.uid),) if is_new else ())
    if waits := why_it_waits(page):
        reason = f"It is no longer in the feed. {waits} Its page waits for the next run."
        return Outcome(Result.SKIPPED, (Problem(Level.SKIPPED, reason, record.uid),), waits=True)
    before = state(record) | {"runs_missing": record.runs_missing - 1}
    record.is_withdrawn = True
    if how.source.missing == ImportSource.Missing.CANCEL:
        # As if the feed had said so, that an editor's word stands against it as always.
        theirs = {**record.values, "event_status": EventPage.Status.CANCELLED.value}
        versions = following(page, record, theirs, publish=True)
        if versions.has_news:
            versions.write(how.user, f"{how.source}: no longer in the feed")
        record.values = theirs
        record.published = {**record.published, "event_status": theirs["event_status"]}
        change = {"live": versions.live_changes, "draft": versions.draft_changes}
        action = ImportChange.Action.UPDATED
    else:
        if not page.live:  # an editor did it before
            return Outcome(Result.UNCHANGED)
        # The importer may do what no role lets it do in the admin.
        UnpublishPageAction(page, user=how.user, log_action=False).execute(skip_permission_checks=True)
        log(page, LOG_ACTION, user=how.user, data={"message": f"{how.source}: no longer in the feed"})
        change = {}
        action = ImportChange.Action.UNPUBLISHED
    record.save()
    _withdraw_the_others(record)
    ImportChange.objects.create(
        run=how.run(),
        action=action,
        uid=record.uid,
        recurrence_id=record.recurrence_id,
        title=title,
        page=page,
        record=before,
        **change,
    )
    times = f"for {record.runs_missing} runs in a row" if record.runs_missing > 1 else "any more"
    reason = f"“{title}” is not in the feed {times}; {WITHDRAWN[how.source.missing]}."
    return Outcome(Result.WITHDRAWN, (Problem(Level.WARNING, reason, record.uid),))


def _still_has_it(record: ImportRecord) -> ImportSource | None:
    """Another source of the same page that has the event, as far as is known."""
    others = ImportRecord.objects.filter(page=record.page_id, is_withdrawn=False, is_ignored=False).exclude(
        pk=record.pk
    )
    having = others.filter(runs_missing__lt=F("source__missing_after")).select_related("source").first()
    return having.source if having else None


def _withdraw_the_others(record: ImportRecord) -> None:
    """The page is withdrawn for all of its sources, so that whichever has it again brings it back."""
    others = ImportRecord.objects.filter(page=record.page_id).exclude(pk=record.pk)
    for other in others:
        other.is_withdrawn = record.is_withdrawn
        if record.source.missing == ImportSource.Missing.CANCEL:
            cancelled = {"event_status": EventPage.Status.CANCELLED.value}
            other.values, other.published = {**other.values, **cancelled}, {**other.published, **cancelled}
        other.save(update_fields=("is_withdrawn", "values", "published"))


def _change(action: str, event: FeedEvent, page: EventPage, how: Application, **what: object) -> ImportChange:
    return ImportChange(
        run=how.run(),
        action=action,
        uid=event.key.uid,
        recurrence_id=event.key.recurrence_id,
        title=event.title,
        page=page,
        **what,
    )


def _conflicts(event: FeedEvent, names: Iterable[str]) -> tuple[Problem, ...]:
    if not names:
        return ()
    reason = f"An editor and the feed both changed: {listed(names)}. The editor's words stay."
    return (_problem(event, Level.WARNING, reason),)


def _skipped(event: FeedEvent, reason: str) -> Outcome:
    return Outcome(Result.SKIPPED, (_problem(event, Level.SKIPPED, reason),))


def _problem(event: FeedEvent, level: Level, reason: str) -> Problem:
    return Problem(level, reason, event.key.uid, event.line)
