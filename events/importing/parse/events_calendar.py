"""The REST API of The Events Calendar for WordPress, `/wp-json/tribe/events/v1/events`, to events. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from html import escape
from typing import Any

from events.importing.feed import FeedEvent, Key, Level, ParsedFeed

from . import fields
from .fields import LeftOut, Moment, Notes

LABEL = "The Events Calendar (WordPress)"

MAX_OFFSET = timedelta(hours=14)
"""Of a clock from UTC; what is further off is a mistake."""

_OFFSET = re.compile(r"UTC[+-]")
_STATUSES = {"canceled": "EventCancelled", "cancelled": "EventCancelled", "postponed": "EventPostponed"}
_OWN = re.compile(r'"rest_url"\s*:|"tribe\\?/events\\?/v1|tribe_events')
_LIST = re.compile(r'\{\s*"events"\s*:\s*\[')


def recognises(data: bytes) -> bool:
    # After an empty list, or before the events, stands the address that the page has.
    edges = fields.head(data) + fields.decoded(data[-2_000:])
    return (
        fields.is_json(data)
        and '"events"' in edges
        and bool(_OWN.search(edges))
        and bool(_LIST.search(edges))
    )


def parse(data: bytes, *, default_timezone: str, address: str = "") -> ParsedFeed:
    """Every event of the page; see the package for what is promised."""
    document = fields.json_of(data)
    events, problems = fields.read_each(
        fields.entries_in(document, "events"),
        lambda entry, notes: _event(entry, notes, default_timezone),
    )
    return ParsedFeed(
        tuple(events),
        tuple(problems),
        product=LABEL,
        next_address=fields.next_page(address, document.get("next_rest_url")),
    )


def _event(entry: Any, notes: Notes, default_timezone: str) -> FeedEvent:
    if not isinstance(entry, dict):
        raise LeftOut("An entry of the list is no event.")
    notes.uid = fields.identity(entry.get("global_id")) or fields.identity(entry.get("id"))
    if entry.get("status", "publish") != "publish":
        raise LeftOut("It is not published in its calendar.", Level.SKIPPED)
    if entry.get("hide_from_listings") is True:
        raise LeftOut("Its calendar does not list it.", Level.SKIPPED)
    title, status = fields.labelled(fields.title(notes, entry.get("title")))
    website = fields.web_address(notes, entry.get("website")) or fields.web_address(notes, entry.get("url"))
    start, end, zone = _when(entry, notes, default_timezone)
    return FeedEvent(
        key=Key(notes.uid),
        title=title or fields.UNTITLED,
        **fields.period(notes, start, end, zone),
        event_status=_STATUSES.get(fields.text_of(entry.get("event_status")).lower(), status)
        or "EventScheduled",
        **_where(entry, notes),
        website=website,
        url=fields.web_address(notes, entry.get("url")),
        body=fields.body(notes, _description(entry)),
        organizers=fields.names(notes, "organizer", _told(entry.get("organizer"), "organizer")),
        categories=fields.names(
            notes, "category", [*_told(entry.get("categories"), "name"), *_told(entry.get("tags"), "name")]
        ),
        image=fields.web_address(notes, _first(entry.get("image")).get("url")),
        last_modified=fields.modified(entry.get("modified_utc")),
    )


def _when(entry: dict, notes: Notes, default_timezone: str) -> tuple[Moment, Moment | None, str]:
    """(start, end, zone): local time where its zone is known, else as far from UTC as the two times tell."""
    told = fields.text_of(entry.get("timezone")).strip()
    # “UTC+2” is what WordPress has where nobody chose a place.
    is_place = told and not (_OFFSET.match(told) and entry.get("utc_start_date"))
    known = fields.known_zone(told) if is_place else None
    start, end = (_moment(entry, name, known) for name in ("start_date", "end_date"))
    if start is None:
        raise LeftOut("It has no start_date, so it is not known when it begins.")
    if entry.get("all_day") in (True, "true", "yes", "1"):
        return *_whole_days(start, end), known or default_timezone
    start = fields.in_zone(notes, "start", start, known, default_timezone)
    zone = str(start.tzinfo) if isinstance(start, datetime) else known or default_timezone
    return start, end and fields.in_zone(notes, "end", end, zone, zone), zone


def _moment(entry: dict, name: str, known: str | None) -> Moment | None:
    """Naive local time if its zone is `known` or there is no time by UTC beside it; otherwise with its offset."""
    local, utc = (
        fields.moment(name, entry[key]) if entry.get(key) else None for key in (name, f"utc_{name}")
    )
    if not isinstance(utc, datetime):
        return local
    utc = utc.astimezone(UTC) if utc.tzinfo else utc.replace(tzinfo=UTC)
    if local is None:
        return utc
    if known or not isinstance(local, datetime) or local.tzinfo:
        return local
    offset = local.replace(tzinfo=UTC) - utc
    return local if abs(offset) > MAX_OFFSET else local.replace(tzinfo=timezone(offset))


def _whole_days(start: Moment, end: Moment | None) -> tuple[date, date | None]:
    """A day ends where the next begins, which is not at midnight on every site."""
    begins = timedelta(0)
    if isinstance(start, datetime):
        begins = timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
        start = start.date()
    return start, (end - begins).date() if isinstance(end, datetime) else end


def _where(entry: dict, notes: Notes) -> fields.Where:
    """Out of the plug-in for virtual events, and of the venue."""
    venue = _first(entry.get("venue"))
    name = fields.plain_line(fields.text_of(venue.get("venue")))
    is_no_place = fields.means_online(name) or fields.is_web_address(name)
    kind = fields.text_of(entry.get("virtual_event_type")).lower()
    mode = fields.ONLINE if is_no_place or entry.get("is_virtual") is True or kind else fields.IN_PERSON
    street = fields.plain_line(fields.text_of(venue.get("address")))
    parts = [] if is_no_place else [name, street if street not in name else ""]
    online = entry.get("virtual_url") or (name if fields.is_web_address(name) else "")
    return {
        "attendance_mode": fields.BOTH if kind == "hybrid" else mode,
        "venue": fields.line(notes, "venue", ", ".join(filter(None, parts))),
        "city": fields.line(notes, "city", venue.get("city"), fields.PLACE_NAME_LENGTH),
        "country": fields.country(notes, venue.get("country")),
        "online_url": fields.web_address(notes, online),
    }


def _description(entry: dict) -> str:
    """With what it costs, for which a page of the portal has words only."""
    text = fields.text_of(entry.get("description")) or fields.text_of(entry.get("excerpt"))
    cost = fields.plain_line(fields.text_of(entry.get("cost")))
    return f"{text}<p>Cost: {escape(cost)}</p>" if cost else text


def _first(told: object) -> dict:
    """The object that stands alone, or first in a list, or is not there: then an empty one."""
    found = told[0] if isinstance(told, list) and told else told
    return found if isinstance(found, dict) else {}


def _told(told: object, name: str) -> Iterable[object]:
    entries = told if isinstance(told, list) else [told]
    return [entry.get(name) for entry in entries if isinstance(entry, dict)]
