"""Carry out a plan: pages through Wagtail, so that history, search and references follow; one transaction per
event.

Between plan and deed an editor may have saved: each page is read and merged again under a lock. The published version
of a page and a draft that an editor has of it are merged each by itself: no draft goes live by an import, and a draft
that is published later undoes none.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import batched
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone as clock
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.signals import published

from events.models import EventIndexPage, EventOccurrence, EventPage, EventTombstone

from .feed import FeedEvent, Key, Level, Problem, Values
from .images import Brought, Pictures
from .indexing import indexed_once
from .models import ImportChange, ImportRecord, ImportRun, ImportSource
from .pages import free_slug, set_values
from .publication import state_of_page, submit, take_down, withdraw_submission
from .reconcile import STAYS_AWAY, Absence, Action, Plan, PlanItem, differing, field_of, whole_field
from .versions import LOG_ACTION, Versions, changed, following, listed, why_it_waits

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
        before = [_counts(record) for record in records]
        for record in records:
            event = newer[record.key]
            record.sequence = record.sequence if event.sequence is None else event.sequence
            record.last_modified = event.last_modified or record.last_modified
            record.runs_missing = 0
        ImportRecord.objects.bulk_update(records, ("sequence", "last_modified", "runs_missing"))
        _note(records, before, how)


def _counts(record: ImportRecord) -> dict[str, object]:
    told = state(record)
    return {name: told[name] for name in ("sequence", "last_modified", "runs_missing")}


def _note(records: Sequence[ImportRecord], before: Sequence[dict[str, object]], how: Application) -> None:
    """What the run counted of `records`, for undoing it; of earlier runs of the source that is of no use any more."""
    noted = {
        str(record.pk): {name: [was[name], now[name]] for name in was if was[name] != now[name]}
        for record, was in zip(records, before, strict=True)
        if (now := _counts(record)) != was
    }
    if not noted:
        return
    run = how.run()
    if not run.counted:
        ImportRun.objects.filter(source=how.source).exclude(pk=run.pk).exclude(counted={}).update(counted={})
    run.counted = {**run.counted, **noted}


def _records(keys: Mapping[Key, object], how: Application) -> list[ImportRecord]:
    if not keys:
        return []
    rows = ImportRecord.objects.filter(source=how.source, uid__in={key.uid for key in keys})
    return [record for record in rows if record.key in keys]


def expected(item: PlanItem, source: ImportSource) -> Outcome:
    """What `apply` would make of `item` of `source` as things stand."""
    results = {
        Action.CREATE: Result.CREATED,
        Action.UPDATE: Result.UPDATED,
        Action.UNCHANGED: Result.UNCHANGED,
        Action.REMEMBER: Result.UNCHANGED,
        Action.SKIP: Result.SKIPPED,
    }
    if item.action == Action.SKIP:
        return Outcome(Result.SKIPPED, (_problem(item.event, Level.SKIPPED, item.reason),))
    conflicts = _conflicts(item.event, item.merge.conflicts, (item.ours or {},), _rivals(item.event, source))
    return Outcome(results[item.action], conflicts)


def _outcome(item: PlanItem, how: Application) -> Outcome:
    if item.action not in (Action.UPDATE, Action.REMEMBER):
        return expected(item, how.source)
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
    submit(page, how.publish, how.user)
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
        page.is_published_by_import = True
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
    before, page_before = state(record), state_of_page(page)
    versions = following(page, record, event.values, publish=how.publishes)
    if versions.has_news:
        message = f"{how.source}: {listed(versions.changes) or 'it is in the feed again'}"
        versions.write(how.user, message, submit_by=how.publish)
    elif record.is_withdrawn:
        # What waited for approval when the event vanished.
        submit(page, how.publish, how.user)
    if versions.goes_live:
        record.published = event.values
    record.values, record.sequence, record.last_modified = event.values, event.sequence, event.last_modified
    record.runs_missing, record.is_withdrawn = 0, False
    if versions.goes_live:
        record.taken_down = None
    # What a version has come to say as the feed does is settled.
    still_open = versions.unlike(event.values).intersection(record.conflicts)
    record.conflicts = sorted(versions.conflicts | still_open)
    record.save()
    page_after = state_of_page(page)
    if versions.has_news or page_after != page_before or state(record) != before:
        action = ImportChange.Action.UPDATED if versions.has_news else ImportChange.Action.NOTED
        if page_after["live"] and not page_before["live"]:
            action = ImportChange.Action.RETURNED
        records = [{"pk": record.pk, "before": before, "after": state(record)}]
        written = _written(versions, records)
        states = {"before": page_before, "after": page_after}
        _change(action, event, page, how, records=records, state=states, **written).save()
    conflicts = _conflicts(event, versions.conflicts, versions.before(), _rivals(event, how.source))
    return Outcome(Result.UPDATED if versions.has_news else Result.UNCHANGED, conflicts)


def _written(versions: Versions, records: Iterable[dict]) -> dict[str, dict]:
    """Of an ImportChange: what was changed in each version, and what it says in other fields that a record knows."""
    known = {
        name
        for told in records
        for facts in ("values", "published")
        for name in differing(told["before"][facts], told["after"][facts])
    }
    changes = {
        "live": versions.live_changes,
        "draft": versions.draft_changes,
        "scheduled": versions.scheduled_changes,
    }
    left: dict[str, dict] = {
        version: {
            name: value
            for name, value in said.items()
            if name not in changes[version] and any(whole_field(field) == name for field in known)
        }
        for version, said in versions.after().items()
    }
    return {**changes, "left": left}


def state(record: ImportRecord) -> dict:
    """What undoing needs to know of `record`."""
    names = (
        "values",
        "published",
        "conflicts",
        "pins",
        "runs_missing",
        "is_withdrawn",
        "taken_down",
        "sequence",
    )
    last_modified = record.last_modified.isoformat() if record.last_modified else None
    return {name: getattr(record, name) for name in names} | {"last_modified": last_modified}


def restore(record: ImportRecord, told: dict) -> None:
    """`record` as it was when `state` told some or all of it; it is not saved."""
    for name, value in told.items():
        if name == "last_modified":
            value = datetime.fromisoformat(value) if value else None
        setattr(record, name, value)


def _withdraw(absences: Iterable[Absence], how: Application) -> Iterator[Outcome]:
    """Count the runs without an event, and carry out the source's policy where they are enough."""
    found = {absence.key: absence for absence in absences}
    records = _records(found, how)
    counts = [_counts(record) for record in records]
    for record in records:
        record.runs_missing = found[record.key].runs
    if records:
        ImportRecord.objects.bulk_update(records, ("runs_missing",))
        _note(records, counts, how)
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
    page_before = state_of_page(page)
    others = [*ImportRecord.objects.select_for_update().filter(page=page).exclude(pk=record.pk)]
    before = {each.pk: state(each) for each in (record, *others)}
    written: dict[str, dict] = {}
    if how.source.missing == ImportSource.Missing.CANCEL:
        # As if the feed had said so, that an editor's word stands against it as always.
        theirs = {**record.values, "event_status": EventPage.Status.CANCELLED.value}
        # Whatever else the feed had said may still wait for approval.
        only_live = None if how.publishes else frozenset({"event_status"})
        versions = following(page, record, theirs, publish=True, only_live=only_live)
        if versions.has_news:
            versions.write(how.user, f"{how.source}: no longer in the feed", submit_by=how.publish)
        for each in (record, *others):
            each.values = {**each.values, "event_status": theirs["event_status"]}
            if page.live:
                each.published = {**each.published, "event_status": theirs["event_status"]}
        record.conflicts = sorted(versions.conflicts | {*record.conflicts})
        action = ImportChange.Action.UPDATED
    elif page.live:
        record.taken_down = take_down(page, how.user, log_action=False)
        log(page, LOG_ACTION, user=how.user, data={"message": f"{how.source}: no longer in the feed"})
        action = ImportChange.Action.UNPUBLISHED
    # What nobody has approved yet is not to be approved now; that it is unpublished, an editor has done before.
    elif withdraw_submission(page, how.user):
        action = ImportChange.Action.NOTED
    else:
        return Outcome(Result.UNCHANGED)
    # For all of its sources, so that whichever has it again brings it back.
    for each in (record, *others):
        each.is_withdrawn, each.taken_down = True, record.taken_down
        each.save()
    records = [{"pk": each.pk, "before": before[each.pk], "after": state(each)} for each in (record, *others)]
    if action == ImportChange.Action.UPDATED:
        written = _written(versions, records)
    ImportChange.objects.create(
        run=how.run(),
        action=action,
        uid=record.uid,
        recurrence_id=record.recurrence_id,
        title=title,
        page=page,
        records=records,
        state={"before": page_before, "after": state_of_page(page)},
        **written,
    )
    times = f"for {record.runs_missing} runs in a row" if record.runs_missing > 1 else "any more"
    what = (
        WITHDRAWN[how.source.missing] if action != ImportChange.Action.NOTED else "it is not to be approved"
    )
    reason = f"“{title}” is not in the feed {times}; {what}."
    return Outcome(Result.WITHDRAWN, (Problem(Level.WARNING, reason, record.uid),))


def _still_has_it(record: ImportRecord) -> ImportSource | None:
    """Another source of the same page that has the event, as far as is known."""
    others = ImportRecord.objects.filter(page=record.page_id, is_withdrawn=False, is_ignored=False).exclude(
        pk=record.pk
    )
    having = others.filter(runs_missing__lt=F("source__missing_after")).select_related("source").first()
    return having.source if having else None


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


def _rivals(event: FeedEvent, source: ImportSource) -> QuerySet[ImportRecord]:
    """Of the page that `event` of `source` has, what other sources say; asked for only where it is needed."""
    of_page = ImportRecord.objects.filter(source=source.pk, uid=event.key.uid, page__isnull=False)
    pages = of_page.filter(recurrence_id=event.key.recurrence_id).values("page")
    return ImportRecord.objects.filter(page__in=pages).exclude(source=source.pk).select_related("source")


def _conflicts(
    event: FeedEvent, names: Iterable[str], versions: Iterable[Values], rivals: Iterable[ImportRecord]
) -> tuple[Problem, ...]:
    """Of fields in which `versions` of a page do not follow `event`: whether a person or one of `rivals`, records of
    other sources, says otherwise."""
    names, versions = {*names}, [version for version in versions if version]
    if not names:
        return ()
    said_by: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for rival in rivals:
            if any(field_of(rival.values, name) == field_of(version, name) for version in versions):
                said_by[str(rival.source)].add(name)
                break
    reasons = [
        f"“{source}” says otherwise about: {listed(fields)}. The page keeps that until somebody decides."
        for source, fields in said_by.items()
    ]
    if by_an_editor := names.difference(*said_by.values()):
        reasons.append(
            f"An editor and the feed both changed: {listed(by_an_editor)}. The editor's words stay."
        )
    return tuple(_problem(event, Level.WARNING, reason) for reason in reasons)


def _skipped(event: FeedEvent, reason: str) -> Outcome:
    return Outcome(Result.SKIPPED, (_problem(event, Level.SKIPPED, reason),))


def _problem(event: FeedEvent, level: Level, reason: str) -> Problem:
    return Problem(level, reason, event.key.uid, event.line)
