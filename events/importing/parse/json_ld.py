"""The events that a web page tells of in the words of schema.org (JSON-LD in `script` elements), or that a JSON-LD
document has. Pure.

Only the words of https://schema.org are understood; contexts are never fetched. The page is not parsed as a tree: what
tells of events are its `script` elements, and those are found in time that is linear in the length of the page,
whatever is in it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from icalendar.prop import vDuration

from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed, Problem

from . import fields
from .fields import LeftOut, Moment, Notes
from .otherwise import what_it_is

LABEL = "Web page with schema.org events"
GENERAL = True

EVENT_TYPES = {
    *(
        "Event",
        "BusinessEvent",
        "ChildrensEvent",
        "ComedyEvent",
        "ConferenceEvent",
        "CourseInstance",
        "DanceEvent",
    ),
    *(
        "EducationEvent",
        "EventSeries",
        "ExhibitionEvent",
        "Festival",
        "FoodEvent",
        "Hackathon",
        "LiteraryEvent",
    ),
    *(
        "MusicEvent",
        "OnlineEvent",
        "PerformingArtsEvent",
        "SaleEvent",
        "ScreeningEvent",
        "SocialEvent",
        "SportsEvent",
    ),
    *("TheaterEvent", "VisualArtsEvent"),
}
"""schema.org/Event and what is one, without those that nobody goes to: DeliveryEvent, PublicationEvent and the like."""
STATUSES = {"EventScheduled", "EventRescheduled", "EventPostponed", "EventCancelled", "EventMovedOnline"}
ATTENDANCE_MODES = {fields.ONLINE, fields.IN_PERSON, fields.BOTH}
PLACES_ONLINE = {"VirtualLocation"}
REGISTRATION_WORDS = re.compile(
    r"regist|ticket|sign-?up|enrol|rsvp|book|anmeld|inscri|iscri|eventbrite|pretix|eventzilla|tito\b|ti\.to|forms?\b",
    re.IGNORECASE,
)
"""In the address of an offer: it leads to where people register."""

MAX_BLOCKS = 500
MAX_EVENTS = 5_000

_SCRIPT = re.compile(r"<!--|<script\b([^<>]{0,2000})>", re.IGNORECASE)
_END_OF_SCRIPT = re.compile(r"</script", re.IGNORECASE)
_JSON_LD = re.compile(r"\btype\s*=\s*[\"']?\s*application/ld\+json\b", re.IGNORECASE)
_ANYWHERE = re.compile(rb"application/ld(?:\+|&#(?:x2b|43);)json", re.IGNORECASE)
_WRAPPING = re.compile(
    r"\A\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>|;)\s*\Z"
)
_SURPLUS_COMMA = re.compile(r",(?=\s*[}\]])")
_PREFIX = re.compile(r"^(?:https?://(?:www\.)?schema\.org/|schema:)", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^>]{0,500}>([^<]{0,1000})", re.IGNORECASE)


def recognises(data: bytes) -> bool:
    if fields.is_json(data):
        start = fields.head(data)
        return '"@type"' in start or '"@context"' in start or '"@graph"' in start
    return fields.head(data).startswith("<") and bool(_ANYWHERE.search(data.replace(b"\0", b"")))


def parse(data: bytes, *, default_timezone: str, address: str = "") -> ParsedFeed:
    """Every event of the page; see the package for what is promised."""
    name, is_whole = "", True
    problems: list[Problem] = []
    if fields.is_json(data):
        blocks = [fields.json_of(data)]
    else:
        page = fields.decoded(data)
        scripts = list(islice(_scripts(page), MAX_BLOCKS))
        blocks, problems = _blocks(page, scripts)
        is_whole = all(script.is_whole for script in scripts)
        if title := _TITLE.search(page):
            name = fields.plain_line(title[1])
    nodes = [found for block in blocks for found in _nodes(block)]
    by_id: dict[str, dict] = {}
    for node, _ in nodes:
        # One that is no mere reference.
        if isinstance(node.get("@id"), str) and len(node) > 1:
            by_id.setdefault(node["@id"], node)
    told = [
        node
        for node, is_own in nodes
        if is_own and _types(node) & EVENT_TYPES and node.keys() - {"@id", "@type"}
    ]
    if not told and not problems:
        raise FeedUnusable(what_it_is(data, address))
    if len(told) > MAX_EVENTS:
        raise FeedUnusable(f"The page tells of more than {MAX_EVENTS:,} events; that cannot be meant.")
    page_of = _Page(by_id, default_timezone, address)
    events, found = fields.read_each(told, page_of.event)
    return ParsedFeed(tuple(_told_apart(events)), (*problems, *found), name=name, complete=is_whole)


# The page


class _Script(NamedTuple):
    position: int
    text: str
    is_whole: bool
    """Whether it ends before the page does."""


def _blocks(page: str, scripts: list[_Script]) -> tuple[list[Any], list[Problem]]:
    """What each of `scripts` says, and a problem for each that cannot be read."""
    blocks: list[Any] = []
    problems: list[Problem] = []
    for number, script in enumerate(scripts, 1):
        try:
            blocks.append(_loaded(script.text))
        except (ValueError, RecursionError) as error:
            is_deep = isinstance(error, RecursionError)
            why = "is nested too deeply" if is_deep else f"is not valid JSON ({error})"
            reason = f"Block {number} of the page {why}; its events are missing."
            line = page.count("\n", 0, script.position) + 1
            problems.append(Problem(Level.FAILED, reason, line=line))
    return blocks, problems


def _scripts(page: str) -> Iterator[_Script]:
    """The JSON-LD scripts of `page`, but those within comments."""
    position = 0
    while found := _SCRIPT.search(page, position):
        if found[1] is None:
            end = page.find("-->", found.end())
            position = end + 3 if end >= 0 else len(page)
            continue
        end_tag = _END_OF_SCRIPT.search(page, found.end())
        position = end_tag.end() if end_tag else len(page)
        if _JSON_LD.search(unescape(found[1])):
            text = page[found.end() : end_tag.start() if end_tag else len(page)]
            yield _Script(found.start(), text, end_tag is not None)


def _loaded(text: str) -> Any:
    """With the slips that search engines forgive: line breaks within text, surplus commas, comments around it."""
    for _ in range(2):
        text = _WRAPPING.sub("", text)
    if not text.strip():
        return []
    try:
        return json.loads(text, strict=False)
    except ValueError:
        with suppress(ValueError):
            return json.loads(_SURPLUS_COMMA.sub("", text), strict=False)
        raise


def _nodes(block: Any) -> Iterator[tuple[dict, bool]]:
    """Every object of `block`, and whether it stands for itself: within an event, other events are only mentioned."""
    waiting = [(block, True)]
    while waiting:
        found, is_own = waiting.pop()
        if isinstance(found, list):
            waiting += [(value, is_own) for value in reversed(found)]
        elif isinstance(found, dict):
            node = {_PREFIX.sub("", key): value for key, value in found.items()}
            yield node, is_own
            is_own = is_own and not _types(node) & EVENT_TYPES
            waiting += [
                (value, is_own) for value in reversed(list(node.values())) if isinstance(value, dict | list)
            ]


def _types(node: dict) -> set[str]:
    return {_word(name) for name in _listed(node.get("@type"))}


def _word(value: object) -> str:
    """`https://schema.org/EventScheduled`, `schema:EventScheduled` or the word alone → the word."""
    return _PREFIX.sub("", fields.text_of(value).strip()).strip("/")


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def _text(value: Any) -> str:
    """The words of a value: text itself, `{"@value": …}`, the first of several, the name of a thing."""
    for found in _listed(value):
        if isinstance(found, dict):
            found = found.get("@value", found.get("name"))
        if isinstance(found, list):
            found = next(iter(found), "")
        if text := fields.text_of(found).strip():
            return text
    return ""


def _told_apart(events: list[FeedEvent]) -> list[FeedEvent]:
    """Those that share an address with another of a different time stand by their title and start."""
    starts: dict[str, set[tuple]] = {}
    for event in events:
        starts.setdefault(event.key.uid, set()).add((event.start_date, event.start_time))
    return [replace(event, key=Key("")) if len(starts[event.key.uid]) > 1 else event for event in events]


class _Page:
    """What the entries of a page have in common."""

    def __init__(self, by_id: dict[str, dict], default_timezone: str, address: str):
        self.by_id = by_id
        self.default_timezone = default_timezone
        self.address = address

    def event(self, node: dict, notes: Notes) -> FeedEvent:
        url = fields.web_address(notes, _text_of_url(node.get("url")), self.address)
        notes.uid = self._identity(node, url)
        start, end, zone = self._when(node, notes)
        title, label = fields.labelled(fields.title(notes, _text(node.get("name") or node.get("headline"))))
        status = self._status(node, notes) or label or "EventScheduled"
        where = self._where(node, notes, status)
        if where["online_url"] == url:
            where["online_url"] = ""
        if node.get("eventSchedule"):
            notes.warn("It repeats; only the date that the page gives is imported.")
        return FeedEvent(
            key=Key(notes.uid),
            title=title or fields.UNTITLED,
            **fields.period(notes, start, end, zone),
            event_status=status,
            **where,
            website=url,
            url=url,
            registration_url=self._registration(node, url),
            body=fields.body(notes, _text(node.get("description"))),
            language=self._language(node),
            organizers=fields.names(
                notes, "organizer", map(_text, map(self._known, _listed(node.get("organizer"))))
            ),
            categories=_categories(node, notes),
            image=self._image(node, notes),
            last_modified=fields.modified(_text(node.get("dateModified")), self.default_timezone),
        )

    def _known(self, value: Any) -> Any:
        """What `{"@id": …}` refers to on the same page, or `value` itself."""
        if isinstance(value, dict):
            value = {_PREFIX.sub("", key): inner for key, inner in value.items()}
            if value.keys() <= {"@id", "@type"} and isinstance(value.get("@id"), str):
                return self.by_id.get(value["@id"], value)
        return value

    def _identity(self, node: dict, url: str) -> str:
        told = fields.identity(node.get("@id"))
        if told and not told.startswith("_:"):
            with suppress(ValueError):
                return urljoin(self.address, told)
        return url

    # When

    def _when(self, node: dict, notes: Notes) -> tuple[Moment, Moment | None, str]:
        told = [_text(value) for value in _listed(node.get("startDate"))]
        if not any(told):
            raise LeftOut("It has no startDate, so it is not known when it begins.")
        if len(told) > 1:
            notes.warn("It has several start dates; the first is used.")
        start = fields.in_zone(
            notes, "start", fields.moment("startDate", told[0]), None, self.default_timezone
        )
        zone = str(start.tzinfo) if isinstance(start, datetime) else self.default_timezone
        return start, self._end(node, notes, start, zone), zone

    def _end(self, node: dict, notes: Notes, start: Moment, zone: str) -> Moment | None:
        if text := _text(node.get("endDate")):
            return fields.in_zone(notes, "end", fields.moment("endDate", text), zone, zone)
        if not (text := _text(node.get("duration"))):
            return None
        try:
            duration = vDuration.from_ical(text.upper())
            if isinstance(start, datetime):
                return (start.astimezone(UTC) + duration).astimezone(start.tzinfo)
            # Dates are inclusive: three days end two days later.
            return start + max(timedelta(0), duration - timedelta(days=1))
        except (ValueError, OverflowError):
            notes.warn(f"Its duration “{text[:40]}” is not a length of time; it is left out.")
            return None

    def _status(self, node: dict, notes: Notes) -> str:
        told = [_word(_text_of_url(value)) for value in _listed(node.get("eventStatus")) if value]
        # Search engines take both, as in rescheduled and moved online; what says most against coming comes first.
        known = {word.replace("Canceled", "Cancelled") for word in told} & STATUSES
        if told and not known:
            notes.warn(f"Its eventStatus “{told[0][:40]}” is not known; it is left out of account.")
        order = ["EventCancelled", "EventPostponed", "EventRescheduled", "EventMovedOnline", "EventScheduled"]
        return next((word for word in order if word in known), "")

    # Where

    def _where(self, node: dict, notes: Notes, status: str) -> fields.Where:
        where = dict.fromkeys(("venue", "city", "country", "online_url"), "")
        is_online = False
        for place in map(self._known, _listed(node.get("location"))):
            found, address = self._place(place, notes)
            is_online = is_online or found is None
            where["online_url"] = where["online_url"] or address
            if found and not any(where[name] for name in found):
                where |= found
        is_somewhere = bool(where["venue"] or where["city"] or where["country"])
        told = _word(_text(node.get("eventAttendanceMode")))
        if told not in ATTENDANCE_MODES:
            if told:
                notes.warn(f"Its eventAttendanceMode “{told[:40]}” is not known; it is left out of account.")
            told = fields.IN_PERSON
            if is_online or "OnlineEvent" in _types(node) or status == "EventMovedOnline":
                told = fields.BOTH if is_somewhere and status != "EventMovedOnline" else fields.ONLINE
        return {
            "attendance_mode": told,
            "venue": where["venue"],
            "city": where["city"],
            "country": where["country"],
            "online_url": where["online_url"],
        }

    def _place(self, place: Any, notes: Notes) -> tuple[dict[str, str] | None, str]:
        """(venue, city and country, or None for what is no place but online; the address to take part online)"""
        if not isinstance(place, dict):
            text = _text(place)
            if fields.is_web_address(text):
                return None, fields.web_address(notes, text)
            return (None if fields.means_online(text) else {"venue": fields.line(notes, "venue", text)}), ""
        name = _text(place.get("name"))
        if _types(place) & PLACES_ONLINE or fields.means_online(fields.plain_line(name)):
            return None, fields.web_address(notes, _text_of_url(place.get("url")), self.address)
        is_address = "PostalAddress" in _types(place)
        address = place if is_address else self._known(next(iter(_listed(place.get("address"))), ""))
        if isinstance(address, dict):
            street, name = _text(address.get("streetAddress")), name or _text(address.get("name"))
            city, country = (
                _text(address.get("addressLocality")),
                _text(self._known(address.get("addressCountry"))),
            )
        else:
            street, city, country = _text(address), "", ""
        parts = [fields.plain_line(name), fields.plain_line(street)]
        venue = ", ".join(part for part in parts if part and (part is parts[0] or part not in parts[0]))
        found = {
            "venue": fields.line(notes, "venue", venue),
            "city": fields.line(notes, "city", city, fields.PLACE_NAME_LENGTH),
            "country": fields.country(notes, country),
        }
        return found, ""

    # What

    def _registration(self, node: dict, url: str) -> str:
        """The address of an offer that looks as if people register there."""
        for offer in map(self._known, _listed(node.get("offers"))):
            address = _text_of_url(offer.get("url")) if isinstance(offer, dict) else ""
            # One that is none is no fault of the event.
            found = fields.web_address(Notes(), address, self.address)
            parts = urlsplit(found)
            if (
                found
                and found != url
                and REGISTRATION_WORDS.search(f"{parts.netloc}{parts.path}?{parts.query}")
            ):
                return found
        return ""

    def _language(self, node: dict) -> str:
        for told in map(self._known, _listed(node.get("inLanguage"))):
            names = (
                [told.get("alternateName"), told.get("name"), told.get("@id")]
                if isinstance(told, dict)
                else [told]
            )
            for name in names:
                if code := fields.language(_text(name)):
                    return code
        return ""

    def _image(self, node: dict, notes: Notes) -> str:
        for told in map(self._known, _listed(node.get("image"))):
            if isinstance(told, dict):
                told = told.get("contentUrl") or told.get("url") or told.get("@id")
            if found := fields.web_address(notes, _text_of_url(told), self.address):
                return found
        return ""


def _text_of_url(value: Any) -> str:
    """An address may be text, an object that only has an @id, or one of several."""
    found = next(iter(_listed(value)), "")
    return (
        fields.text_of(found.get("@id") or found.get("url") or found.get("@value"))
        if isinstance(found, dict)
        else _text(found)
    )


def _categories(node: dict, notes: Notes) -> tuple[str, ...]:
    told = [_text(value) for value in _listed(node.get("keywords"))]
    return fields.names(notes, "category", [part for text in told for part in re.split(r"[,;]", text)])
