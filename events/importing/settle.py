"""What a person decides about imported events: which fields follow the feed, and which events stay away."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from wagtail.actions.unpublish_page import UnpublishPageAction

from events.models import EventPage

from .differences import Difference, difference, value_of
from .feed import FIELDS, Values
from .models import ImportRecord, ImportSource
from .pages import RELATED, draft_values
from .reconcile import WHEN, Merge, field_of, fields_of, merge, taken_over, whole_field
from .versions import Versions, listed


class Origin(StrEnum):
    """Where the value of a field comes from."""

    FEED = "The feed"
    EDITOR = "An editor"
    PINNED = "Kept by an editor"


@dataclass(frozen=True, slots=True)
class ImportedField:
    """A field of a page and what the feed says about it, the page's before and the feed's after."""

    name: str
    origin: Origin
    is_in_conflict: bool
    words: Difference

    @property
    def differs(self) -> bool:
        return self.words.before != self.words.after


def imported_fields(record: ImportRecord, page: EventPage) -> list[ImportedField]:
    """Every field of `page`, a version of it, that the feed may write."""
    ours = draft_values(page, record.values)

    def imported(name: str) -> ImportedField:
        is_same = field_of(ours, name) == field_of(record.values, name)
        origin = Origin.FEED if is_same else Origin.EDITOR
        if name in record.pins:
            origin = Origin.PINNED
        is_open = name in record.conflicts and not is_same
        return ImportedField(name, origin, is_open, _compared(name, ours, record.values))

    return [imported(name) for name in fields_of(ours, record.values)]


def open_conflicts(record: ImportRecord) -> dict[str, Difference]:
    """What the page has and what the feed offers for each field in conflict, by the names that `reconcile.merge` gives;
    not those in which the page has come to say what the feed does. Give a record with its `page.latest_revision`."""
    page = record.page
    if page is None or not record.conflicts:
        return {}
    names = {whole_field(name) for name in record.conflicts}
    if page.latest_revision:
        # Looking for all that a draft refers to takes a query each, and most conflicts are about plain fields.
        is_about_others = not names.isdisjoint(RELATED)
        page = EventPage.from_serializable_data(page.latest_revision.content, check_fks=is_about_others)
    ours = draft_values(page, record.values, names=names)
    return {
        name: _compared(name, ours, record.values)
        for name in sorted(record.conflicts, key=lambda name: FIELDS.index(whole_field(name)))
        if field_of(ours, name) != field_of(record.values, name)
    }


def in_conflict() -> QuerySet[ImportRecord]:
    """The records with conflicts, open or such that their pages have come to say the same."""
    found = ImportRecord.objects.exclude(conflicts=[]).filter(page__isnull=False)
    return found.select_related("source", "page__latest_revision").order_by("page", "pk")


@transaction.atomic
def follow_feed(record: ImportRecord, *names: str, user: Any, publish: bool) -> set[str]:
    """Put what the feed says into the fields, and follow it from now on; also in what is live, if `publish`.

    Dates that would contradict each other are taken all together. Gives the fields that were. Raises ValidationError if
    the page does not accept them.
    """
    record = ImportRecord.objects.select_for_update().get(pk=record.pk)
    page = EventPage.objects.select_for_update(of=("self",)).get(pk=record.page_id)

    def taken(version: EventPage) -> tuple[Values, Merge]:
        ours = draft_values(version, record.values)
        merged = merge(ours, taken_over(ours, record.values, names), ours)
        if merged.conflicts:
            merged = merge(ours, taken_over(ours, record.values, (*names, *WHEN)), ours)
        return ours, merged

    versions = Versions(page, live=taken if publish else None, draft=taken)
    if versions.conflicts:
        raise ValidationError("Its dates would contradict each other.")
    followed = {*names, *versions.changes.intersection(WHEN)}
    if versions.has_news:
        versions.write(user, f"{record.source}: {listed(followed)}, as the feed says")
    _settle(record, followed, is_pinned=False)
    return followed


@transaction.atomic
def keep_mine(record: ImportRecord, *names: str) -> None:
    """Leave the fields as they are, whatever the feed comes to say, until somebody has them follow the feed again."""
    _settle(ImportRecord.objects.select_for_update().get(pk=record.pk), {*names}, is_pinned=True)


@transaction.atomic
def forget_settled(page: EventPage) -> None:
    """Drop the conflicts in which `page` has come to say what the feed does."""
    for record in in_conflict().filter(page=page).select_for_update(of=("self",)):
        still_open = sorted(open_conflicts(record))
        if still_open != record.conflicts:
            record.conflicts = still_open
            record.save(update_fields=("conflicts",))


@transaction.atomic
def ignore(page: EventPage, *, user: Any) -> None:
    """Take `page` off the site, now and for any time it is scheduled for, and let no import touch it, until
    `let_come_again`."""
    page = EventPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    page.revisions.update(approved_go_live_at=None)
    if page.live:
        # Whoever calls this has asked whether `user` may.
        UnpublishPageAction(page, user=user).execute(skip_permission_checks=True)
        # As if an import had taken it down, it is published again by one.
        page.import_records.update(is_withdrawn=True)
    page.import_records.update(is_ignored=True, conflicts=[])


@transaction.atomic
def let_come_again(record: ImportRecord) -> None:
    """Have the next run bring an event again that stays away, from all sources that its page has."""
    if record.page_id is None:
        ImportSource.objects.filter(pk=record.source_id).update(**UNREAD)
        record.delete()
        return
    records = ImportRecord.objects.filter(page=record.page_id)
    ImportSource.objects.filter(records__in=records).update(**UNREAD)
    records.update(is_ignored=False)


# Else a feed that says what it said before would not be looked into.
UNREAD = {"digest": "", "etag": "", "last_modified": ""}


def _compared(name: str, ours: Values, theirs: Values) -> Difference:
    return difference(name, value_of(ours, name), value_of(theirs, name))


def _settle(record: ImportRecord, names: set[str], *, is_pinned: bool) -> None:
    record.conflicts = [other for other in record.conflicts if other not in names]
    record.pins = sorted({*record.pins} - names | (names if is_pinned else set()))
    record.save(update_fields=("conflicts", "pins"))
