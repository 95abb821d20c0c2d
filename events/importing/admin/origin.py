"""Where the fields of an imported event come from, for the panel on the form of its page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from events.importing.models import ImportRecord
from events.importing.settle import ImportedField, Origin, imported_fields
from events.importing.versions import why_it_waits
from events.models import EventPage

from .settling import anchor, may_ignore

Row = tuple[str, ImportedField]


@dataclass(frozen=True, slots=True)
class Import:
    """What one source says about a page; each row with the id it has on the screen. `followed` are the fields in which
    the page says what the feed does, `others` the rest, what is in conflict first."""

    record: ImportRecord
    others: list[Row]
    followed: list[Row]

    @property
    def count(self) -> int:
        return sum(field.is_in_conflict for _, field in self.others)


@dataclass(frozen=True, slots=True)
class Imports:
    """Of all sources of a page. `waits` is why the user cannot have a field follow a feed now."""

    all: list[Import]
    waits: str
    may_ignore: bool

    @property
    def count(self) -> int:
        return sum(each.count for each in self.all)

    @property
    def ignored(self) -> ImportRecord | None:
        return next((each.record for each in self.all if each.record.is_ignored), None)


def imports_of(page: EventPage, user: Any) -> Imports | None:
    """Of `page`, a version of it; None if it was not imported."""
    records = (
        ImportRecord.objects.filter(page=page.pk).select_related("source").order_by("source__name", "pk")
    )
    found = [_import(record, imported_fields(record, page)) for record in records]
    return Imports(found, why_it_waits(page, user), may_ignore(page, user)) if found else None


def _import(record: ImportRecord, fields: Iterable[ImportedField]) -> Import:
    rows = [(anchor(record, field.name), field) for field in fields]
    # The draft may say what the partner does while what is live is in conflict.
    followed = [row for row in rows if row[1].origin == Origin.FEED and not row[1].is_in_conflict]
    others = [row for row in rows if row not in followed]
    return Import(
        record,
        sorted(others, key=lambda row: not row[1].is_in_conflict),
        followed,
    )
