"""The events of a pretalx, `/api/events/` of its REST API, to events. Pure.

The talks of a schedule are parts of an event and no events.
"""

import re
from typing import Any
from urllib.parse import urljoin

from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed

from . import fields
from .fields import LeftOut, Moment, Notes

LABEL = "pretalx"

_TALKS = (
    "These are the talks of one event, not events. Use the list of events, which pretalx has at /api/events/, or the "
    "event's own page."
)
_OF_AN_EVENT = re.compile(r'"date_from"\s*:')
_OF_TALKS = re.compile(
    r'"schedule"\s*:\s*\{.*"conference"\s*:|"submission_type"\s*:|"(?:talks|slots)"\s*:\s*\[', re.DOTALL
)


def recognises(data: bytes) -> bool:
    start = fields.head(data)
    has_event = _OF_AN_EVENT.search(start) and '"slug"' in start and '"name"' in start
    is_empty = re.match(r'\{\s*"count"\s*:\s*0\s*,\s*"next"\s*:\s*null', start)
    return fields.is_json(data) and bool(has_event or is_empty or _OF_TALKS.search(start))


def parse(data: bytes, *, default_timezone: str, address: str = "") -> ParsedFeed:
    """Every event of the list, or the one event; see the package for what is promised."""
    document = fields.json_of(data)
    entries = _entries(document)
    events, problems = fields.read_each(
        entries, lambda entry, notes: _event(entry, notes, default_timezone, address)
    )
    told = document.get("next") if isinstance(document, dict) else ""
    return ParsedFeed(
        tuple(events), tuple(problems), product=LABEL, next_address=fields.next_page(address, told)
    )


def _entries(document: Any) -> list[Any]:
    if isinstance(document, dict) and "slug" in document and "date_from" in document:
        return [document]
    if isinstance(document, dict) and ({"schedule", "talks", "slots"} & document.keys()):
        raise FeedUnusable(_TALKS)
    entries = document if isinstance(document, list) else fields.entries_in(document, "results")
    if entries and not any(isinstance(entry, dict) and "date_from" in entry for entry in entries):
        raise FeedUnusable(_TALKS)
    return entries


def _event(entry: Any, notes: Notes, default_timezone: str, address: str) -> FeedEvent:
    if not isinstance(entry, dict):
        raise LeftOut("An entry of the list is no event.")
    notes.uid = fields.identity(entry.get("slug"))
    if entry.get("is_public") is False:
        raise LeftOut("It is not public in pretalx yet.", Level.SKIPPED)
    zone = fields.zone_named(notes, entry.get("timezone")) or default_timezone
    start = _moment(notes, "date_from", entry, zone)
    if start is None:
        raise LeftOut("It has no date_from, so it is not known when it begins.")
    title, status = fields.labelled(fields.title(notes, fields.translated(entry.get("name"))))
    website = fields.web_address(notes, _website(entry, notes.uid, address))
    languages = entry.get("content_locales")
    return FeedEvent(
        key=Key(notes.uid),
        title=title or fields.UNTITLED,
        **fields.period(notes, start, _moment(notes, "date_to", entry, zone), zone),
        event_status=status or "EventScheduled",
        website=website,
        url=website,
        language=fields.language(languages[0]) if isinstance(languages, list) and len(languages) == 1 else "",
        image=fields.web_address(notes, entry.get("header_image") or entry.get("logo"), website),
    )


def _moment(notes: Notes, name: str, entry: dict, zone: str) -> Moment | None:
    if not entry.get(name):
        return None
    return fields.in_zone(notes, name, fields.moment(name, entry[name]), zone, zone)


def _website(entry: dict, slug: str, address: str) -> str:
    """As pretalx tells it; newer ones do not, and have it below their own address."""
    urls = entry.get("urls")
    if isinstance(urls, dict) and urls.get("base"):
        return urljoin(address, fields.text_of(urls["base"]))
    host = fields.text_of(entry.get("custom_domain")) or address
    return urljoin(host, f"/{slug}/") if host and re.fullmatch(r"[\w.-]+", slug) else ""
