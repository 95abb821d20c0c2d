"""Between event pages and the plain values that reconcile compares; reads the database, writes nothing."""

from collections.abc import Iterable, Iterator, Mapping

from django.utils.text import slugify

from earthcode.forms import is_address_taken
from events.models import BODY_FEATURES, EventIndexPage, EventPage

from .feed import FIELDS, FeedEvent, Key, Values, as_value
from .markup import canonical, cut
from .models import ImportRecord, ImportSource
from .reconcile import Held

SLUG_LENGTH = 200
MAX_SAVES = 5
"""The editor's way of writing nested formatting settles after two or three."""
# Of the state of a page, and not of what it says.
_KEPT_BY_WAGTAIL = {
    "latest_revision",
    "latest_revision_created_at",
    "live_revision",
    "has_unpublished_changes",
    "first_published_at",
    "last_published_at",
    "draft_title",
    "live",
    "numchild",
    "sequence",
}


def records_of(source: ImportSource) -> list[ImportRecord]:
    return list(ImportRecord.objects.filter(source=source)) if source.pk else []


def held_by(records: Iterable[ImportRecord], events: Iterable[FeedEvent]) -> dict[Key, Held]:
    """What `records` hold; drafts only of those of `events` about which there is something new."""
    news = {event.key: event.values for event in events}
    changed = [record for record in records if news.get(record.key, record.values) != record.values]
    pages = EventPage.objects.select_related("latest_revision").in_bulk(
        [record.page_id for record in changed if record.page_id]
    )
    drafts = {
        record.key: draft_values(
            pages[record.page_id].get_latest_revision_as_object(), record.values, news[record.key]
        )
        for record in changed
        if record.page_id in pages
    }
    return {record.key: held(record, drafts.get(record.key)) for record in records}


def held(record: ImportRecord, draft: Values | None) -> Held:
    return Held(record.values, draft, record.page_id is None, record.sequence, record.last_modified)


def draft_values(draft: EventPage, *told: Values) -> Values:
    """The imported fields of `draft`. A body that says the same as one of `told` in other tags is given as
    that."""
    values = {name: as_value(getattr(draft, name)) for name in FIELDS}
    values["body"] = next(
        (other["body"] for other in told if _is_same_body(draft.body, other.get("body") or "")), draft.body
    )
    return values


def _is_same_body(body: str, other: str) -> bool:
    return body == other or canonical(body) in _as_the_editor_leaves_it(other)


def _as_the_editor_leaves_it(body: str) -> Iterator[str]:
    """The canonical forms of `body` after it was saved untouched: not at all, once, and on until saving changes
    nothing."""
    for _ in range(MAX_SAVES):
        form = canonical(body)
        yield form
        body = _as_saved_by_the_editor(body)
        if canonical(body) == form:
            return


def _as_saved_by_the_editor(body: str) -> str:
    """What the rich text editor makes of `body` when somebody saves the page without touching it."""
    # This module is imported while Django loads models, and the converter needs them loaded.
    from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

    converter = ContentstateConverter(features=BODY_FEATURES)
    return converter.to_database_format(converter.from_database_format(body))


def is_only_imported(draft: EventPage, page: EventPage, told: Values) -> bool:
    """Whether `draft` differs from the live `page` in nothing but what the feed said last, which is `told`."""
    ours, live = draft.serializable_data(), page.serializable_data()
    imported = draft_values(draft, told)
    return all(
        imported[name] == told.get(name) if name in FIELDS else name in _KEPT_BY_WAGTAIL
        for name in ours
        if ours[name] != live[name]
    )


def set_values(page: EventPage, values: Mapping[str, str | None]):
    for name, value in values.items():
        setattr(page, name, EventPage._meta.get_field(name).to_python(value))


def free_slug(parent: EventIndexPage, event: FeedEvent) -> str:
    """A slug from the title that no child of `parent` has; with the year where the title alone is taken."""
    base = cut(slugify(event.title, allow_unicode=True), SLUG_LENGTH).strip("-_…") or "event"
    taken = set(parent.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    year = f"{base}-{event.start_date.year}"
    candidates = [base, year, *(f"{year}-{number}" for number in range(2, len(taken) + 3))]
    return next(slug for slug in candidates if slug not in taken and not is_address_taken(parent, slug))
