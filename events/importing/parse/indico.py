"""Indico's JSON export of a category or an event, `/export/categ/ID.json` (its HTTP API), to events. Pure."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from events.importing.feed import FeedEvent, Key, Level, ParsedFeed

from . import fields
from .fields import LeftOut, Moment, Notes

LABEL = "Indico"

PAGE_SIZES = {"events": 1_000, "contributions": 500, "subcontributions": 500, "sessions": 100}
"""The most events that Indico gives at once, by the level of detail that the address asks for."""

_NO_PLACE = {"no location set", "no location", "none", "n/a", "-", "tba", "tbd"}


def recognises(data: bytes) -> bool:
    # What says so may stand before or after the events.
    edges = fields.head(data) + fields.decoded(data[-2_000:])
    return fields.is_json(data) and re.search(r'"_type"\s*:\s*"HTTPAPIResult"', edges) is not None


def parse(data: bytes, *, default_timezone: str, address: str = "") -> ParsedFeed:
    """Every event of the export; see the package for what is promised."""
    document = fields.json_of(data)
    results = fields.entries_in(document, "results")
    events, problems = fields.read_each(results, lambda entry, notes: _event(entry, notes, default_timezone))
    return ParsedFeed(
        tuple(events),
        tuple(problems),
        product=LABEL,
        next_address=_next_page(address or fields.text_of(document.get("url")), len(results)),
    )


def _next_page(address: str, count: int) -> str:
    """Where the next events are, when there are as many as Indico gives at once."""
    parts = urlsplit(address)
    asked = dict(parse_qsl(parts.query))
    size = PAGE_SIZES.get(asked.get("detail", "events"), PAGE_SIZES["events"])
    # Whoever asks for fewer wants no more.
    if not parts.netloc or {"n", "limit"} & asked.keys() or count < size:
        return ""
    offset = asked.pop("O", asked.pop("offset", "0"))
    asked["offset"] = str((int(offset) if re.fullmatch("[0-9]{1,9}", offset) else 0) + count)
    return parts._replace(query=urlencode(asked)).geturl()


def _event(entry: Any, notes: Notes, default_timezone: str) -> FeedEvent:
    if not isinstance(entry, dict):
        raise LeftOut("An entry of the list is no event.")
    notes.uid = fields.identity(entry.get("id"))
    if entry.get("_type", "Conference") != "Conference":
        raise LeftOut("It is a part of an event, not an event.", Level.SKIPPED)
    if entry.get("hasAnyProtection") is True:
        raise LeftOut("It is protected in Indico, so it is not for everybody.", Level.SKIPPED)
    visibility = entry.get("visibility")
    seen_by = fields.text_of(visibility.get("name") if isinstance(visibility, dict) else visibility).strip()
    if seen_by.lower() in {"nowhere", "0"}:
        raise LeftOut("Indico shows it nowhere, so it is not for everybody.", Level.SKIPPED)
    zone = fields.zone_named(notes, entry.get("timezone")) or default_timezone
    start = _moment(notes, "startDate", entry, zone)
    if start is None:
        raise LeftOut("It has no startDate, so it is not known when it begins.")
    title, status = _title_and_status(entry, notes)
    venue, attendance_mode, online_url = _where(entry, notes)
    website = fields.web_address(notes, entry.get("url"))
    return FeedEvent(
        key=Key(notes.uid),
        title=title,
        **fields.period(notes, start, _moment(notes, "endDate", entry, zone), zone),
        event_status=status,
        attendance_mode=attendance_mode,
        venue=venue,
        online_url=online_url,
        website=website,
        url=website,
        body=fields.body(notes, entry.get("description")),
        language=fields.language(entry.get("language")),
        organizers=_organizers(entry, notes),
        categories=_categories(entry, notes),
        last_modified=_modified(entry.get("modificationDate")),
    )


def _moment(notes: Notes, name: str, entry: dict, zone: str) -> Moment | None:
    """`{"date": …, "time": …, "tz": …}` by the clock of the event's own `zone`."""
    told = entry.get(name)
    if not isinstance(told, dict):
        return None
    text = f"{fields.text_of(told.get('date'))} {fields.text_of(told.get('time'))}".strip()
    found = fields.moment(name, text)
    told_in = fields.zone_named(notes, told.get("tz")) or zone
    placed = fields.in_zone(notes, name, found, told_in, told_in)
    return fields.in_zone(notes, name, placed, zone, zone)


def _modified(told: object):
    if not isinstance(told, dict):
        return None
    zone = fields.known_zone(fields.text_of(told.get("tz"))) or "UTC"
    return fields.modified(f"{told.get('date')} {told.get('time')}", zone)


def _title_and_status(entry: dict, notes: Notes) -> tuple[str, str]:
    """The title without its label; the status by it, or by the label that Indico keeps beside the title."""
    title, status = fields.labelled(fields.title(notes, entry.get("title")))
    label = entry.get("label")
    told = fields.text_of(label.get("title") if isinstance(label, dict) else label)
    return title or fields.UNTITLED, status or fields.labelled(f"[{told}]")[1] or "EventScheduled"


def _where(entry: dict, notes: Notes) -> tuple[str, str, str]:
    """(venue, attendance mode, address to take part online)"""
    told = [
        fields.line(notes, "place", entry.get(name), fields.LINE_LENGTH * 2)
        for name in ("roomFullname", "room", "location", "address")
    ]
    told = [part for part in told if part and part.lower() not in _NO_PLACE]
    # A room's full name holds the room.
    parts = [part for number, part in enumerate(told) if not any(part in other for other in told[:number])]
    online_url = next((part for part in parts if fields.is_web_address(part)), "")
    places = [part for part in parts if not fields.means_online(part) and not fields.is_web_address(part)]
    if online_url and not fields.leads_online(online_url):
        parts.remove(online_url)
        if not parts:
            notes.warn(fields.only_a_page(online_url))
        online_url = ""
    mode = fields.IN_PERSON
    if len(places) < len(parts):
        mode = fields.BOTH if places else fields.ONLINE
    return (
        fields.line(notes, "venue", ", ".join(places)),
        mode,
        fields.web_address(notes, online_url) if online_url else "",
    )


def _organizers(entry: dict, notes: Notes) -> tuple[str, ...]:
    if told := fields.text_of(entry.get("organizer")).strip():
        return fields.names(notes, "organizer", [told])
    chairs = entry.get("chairs")
    return fields.names(notes, "organizer", map(_person, chairs if isinstance(chairs, list) else []))


def _person(chair: object) -> str:
    if not isinstance(chair, dict):
        return ""
    parts = (fields.text_of(chair.get(name)).strip() for name in ("first_name", "last_name"))
    return " ".join(filter(None, parts)) or fields.text_of(chair.get("fullName"))


def _categories(entry: dict, notes: Notes) -> tuple[str, ...]:
    keywords = entry.get("keywords")
    told = keywords if isinstance(keywords, list) else []
    return fields.names(notes, "category", [*told, fields.text_of(entry.get("type")).replace("_", " ")])
