"""The events that a web page tells of in the words of schema.org (JSON-LD in `script` elements), or that a JSON-LD
document has. Pure.

Only the words of https://schema.org are understood; contexts are never fetched. The page is not parsed as a tree: what
tells of events are its `script` elements, and those are found in time that is linear in the length of the page,
whatever is in it.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from icalendar.prop import vDuration

from events import rrule
from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed, Problem

from . import fields
from .fields import LeftOut, Moment, Notes
from .otherwise import what_it_is
from .privacy import is_no, is_public

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
MAX_COPIES = 50
"""With so many other events of the same title and day is an event compared."""

PARTS = ("subEvent", "subEvents", "hasCourseInstance")
"""Under which a series, a course or an event names its dates."""
WHOLES = ("superEvent", "courseInstanceOf", "isPartOf")
INHERITED = {
    *("name", "description", "url", "image", "inLanguage", "keywords", "organizer", "offers"),
    *("location", "eventAttendanceMode", "eventStatus"),
}
"""What a date has from its series or course where it does not say itself."""
VISIBILITY = {"visibility", "eventvisibility", "sensitivity", "access", "accessclass"}
HIDING = {"private", "isprivate", "hidden", "ishidden", "unlisted", "isunlisted", "draft", "isdraft"}
SHOWING = {"public", "ispublic", "published", "ispublished"}
COURSE_MODES = {
    "online": fields.ONLINE,
    "onsite": fields.IN_PERSON,
    "on-site": fields.IN_PERSON,
    "in-person": fields.IN_PERSON,
    "blended": fields.BOTH,
    "hybrid": fields.BOTH,
}

_REPEATS = re.compile(r"P(\d{1,3})([DWMY])", re.IGNORECASE)
_FREQUENCIES = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}
_REPEAT_WORDS = {"DAILY": "P1D", "WEEKLY": "P1W", "BIWEEKLY": "P2W", "MONTHLY": "P1M", "YEARLY": "P1Y"}
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_SCHEDULE_WORDS = {
    *(
        "@type",
        "@id",
        "@context",
        "name",
        "description",
        "url",
        "startDate",
        "endDate",
        "startTime",
        "endTime",
    ),
    *("duration", "repeatFrequency", "repeatCount", "byDay", "scheduleTimezone"),
}

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
    for found in sorted(nodes, key=lambda found: not found.is_own):
        # One that is no mere reference.
        if isinstance(found.says.get("@id"), str) and found.says.keys() - {"@id", "@type"}:
            by_id.setdefault(found.says["@id"], found.says)
    told = _dates(nodes, by_id)
    if not told and not problems:
        raise FeedUnusable(what_it_is(data, address))
    if len(told) > MAX_EVENTS:
        raise FeedUnusable(f"The page tells of more than {MAX_EVENTS:,} events; that cannot be meant.")
    page_of = _Page(by_id, default_timezone, address)
    events, about_events = fields.read_each(told, page_of.event)
    events = _told_apart(_each_once(events, default_timezone))
    return ParsedFeed(tuple(events), (*problems, *about_events), name=name, complete=is_whole)


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


class _Node(NamedTuple):
    """An object of the page."""

    says: dict
    is_own: bool
    """Whether it stands for itself: within an event, other events are only mentioned."""
    whole: dict | None
    """The series, course or event as one of whose dates it stands."""

    @property
    def is_event(self) -> bool:
        if not self.is_own or not self.says.keys() - {"@id", "@type"}:
            return False
        return bool(_types(self.says) & EVENT_TYPES) or (self.whole is not None and not _types(self.says))


def _nodes(block: Any) -> Iterator[_Node]:
    """Every object of `block`, a series before its dates."""
    waiting: list[tuple[Any, bool, dict | None]] = [(block, True, None)]
    while waiting:
        found, is_own, whole = waiting.pop()
        if isinstance(found, list):
            waiting += [(value, is_own, whole) for value in reversed(found)]
        elif isinstance(found, dict):
            node = _plain(found)
            yield _Node(node, is_own, whole)
            is_mention = bool(_types(node) & EVENT_TYPES)
            has_dates = _has_dates(node)
            for name, value in reversed(node.items()):
                if isinstance(value, dict | list):
                    is_date = name in PARTS and has_dates
                    waiting.append((value, is_own and (is_date or not is_mention), node if is_date else None))


def _plain(node: dict) -> dict:
    """`node` with its names as schema.org has them."""
    return {_PREFIX.sub("", key): value for key, value in node.items()}


def _parts(node: dict) -> list[dict]:
    return [_plain(part) for name in PARTS for part in _listed(node.get(name)) if isinstance(part, dict)]


def _has_dates(node: dict) -> bool:
    """Whether what stands within `node` is its dates, and not its programme."""
    types = _types(node)
    if types & {"EventSeries", "Course"}:
        return True
    parts, name = _parts(node), _text(node.get("name")).casefold()
    return bool(types & EVENT_TYPES and parts) and all(
        part.get("startDate") and _text(part.get("name")).casefold() in {"", name} for part in parts
    )


def _dates(nodes: list[_Node], by_id: dict[str, dict]) -> list[dict]:
    """What each event of the page says, with what it has from its series; without those that only span others."""
    wholes: dict[int, dict] = {}
    parts: dict[int, list[dict]] = defaultdict(list)

    def known(value: Any) -> dict | None:
        if not isinstance(value, dict):
            return None
        return by_id.get(_reference(value), _plain(value))

    own = [found for found in nodes if found.is_event]
    own_ids = {id(found.says) for found in own}
    for found in own:
        if found.whole is not None:
            wholes[id(found.says)] = found.whole
    for found in nodes:
        # Those that are only referred to; of a course, which is no event itself, too.
        if found.is_own and _has_dates(found.says):
            for part in _parts(found.says):
                says = by_id.get(_reference(part))
                if says is not None and says is not found.says and id(says) in own_ids:
                    wholes.setdefault(id(says), found.says)
    for found in own:
        for name in WHOLES:
            for value in _listed(found.says.get(name)):
                whole = known(value)
                if (
                    whole
                    and whole is not found.says
                    and _types(whole) & {"EventSeries", "Course", *EVENT_TYPES}
                ):
                    wholes.setdefault(id(found.says), whole)
    for found in own:
        whole = wholes.get(id(found.says))
        # Two that each claim to be within the other are two.
        if whole is not None and wholes.get(id(whole)) is not found.says:
            parts[id(whole)].append(found.says)
    told = []
    for found in own:
        says = found.says
        if parts[id(says)] and _only_spans(says, parts[id(says)]):
            continue
        told.append(_with_whole(says, wholes))
    return told


def _reference(value: dict) -> str:
    found = value.get("@id")
    return found if isinstance(found, str) else ""


def _with_whole(says: dict, wholes: dict[int, dict]) -> dict:
    """`says` with what its series says, and the series of that."""
    seen = [says]
    while (whole := wholes.get(id(seen[-1]))) is not None and len(seen) < 5:
        seen.append(whole)
    merged = dict(says)
    for whole in seen[1:]:
        is_series = bool(_types(whole) & {"EventSeries", "Course"})
        for name, value in whole.items():
            is_for_dates = (
                name in INHERITED if is_series or _has_dates(whole) else name in {"name", "location"}
            )
            is_missing = merged.get(name) in (None, "", [], {})
            if name == "name":
                is_missing = is_missing and not _text(merged.get("headline"))
            if is_missing and (is_for_dates or _is_about_secrecy(name)):
                merged[name] = value
        if is_series and not merged.get("organizer") and whole.get("provider"):
            merged["organizer"] = whole["provider"]
    return merged


def _only_spans(whole: dict, parts: list[dict]) -> bool:
    """Whether `whole`, of which `parts` are told as well, is no date besides them."""
    if not _has_dates(whole) and "EventSeries" not in _types(whole):
        return False
    days = sorted(filter(None, (_day_of(part.get("startDate")) for part in parts)))
    first, last = _day_of(whole.get("startDate")), _day_of(whole.get("endDate"))
    if not days or first is None:
        return bool(days)
    return first in days or (last is not None and last >= days[-1])


def _day_of(value: Any) -> date | None:
    try:
        return _day_of_moment(fields.moment("date", _text(value)))
    except LeftOut:
        return None


def _day_of_moment(found: Moment | None) -> date | None:
    return found.date() if isinstance(found, datetime) else found


def _is_about_secrecy(name: str) -> bool:
    return name.casefold() in VISIBILITY | HIDING | SHOWING or name == "creativeWorkStatus"


def _refuse_secrets(node: dict) -> None:
    """Raises LeftOut for what the page marks as not for everybody."""
    for name, value in node.items():
        if not _is_about_secrecy(name):
            continue
        word = str(value) if isinstance(value, bool) else _word(_text(value))
        key = name.casefold()
        if key in VISIBILITY:
            is_for_all = is_public(word)
        elif key in HIDING:
            is_for_all = is_no(word)
        elif key in SHOWING:
            is_for_all = not word or not is_no(word)
        else:
            is_for_all = word.casefold() not in {"draft", "private", "incomplete", "pending"}
        if not is_for_all:
            raise LeftOut(f"It is not public ({name} “{word[:40]}”).", Level.SKIPPED)


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


def _each_once(events: list[FeedEvent], default_timezone: str) -> list[FeedEvent]:
    """Without those that tell of the same event as another: under the same title at the same time, one perhaps with
    less. Of a day and a time of that day, the time is kept."""
    kept: dict[int, FeedEvent] = {}
    by_title: dict[str, list[int]] = defaultdict(list)
    # Those with a time first, so that a day finds them all.
    for number, event in sorted(enumerate(events), key=lambda found: found[1].start_time is None):
        same = by_title[event.title.casefold()]
        is_copy_of = (other for other in same[-MAX_COPIES:] if _is_copy(kept[other], event, default_timezone))
        original = next(is_copy_of, None) if event.title != fields.UNTITLED else None
        if original is None:
            same.append(number)
            kept[number] = event
        else:
            kept[original] = _filled(kept[original], event)
    return [event for _, event in sorted(kept.items(), key=lambda found: found[0])]


def _is_copy(event: FeedEvent, other: FeedEvent, default_timezone: str) -> bool:
    if event.recurrence_rule != other.recurrence_rule:
        return False
    if event.start_time and other.start_time:
        if _start(event) != _start(other):
            return False
    elif event.start_time:
        if other.start_date not in {
            event.start_date,
            _start(event).astimezone(ZoneInfo(default_timezone)).date(),
        }:
            return False
    elif other.start_date != event.start_date:
        return False
    if event.end_date and other.end_date and event.end_date != other.end_date:
        return False
    if (
        event.start_time == other.start_time
        and event.end_time
        and other.end_time
        and event.end_time != other.end_time
    ):
        return False
    return all(
        not (mine := getattr(event, name)) or not (its := getattr(other, name)) or mine == its
        for name in ("url", "venue", "city", "country", "online_url")
    )


def _start(event: FeedEvent) -> datetime:
    there = datetime.combine(event.start_date, event.start_time or time(), ZoneInfo(event.timezone))
    return there.astimezone(UTC)


def _filled(event: FeedEvent, copy: FeedEvent) -> FeedEvent:
    """`event` with what only its `copy` says."""
    names = ["url", "website", "body", "image", "registration_url", "language", "organizers", "categories"]
    if event.attendance_mode == copy.attendance_mode:
        names += ["venue", "city", "country", "online_url"]
    if event.start_time == copy.start_time or not event.end_date:
        names.append("end_date")
    if event.start_time == copy.start_time:
        names.append("end_time")
    found = {name: getattr(copy, name) for name in names if not getattr(event, name)}
    if not event.key.uid:
        found["key"] = copy.key
    if event.event_status == "EventScheduled":
        found["event_status"] = copy.event_status
    return replace(event, **found)


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
        _refuse_secrets(node)
        start, end, zone = self._when(node, notes)
        rule = ""
        if schedule := node.get("eventSchedule") or node.get("courseSchedule"):
            start, end, rule = self._repeated(schedule, start, end, zone, notes)
        title, label = fields.labelled(fields.title(notes, _text(node.get("name") or node.get("headline"))))
        status = self._status(node, notes) or label or "EventScheduled"
        where = self._where(node, notes, status)
        if where["online_url"] == url:
            where["online_url"] = ""
        return FeedEvent(
            key=Key(notes.uid),
            title=title or fields.UNTITLED,
            **fields.period(notes, start, end, zone),
            recurrence_rule=rule,
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
            schedules = _listed(node.get("eventSchedule") or node.get("courseSchedule"))
            first = self._known(schedules[0]) if len(schedules) == 1 else None
            if isinstance(first, dict) and _text(first.get("startDate")):
                told = [_text(first["startDate"])]
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

    def _repeated(
        self, told: Any, start: Moment, end: Moment | None, zone: str, notes: Notes
    ) -> tuple[Moment, Moment | None, str]:
        """(start and end of the first date, the RRULE) by an eventSchedule, where it is one that can be followed."""
        schedules = [self._known(value) for value in _listed(told)]
        try:
            (schedule,) = schedules
            return self._by_schedule(schedule, start, end, zone)
        except (ValueError, LeftOut, StopIteration, AttributeError, OverflowError):
            notes.warn("It repeats; only the date that the page gives is imported.")
            return start, end, ""

    def _by_schedule(
        self, schedule: dict, start: Moment, end: Moment | None, zone: str
    ) -> tuple[Moment, Moment | None, str]:
        """Raises ValueError, LeftOut or StopIteration for what cannot be followed."""
        says = {name: value for name, value in schedule.items() if value not in (None, "", [])}
        if says.keys() - _SCHEDULE_WORDS or (_text(says.get("scheduleTimezone")) or zone) != zone:
            raise ValueError("It says more than can be followed")
        frequency = _text(says.get("repeatFrequency")).upper()
        match = _REPEATS.fullmatch(_REPEAT_WORDS.get(frequency, frequency))
        if match is None:
            raise ValueError("It is not known how often")
        rule = f"FREQ={_FREQUENCIES[match[2].upper()]}" + (
            f";INTERVAL={match[1]}" if int(match[1]) > 1 else ""
        )
        if names := [_word(value).upper() for value in _listed(says.get("byDay"))]:
            # In words or, as in iCalendar, by two letters; “2MO” is one of a month.
            days = [rrule.WEEKDAYS[_WEEKDAYS.index(name)] if name in _WEEKDAYS else name for name in names]
            rule += f";BYDAY={','.join(days)}"
        first = _day_of(says.get("startDate")) or (start.date() if isinstance(start, datetime) else start)
        last = _day_of(says.get("endDate"))
        begins = self._clock_of(says.get("startTime"))
        if begins is None and isinstance(start, datetime):
            begins = start.time()
        ends = self._clock_of(says.get("endTime"))
        length = end - start if isinstance(end, datetime) and isinstance(start, datetime) else None
        last_told = _day_of_moment(end)
        if last_told and last_told > first + timedelta(days=1):
            # The end of all of it.
            last = last or last_told
            ends = ends or (end.time() if isinstance(end, datetime) else None)
            length = None
        if count := _text(says.get("repeatCount")):
            rule += f";COUNT={int(float(count))}"
        elif last:
            rule += f";UNTIL={last:%Y%m%d}"
        if not rrule.has_end(rule):
            raise ValueError("It is not known for how long")
        first = next(iter(rrule.days(rule, first, begins, zone)))
        if begins is None:
            return first, None, rule
        begin = datetime.combine(first, begins, ZoneInfo(zone))
        if ends is not None:
            finish = datetime.combine(first, ends, ZoneInfo(zone))
            return begin, finish if finish > begin else None, rule
        return begin, begin + length if length is not None else None, rule

    def _clock_of(self, value: Any) -> time | None:
        """The time of day `value`; raises LeftOut for what is none, ValueError for one of another zone."""
        if not (text := _text(value)):
            return None
        found = fields.moment("time", text if "-" in text[:8] else f"2000-01-01T{text}")
        if not isinstance(found, datetime) or found.tzinfo is not None:
            raise ValueError("It is not a time of day by the clock of the event")
        return found.time()

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
        modes = [_word(value).casefold() for value in _listed(node.get("courseMode"))]
        if not told and (
            by_course := next((COURSE_MODES[mode] for mode in modes if mode in COURSE_MODES), "")
        ):
            told = by_course
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
                if fields.leads_online(text):
                    return None, fields.web_address(notes, text)
                notes.warn(fields.only_a_page(text))
                return {"venue": ""}, ""
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
