"""Carry out a plan: pages through Wagtail, so that history, search and references follow; one transaction per
event.

Between plan and deed an editor may have saved: each page is read and merged again under a lock.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from wagtail.locks import WorkflowLock

from events.models import EventIndexPage, EventPage

from .feed import FeedEvent, Level, Problem, Values
from .models import ImportRecord, ImportSource
from .pages import draft_values, free_slug, is_only_imported, set_values
from .reconcile import Action, Merge, Plan, PlanItem, merge

logger = logging.getLogger(__name__)


class Result(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """Where and how a plan is carried out. `user` signs revisions and log entries, and may be None."""

    source: ImportSource
    parent: EventIndexPage
    publish: bool = False
    user: object = None


def apply(
    plan: Plan, how: Application, *, progress: Callable[[Iterable], Iterable] = iter
) -> Iterator[Outcome]:
    """Carry out `plan` item by item. An item that fails leaves nothing behind and stops no other."""
    _remember_versions(plan.newer, how)
    for item in progress(plan.items):
        yield _outcome(item, how)


def _remember_versions(events: Iterable[FeedEvent], how: Application):
    newer = {event.key: event for event in events}
    if not newer:
        return
    rows = ImportRecord.objects.filter(source=how.source, uid__in={key.uid for key in newer})
    records = [record for record in rows if record.key in newer]
    for record in records:
        event = newer[record.key]
        record.sequence = record.sequence if event.sequence is None else event.sequence
        record.last_modified = event.last_modified or record.last_modified
    ImportRecord.objects.bulk_update(records, ("sequence", "last_modified"))


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
    return Outcome(results[item.action], _conflicts(item.event, item.merge))


def _outcome(item: PlanItem, how: Application) -> Outcome:
    carry_out = {Action.CREATE: _create, Action.UPDATE: _update, Action.REMEMBER: _update}.get(item.action)
    if carry_out is None:
        return expected(item)
    try:
        with transaction.atomic():
            return carry_out(item.event, how)
    except (OperationalError, InterfaceError):
        # The database itself is in trouble: the rest would fail as well.
        raise
    except ValidationError as error:
        reason = "The page does not accept it: " + " ".join(error.messages)
    except DatabaseError as error:
        reason = f"The database does not accept it: {str(error).splitlines()[0]}"
    except Exception:
        logger.exception("Importing %s failed", item.event.key)
        reason = "An error of the portal, not of the feed; the log of the portal tells more."
    return Outcome(Result.FAILED, (_problem(item.event, Level.FAILED, reason),))


def _create(event: FeedEvent, how: Application) -> Outcome:
    # Read anew: a creation that was rolled back leaves the tree fields of the instance wrong.
    parent = EventIndexPage.objects.select_for_update(of=("self",)).get(pk=how.parent.pk)
    # Made since it was planned, by a run that the lock on a new source could not keep out.
    if _records(event, how).exists():
        return _update(event, how)
    page = EventPage(slug=free_slug(parent, event), live=False, owner=how.user)
    set_values(page, event.values)
    parent.add_child(instance=page)
    revision = page.save_revision(user=how.user)
    if how.publish:
        revision.publish(user=how.user)
    ImportRecord.objects.create(
        source=how.source,
        uid=event.key.uid,
        recurrence_id=event.key.recurrence_id,
        page=page,
        values=event.values,
        sequence=event.sequence,
        last_modified=event.last_modified,
    )
    return Outcome(Result.CREATED)


def _records(event: FeedEvent, how: Application) -> QuerySet[ImportRecord]:
    return ImportRecord.objects.filter(
        source=how.source, uid=event.key.uid, recurrence_id=event.key.recurrence_id
    )


def _update(event: FeedEvent, how: Application) -> Outcome:
    record = _records(event, how).select_for_update().get()
    page = EventPage.objects.select_for_update(of=("self",)).filter(pk=record.page_id).first()
    if page is None:
        return _skipped(event, "Its page was deleted by an editor; it stays away.")
    # A page with a schedule is locked as well, but only for its form: what is new goes into the draft.
    if page.locked or isinstance(page.get_lock(), WorkflowLock):
        return _skipped(event, "Its page is locked by an editor; what is new waits for the next run.")
    draft = page.get_latest_revision_as_object()
    merged = merge(record.values, event.values, draft_values(draft, record.values, event.values))
    problems = _conflicts(event, merged)
    if merged.changes:
        problems += _write(merged, event, page, draft, record.values, how)
    record.values, record.sequence, record.last_modified = event.values, event.sequence, event.last_modified
    record.save(update_fields=("values", "sequence", "last_modified"))
    return Outcome(Result.UPDATED if merged.changes else Result.UNCHANGED, problems)


def _write(
    merged: Merge, event: FeedEvent, page: EventPage, draft: EventPage, before: Values, how: Application
) -> tuple[Problem, ...]:
    """A new revision; live only where an editor has the page live and left nothing unpublished in it."""
    is_scheduled = page.scheduled_revision is not None
    is_unfinished = page.has_unpublished_changes and not is_only_imported(draft, page, before)
    set_values(draft, merged.changes)
    # What an editor has not finished need not be valid yet.
    revision = draft.save_revision(user=how.user, log_action=True, clean=not is_unfinished)
    if is_scheduled:
        reason = (
            "Its page has a version that is scheduled to go live without the feed's news. They are in the draft: "
            "schedule that instead."
        )
        return (_problem(event, Level.WARNING, reason),)
    if not page.live:
        return ()
    if is_unfinished:
        reason = (
            "Its page has changes that are not published yet. The feed's news are in the draft beside them: "
            "publish it when it is ready."
        )
        return (_problem(event, Level.WARNING, reason),)
    if how.publish:
        revision.publish(user=how.user)
    return ()


def _conflicts(event: FeedEvent, merged: Merge) -> tuple[Problem, ...]:
    if not merged.conflicts:
        return ()
    names = ", ".join(str(EventPage._meta.get_field(name).verbose_name) for name in merged.conflicts)
    reason = f"An editor and the feed both changed: {names}. The editor's words stay."
    return (_problem(event, Level.WARNING, reason),)


def _skipped(event: FeedEvent, reason: str) -> Outcome:
    return Outcome(Result.SKIPPED, (_problem(event, Level.SKIPPED, reason),))


def _problem(event: FeedEvent, level: Level, reason: str) -> Problem:
    return Problem(level, reason, event.key.uid, event.line)
