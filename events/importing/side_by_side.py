"""Two pages of one event side by side: in which fields they differ, those among them that no import knows."""

from datetime import date, time
from typing import Any

from events.dates import describe_days
from events.models import EventKeyDate, EventMaterial, EventOrganizer, EventPage

from .differences import Difference, differences
from .feed import FIELDS
from .pages import draft_values

# What editors write and no import does, in the order of the form.
BY_HAND = (
    "summary",
    "date_text",
    "status_note",
    "image",
    "registration_opens_date",
    "registration_opens_time",
    "registration_closes_date",
    "registration_closes_time",
    "capacity_note",
    "price_note",
    "is_free",
    "super_event",
    "seo_title",
    "search_description",
    "social_image",
)
ROWS = {
    "organizers": "organisers",
    "key_dates": "key dates",
    "materials": "materials and recordings",
    "previous_dates": "previous dates",
}
# Fields that imports write too, but of which editors see or write more.
MORE_THAN_IMPORTED = ("organizers", "image")


def compared(kept: EventPage, other: EventPage) -> list[Difference]:
    """What is not the same: before is what `kept` says, after is what `other` says."""
    theirs = draft_values(other)
    ours = draft_values(kept, theirs)
    names = [name for name in FIELDS if name not in MORE_THAN_IMPORTED]
    told = list(
        differences({name: (ours[name], theirs[name]) for name in names if ours[name] != theirs[name]})
    )
    for name in (*BY_HAND, *ROWS):
        words = _in_words(kept, name), _in_words(other, name)
        if words[0] != words[1]:
            told.append(Difference(_label(name), *words))
    return told


def _label(name: str) -> str:
    words = str(ROWS.get(name) or EventPage._meta.get_field(name).verbose_name)
    return words[:1].upper() + words[1:]


def _in_words(page: EventPage, name: str) -> str:
    if name in ROWS:
        return "\n".join(filter(None, map(_row, getattr(page, name).all())))
    match getattr(page, name):
        case None | False | "":
            return ""
        case True:
            return "Yes"
        case date() as day:
            return describe_days(day, day)
        case time() as clock:
            return clock.isoformat("minutes")
        case value:
            return str(value)


def _row(row: Any) -> str:
    parts: tuple[str, ...]
    match row:
        case EventOrganizer():
            parts = (str(row), row.get_role_display(), row.website) if str(row) else ()
        case EventKeyDate():
            parts = (row.label, describe_days(row.date, row.date), row.url)
        case EventMaterial():
            parts = (row.get_kind_display(), row.title, row.href)
        case _:
            parts = (row.when,)
    return " · ".join(filter(None, parts))
