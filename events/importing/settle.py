"""What a person decides about imported events: which fields follow the feed, and which events stay away."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from wagtail.models import Revision

from events.models import EventPage

from .differences import Difference, difference, value_of
from .feed import FIELDS, Values
from .models import ImportRecord, ImportSource
from .pages import RELATED, draft_values
from .publication import take_down, withdraw_submission
from .reconcile import WHEN, Merge, field_of, fields_of, merge, taken_over, whole_field
from .versions import Versions, listed


class Origin(StrEnum):
    """Where the value of a field comes from."""

    FEED = "The partner"
    OTHER = "Another source"
    EDITOR = "Differs from the partner"
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
    opened = open_conflicts(record)
    others = ImportRecord.objects.filter(page=record.page_id).exclude(pk=record.pk) if record.page_id else ()
    rivals = [other.values for other in others]

    def imported(name: str) -> ImportedField:
        is_same = field_of(ours, name) == field_of(record.values, name)
        origin = Origin.FEED if is_same else Origin.EDITOR
        if not is_same and any(field_of(ours, name) == field_of(values, name) for values in rivals):
            origin = Origin.OTHER
        if name in record.pins:
            origin = Origin.PINNED
        words = opened.get(name) or _compared(name, ours, record.values)
        return ImportedField(name, origin, name in opened, words)

    return [imported(name) for name in dict.fromkeys([*fields_of(ours, record.values), *opened])]


def open_conflicts(record: ImportRecord) -> dict[str, Difference]:
    """What the page has and what the feed offers for each field in conflict, by the names that `reconcile.merge` gives;
    not those in which every version of the page has come to say what the feed does. A record from `in_conflict` has all
    versions with it."""
    page = record.page
    if page is None or not record.conflicts:
        return {}
    names = {whole_field(name) for name in record.conflicts}
    versions = _versions(record, page, names)
    found = {}
    for name in sorted(record.conflicts, key=lambda name: FIELDS.index(whole_field(name))):
        theirs = field_of(record.values, name)
        said = {version: ours for version, ours in versions.items() if field_of(ours, name) != theirs}
        # What is live and nobody touched is only not up to date.
        if "live" in said and _is_behind(record, said["live"], name):
            del said["live"]
        if said:
            found[name] = _differing(name, said, record.values)
    return found


def _versions(record: ImportRecord, page: EventPage, names: set[str]) -> dict[str, Values]:
    """The fields with these `names` of all versions of `page` that there are; what is live by itself only where there
    is a draft beside it."""
    contents = {}
    if page.latest_revision and (page.has_unpublished_changes or not page.live):
        contents["draft"] = page.latest_revision.content
    if hasattr(record, "scheduled_content"):
        contents["scheduled"] = record.scheduled_content
    elif scheduled := page.scheduled_revision:
        contents["scheduled"] = scheduled.content
    # Looking for all that a draft refers to takes a query each, and most conflicts are about plain fields.
    is_about_others = not names.isdisjoint(RELATED)
    versions = {"live": page} if page.live else {}
    versions |= {
        version: EventPage.from_serializable_data(content, check_fks=is_about_others)
        for version, content in contents.items()
        if content
    }
    return {name: draft_values(version, record.values, names=names) for name, version in versions.items()}


def _is_behind(record: ImportRecord, ours: Values, name: str) -> bool:
    """Whether what is live, which says `ours`, says what the feed did when it was brought up to date last."""
    base = {**record.values, **record.published}
    return field_of(ours, name) == field_of(base, name)


def _differing(name: str, said: dict[str, Values], theirs: Values) -> Difference:
    """What the versions of a page say about a field, each in words where they do not say the same, and the feed."""
    words = {version: _compared(name, ours, theirs) for version, ours in said.items()}
    first, *others = words.values()
    if all(other.before == first.before for other in others):
        return first
    before = "\n".join(f"{words[version].before} ({WHERE[version]})" for version in WHERE if version in words)
    return Difference(first.label, before, first.after)


WHERE = {"live": "published", "scheduled": "scheduled", "draft": "draft"}


def in_conflict() -> QuerySet[ImportRecord]:
    """The records with conflicts, open or such that their pages have come to say the same."""
    found = ImportRecord.objects.exclude(conflicts=[]).filter(page__isnull=False)
    scheduled = Revision.page_revisions.filter(
        object_id=Cast(OuterRef("page"), CharField()), approved_go_live_at__isnull=False
    )
    with_scheduled = found.annotate(scheduled_content=Subquery(scheduled.values("content")[:1]))
    return with_scheduled.select_related("source", "page__latest_revision").order_by("page", "pk")


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
def published_by_somebody(page: EventPage) -> None:
    """Note that visitors see now what was the draft of `page`, which imports kept up to date with its feeds."""
    records = ImportRecord.objects.filter(page=page.pk)
    if records.update(published=F("values"), taken_down=None):
        forget_settled(page)


@transaction.atomic
def forget_settled(page: EventPage) -> None:
    """Drop the conflicts in which all versions of `page` have come to say what the feed does."""
    for record in in_conflict().filter(page=page.pk).select_for_update(of=("self",)):
        still_open = sorted(open_conflicts(record))
        if still_open != record.conflicts:
            record.conflicts = still_open
            record.save(update_fields=("conflicts",))


@transaction.atomic
def ignore(page: EventPage, *, user: Any) -> None:
    """Take `page` off the site, now and for any time it is scheduled for, and let no import touch it, until
    `let_come_again`."""
    page = EventPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if page.live:
        # As if an import had taken it down, it is published again by one.
        page.import_records.update(is_withdrawn=True, taken_down=take_down(page, user))
    page.revisions.update(approved_go_live_at=None)
    withdraw_submission(page, user)
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
