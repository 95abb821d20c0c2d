"""What a person decides about fields that both an editor and the feed changed."""

from typing import Any

from django.db import transaction

from events.models import EventPage

from .feed import Values
from .models import ImportRecord
from .pages import draft_values
from .reconcile import Merge, field_of, merge, taken_over
from .versions import Versions, listed


def open_conflicts(record: ImportRecord) -> dict[str, tuple[Any, Any]]:
    """What the page has and what the feed offers for each field in conflict, by the names that `reconcile.merge` gives;
    not those in which the page has come to say what the feed does."""
    if record.page is None:
        return {}
    ours = draft_values(record.page.get_latest_revision_as_object(), record.values)
    pairs = {name: (field_of(ours, name), field_of(record.values, name)) for name in record.conflicts}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@transaction.atomic
def follow_feed(record: ImportRecord, name: str, *, user: Any, publish: bool) -> None:
    """Put what the feed says into the field, and follow it from now on; also in what is live, if `publish`."""
    record = ImportRecord.objects.select_for_update().get(pk=record.pk)
    page = EventPage.objects.select_for_update(of=("self",)).get(pk=record.page_id)

    def taken(version: EventPage) -> tuple[Values, Merge]:
        ours = draft_values(version, record.values)
        return ours, merge(ours, taken_over(ours, record.values, name), ours)

    versions = Versions(page, live=taken if publish else None, draft=taken)
    if versions.has_news:
        versions.write(user, f"{record.source}: {listed([name])}, as the feed says")
    _settle(record, name, is_pinned=False)


@transaction.atomic
def keep_mine(record: ImportRecord, name: str) -> None:
    """Leave the field as it is, whatever the feed comes to say, until somebody has it follow the feed again."""
    _settle(ImportRecord.objects.select_for_update().get(pk=record.pk), name, is_pinned=True)


def _settle(record: ImportRecord, name: str, *, is_pinned: bool) -> None:
    record.conflicts = [other for other in record.conflicts if other != name]
    pins = {other for other in record.pins if other != name} | ({name} if is_pinned else set())
    record.pins = sorted(pins)
    record.save(update_fields=("conflicts", "pins"))
