"""Take back what one run did to the pages, and nothing that was done since."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone as clock
from wagtail.actions.delete_page import DeletePageAction
from wagtail.log_actions import log

from events.models import EventPage

from .apply import restore
from .feed import Value, Values
from .importer import importer
from .models import ImportChange, ImportRecord, ImportRun
from .pages import draft_values, says_the_same
from .reconcile import Merge, merge
from .sources import alone
from .versions import LOG_ACTION, Versions, listed, why_it_waits


@dataclass
class Undone:
    """How many pages are as they were before the run, and in sentences what is not, because it was changed since."""

    restored: int = 0
    kept: list[str] = field(default_factory=list)


def undo(run: ImportRun, *, user: Any, at: datetime | None = None) -> Undone:
    """Bring every page that `run` changed back to what it was, field by field; what changed since, by whomever, stays.

    Pages that the run made are deleted, unless they were changed since. The runs in which events were missing are
    counted anew, so that nothing is withdrawn too early. `user` has asked for it. Where it broke off, or a page had to
    wait, calling it again does the rest. Raises FeedUnusable while the source is being imported.
    """
    undone = Undone()
    if run.source is None:  # nothing was done
        return undone
    with alone(run.source):
        for change in run.changes.filter(is_undone=False).select_related("page").order_by("-pk"):
            with transaction.atomic():
                _undo(change)
                change.save(update_fields=("is_undone", "kept"))
            undone.restored += not change.kept
            undone.kept += filter(None, [change.kept])
        run.source.records.update(runs_missing=0)
        run.undone_at, run.undone_by = at or clock.now(), user
        run.save(update_fields=("undone_at", "undone_by"))
    return undone


def _undo(change: ImportChange) -> None:
    """Take back `change` as far as that is possible, and note on it how far that was."""
    record = (
        ImportRecord.objects.select_for_update()
        .filter(source=change.run.source, uid=change.uid, recurrence_id=change.recurrence_id)
        .first()
    )
    page = EventPage.objects.select_for_update(of=("self",)).filter(pk=change.page_id).first()
    change.is_undone = True
    if page is None:
        change.kept = f"“{change.title}”: its page was deleted since."
        return
    if record and record.page_id not in (None, page.pk):
        change.kept = f"“{page.title}”: somebody said since that it is the same event as “{record.page}”."
        return
    if waits := why_it_waits(page):
        change.is_undone = False
        change.kept = f"“{page.title}”: {waits[0].lower()}{waits[1:]} Undo the run again later."
        return
    if change.action == ImportChange.Action.CREATED:
        change.kept = _unmade(change, page, record)
    elif change.action == ImportChange.Action.UNPUBLISHED:
        change.kept = _shown_again(change, page)
    else:
        change.kept = _changed_back(change, page)
    if record and change.record:
        restore(record, change.record)
        record.save()


def _unmade(change: ImportChange, page: EventPage, record: ImportRecord | None) -> str:
    if others := page.import_records.exclude(source=change.run.source).select_related("source"):
        return f"“{page.title}”: “{others[0].source}” has the event too, so its page stays."
    latest = page.latest_revision
    if (
        latest is None
        or latest.user != importer()
        or latest.created_at > (change.run.finished_at or clock.now())
    ):
        return f"“{page.title}”: the page was changed since it was made; delete it by hand if it is to go."
    DeletePageAction(page, user=importer()).execute(skip_permission_checks=True)
    change.page = None
    if record:
        record.delete()
    return ""


def _shown_again(change: ImportChange, page: EventPage) -> str:
    latest = page.latest_revision
    if page.live or latest is None or not says_the_same(page.get_latest_revision_as_object(), page):
        return f"“{page.title}”: the page was changed since it was unpublished."
    latest.publish(user=importer(), skip_permission_checks=True, log_action=False)
    log(page, LOG_ACTION, user=importer(), data={"message": f"{change.run.source}: import undone"})
    return ""


def _changed_back(change: ImportChange, page: EventPage) -> str:
    live, draft = change.live, change.draft or change.live
    versions = Versions(page, live=partial(_back, live) if live else None, draft=partial(_back, draft))
    if versions.has_news:
        versions.write(importer(), f"{change.run.source}: import undone ({listed(versions.changes)})")
    if versions.conflicts:
        return f"“{page.title}”: changed since: {listed(versions.conflicts)}."
    return ""


def _back(fields: dict[str, list[Value]], version: EventPage) -> tuple[Values, Merge]:
    """The fields of `version` and the way back from what a run left in `fields` to what it found."""
    ours = draft_values(
        version, *({name: pair[number] for name, pair in fields.items()} for number in (0, 1))
    )
    after = {**ours, **{name: pair[1] for name, pair in fields.items()}}
    before = {**ours, **{name: pair[0] for name, pair in fields.items()}}
    return ours, merge(after, before, ours)
