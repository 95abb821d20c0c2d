"""Between event pages and the plain values that reconcile compares; reads the database, writes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import batched
from typing import Any

from django.utils.text import slugify
from wagtail.models import COMMENTS_RELATION_NAME

from earthcode.forms import is_address_taken
from events import additional_dates
from events.models import (
    BODY_FEATURES,
    EventException,
    EventIndexPage,
    EventOrganizer,
    EventPage,
    EventTopic,
    EventType,
)

from .feed import (
    FIELDS,
    Differences,
    FeedEvent,
    Key,
    Value,
    Values,
    as_differences,
    as_value,
    original_start,
)
from .markup import canonical, cut
from .models import ImportedImage, ImportRecord, ImportSource
from .recognise import Known
from .reconcile import Held

SLUG_LENGTH = 200
# So many changed pages are looked at at once.
BATCH = 500
# What events are known again by, and what stays of a picture where none are wanted any more.
MARKS = (
    *("title", "start_date", "start_time", "end_date", "end_time", "timezone", "recurrence_rule"),
    *("venue", "city", "online_url", "website", "image"),
)
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
    # They are said about the page, not by it.
    COMMENTS_RELATION_NAME,
}
_OF_ROWS = {"pk", "page", "sort_order"}


def known_of(source: ImportSource) -> dict[Key, Known]:
    """By what the events of `source` are known again, and their pictures."""
    rows = ImportRecord.objects.filter(source=source.pk).values_list(
        *("uid", "recurrence_id", "seen", "is_ignored", "page", "runs_missing"),
        *(f"values__{name}" for name in MARKS),
    )
    found = {}
    for uid, recurrence_id, seen, is_ignored, page, runs_missing, *told in rows:
        key = Key(uid, recurrence_id)
        values = {
            **dict(zip(MARKS, told, strict=True)),
            **{name: seen[name] for name in MARKS if name in seen},
        }
        feed_key = Key(seen["uid"], seen["recurrence_id"]) if "uid" in seen else key
        if feed_key.is_nameless:
            feed_key = Key.of_nameless(values)
        found[key] = Known(values, feed_key, seen, is_ignored or page is None, runs_missing)
    return found


def to_remember(
    events: Iterable[FeedEvent], keys: Mapping[Key, Key], known: Mapping[Key, Known]
) -> dict[Key, dict[str, Value]]:
    """What is to be stored in `seen` of those of `known` that `events`, which have the `keys` there, tell of otherwise
    than before."""
    found: dict[Key, dict[str, Value]] = {}
    for event in events:
        key = keys[event.key]
        if (one := known.get(key)) is None:
            continue
        seen: dict[str, Value] = {}
        if event.key != key and not event.key.is_nameless:
            seen = {"uid": event.key.uid, "recurrence_id": event.key.recurrence_id}
        if one.stays_away:
            # Of what is there the record itself has what the feed said last.
            values = event.values
            seen |= {
                name: values[name] for name in MARKS if name in one.seen or values[name] != one.values[name]
            }
        if seen != one.seen:
            found[key] = seen
    return found


def held_by(source: ImportSource, events: Iterable[FeedEvent]) -> dict[Key, Held]:
    """What is held of `source`. Its words only where one of `events` does not say just the same, and drafts of those of
    which it says something new: of a large feed little is new."""
    told = {event.key: event for event in events}
    found: dict[Key, Held] = {}
    news: list[ImportRecord] = []
    for record in ImportRecord.objects.filter(source=source.pk).iterator():
        event = told.get(record.key)
        is_same = event is not None and event.values == record.values
        key = event.key if event else record.key
        found[key] = held(record, None if is_same else record.values)
        if event and not is_same and not record.stays_away:
            news.append(record)
    for some in batched(news, BATCH):
        pages = EventPage.objects.select_related("latest_revision").in_bulk(
            [record.page_id for record in some]
        )
        for record in some:
            if record.page_id in pages:
                draft = pages[record.page_id].get_latest_revision_as_object()
                ours = draft_values(draft, record.values, told[record.key].values)
                found[record.key] = replace(found[record.key], draft=ours)
    return found


def held(record: ImportRecord, values: Values | None, draft: Values | None = None) -> Held:
    return Held(
        values,
        draft,
        record.stays_away,
        record.sequence,
        record.last_modified,
        tuple(record.pins),
        record.runs_missing,
        record.is_withdrawn,
    )


def draft_values(draft: EventPage, *told: Values, names: Iterable[str] = FIELDS) -> Values:
    """The imported fields of `draft`, those of these `names`. A body that says the same as one of `told` in other tags
    is given as that."""
    return {name: _value(draft, name, told) for name in names}


def _value(draft: EventPage, name: str, told: Iterable[Values]) -> Value:
    if name in RELATED:
        read, _ = RELATED[name]
        value = read(draft)
        return _same_image(draft, str(value), told) if name == "image" else value
    if name != "body":
        return as_value(getattr(draft, name))
    same = (str(other["body"]) for other in told if "body" in other)
    return next((body for body in same if _is_same_body(draft.body, body)), draft.body)


def _same_image(draft: EventPage, address: str, told: Iterable[Values]) -> str:
    """One picture may stand at several addresses: one of those that are `told`, if it does."""
    others = {str(other["image"]) for other in told if other.get("image")} - {address}
    if not address or not others:
        return address
    same = ImportedImage.objects.filter(image=draft.image_id, address__in=others).first()
    return same.address if same else address


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


def says_the_same(one: EventPage, other: EventPage) -> bool:
    """Whether two versions of a page differ in nothing that an editor writes."""
    ours, theirs = _written(one), _written(other)
    differ = {name for name in ours if ours[name] != theirs[name]}
    if differ != {"body"}:
        return not differ
    return _is_same_body(one.body, other.body) or _is_same_body(other.body, one.body)


def _written(version: EventPage) -> dict[str, Any]:
    """What editors write of `version`. Rows of other tables get their numbers when they are published."""
    content = version.serializable_data()
    return {
        name: [{key: told for key, told in row.items() if key not in _OF_ROWS} for row in value]
        if value and isinstance(value, list) and isinstance(value[0], dict)
        else value
        for name, value in content.items()
        if name not in _KEPT_BY_WAGTAIL
    }


def set_values(page: EventPage, values: Values):
    """Types and topics that are not in the vocabulary, which has changed meanwhile, are left out."""
    for name, value in values.items():
        if name in RELATED:
            _, write = RELATED[name]
            write(page, value)
        else:
            setattr(page, name, EventPage._meta.get_field(name).to_python(value))


def _additional_dates(page: EventPage) -> Mapping[str, Differences]:
    try:
        return additional_dates.as_values(additional_dates.read(page.additional_dates))
    except ValueError:
        # Somebody is in the middle of writing them.
        return {}


def _set_additional_dates(page: EventPage, dates: Mapping[str, Differences]):
    page.additional_dates = additional_dates.written(additional_dates.of_values(dates.items()))


def _exceptions(page: EventPage) -> dict[str, Differences]:
    return _exceptions_of(page.exceptions.all())


def _set_exceptions(page: EventPage, exceptions: Mapping[str, Differences]):
    """Rows that are right stay the same rows."""
    rows = {original_start(row.change): row for row in page.exceptions.all()}
    same = {
        start: row for start, row in rows.items() if _exceptions_of([row]).get(start) == exceptions.get(start)
    }
    new = {
        start: _exception(start, differences)
        for start, differences in exceptions.items()
        if start not in same
    }
    for row in new.values():
        row.clean_fields(exclude=("page",))
    page.exceptions = _in_order([row for _, row in sorted((same | new).items())])


def _exception(start: str, differences: Differences) -> EventException:
    day, _, wall_time = start.partition("T")
    return EventException(original_date=day, original_time=wall_time or None, **differences)


def _exceptions_of(rows: Iterable[EventException]) -> dict[str, Differences]:
    return as_differences(row.change for row in rows)


def _set_event_type(page: EventPage, slug: str | None):
    page.event_type = EventType.objects.filter(slug=slug).first() if slug else None


def _set_topics(page: EventPage, slugs: Iterable[str]):
    page.topics = EventTopic.objects.filter(slug__in=slugs)


def _organizers(page: EventPage) -> list[str]:
    return [str(row) for row in page.organizers.all() if str(row)]


def _set_organizers(page: EventPage, names: Iterable[str]):
    """Rows of the same name stay, with all that an editor added to them. The name of a partner means the partner."""
    rows = {str(row): row for row in page.organizers.all()}
    partners = EventOrganizer._meta.get_field("partner").related_model
    by_title = {partner.title: partner for partner in partners.objects.filter(title__in=names)}
    page.organizers = _in_order(
        [rows.get(name) or EventOrganizer(name=name, partner=by_title.get(name)) for name in names]
    )


def _in_order(rows: list[Any]) -> list[Any]:
    """As pages keep the order of their rows."""
    for number, row in enumerate(rows):
        row.sort_order = number
    return rows


def _image(page: EventPage) -> str:
    """The address that it came from; of one that no import has brought, words that no address can be."""
    if page.image_id is None:
        return ""
    found = ImportedImage.objects.filter(image=page.image_id).order_by("pk").first()
    return found.address if found else f"image {page.image_id}"


def _set_image(page: EventPage, told: str):
    model = EventPage._meta.get_field("image").related_model
    if told.startswith("image "):
        page.image = model.objects.filter(pk=told.removeprefix("image ")).first()
    else:
        found = ImportedImage.objects.filter(address=told).select_related("image").first() if told else None
        page.image = found.image if found else None


# Fields that are rows of other tables, or lists: how they are read off a page, and how they are written.
RELATED: dict[str, tuple[Callable[[EventPage], Value], Callable]] = {
    "exceptions": (_exceptions, _set_exceptions),
    "additional_dates": (_additional_dates, _set_additional_dates),
    "event_type": (lambda page: page.event_type.slug if page.event_type else None, _set_event_type),
    "topics": (lambda page: sorted(topic.slug for topic in page.topics.all()), _set_topics),
    "organizers": (_organizers, _set_organizers),
    "image": (_image, _set_image),
}


def free_slug(parent: EventIndexPage, event: FeedEvent) -> str:
    """A slug from the title that no child of `parent` has; with the year where the title alone is taken."""
    base = cut(slugify(event.title, allow_unicode=True), SLUG_LENGTH).strip("-_…") or "event"
    taken = set(parent.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    year = f"{base}-{event.start_date.year}"
    candidates = [base, year, *(f"{year}-{number}" for number in range(2, len(taken) + 3))]
    return next(slug for slug in candidates if slug not in taken and not is_address_taken(parent, slug))
