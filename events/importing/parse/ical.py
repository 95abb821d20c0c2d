"""iCalendar (RFC 5545, 7986; the habits of vCalendar 1.0 and of real exports) to events. Pure.

Dates are never guessed: an event whose start or end cannot be read is a problem and not an event. Everything
else that cannot be read is left out with a warning.
"""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from icalendar.prop import vDuration

from events.importing.feed import FeedEvent, FeedUnusable, Key, Level, ParsedFeed, Problem
from events.importing.markup import MAX_LENGTH, cut, links, plain_line, printable, rich_text, without_login

from .content_lines import Component, Property, read_tree
from .fields import head
from .zones import CustomZone, zone_called

logger = logging.getLogger(__name__)

LABEL = "iCalendar"
UNTITLED = "Untitled event"
TITLE_LENGTH = VENUE_LENGTH = 255
WEBSITE_LENGTH = 500
MAX_SEQUENCE = 2**31 - 1
YEARS = range(1900, 2200)

_BEGIN = re.compile(r"^[ \t]*BEGIN[ \t]*:[ \t]*VCALENDAR", re.IGNORECASE | re.MULTILINE)
_MOMENT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_ONE_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_ONLINE = {"online", "online event", "virtual", "virtual event", "webinar", "zoom", "microsoft teams meeting"}
_STATUSES = {"", "TENTATIVE", "CONFIRMED", "CANCELLED", "CANCELED"}
_READ_ONCE = [
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "DESCRIPTION",
    "LOCATION",
    "URL",
    "STATUS",
    "UID",
    "SEQUENCE",
    "LAST-MODIFIED",
    "CLASS",
]

_is_web_address = URLValidator(schemes=["http", "https"])


def recognises(data: bytes) -> bool:
    """Whether a calendar begins where `data` begins, after a byte order mark, blank or stray lines."""
    return _BEGIN.search(head(data).replace("\r", "\n")) is not None


def parse(data: bytes, *, default_timezone: str) -> ParsedFeed:
    """Every VEVENT of `data` that can be read; see the package for what is promised."""
    tree = read_tree(data)
    calendars = [_Calendar(root, default_timezone) for root in tree.components if root.name == "VCALENDAR"]
    if not calendars:
        raise FeedUnusable(_what_else(data))
    events: list[FeedEvent] = []
    problems: list[Problem] = [problem for calendar in calendars for problem in calendar.problems()]
    for component, calendar in _vevents(tree.components, calendars):
        reader = _EventReader(component, calendar)
        try:
            event = reader.read()
        except _LeftOut as reason:
            problems.append(reader.problem(reason.level, str(reason)))
        except Exception:
            # Whatever an entry comes up with, it costs no other.
            logger.exception("Reading the entry on line %s failed", component.line)
            problems.append(reader.problem(Level.FAILED, "The portal cannot read it; its log tells more."))
        else:
            events.append(event)
            problems += [reader.problem(Level.WARNING, warning) for warning in reader.warnings]
    return ParsedFeed(
        tuple(events), tuple(problems), calendars[0].name, calendars[0].product, complete=tree.complete
    )


def _what_else(data: bytes) -> str:
    start = data[:2000].replace(b"\0", b"").lstrip().lower()
    if not start:
        return "The feed is empty. Check that the address or file is the calendar's own."
    if re.match(rb"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+)?html\b", start, re.DOTALL):
        return (
            "This is a web page, not a calendar. Look on that page for a link named “iCal”, “ICS” or “Subscribe” "
            "and use its address."
        )
    return "This is not an iCalendar feed: there is no line “BEGIN:VCALENDAR” in it."


def _vevents(roots: list[Component], calendars: list["_Calendar"]) -> Iterator[tuple[Component, "_Calendar"]]:
    """Also those that a careless exporter left outside of its VCALENDAR."""
    by_component = {id(calendar.component): calendar for calendar in calendars}
    current = calendars[0]
    for root in roots:
        current = by_component.get(id(root), current)
        for component in (root, *root.components):
            if component.name == "VEVENT":
                yield component, current


class _LeftOut(Exception):
    """The event cannot (FAILED) or should not (SKIPPED) be imported."""

    def __init__(self, reason: str, level: Level = Level.FAILED):
        super().__init__(reason)
        self.level = level


class _Calendar:
    """What a VCALENDAR says about all its events."""

    def __init__(self, component: Component, default_timezone: str):
        self.component = component
        self.default_timezone = default_timezone
        self.name = plain_line(component.text("NAME") or component.text("X-WR-CALNAME"))
        self.product = plain_line(component.text("PRODID"))
        self.zone_name = component.text("X-WR-TIMEZONE")
        self.zone = zone_called(self.zone_name)
        self.is_cancellation = component.text("METHOD").upper() == "CANCEL"
        self.custom_zones = {
            part.text("TZID"): CustomZone(part) for part in component.components if part.name == "VTIMEZONE"
        }

    def problems(self) -> Iterator[Problem]:
        if self.zone_name and not self.zone:
            reason = (
                f"The calendar's time zone “{self.zone_name[:80]}” is not known; it is left out of account."
            )
            yield Problem(Level.WARNING, reason, line=self.component.line)


@dataclass(slots=True)
class _EventReader:
    component: Component
    calendar: _Calendar
    warnings: list[str] = field(default_factory=list)
    uid: str = ""

    def problem(self, level: Level, reason: str) -> Problem:
        return Problem(level, reason, self.uid, self.component.line)

    def read(self) -> FeedEvent:
        """The event; raises _LeftOut."""
        self.uid = " ".join(printable(self.component.text("UID")).split())
        if not self.component.closed:
            raise _LeftOut("The entry has no END:VEVENT; what belongs to it cannot be told.")
        if self.component.text("CLASS").upper() in {"PRIVATE", "CONFIDENTIAL"}:
            raise _LeftOut("It is marked as private in its calendar.", Level.SKIPPED)
        if lines := self.component.unreadable_lines:
            self.warnings.append(f"{lines} of its lines cannot be read; they are left out.")
        for name in _READ_ONCE:
            if len({found.value for found in self.component.properties if found.name == name}) > 1:
                self.warnings.append(f"There are several {name} lines; the first is used.")
            if (first := self.component.get(name)) and not first.is_decodable:
                self.warnings.append(
                    f"Its {name} is not in the encoding that it names; it is taken as it stands."
                )
        start = self._start()
        end = self._end()
        if isinstance(start, datetime) and self._is_all_day(start, end):
            end = end.astimezone(start.tzinfo).date() if isinstance(end, datetime) else end
            start = start.date()
        end_date, end_time = self._last(start, end)
        venue, attendance_mode, address = self._where()
        body = self._body()
        status = self._status()
        if self.component.get("RRULE") or self.component.get("RDATE"):
            self.warnings.append(
                "The event repeats. Only its first date is imported: series are not supported yet."
            )
        website = self._website(body, address)
        return FeedEvent(
            key=Key(self.uid, self._recurrence_id()),
            title=self._title(),
            body=body,
            start_date=start.date() if isinstance(start, datetime) else start,
            start_time=start.time() if isinstance(start, datetime) else None,
            end_date=end_date,
            end_time=end_time,
            timezone=str(start.tzinfo) if isinstance(start, datetime) else self._default_zone,
            date_status="tentative" if status == "TENTATIVE" else "confirmed",
            event_status=(
                "EventCancelled"
                if status in {"CANCELLED", "CANCELED"} or self.calendar.is_cancellation
                else "EventScheduled"
            ),
            attendance_mode=attendance_mode,
            venue=venue,
            website=website,
            url=website if website == self._url else "",
            sequence=self._sequence(),
            last_modified=self._last_modified(),
            line=self.component.line,
        )

    def _status(self) -> str:
        status = self.component.text("STATUS").upper()
        if status not in _STATUSES:
            self.warnings.append(f"Its STATUS “{status[:40]}” is not known; it is left out of account.")
        return status

    # When

    @property
    def _default_zone(self) -> str:
        return self.calendar.zone or self.calendar.default_timezone

    def _start(self) -> date | datetime:
        found = self.component.get("DTSTART")
        if found is None:
            raise _LeftOut("It has no DTSTART, so it is not known when it begins.")
        start = self._moment(found)
        if isinstance(start, datetime) and _is_skipped(start):
            self.warnings.append(
                f"Its start {start:%H:%M} does not exist on {start:%Y-%m-%d} in {start.tzinfo}: clocks go forward. "
                "It is shown as the feed says."
            )
        return start

    def _end(self) -> date | datetime | timedelta | None:
        end, duration = self.component.get("DTEND"), self.component.get("DURATION")
        if end is not None:
            if duration is not None:
                self.warnings.append("It has both DTEND and DURATION; DTEND is used.")
            return self._moment(end)
        if duration is None:
            return None
        try:
            return vDuration.from_ical(duration.text.strip().upper())
        except (ValueError, OverflowError) as error:
            raise _LeftOut(f"Its DURATION “{duration.value[:40]}” is not a length of time.") from error

    def _is_all_day(self, start: datetime, end: date | datetime | timedelta | None) -> bool:
        """Whether Exchange means whole days by times from midnight to midnight."""
        if isinstance(end, datetime):
            end = end.astimezone(start.tzinfo)
        is_said = self.component.text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE"
        return is_said and all(
            _is_midnight(moment) for moment in (start, end) if isinstance(moment, datetime)
        )

    def _last(self, start: date | datetime, end: date | datetime | timedelta | None):
        """(inclusive last day or None for the first, end time or None), as the page has them."""
        try:
            if isinstance(end, timedelta):
                end = _after(start, end)
            if isinstance(start, datetime):
                last_day, end_time = self._last_timed(start, end)
                first_day = start.date()
            else:
                last_day, end_time = self._last_all_day(start, end), None
                first_day = start
        except OverflowError as error:
            raise _LeftOut("It ends in no year that a calendar knows.") from error
        if last_day is None or last_day == first_day:
            return None, end_time
        if last_day.year not in YEARS:
            raise _LeftOut(f"It ends in the year {last_day.year}; that cannot be meant.")
        return last_day, end_time

    def _last_all_day(self, start: date, end: date | datetime | None) -> date | None:
        if isinstance(end, datetime):
            self.warnings.append("It starts on a day and ends at a time; it is taken to last whole days.")
            end = end.date() if _is_midnight(end) else end.date() + timedelta(days=1)
        if end is not None and end < start:
            self.warnings.append("It ends before it starts; the end is left out.")
        # Exclusive in the feed; one that is not after the start is what careless exporters write for one day.
        return end - timedelta(days=1) if end is not None and end > start else None

    def _last_timed(self, start: datetime, end: date | datetime | None):
        if end is None:
            return None, None
        if not isinstance(end, datetime):
            self.warnings.append("It starts at a time and ends with a day; the time of its end is left out.")
            return (end - timedelta(days=1) if end > start.date() else None), None
        end = end.astimezone(start.tzinfo)
        if end.replace(tzinfo=None) > start.replace(tzinfo=None):
            return end.date(), end.time()
        length = end.astimezone(UTC) - start.astimezone(UTC)
        if length < timedelta(0):
            self.warnings.append("It ends before it starts; the end is left out.")
        elif length:
            self.warnings.append("It ends in the hour that the clocks repeat; the end is left out.")
        return None, None

    def _moment(self, found: Property) -> date | datetime:
        """A date, or an aware datetime in an IANA zone."""
        match = _MOMENT.fullmatch(found.value.strip())
        if not match:
            raise _LeftOut(f"Its {found.name} “{found.value.strip()[:40]}” is neither a date nor a time.")
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        if year not in YEARS:
            raise _LeftOut(f"Its {found.name} is in the year {year}; that cannot be meant.")
        if second == 60:
            # RFC 5545, 3.3.12: who knows no leap seconds takes it for the second before.
            second = 59
            self.warnings.append(f"Its {found.name} has a second 60; 59 is used.")
        try:
            wall = datetime(year, month, day, hour, minute, second)
        except ValueError as error:
            raise _LeftOut(f"Its {found.name} “{found.value.strip()[:40]}” does not exist.") from error
        parameters = found.parameters
        if match[4] is None or parameters.get("VALUE", "").upper() == "DATE":
            return wall.date()
        return self._in_zone(found.name, wall, parameters.get("TZID", ""), match[7])

    def _in_zone(self, name: str, wall: datetime, tzid: str, offset: str | None) -> datetime:
        if offset and offset.upper() != "Z":
            return self._at_offset(wall, offset, tzid)
        if offset:
            zone = self.calendar.zone or "UTC"
            if tzid:
                self.warnings.append(f"Its {name} has both a TZID and a Z; it is read as UTC.")
                zone = self._zone_by_tzid(tzid, wall) or zone
            return wall.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        if not tzid:
            if not self.calendar.zone:
                self.warnings.append(f"Its {name} names no time zone; {self._default_zone} is assumed.")
            return wall.replace(tzinfo=ZoneInfo(self._default_zone))
        if known := self._zone_by_tzid(tzid, wall):
            return wall.replace(tzinfo=ZoneInfo(known))
        custom = self.calendar.custom_zones.get(tzid)
        if custom and custom.is_readable:
            self.warnings.append(
                f"Its time zone “{tzid[:80]}” is like no zone of the world; times are shown in {self._default_zone}."
            )
            return custom.instant(wall).astimezone(ZoneInfo(self._default_zone))
        self.warnings.append(f"Its time zone “{tzid[:80]}” is not known; {self._default_zone} is assumed.")
        return wall.replace(tzinfo=ZoneInfo(self._default_zone))

    def _at_offset(self, wall: datetime, offset: str, tzid: str) -> datetime:
        """Not allowed in iCalendar, but exact; shown by a clock of the calendar if one has that offset."""
        instant = datetime.strptime(f"{wall:%Y%m%d%H%M%S}{offset}", "%Y%m%d%H%M%S%z")
        names = [self._zone_by_tzid(tzid, wall), self.calendar.zone, self.calendar.default_timezone]
        zones = [ZoneInfo(name) for name in names if name]
        zones += [ZoneInfo(zone_called(f"UTC{offset}") or self._default_zone)]
        own = (zone for zone in zones if instant.astimezone(zone).utcoffset() == instant.utcoffset())
        return instant.astimezone(next(own, zones[-1]))

    def _zone_by_tzid(self, tzid: str, wall: datetime) -> str | None:
        if known := zone_called(tzid):
            return known
        custom = self.calendar.custom_zones.get(tzid)
        if custom is None:
            return None
        if custom.location and (known := zone_called(custom.location)):
            return known
        if not custom.is_readable:
            return None
        preferred = [name for name in (self.calendar.zone, self.calendar.default_timezone) if name]
        return custom.zone_in(wall.year, preferred)

    # What and where

    def _title(self) -> str:
        title = plain_line(self.component.text("SUMMARY"))
        if not title:
            self.warnings.append(f"It has no title; it is called “{UNTITLED}”.")
        return self._fitting("title", title or UNTITLED, TITLE_LENGTH)

    def _where(self) -> tuple[str, str, str]:
        """(venue, attendance mode, web address that stands in place of a venue)"""
        location = self.component.text("LOCATION")
        if _ONE_ADDRESS.fullmatch(location):
            return "", "OnlineEventAttendanceMode", location
        venue = plain_line(location)
        if venue.lower() in _ONLINE:
            return "", "OnlineEventAttendanceMode", ""
        return self._fitting("venue", venue, VENUE_LENGTH), "OfflineEventAttendanceMode", ""

    def _fitting(self, what: str, text: str, length: int) -> str:
        if len(text) > length:
            self.warnings.append(f"Its {what} is longer than {length} characters; it is cut.")
        return cut(text, length)

    def _body(self) -> str:
        text = self.component.text("DESCRIPTION") or self.component.text("X-ALT-DESC")
        if len(text) > MAX_LENGTH:
            self.warnings.append(f"Its description is longer than {MAX_LENGTH} characters; it is cut.")
        return rich_text(text) if text else ""

    @property
    def _url(self) -> str:
        return without_login(printable(self.component.text("URL")).strip())

    def _website(self, body: str, place: str) -> str:
        """The event's URL, else the only link of its description, else the address given as its place."""
        in_body = links(body)
        for address in (self._url, in_body[0] if len(in_body) == 1 else "", place):
            address = without_login(printable(address).strip())
            if not address:
                continue
            try:
                _is_web_address(address)
            except ValidationError:
                self.warnings.append(
                    f"“{address[:80]}” is not a web address that can be linked to; it is left out."
                )
                continue
            if len(address) <= WEBSITE_LENGTH:
                return address
            self.warnings.append(
                f"Its web address is longer than {WEBSITE_LENGTH} characters; it is left out."
            )
        return ""

    # Which version

    def _recurrence_id(self) -> str:
        """The date of the series that this entry changes: a date, an instant in UTC, or as written."""
        found = self.component.get("RECURRENCE-ID")
        if found is None:
            return ""
        warnings = len(self.warnings)
        try:
            moment = self._moment(found)
        except _LeftOut:
            return printable(found.value).strip()
        finally:
            del self.warnings[warnings:]
        if isinstance(moment, datetime):
            return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{moment:%Y%m%d}"

    def _sequence(self) -> int | None:
        text = self.component.text("SEQUENCE")
        if not text:
            return None
        if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= MAX_SEQUENCE:
            return int(text)
        self.warnings.append(f"Its SEQUENCE “{text[:40]}” is not a number; it is left out of account.")
        return None

    def _last_modified(self) -> datetime | None:
        found = self.component.get("LAST-MODIFIED")
        if found is None:
            return None
        warnings = len(self.warnings)
        try:
            moment = self._moment(found)
        except _LeftOut:
            return None
        finally:
            del self.warnings[warnings:]
        return moment.astimezone(UTC) if isinstance(moment, datetime) else None


def _after(start: date | datetime, duration: timedelta) -> date | datetime:
    """Days are added to the wall clock, hours to the instant (RFC 5545, 3.3.6)."""
    if isinstance(start, datetime):
        day = start + timedelta(days=duration.days)
        return (day.astimezone(UTC) + timedelta(seconds=duration.seconds)).astimezone(start.tzinfo)
    return start + timedelta(days=duration.days + bool(duration.seconds))


def _is_skipped(moment: datetime) -> bool:
    """Whether `moment` lies in the gap that daylight saving leaves."""
    there_and_back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return there_and_back.replace(tzinfo=None) != moment.replace(tzinfo=None)


def _is_midnight(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)
