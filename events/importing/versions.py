"""The versions of an event's page, what is live, scheduled and drafted: each is merged and written by itself."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone as clock
from wagtail.admin.models import EditingSession
from wagtail.locks import BasicLock
from wagtail.log_actions import log
from wagtail.models import Page, Revision

from events.models import EventPage

from .feed import Value, Values
from .indexing import indexed_once
from .models import ImportRecord
from .pages import draft_values, says_the_same, set_values
from .publication import (
    follow_draft,
    is_own,
    publish,
    submit,
    was_public,
    was_scheduled,
    withdraw_submission,
)
from .reconcile import Merge, differing, merge, whole_field

# The name by which the history of pages and the audit log show imports.
LOG_ACTION = "events.import"
NOTHING = Merge({}, ())
# What fields are called on the form whose own names are others, or that have none: rows of other tables.
CALLED = {"body": "description", "exceptions": "exceptions", "organizers": "organisers"}

# And what one date of them is called.
OF_A_DATE = {"exceptions": "exception of", "additional_dates": "additional date"}

# The imported fields of a version as they are, and what is to become of them.
Merging = Callable[[EventPage], tuple[Values, Merge]]


def why_it_waits(page: EventPage, user: Any = None) -> str:
    """Why nothing may be written to `page` now, by the import or by `user`; "" if it may.

    What `user` has open or locked is no reason, nor is what an import submitted for approval a reason for imports."""
    # A page with a schedule is locked as well, but only for its form.
    if page.locked and (user is None or BasicLock(page).for_user(user)):
        return "Its page is locked by an editor."
    task = page.current_workflow_task
    if task:
        submission = page.current_workflow_state
        if task.locked_for_user(page, user) if user else not is_own(submission):
            return f"It waits for approval since {submission.created_at:%-d %B %Y}."
    # Wagtail keeps sessions under the type of Page; a form of our own might under that of the event.
    kinds = ContentType.objects.get_for_models(Page, EventPage).values()
    sessions = EditingSession.objects.filter(
        content_type__in=kinds, object_id=str(page.pk), is_editing=True
    ).exclude(user=user)
    editing = sessions.filter(last_seen_at__gte=clock.now() - EditingSession.IDLE_TIMEOUT).first()
    return f"{editing.user.get_username()} has its page open in the editor." if editing else ""


class Versions:
    """The versions of `page`, each merged by itself: the published one by `live`, if that is to change at all, those
    that editors work on by `draft`; one that is to be published later by `scheduled`, if that is given.

    `taken_down`, as a record has it, is to be public again: then that is the published version, whatever was drafted
    since. `keeps_draft`: there is a draft even if it says no more than what is live. `takes_back`: the dates that were
    public until now are none that visitors have to be told of.
    """

    def __init__(
        self,
        page: EventPage,
        *,
        live: Merging | None,
        draft: Merging,
        scheduled: Merging | None = None,
        taken_down: dict[str, Any] | None = None,
        keeps_draft: bool = False,
        takes_back: bool = False,
    ):
        self.page = page
        returning = was_public(page, taken_down) if live else None
        self.returns = returning is not None
        self.public = returning or page
        self.goes_live = (page.live or self.returns) and live is not None
        self.keeps_draft, self.takes_back = keeps_draft, takes_back
        later = page.scheduled_revision
        if self.returns and later is None:
            later = was_scheduled(page, taken_down, clock.now())
        self.go_live_at = later.approved_go_live_at if later else None
        self.is_draft_scheduled = later is not None and later.pk == page.latest_revision_id
        self.scheduled = later.as_object() if later and not self.is_draft_scheduled else None
        self.has_draft, self.draft = self._draft()
        self.live_before: Values = {}
        self.scheduled_before: Values = {}
        self.live_merge = self.scheduled_merge = NOTHING
        if live and self.goes_live:
            self.live_before, self.live_merge = live(self.public)
        self.draft_before, self.draft_merge = (
            draft(self.draft) if self.has_draft else (self.live_before, self.live_merge)
        )
        if self.scheduled:
            self.scheduled_before, self.scheduled_merge = (scheduled or draft)(self.scheduled)

    def _draft(self) -> tuple[bool, EventPage]:
        """Whether there is a draft that says anything else than what is live, and the newest version."""
        page = self.page
        is_as_published = page.live and (
            not page.has_unpublished_changes or page.latest_revision_id == page.live_revision_id
        )
        if self.goes_live and is_as_published and not (self.keeps_draft or self.go_live_at):
            return False, page
        draft = page.get_latest_revision_as_object()
        if draft is page:
            draft = EventPage.objects.get(pk=page.pk)
        is_needed = not self.goes_live or self.keeps_draft or self.go_live_at is not None
        return is_needed or not says_the_same(draft, self.public), draft

    @property
    def has_news(self) -> bool:
        return self.returns or any(merge.changes for merge in self._merges)

    @property
    def _merges(self) -> tuple[Merge, ...]:
        return self.live_merge, self.draft_merge, self.scheduled_merge

    @property
    def changes(self) -> set[str]:
        return {name for merge in self._merges for name in merge.changes}

    @property
    def conflicts(self) -> set[str]:
        return {name for merge in self._merges for name in merge.conflicts}

    @property
    def live_changes(self) -> dict[str, list[Value]]:
        return changed(self.live_before, self.live_merge.changes)

    @property
    def draft_changes(self) -> dict[str, list[Value]]:
        return changed(self.draft_before, self.draft_merge.changes) if self.has_draft else {}

    @property
    def scheduled_changes(self) -> dict[str, list[Value]]:
        return changed(self.scheduled_before, self.scheduled_merge.changes)

    def after(self) -> dict[str, Values]:
        """What each version that there is says once it is written."""
        found: dict[str, Values] = {}
        if self.goes_live:
            found["live"] = {**self.live_before, **self.live_merge.changes}
        if self.has_draft:
            found["draft"] = {**self.draft_before, **self.draft_merge.changes}
        if self.scheduled:
            found["scheduled"] = {**self.scheduled_before, **self.scheduled_merge.changes}
        return found

    def before(self) -> list[Values]:
        """What each version that there is says now."""
        return [self.live_before, self.draft_before, self.scheduled_before]

    def unlike(self, values: Values) -> set[str]:
        """The fields, as `merge` names them, in which a version says anything else than `values` once it is written."""
        return {name for version in self.after().values() for name in differing(version, values)}

    def write(self, user: object, message: str, *, submit_by: str = "") -> None:
        """A new revision of each version that changes; the draft last, because the newest one is the draft. To be
        called in a transaction.

        `message` stands in the history of the page. The draft is submitted for approval if a source that publishes by
        `submit_by` does so.
        """
        with indexed_once() as saved:
            saved.append(self.page)
            revision, is_draft_left = self._write(user)
        log(self.page, LOG_ACTION, user=user, revision=revision, data={"message": message})
        if is_draft_left:
            submit(self.page, submit_by, user)
        else:
            withdraw_submission(self.page, user)

    def _write(self, user: object) -> tuple[Revision | None, bool]:
        """The newest revision, and whether any of it is not public yet."""
        revision = None
        is_written_live = bool(self.live_merge.changes) or self.returns
        if is_written_live:
            set_values(self.public, self.live_merge.changes)
            # Publishing validates.
            revision = self._save(self.public, user)
            publish(revision, user)
        if self.scheduled and (is_written_live or self.scheduled_merge.changes):
            set_values(self.scheduled, self.scheduled_merge.changes)
            self._save(self.scheduled, user, go_live_at=self.go_live_at)
        if not self.has_draft:
            return revision, False
        set_values(self.draft, self.draft_merge.changes)
        can_be_overtaken = is_written_live and not (self.keeps_draft or self.go_live_at)
        if can_be_overtaken and says_the_same(self.draft, self.public):
            return revision, False
        self.draft.live = self.page.live or self.returns
        at = self.go_live_at if self.is_draft_scheduled else None
        revision = self._save(self.draft, user, go_live_at=at)
        follow_draft(self.page, revision)
        return revision, True

    def _save(self, version: EventPage, user: object, *, go_live_at: datetime | None = None) -> Revision:
        if go_live_at:
            self.page.revisions.update(approved_go_live_at=None)
        # What an editor has not finished need not be valid yet.
        return version.save_revision(
            user=user, clean=False, approved_go_live_at=go_live_at, remembers_dates=not self.takes_back
        )


def following(
    page: EventPage,
    record: ImportRecord,
    theirs: Values,
    *,
    publish: bool,
    only_live: frozenset[str] | None = None,
) -> Versions:
    """The versions of `page` as they follow a feed that says `theirs` now; what is live only if `publish`, and then
    also what an import took down before. Of what is live, only the fields `only_live` follow, where those are given:
    the rest may be in a draft that waits for approval."""

    def draft(version: EventPage) -> tuple[Values, Merge]:
        ours = draft_values(version, record.values, theirs)
        return ours, merge(record.values, theirs, ours, pins=record.pins)

    def live(version: EventPage) -> tuple[Values, Merge]:
        ours = draft_values(version, record.values, record.published, theirs)
        merged = merge(published_base(record, ours), theirs, ours, pins=record.pins)
        return ours, merged if only_live is None else _of_these(merged, only_live)

    return Versions(page, live=live if publish else None, draft=draft, taken_down=record.taken_down)


def _of_these(merged: Merge, names: frozenset[str]) -> Merge:
    changes = {name: value for name, value in merged.changes.items() if name in names}
    return Merge(changes, tuple(name for name in merged.conflicts if name in names))


def published_base(record: ImportRecord, ours: Values) -> Values:
    """What the feed had said when what is live, which says `ours`, was last brought up to date with it, by an import or
    by a person who published the draft. What it said last may be in a draft only, unless it is what a person chose."""
    return {
        name: said if ours.get(name) == said else record.published.get(name, said)
        for name, said in record.values.items()
    }


def changed(before: Values, changes: Values) -> dict[str, list[Value]]:
    """Of each field what was there before and after."""
    return {name: [before.get(name), value] for name, value in changes.items()}


def listed(names: Iterable[str]) -> str:
    """Names of fields, as `merge` has them, in words."""
    words = (
        f"{OF_A_DATE[whole_field(name)]} {name.partition(' ')[2].replace('T', ' ').removesuffix(':00')}"
        if " " in name
        else CALLED.get(name) or str(EventPage._meta.get_field(name).verbose_name)
        for name in sorted(names)
    )
    return ", ".join(words)
