"""The versions of an event's page, what is live, scheduled and drafted: each is merged and written by itself."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone as clock
from wagtail.admin.models import EditingSession
from wagtail.locks import BasicLock, WorkflowLock
from wagtail.log_actions import log
from wagtail.models import Revision

from events.models import EventPage

from .feed import Value, Values
from .indexing import indexed_once
from .models import ImportRecord
from .pages import draft_values, says_the_same, set_values
from .reconcile import Merge, merge, whole_field

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

    What `user` has open or locked is no reason."""
    # A page with a schedule is locked as well, but only for its form.
    lock = page.get_lock()
    if isinstance(lock, BasicLock | WorkflowLock) and (user is None or lock.for_user(user)):
        return "Its page is locked by an editor."
    sessions = EditingSession.objects.filter(
        content_type=ContentType.objects.get_for_model(page), object_id=str(page.pk), is_editing=True
    ).exclude(user=user)
    editing = sessions.filter(last_seen_at__gte=clock.now() - EditingSession.IDLE_TIMEOUT).first()
    return f"{editing.user.get_username()} has its page open in the editor." if editing else ""


class Versions:
    """The versions of `page`, each merged by itself: the published one by `live`, if that is to change at all, those
    that editors work on by `draft`."""

    def __init__(self, page: EventPage, *, live: Merging | None, draft: Merging):
        self.page = page
        self.goes_live = page.live and live is not None
        is_as_published = self.goes_live and page.latest_revision_id == page.live_revision_id
        self.draft = page if is_as_published else page.get_latest_revision_as_object()
        scheduled = page.scheduled_revision
        self.go_live_at = scheduled.approved_go_live_at if scheduled else None
        self.is_draft_scheduled = scheduled is not None and scheduled.pk == page.latest_revision_id
        self.scheduled = scheduled.as_object() if scheduled and not self.is_draft_scheduled else None
        self.live_before: Values = {}
        self.live_merge = self.scheduled_merge = NOTHING
        if live and page.live:
            self.live_before, self.live_merge = live(page)
        # Without a draft that says anything else, what is live is all there is.
        self.has_draft = not self.goes_live or not (is_as_published or says_the_same(self.draft, page))
        self.draft_before, self.draft_merge = (
            draft(self.draft) if self.has_draft else (self.live_before, self.live_merge)
        )
        if self.scheduled:
            _, self.scheduled_merge = draft(self.scheduled)

    @property
    def has_news(self) -> bool:
        return bool(self.draft_merge.changes or self.live_merge.changes or self.scheduled_merge.changes)

    @property
    def changes(self) -> set[str]:
        return {*self.draft_merge.changes, *self.live_merge.changes}

    @property
    def conflicts(self) -> set[str]:
        return {*self.draft_merge.conflicts, *self.live_merge.conflicts}

    @property
    def live_changes(self) -> dict[str, list[Value]]:
        return changed(self.live_before, self.live_merge.changes)

    @property
    def draft_changes(self) -> dict[str, list[Value]]:
        return changed(self.draft_before, self.draft_merge.changes) if self.has_draft else {}

    def write(self, user: object, message: str, *, publish_again: bool = False) -> None:
        """A new revision of each version that changes; the draft last, because the newest one is the draft. To be
        called in a transaction.

        `message` stands in the history of the page. `publish_again`: the draft goes live too.
        """
        with indexed_once() as saved:
            saved.append(self.page)
            self._write(user, message, publish_again=publish_again)

    def _write(self, user: object, message: str, *, publish_again: bool) -> None:
        revision = None
        if self.live_merge.changes:
            set_values(self.page, self.live_merge.changes)
            # Publishing validates. The importer may do what no role lets it do in the admin.
            revision = self.page.save_revision(user=user, clean=False)
            revision.publish(user=user, skip_permission_checks=True, log_action=False)
        if self.scheduled and (self.live_merge.changes or self.scheduled_merge.changes):
            set_values(self.scheduled, self.scheduled_merge.changes)
            self._save(self.scheduled, user, go_live_at=self.go_live_at)
        if self.has_draft:
            set_values(self.draft, self.draft_merge.changes)
            is_overtaken = bool(self.live_merge.changes) and says_the_same(self.draft, self.page)
        if self.has_draft and not is_overtaken:
            at = self.go_live_at if self.is_draft_scheduled else None
            revision = self._save(self.draft, user, go_live_at=at)
            if publish_again:
                revision.publish(user=user, skip_permission_checks=True, log_action=False)
        log(self.page, LOG_ACTION, user=user, revision=revision, data={"message": message})

    def _save(self, version: EventPage, user: object, *, go_live_at: datetime | None) -> Revision:
        if go_live_at:
            self.page.revisions.update(approved_go_live_at=None)
        # What an editor has not finished need not be valid yet.
        return version.save_revision(user=user, clean=False, approved_go_live_at=go_live_at)


def following(page: EventPage, record: ImportRecord, theirs: Values, *, publish: bool) -> Versions:
    """The versions of `page` as they follow a feed that says `theirs` now; what is live only if `publish`."""

    def draft(version: EventPage) -> tuple[Values, Merge]:
        ours = draft_values(version, record.values, theirs)
        return ours, merge(record.values, theirs, ours, pins=record.pins)

    def live(version: EventPage) -> tuple[Values, Merge]:
        ours = draft_values(version, record.values, record.published, theirs)
        # What the feed said last may be in a draft only.
        base = {
            name: told if ours.get(name) == told else record.published.get(name, told)
            for name, told in record.values.items()
        }
        return ours, merge(base, theirs, ours, pins=record.pins)

    return Versions(page, live=live if publish else None, draft=draft)


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
