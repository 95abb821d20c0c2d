"""From what a feed says to fields of FeedEvent, for formats that are JSON, markup or tables. Pure; no format itself.

Dates are never guessed and times never invented: an entry whose start or end cannot be read is LeftOut. Everything
else that cannot be read is left out with a warning.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, TypedDict
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from events.importing.feed import FeedEvent, FeedUnusable, Level, Problem
from events.importing.markup import MAX_LENGTH, cut, plain_line, printable, rich_text, without_login

from .encoding import read_text
from .zones import zone_called

logger = logging.getLogger(__name__)

UNTITLED = "Untitled event"
LINE_LENGTH = 255
"""Of a title, a venue and a name, as the page has them."""
PLACE_NAME_LENGTH = 100
"""Of a city and a country."""
ADDRESS_LENGTH = 500
MAX_ORGANIZERS = MAX_CATEGORIES = 20
YEARS = range(1900, 2200)
HEAD_BYTES = 8_000

ONLINE = "OnlineEventAttendanceMode"
IN_PERSON = "OfflineEventAttendanceMode"
BOTH = "MixedEventAttendanceMode"

# What programs, and people in a hurry, write in place of a place.
_ONLINE_WORDS = {
    *("online", "on-line", "online event", "online meeting", "remote", "webinar"),
    *("virtual", "virtual event", "virtual meeting"),
    *("zoom", "zoom meeting", "webex", "cisco webex", "webex meeting", "google meet", "hangouts", "youtube"),
    *("teams", "ms teams", "microsoft teams", "teams meeting", "microsoft teams meeting"),
    *("microsoft teams-besprechung", "réunion microsoft teams", "riunione di microsoft teams"),
    *("reunión de microsoft teams", "microsoft teams-vergadering"),
}
_LABELS = {
    "cancelled": "EventCancelled",
    "canceled": "EventCancelled",
    "postponed": "EventPostponed",
    "rescheduled": "EventRescheduled",
    "moved online": "EventMovedOnline",
}
_LABEL = re.compile(rf"[\[(]\s*({'|'.join(_LABELS)})\s*[!.]?\s*[\])]", re.IGNORECASE)
_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|(\d\d)(\d\d))"
    r"(?:(?:\s*T\s*|\s+)(\d{1,2}):?(\d\d)(?::?(\d\d)(?:[.,:]\d+)?)?\s*(am|pm)?"
    # Some programs write the offset twice, with seconds, or with the name of its zone.
    r"\s*(?:(Z|UTC|GMT|[+−-]\d:?\d\d|[+−-]\d\d(?::?\d\d)?)(?::00)?\s*Z?(?:\[[\w/+-]{1,40}\])?)?|\s*T)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
MEETING = re.compile(
    r"https?://(?:[^/]*\.)?(?:zoom\.us|zoom\.com|zoomgov\.com|teams\.microsoft\.com|teams\.live\.com|meet\.google\.com"
    r"|webex\.com|meet\.jit\.si|gotomeeting\.com|gotowebinar\.com|goto\.com|whereby\.com|bluejeans\.com"
    r"|bigbluebutton\.org)/",
    re.IGNORECASE,
)
"""An address of a service for meetings."""
_TO_TAKE_PART = re.compile(
    # The host of a broadcast, or one that people call after what happens there.
    r"https?://(?:(?:[^/]*\.)?(?:youtube\.com|youtu\.be|vimeo\.com|twitch\.tv|livestream\.com|streamyard\.com"
    r"|crowdcast\.io|airmeet\.com|gather\.town|discord\.gg|discord\.com|on24\.com|livestorm\.co|demio\.com|skype\.com"
    r"|hopin\.com|join\.skype\.com)"
    r"|(?:[\w-]+\.)*(?:e?meet|e?meeting|meetings|webinars?|web-?conf\w*|video|video-?conf\w*|visio|vc|bbb\d*|jitsi|zoom"
    r"|webex|teams|streams?|streaming|livestream|live|greenlight|senfcall)\.[\w.-]+)(?::\d+)?(?:/|\Z)",
    re.IGNORECASE,
)
# What IANA's table of countries calls otherwise than people do.
_COUNTRIES = {
    "GB": "United Kingdom",
    "UK": "United Kingdom",
    "KR": "South Korea",
    "KP": "North Korea",
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "MM": "Myanmar",
    "SZ": "Eswatini",
    "WS": "Samoa",
    "AS": "American Samoa",
}

_is_web_address = URLValidator(schemes=["http", "https"])

Moment = date | datetime


class LeftOut(Exception):
    """The entry cannot (FAILED) or should not (SKIPPED) be imported; the message says why."""

    def __init__(self, reason: str, level: Level = Level.FAILED):
        super().__init__(reason)
        self.level = level


@dataclass(slots=True)
class Notes:
    """What there is to tell a person about one entry while it is read; `line` counts from 1."""

    uid: str = ""
    line: int | None = None
    warnings: list[str] = field(default_factory=list)

    def warn(self, reason: str):
        if reason not in self.warnings:
            self.warnings.append(reason)

    def problem(self, level: Level, reason: str) -> Problem:
        return Problem(level, reason, self.uid[:LINE_LENGTH], self.line)


def read_each(
    entries: Iterable[Any], read: Callable[[Any, Notes], FeedEvent]
) -> tuple[list[FeedEvent], list[Problem]]:
    """The events that `read` makes of `entries`, and what is to be told; no entry costs another.

    `read` raises LeftOut, and notes the UID and the line of the entry where it has them.
    """
    events: list[FeedEvent] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, 1):
        notes = Notes()
        try:
            event = read(entry, notes)
        except LeftOut as reason:
            problems.append(notes.problem(reason.level, str(reason)))
        except Exception:
            # Whatever an entry comes up with, it costs no other.
            logger.exception("Reading entry %s of a feed failed", number)
            problems.append(notes.problem(Level.FAILED, "The portal cannot read it; its log tells more."))
        else:
            events.append(event)
            problems += [notes.problem(Level.WARNING, warning) for warning in notes.warnings]
    return events, problems


# Bytes


def decoded(data: bytes) -> str:
    """`data` as text, in whatever encoding it is; see `encoding`."""
    return read_text(data).text


def head(data: bytes) -> str:
    """The beginning of `data` without leading white space, to recognise a format by."""
    # Without the character that the cut may have gone through.
    start = re.sub(rb"[\xc0-\xff][\x80-\xbf]{0,2}\Z", b"", data[:HEAD_BYTES])
    return decoded(start).lstrip("\ufeff \t\r\n")


def is_json(data: bytes) -> bool:
    """Whether `data` begins as a JSON object or array does."""
    return re.match(r"\{\s*[\"}]|\[\s*[{\[\]]", head(data)) is not None


def json_of(data: bytes) -> Any:
    """What the JSON `data` says; raises FeedUnusable."""
    try:
        return json.loads(decoded(data))
    except RecursionError:
        raise FeedUnusable(
            "The feed is nested deeper than anything that tells of events. Tell whoever runs it."
        ) from None
    except ValueError as error:
        raise FeedUnusable(
            f"The feed is not valid JSON, or it breaks off before its end ({error}). "
            "Try again later, or tell whoever runs it."
        ) from None


def entries_in(document: Any, name: str) -> list[Any]:
    """The list called `name` of a JSON object; raises FeedUnusable when there is none."""
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise FeedUnusable(f"The feed has no list “{name}” of events in it. Check its address.")
    return found


def next_page(address: str, told: object) -> str:
    """The whole address of the next page, which `told` names; "" when there is none.

    Where the feed came by https, a page of the same host does so, too: behind a proxy, servers often name themselves
    by http.
    """
    if not isinstance(told, str) or not told.strip():
        return ""
    try:
        found = urljoin(address, told.strip())
        here, there = urlsplit(address), urlsplit(found)
    except ValueError:
        return ""
    if there.scheme not in {"http", "https"} or not there.hostname or found == address:
        return ""
    if here.scheme == "https" and here.hostname == there.hostname:
        found = there._replace(scheme="https", netloc=here.netloc).geturl()
    return "" if found == address else found


# Words


def text_of(value: object) -> str:
    """`value` where it is text or a number, else ""."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def translated(value: object) -> str:
    """Text that may be given by language: in English, else in the first language that has any."""
    if not isinstance(value, dict):
        return text_of(value)
    languages = [name for name in value if isinstance(name, str)]
    english = [name for name in languages if name.lower().partition("-")[0] == "en"]
    return next((text for name in [*english, *languages] if (text := text_of(value[name])).strip()), "")


def identity(value: object) -> str:
    """`value` as the UID of an entry: one line, nothing unprintable."""
    return " ".join(printable(text_of(value)).split())


def line(notes: Notes, what: str, value: object, length: int = LINE_LENGTH) -> str:
    """Plain text on one line of at most `length` characters."""
    text = plain_line(text_of(value))
    if len(text) > length:
        notes.warn(f"Its {what} is longer than {length} characters; it is cut.")
    return cut(text, length)


def title(notes: Notes, value: object) -> str:
    text = line(notes, "title", value)
    if not text:
        notes.warn(f"It has no title; it is called “{UNTITLED}”.")
    return text or UNTITLED


def labelled(title: str) -> tuple[str, str]:
    """(title without a label such as “[cancelled]”, the event's status by it or "")."""
    found = _LABEL.search(title)
    if not found:
        return title, ""
    rest = " ".join(f"{title[: found.start()]} {title[found.end() :]}".split())
    return rest.strip(" -–—:"), _LABELS[found[1].lower()]


def body(notes: Notes, value: object) -> str:
    """HTML that a page's body may hold, out of HTML or plain text."""
    text = text_of(value)
    if len(text) > MAX_LENGTH:
        notes.warn(f"Its description is longer than {MAX_LENGTH} characters; it is cut.")
    return rich_text(text) if text.strip() else ""


def names(notes: Notes, what: str, values: Iterable[object], length: int = LINE_LENGTH) -> tuple[str, ...]:
    """The distinct ones of `values` that say something, in their order."""
    found = dict.fromkeys(filter(None, (line(notes, what, value, length) for value in values)))
    return tuple(found)[:MAX_ORGANIZERS]


def web_address(notes: Notes, value: object, base: str = "") -> str:
    """An http or https address that the page can hold, or ""; a relative one counts from `base`."""
    address = without_login(printable(text_of(value)).strip())
    if not address:
        return ""
    try:
        address = urljoin(base, address)
        _is_web_address(address)
    except (ValidationError, ValueError):
        notes.warn(f"“{address[:80]}” is not a web address that can be linked to; it is left out.")
        return ""
    if len(address) > ADDRESS_LENGTH:
        notes.warn(f"A web address of it is longer than {ADDRESS_LENGTH} characters; it is left out.")
        return ""
    return address


class Where(TypedDict):
    """The fields of FeedEvent that say where."""

    attendance_mode: str
    venue: str
    city: str
    country: str
    online_url: str


def is_web_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text.strip()) is not None


def leads_online(address: str) -> bool:
    """Whether `address` looks like one by which people take part online; in place of a venue, others may be just the
    page of an event that is somewhere."""
    return MEETING.match(address) is not None or _TO_TAKE_PART.match(address) is not None


def only_a_page(address: str) -> str:
    """The warning for an event of whose place nothing is known but the web page `address`."""
    return (
        f"Its place is only the web address {address[:80]}, which does not look like one of an online meeting. "
        "It is imported as an event in person; check where it is."
    )


def means_online(place: str) -> bool:
    """Whether the name of a place says that there is none."""
    return " ".join(place.lower().split()).strip(" .!()") in _ONLINE_WORDS


def country(notes: Notes, value: object) -> str:
    """The name of a country, also out of its two letters of ISO 3166."""
    text = line(notes, "country", value, PLACE_NAME_LENGTH)
    return _countries().get(text.upper(), text) if len(text) == 2 else text


@cache
def _countries() -> dict[str, str]:
    table = (files("tzdata.zoneinfo") / "iso3166.tab").read_text("utf-8")
    rows = (row.split("\t") for row in table.splitlines() if row and not row.startswith("#"))
    return {code: name.replace(" & ", " and ") for code, name in rows} | _COUNTRIES


def language(value: object) -> str:
    """The code that a page has for the language called `value` (BCP 47, or its name in English), or ""."""
    text = text_of(value).strip().lower().replace("_", "-")
    code = text.partition("-")[0]
    if "name" in LANG_INFO.get(code, {}):
        return code
    return _language_codes().get(text, "")


@cache
def _language_codes() -> dict[str, str]:
    return {
        info["name"].lower(): code for code, info in LANG_INFO.items() if "name" in info and "-" not in code
    }


# When


class Period(TypedDict):
    """The fields of FeedEvent that say when."""

    start_date: date
    start_time: time | None
    end_date: date | None
    end_time: time | None
    timezone: str


def moment(what: str, value: object) -> Moment:
    """A date, a naive datetime, or one with a fixed offset, out of ISO 8601 as it is really written."""
    text = text_of(value).strip()
    match = _MOMENT.fullmatch(text)
    if not match:
        raise LeftOut(f"Its {what} “{text[:40]}” is neither a date nor a time.")
    year, *parts = match.groups()[:8]
    month, day, hour, minute, second = (
        int(part or 0) for part in (parts[0] or parts[2], parts[1] or parts[3], *parts[4:])
    )
    if int(year) not in YEARS:
        raise LeftOut(f"Its {what} is in the year {year}; that cannot be meant.")
    try:
        day_meant = date(int(year), month, day)
        if match[6] is None:
            return day_meant
        return at_time(day_meant, hour, minute, min(second, 59), (match[9] or "").lower()).replace(
            tzinfo=_offset(match[10])
        )
    except ValueError:
        raise LeftOut(f"Its {what} “{text[:40]}” does not exist.") from None


def at_time(day: date, hour: int, minute: int, second: int = 0, half: str = "") -> datetime:
    """Naive; `half` is am, pm or "". 24:00 is the midnight that ends the day. Raises ValueError."""
    if half and not 1 <= hour <= 12:
        raise ValueError("There is no such hour")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute, second) == (24, 0, 0):
        return datetime.combine(day, time()) + timedelta(days=1)
    return datetime.combine(day, time(hour, minute, second))


def _offset(text: str | None):
    if not text:
        return None
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    sign, digits = text[0], text[1:].replace(":", "")
    digits = digits.zfill(4) if len(digits) == 3 else digits.ljust(4, "0")
    return datetime.strptime(f"{'+' if sign == '+' else '-'}{digits}", "%z").tzinfo


def in_zone(notes: Notes, what: str, found: Moment, zone: str | None, default_timezone: str) -> Moment:
    """`found` by the clock of the IANA zone `zone`, or without one of the zone that its offset or the default tells.

    Dates have no zone and stay as they are.
    """
    if not isinstance(found, datetime):
        return found
    if found.tzinfo is not None:
        return found.astimezone(ZoneInfo(zone or _zone_of(notes, found, default_timezone)))
    if not zone:
        notes.warn(f"Its times name no time zone; {default_timezone} is assumed.")
    there = found.replace(tzinfo=ZoneInfo(zone or default_timezone))
    if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != found:
        notes.warn(
            f"Its {what} {found:%H:%M} does not exist on {found:%Y-%m-%d} in {there.tzinfo}: clocks go forward. "
            "It is shown as the feed says."
        )
    return there


def _zone_of(notes: Notes, instant: datetime, default_timezone: str) -> str:
    """A zone whose clocks have the offset of `instant` at that time: the default one if it does."""
    offset = instant.utcoffset() or timedelta(0)
    if instant.astimezone(ZoneInfo(default_timezone)).utcoffset() == offset:
        return default_timezone
    if not offset:
        return "UTC"
    hours, rest = divmod(offset, timedelta(hours=1))
    zone = f"Etc/GMT{-hours:+d}"
    if rest or zone not in _zones():
        places = (name for name in _zones() if not name.startswith("Etc/"))
        zone = next(
            (name for name in places if instant.astimezone(_zones()[name]).utcoffset() == offset),
            default_timezone,
        )
    notes.warn(f"Its times are at UTC{instant:%:z} and name no place; they are shown by the clock of {zone}.")
    return zone


@cache
def _zones() -> dict[str, ZoneInfo]:
    """Those that a page accepts. Python looks for their names in the file system every time, and forgets the zones."""
    return {name: ZoneInfo(name) for name in sorted(available_timezones()) if "/" in name}


# For the same reason.
known_zone = lru_cache(maxsize=1_000)(zone_called)


def zone_named(notes: Notes, value: object) -> str | None:
    """The IANA zone that a feed means by `value`; None, with a warning unless it is empty, when there is no such."""
    name = text_of(value).strip()
    known = known_zone(name) if name else None
    if name and not known:
        notes.warn(f"Its time zone “{name[:80]}” is not known; it is left out of account.")
    return known


def period(notes: Notes, start: Moment, end: Moment | None, timezone: str) -> Period:
    """From `start` to `end`, of which a date is the inclusive last day; datetimes are aware.

    `timezone` is for events of whole days; otherwise it is the one of `start`. An end that is not after the start is
    left out: where it is the same, programs mean that they do not know it.
    """
    first_day = _day(start)
    if first_day.year not in YEARS:
        # By the clock of another zone it may be the year before.
        raise LeftOut(f"It starts in the year {first_day.year}; that cannot be meant.")
    when: Period = {
        "start_date": first_day,
        "start_time": _clock(start),
        "end_date": None,
        "end_time": None,
        "timezone": str(start.tzinfo) if isinstance(start, datetime) else timezone,
    }
    if isinstance(end, datetime) and isinstance(start, datetime):
        end = end.astimezone(start.tzinfo)
        if end.astimezone(UTC) <= start.astimezone(UTC) or end.replace(tzinfo=None) <= start.replace(
            tzinfo=None
        ):
            if end != start:
                notes.warn("It ends before it starts; the end is left out.")
            return when
        when["end_time"] = end.time()
    elif isinstance(end, datetime):
        notes.warn("It starts on a day and ends at a time; the time is left out.")
    if end is None:
        return when
    last_day = _day(end)
    if last_day < first_day:
        notes.warn("It ends before it starts; the end is left out.")
    elif last_day.year not in YEARS:
        raise LeftOut(f"It ends in the year {last_day.year}; that cannot be meant.")
    elif last_day > first_day:
        when["end_date"] = last_day
    return when


def _day(found: Moment) -> date:
    return found.date() if isinstance(found, datetime) else found


def _clock(found: Moment) -> time | None:
    return found.time() if isinstance(found, datetime) else None


def modified(value: object, zone: str = "UTC") -> datetime | None:
    """When an entry was changed last, in UTC; None where that cannot be read."""
    try:
        found = moment("date of change", value)
    except LeftOut:
        return None
    if not isinstance(found, datetime):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
