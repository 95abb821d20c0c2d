"""One VEVENT of a calendar: what it says of its event, and of the series that it belongs to. Pure."""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from icalendar.prop import vDuration

from events.ical import LAST_DAY, ZONE
from events.importing.feed import FeedEvent, Key, Level, Problem
from events.importing.markup import MAX_LENGTH, cut, links, plain_line, printable, rich_text, without_login

from . import own
from .content_lines import Component, Property
from .fields import (
    ADDRESS_LENGTH,
    LINE_LENGTH,
    MEETING,
    UNTITLED,
    YEARS,
    leads_online,
    means_online,
    only_a_page,
)
from .privacy import is_no, is_public
from .zones import CustomZone, is_iana, offset_called, zone_called, zone_key

MAX_SEQUENCE = 2**31 - 1

_MOMENT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_UNTIL_IN_UTC = re.compile(r"UNTIL\s*=\s*(\d{8}T\d{6})Z", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_MAP = re.compile(
    r"https?://(?:maps\.app\.goo\.gl|goo\.gl/maps|maps\.google\.|www\.google\.[a-z.]+/maps|maps\.apple\.com|osm\.org"
    r"|www\.openstreetmap\.org|www\.bing\.com/maps)",
    re.IGNORECASE,
)
_AROUND = " ,:-–+&()/"
_CONFERENCES = (
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
)
# What Google Calendar adds to a description: how to dial in, and not to touch it.
_APPENDED = re.compile(r"-::~[:~]*:-.{0,3000}?-::~[:~]*:-", re.DOTALL)
_GEO = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d*)?)\s*;\s*([+-]?\d{1,3}(?:\.\d*)?)\s*", re.ASCII)
_LANGUAGES = {code for code, info in LANG_INFO.items() if "name" in info and "-" not in code}
MAX_DATES = 1_000
"""As many dates are read of one EXDATE or RDATE; more than that are nobody's."""
MAX_CATEGORIES = 50
_OFF = {"CANCELLED", "CANCELED"}
_STATUSES = {"", "TENTATIVE", "CONFIRMED", *_OFF}
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

# Of Apple's calendar server, also for a whole calendar.
_ACCESS = "X-CALENDARSERVER-ACCESS"
_WHOLE_DAYS = (
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT",
    "X-FUNAMBOL-ALLDAY",
)

_is_web_address = URLValidator(schemes=["http", "https"])


class Moment(NamedTuple):
    """A date or time by which a calendar means one date of a series."""

    value: date | datetime  # aware
    written: date
    is_floating: bool
    is_utc: bool
    wall: datetime | None = None
    """As it is written, naive: where it is floating, by the clock of the series that it speaks of."""

    def days(self, timezone: str, *, is_timed: bool) -> list[date]:
        """The day of a series in `timezone` that is meant, the most likely first."""
        if not isinstance(self.value, datetime) or self.is_floating:
            return [self.written]
        local = self.value.astimezone(ZoneInfo(timezone)).date()
        # A series of whole days has no zone: who writes midnight means the day, who writes UTC has converted it.
        is_as_written = not is_timed and not (self.is_utc and not _is_midnight(self.value.astimezone(UTC)))
        return [self.written, local] if is_as_written else [local, self.written]

    @property
    def is_midnight(self) -> bool:
        """Whether it is written as the midnight with which a day begins."""
        if not isinstance(self.value, datetime):
            return False
        return self.wall is not None and _is_midnight(self.wall)

    @property
    def recurrence_id(self) -> str:
        """As it identifies a date: an instant in UTC, or a day."""
        if isinstance(self.value, datetime):
            return f"{self.value.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{self.value:%Y%m%d}"


class Added(NamedTuple):
    """An RDATE, with its own end if it is a PERIOD."""

    start: Moment
    end: Moment | timedelta | None


class OwnClock(NamedTuple):
    """The clock of a `zone` that is like none of the world, and what it shows at the `start` of an entry (naive)."""

    zone: CustomZone
    start: datetime

    def rules(self, told: Iterable[str]) -> tuple[str, ...]:
        """RRULEs whose UNTIL is a time of this clock."""
        return tuple(_UNTIL_IN_UTC.sub(self._until, text) for text in told)

    def _until(self, match: re.Match[str]) -> str:
        try:
            until = datetime.strptime(match[1].upper(), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            return f"UNTIL={self.zone.wall(until):%Y%m%dT%H%M%S}"
        except (ValueError, OverflowError):
            return match[0]

    def on_the_wall_of(self, zone: str, start: datetime) -> datetime:
        """What a clock in the IANA `zone` shows when this one shows `start`; both naive."""
        return self.zone.instant(start).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@dataclass(slots=True)
class Entry:
    """One VEVENT by itself: its `event` as if it did not repeat, and what it says about a series.

    `replaces` is the date of the series that it speaks of, and all later ones if it `is_following`; None for the
    series itself, and where that date cannot be read.
    """

    event: FeedEvent
    warnings: list[str]
    rules: tuple[str, ...] = ()
    added: tuple[Added, ...] = ()
    excluded: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    is_following: bool = False
    removed: tuple[str, ...] = ()
    """EXRULEs."""
    is_exact: bool = False
    """Whether it lasts so many hours, whatever the clocks do meanwhile, and not until a time on the wall."""
    own_clock: OwnClock | None = None
    """The one by which its rules go, where that is of no zone of the world."""
    is_own: bool = False
    """Whether it is of one of our own calendars, which tell by EXDATE what is cancelled, and leave out what is gone."""

    def problem(self, level: Level, reason: str) -> Problem:
        return Problem(level, reason, self.event.key.uid, self.event.line)


class LeftOut(Exception):
    """The event cannot (FAILED) or should not (SKIPPED) be imported."""

    def __init__(self, reason: str, level: Level = Level.FAILED):
        super().__init__(reason)
        self.level = level


class Private(LeftOut):
    """The event is not known to be public. `replaces` is the date of the series that the entry speaks of, and all later
    ones if it `is_following`; None where it speaks of the whole, or of nobody knows which date."""

    def __init__(self, reason: str, replaces: "Moment | None", *, is_following: bool):
        super().__init__(reason, Level.SKIPPED)
        self.replaces = replaces
        self.is_following = is_following


class Clock(NamedTuple):
    """What the times of an entry go by: the IANA `zone`, or the calendar's `own` one that is like none of the world;
    and what there is to tell about it."""

    zone: str | None
    own: CustomZone | None = None
    warning: str = ""


class Calendar:
    """What a VCALENDAR says about all its events."""

    def __init__(self, component: Component, default_timezone: str):
        self.component = component
        self.default_timezone = default_timezone
        self.name = plain_line(component.text("NAME") or component.text("X-WR-CALNAME"))
        self.product = plain_line(component.text("PRODID"))
        self.is_own = own.is_own(self.product)
        self.zone_name = component.text("X-WR-TIMEZONE")
        self.zone = zone_called(self.zone_name)
        self.is_cancellation = component.text("METHOD").upper() == "CANCEL"
        self.secrecy = next(filter(None, map(_secrecy, component.all(_ACCESS))), "")
        self.custom_zones: dict[str, CustomZone] = {}
        for part in component.components:
            if part.name == "VTIMEZONE":
                known, own_zone = self._custom(part.text("TZID")), CustomZone(part)
                if known is None or (own_zone.is_readable and not known.is_readable):
                    self.custom_zones[zone_key(part.text("TZID")).lower()] = own_zone

    def _custom(self, tzid: str) -> CustomZone | None:
        return self.custom_zones.get(zone_key(tzid).lower())

    def _is_known(self, tzid: str) -> bool:
        return bool(tzid) and bool(zone_called(tzid) or self._custom(tzid) or offset_called(tzid) is not None)

    @property
    def tzid(self) -> str:
        """What times go by that name no zone, and whose entry names none; "" where the calendar does not say."""
        told = (self.zone_name, self.component.text("TZID"))
        known = next(filter(self._is_known, told), "")
        return known or (self.only_zone if len(self.custom_zones) == 1 else "")

    @property
    def only_zone(self) -> str:
        return next(part.text("TZID") for part in self.component.components if part.name == "VTIMEZONE")

    def clock(self, tzid: str, wall: datetime, *, is_series: bool) -> "Clock":
        """What `tzid` means for an entry that begins at the naive `wall`.

        The definition in the calendar counts (RFC 5545, 3.6.5) where it is that of a zone of the world, or shows the
        time of the zone of that name. Nonsense under a name that everybody knows is none.
        """
        named, own_zone = zone_called(tzid), self._custom(tzid)
        if own_zone and own_zone.location:
            named = named or zone_called(own_zone.location)
        if own_zone is None or not own_zone.is_readable:
            return Clock(named) if named else self._clock_at_offset(tzid, wall, is_series=is_series)
        if named and (not own_zone.speaks_of(wall) or own_zone.is_like(named, wall, all_year=is_series)):
            return Clock(named)
        preferred = [name for name in (self.zone, self.default_timezone) if name]
        defined = own_zone.zone_in(wall.year, preferred)
        told = tzid[:80]
        if named is None:
            return (
                Clock(defined)
                if defined
                else Clock(None, own_zone, f"Its time zone “{told}” is like no zone of the world")
            )
        is_like_now = own_zone.is_like(named, wall, all_year=False)
        if is_iana(zone_key(tzid)) and own_zone.is_half_of(named, wall):
            reason = f"Its time zone “{told}” is defined without its summer or its winter; that of the place is used."
            return Clock(named, warning="" if is_like_now else reason)
        if defined:
            reason = (
                f"Its time zone “{told}” is not {named} as the calendar defines it, but like {defined}; that "
                "definition is used."
            )
            return Clock(defined, warning=reason)
        reason = f"Its time zone “{told}” is defined like no zone of the world; {named} is used, by its name."
        return Clock(named, warning="" if is_like_now else reason)

    def _clock_at_offset(self, tzid: str, wall: datetime, *, is_series: bool) -> "Clock":
        """By an offset in the name of a zone that is not known otherwise."""
        told, offset = tzid[:80], offset_called(tzid)
        fixed = CustomZone.at_offset(offset) if offset is not None else None
        winter = datetime(wall.year, 1, 1, 12)
        if fixed is None or (
            tzid.startswith("(") and fixed.is_like(self.default_timezone, winter, all_year=False)
        ):
            # Windows names the offset of the winter, whatever the season is.
            default = self.zone or self.default_timezone
            return Clock(default, warning=f"Its time zone “{told}” is not known; {default} is assumed.")
        # The clock of a place may be right today and wrong in summer.
        zone = fixed.zone_in(wall.year, ()) or (None if is_series else fixed.zone_at(wall))
        return Clock(
            zone, fixed if zone is None else None, f"Its time zone “{told}” is not known but by its offset"
        )

    def problems(self) -> Iterator[Problem]:
        if self.zone_name and not self._is_known(self.zone_name):
            reason = (
                f"The calendar's time zone “{self.zone_name[:80]}” is not known; it is left out of account."
            )
            yield Problem(Level.WARNING, reason, line=self.component.line)


def uid_of(text: str) -> str:
    return " ".join(printable(text).split())


@dataclass(slots=True)
class EntryReader:
    component: Component
    calendar: Calendar
    warnings: list[str] = field(default_factory=list)
    uid: str = ""
    clocks: dict[str, Clock] = field(default_factory=dict)
    """By TZID, as it is at the start of the entry."""
    own_clock: OwnClock | None = None
    zone_of_days: str = ""
    """The IANA zone by whose midnights its whole days are told, if they are told by times."""

    def problem(self, level: Level, reason: str) -> Problem:
        return Problem(level, reason, self.uid, self.component.line)

    def read(self) -> Entry:
        """What the entry says; raises LeftOut."""
        self.uid = uid_of(self.component.text("UID"))
        self._refuse_secrets()
        if not self.component.closed:
            raise LeftOut("The entry has no END:VEVENT; what belongs to it cannot be told.")
        if lines := self.component.unreadable_lines:
            self.warnings.append(f"{lines} of its lines cannot be read; they are left out.")
        for name in _READ_ONCE:
            found = self.component.all(name)
            if len(found) > 1 and len({other.value for other in found}) > 1:
                self.warnings.append(f"There are several {name} lines; the first is used.")
            if found and not found[0].is_decodable:
                self.warnings.append(
                    f"Its {name} is not in the encoding that it names; it is taken as it stands."
                )
        start, end = self._whole_days(self._start(), self._end())
        end_date, end_time = self._last(start, end)
        said = self._said()
        venue, attendance_mode, online_url, place = self._where(said.body, said.online_url)
        website = self._website(said.body, said.website, place, online_url)
        status = self._status()
        is_cancelled = status in _OFF or self.calendar.is_cancellation
        event_status = said.event_status or ("EventCancelled" if is_cancelled else "EventScheduled")
        replaces = self._moment_or_none(self.component.get("RECURRENCE-ID"))
        self._check_geo()
        event = FeedEvent(
            key=Key(self.uid, self._recurrence_id(replaces)),
            title=said.title,
            body=said.body,
            start_date=start.date() if isinstance(start, datetime) else start,
            start_time=start.time() if isinstance(start, datetime) else None,
            end_date=end_date,
            end_time=end_time,
            timezone=str(start.tzinfo)
            if isinstance(start, datetime)
            else self.zone_of_days or self._default_zone,
            date_status="tentative" if status == "TENTATIVE" else "confirmed",
            event_status=event_status,
            attendance_mode=attendance_mode,
            venue=venue,
            online_url=online_url,
            website=website,
            registration_url=said.registration_url,
            language=self._language(),
            organizers=tuple(self._organizers()),
            categories=tuple(self._categories()),
            image=self._image(),
            url=website if website == self._url else "",
            sequence=self._sequence(),
            last_modified=self._last_modified(),
            line=self.component.line,
        )
        return self._entry(event, replaces)

    def _refuse_secrets(self):
        """Raises Private for what is not known to be public, whatever else can be read of it."""
        if word := self.calendar.secrecy or _secrecy_of(self.component):
            is_known = word.endswith(("“PRIVATE”", "“CONFIDENTIAL”"))
            raise Private(
                "It is marked as private in its calendar."
                if is_known
                else f"Only what is known to be public is imported, and in its calendar it is marked as {word}.",
                self._moment_or_none(self.component.get("RECURRENCE-ID")),
                is_following=self._is_following,
            )

    @property
    def _is_following(self) -> bool:
        which = self.component.get("RECURRENCE-ID")
        return bool(which and "FUTURE" in which.parameters.get("RANGE", "").upper())

    def _entry(self, event: FeedEvent, replaces: Moment | None) -> Entry:
        rules = tuple(found.value for found in self.component.all("RRULE"))
        removed = tuple(found.value for found in self.component.all("EXRULE")) if rules else ()
        added = tuple(self._added()) if self.component.get("RDATE") else ()
        excluded = tuple(self._excluded()) if self.component.get("EXDATE") else ()
        return Entry(
            event,
            list(dict.fromkeys(self.warnings)),
            rules=tuple(dict.fromkeys(rules)),
            added=added,
            excluded=excluded,
            replaces=replaces,
            is_following=self._is_following,
            removed=tuple(dict.fromkeys(removed)),
            is_exact=self._is_exact,
            own_clock=self.own_clock,
            is_own=self.calendar.is_own,
        )

    @property
    def _is_exact(self) -> bool:
        """RFC 5545, 3.8.5.3: DTEND, and a DURATION of hours. Our own calendars mean the wall by DTEND."""
        if self.component.get("DTEND"):
            return not self.calendar.is_own
        duration = self.component.get("DURATION")
        return duration is not None and not re.search("[DW]", duration.value.upper())

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
        if found is None and self.component.text("STATUS").upper() in _OFF:
            # To call off a date of a series nothing more is needed.
            found = self.component.get("RECURRENCE-ID")
        if found is None:
            raise LeftOut("It has no DTSTART, so it is not known when it begins.")
        start = self._moment(found)
        if start.year not in YEARS:
            raise LeftOut(f"It begins in the year {start.year}; that cannot be meant.")
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
            raise LeftOut(f"Its DURATION “{duration.value[:40]}” is not a length of time.") from error

    def _whole_days(
        self, start: date | datetime, end: date | datetime | timedelta | None
    ) -> tuple[date | datetime, date | datetime | timedelta | None]:
        """`start` and `end`, as days where the entry says so and they are the midnights of some clock that it may go
        by: Exchange writes them in UTC."""
        if not isinstance(start, datetime) or not self._is_said_to_be_whole_days:
            return start, end
        tzids = [
            found.text("TZID") for found in self.calendar.component.components if found.name == "VTIMEZONE"
        ]
        clocks = (
            self.calendar.clock(tzid, start.replace(tzinfo=None), is_series=False) for tzid in tzids[:20]
        )
        zones = [
            str(start.tzinfo),
            self._default_zone,
            *(clock.zone for clock in clocks),
            self.calendar.default_timezone,
        ]
        for zone in dict.fromkeys(filter(None, zones)):
            there = [
                moment.astimezone(ZoneInfo(zone)) for moment in (start, end) if isinstance(moment, datetime)
            ]
            if all(map(_is_midnight, there)):
                self.zone_of_days = zone
                self.warnings = [warning for warning in self.warnings if "names no time zone" not in warning]
                return there[0].date(), there[1].date() if len(there) > 1 else end
        length = end.astimezone(UTC) - start.astimezone(UTC) if isinstance(end, datetime) else None
        if (
            start.tzinfo == ZoneInfo("UTC")
            and length
            and not length % timedelta(days=1)
            and not start.minute % 15
        ):
            # Of a place that the calendar does not name: in the west days begin after Greenwich's, in the east before.
            first = start.date() + timedelta(days=start.hour >= 11)
            self.warnings.append(
                f"It lasts whole days and begins at {start:%H:%M} UTC, which is midnight in no time zone that the "
                f"calendar names; it is taken to begin on {first:%Y-%m-%d}."
            )
            return first, first + length
        return start, end

    @property
    def _is_said_to_be_whole_days(self) -> bool:
        words = (self.component.text(name).upper() for name in _WHOLE_DAYS)
        start = self.component.get("DTSTART")
        as_day = start is not None and start.parameters.get("VALUE", "").upper() == "DATE"
        return as_day or any(word in {"TRUE", "1", "YES"} for word in words)

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
            raise LeftOut("It ends in no year that a calendar knows.") from error
        if last_day is None or last_day == first_day:
            return None, end_time
        if last_day.year not in YEARS:
            raise LeftOut(f"It ends in the year {last_day.year}; that cannot be meant.")
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
            return self._own_last_day(start), None
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

    def _own_last_day(self, start: datetime) -> date | None:
        found = self.component.get(LAST_DAY)
        last = self._moment(found) if found else None
        return last if last and not isinstance(last, datetime) and last > start.date() else None

    def _moment(self, found: Property) -> date | datetime:
        """A date, or an aware datetime in an IANA zone."""
        return self._read_moment(found.name, found.value, found.parameters)

    def _read_moment(self, name: str, text: str, parameters: dict[str, str]) -> date | datetime:
        text = text.strip()
        match = _MOMENT.fullmatch(text)
        if not match:
            raise LeftOut(f"Its {name} “{text[:40]}” is neither a date nor a time.")
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        if year not in YEARS:
            raise LeftOut(f"Its {name} is in the year {year}; that cannot be meant.")
        if second == 60:
            # RFC 5545, 3.3.12: who knows no leap seconds takes it for the second before.
            second = 59
            self.warnings.append(f"Its {name} has a second 60; 59 is used.")
        try:
            wall = datetime(year, month, day, hour, minute, second)
        except ValueError as error:
            raise LeftOut(f"Its {name} “{text[:40]}” does not exist.") from error
        if match[4] is None:
            return wall.date()
        # Who writes a time means it, but for the midnight that stands for the day.
        is_day = parameters.get("VALUE", "").upper() == "DATE" and _is_midnight(wall) and not match[7]
        if is_day and name not in {"DTSTART", "DTEND"}:
            return wall.date()
        return self._in_zone(name, wall, parameters.get("TZID", ""), match[7])

    # Which dates of a series

    def _moment_or_none(self, found: Property | None) -> Moment | None:
        """Without warnings: it only says which date is meant."""
        return self._which(found.name, found.value, found.parameters) if found else None

    def _which(self, name: str, text: str, parameters: dict[str, str]) -> Moment | None:
        warnings = len(self.warnings)
        try:
            value = self._read_moment(name, text, parameters)
        except LeftOut:
            return None
        finally:
            del self.warnings[warnings:]
        match = _MOMENT.fullmatch(text.strip())
        offset = match[7] if match else None
        written = date(*(int(part) for part in match.groups()[:3])) if match else value
        is_floating = not (offset or parameters.get("TZID"))
        wall = None
        if match and isinstance(value, datetime):
            hour, minute, second = (int(part or 0) for part in match.groups()[3:6])
            wall = datetime.combine(written, time(hour, minute, min(second, 59)))
        return Moment(value, written, is_floating, (offset or "").upper() == "Z", wall)

    def _excluded(self) -> Iterator[Moment]:
        for text, parameters in self._dates("EXDATE"):
            if moment := self._which("EXDATE", text, parameters):
                yield moment
            else:
                self._warn_of_date("EXDATE", text)

    def _added(self) -> Iterator[Added]:
        for text, parameters in self._dates("RDATE"):
            first, _, last = text.partition("/")
            start = self._which("RDATE", first, parameters)
            if start is None:
                self._warn_of_date("RDATE", text)
                continue
            yield Added(start, self._end_of_added(last, parameters) if last else None)

    def _end_of_added(self, text: str, parameters: dict[str, str]) -> Moment | timedelta | None:
        if end := self._which("RDATE", text, parameters):
            return end
        try:
            length = vDuration.from_ical(text.strip().upper())
        except (ValueError, OverflowError):
            length = None
        if length is None or abs(length) > timedelta(days=366):
            self._warn_of_date("RDATE", text)
            return None
        return length

    def _warn_of_date(self, name: str, text: str):
        warning = f"Its {name} “{text.strip()[:40]}” is neither a date nor a time; it is left out."
        if not any(other.startswith(f"Its {name} “") for other in self.warnings):
            self.warnings.append(warning)

    def _dates(self, name: str) -> list[tuple[str, dict[str, str]]]:
        lists = [
            (text, found.parameters)
            for found in self.component.all(name)
            for text in _last_parts(found.value)
            if text.strip()
        ]
        if len(lists) <= MAX_DATES:
            return lists
        self.warnings.append(
            f"It has more than {MAX_DATES} dates in {name}; the latest {MAX_DATES} are read."
        )
        return sorted(lists, key=lambda each: each[0])[-MAX_DATES:]

    def _in_zone(self, name: str, wall: datetime, tzid: str, offset: str | None) -> datetime:
        if not tzid and not offset:
            tzid, offset = self._shared_clock(name)
        if offset and offset.upper() != "Z":
            return self._at_offset(wall, offset, tzid)
        if offset:
            # The dates of a series at a time in UTC do not go with the seasons of the calendar's zone.
            own_zone = zone_called(self.component.text(ZONE)) if self.calendar.is_own else None
            zone = "UTC" if self.component.get("RRULE") else own_zone or self.calendar.zone or "UTC"
            if tzid:
                self.warnings.append(f"Its {name} has both a TZID and a Z; it is read as UTC.")
                zone = self._clock(tzid, wall).zone or zone
            return wall.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        if not tzid:
            self.warnings.append(f"Its {name} names no time zone; {self._default_zone} is assumed.")
            return wall.replace(tzinfo=ZoneInfo(self._default_zone))
        clock = self._clock(tzid, wall)
        if clock.zone:
            if clock.warning:
                self._warn_of_clock(clock.warning, clock.zone)
            return wall.replace(tzinfo=ZoneInfo(clock.zone))
        self._warn_of_clock(clock.warning, self._default_zone)
        if clock.own and name == "DTSTART":
            self.own_clock = OwnClock(clock.own, wall)
        there = clock.own.instant(wall) if clock.own else wall.replace(tzinfo=ZoneInfo(self._default_zone))
        return there.astimezone(ZoneInfo(self._default_zone))

    def _warn_of_clock(self, warning: str, zone: str):
        self.warnings.append(warning if warning.endswith(".") else f"{warning}; times are shown in {zone}.")

    def _clock(self, tzid: str, wall: datetime) -> Clock:
        """One for the whole entry, whatever the season of its other times."""
        if tzid not in self.clocks:
            is_series = self.component.get("RRULE") is not None
            self.clocks[tzid] = self.calendar.clock(tzid, wall, is_series=is_series)
        return self.clocks[tzid]

    def _shared_clock(self, name: str) -> tuple[str, str | None]:
        """TZID and offset of a time that has neither: those of the start (RFC 5545, 3.8.2.2), else of the end, of the
        entry, of the calendar."""
        for other in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            found = self.component.get(other)
            if found is None or other == name:
                continue
            match = _MOMENT.fullmatch(found.value.strip())
            tzid, offset = found.parameters.get("TZID", ""), match[7] if match else None
            if tzid and name == "DTSTART":
                self.warnings.append(
                    f"Its {name} names no time zone; it is read by that of its {other}, {tzid[:80]}."
                )
            # Which date of a series is meant is told by the clock of the series, which need not be UTC's.
            if tzid or (offset and (other, name) == ("DTSTART", "DTEND")):
                return tzid, offset
        tzid = self.component.text("TZID") or self.component.text("X-WR-TIMEZONE") or self.calendar.tzid
        if tzid and not self.calendar.zone and tzid == self.calendar.tzid:
            self.warnings.append(
                f"Its {name} names no time zone; it is read by that of the calendar, {tzid[:80]}."
            )
        return tzid, None

    def _at_offset(self, wall: datetime, offset: str, tzid: str) -> datetime:
        """Not allowed in iCalendar, but exact; shown by a clock of the calendar if one has that offset."""
        instant = datetime.strptime(f"{wall:%Y%m%d%H%M%S}{offset}", "%Y%m%d%H%M%S%z")
        told = self._clock(tzid, wall).zone if tzid else None
        names = [told, self.calendar.zone, self.calendar.default_timezone, zone_called(f"UTC{offset}")]
        zones = [ZoneInfo(name) for name in names if name]
        own = (zone for zone in zones if instant.astimezone(zone).utcoffset() == instant.utcoffset())
        return instant.astimezone(next(own, zones[-1]))

    # What and where

    def _said(self) -> own.Said:
        """Title and text, and what our own calendars say in them."""
        title = plain_line(self.component.text("SUMMARY"))
        text = self._text
        said = own.said(title, text, self.component) if self.calendar.is_own else own.Said(title, text)
        if not title:
            self.warnings.append(f"It has no title; it is called “{UNTITLED}”.")
        if len(said.body) > MAX_LENGTH:
            self.warnings.append(f"Its description is longer than {MAX_LENGTH} characters; it is cut.")
        return said._replace(
            title=self._fitting("title", said.title or UNTITLED, LINE_LENGTH),
            body=rich_text(said.body, is_plain=self.calendar.is_own) if said.body else "",
        )

    @property
    def _text(self) -> str:
        names = ("DESCRIPTION", "STYLED-DESCRIPTION", "X-ALT-DESC")
        return _APPENDED.sub("", next(filter(None, map(self.component.text, names)), "")).strip()

    def _where(self, body: str, told_url: str) -> tuple[str, str, str, str]:
        """(venue, attendance mode, link to take part, web address that stands in place of a venue)"""
        venue, is_online, address = _place(self.component.text("LOCATION"))
        is_map = bool(_MAP.match(address))
        online_url = self._conference() or told_url or self._link(address if is_online else "")
        if is_online and not online_url:
            online_url = next((self._link(link) for link in links(body) if MEETING.match(link)), "")
        mode = "OfflineEventAttendanceMode"
        is_somewhere = bool(venue or is_map or self._has_coordinates)
        if is_online or online_url:
            mode = "MixedEventAttendanceMode" if is_somewhere else "OnlineEventAttendanceMode"
        elif address and not is_somewhere:
            self.warnings.append(only_a_page(address))
        return self._fitting("venue", venue, LINE_LENGTH), mode, online_url, "" if is_online else address

    @property
    def _has_coordinates(self) -> bool:
        """Whether GEO names a point; programs that know none write 0;0."""
        found = _GEO.fullmatch(self.component.text("GEO"))
        return found is not None and any(float(part) for part in found.groups())

    def _conference(self) -> str:
        """Of several ways to take part the first with a picture; a telephone number is none."""
        found = [each for name in _CONFERENCES for each in self.component.all(name)]
        found.sort(key=lambda each: "VIDEO" not in each.parameters.get("FEATURE", "VIDEO").upper())
        addresses = (each.text.strip() for each in found)
        return next(
            filter(None, (self._link(each) for each in addresses if not each.lower().startswith("tel:"))), ""
        )

    def _fitting(self, what: str, text: str, length: int) -> str:
        if len(text) > length:
            self.warnings.append(f"Its {what} is longer than {length} characters; it is cut.")
        return cut(text, length)

    @property
    def _url(self) -> str:
        return without_login(printable(self.component.text("URL")).strip())

    def _website(self, body: str, told: str, place: str, online_url: str) -> str:
        """The event's URL, else the only link of its description, else the map given as its place."""
        in_body = links(body)
        for address in (told, self._url, in_body[0] if len(in_body) == 1 else "", place):
            if address != online_url and (link := self._link(address)):
                return link
        return ""

    def _link(self, address: str) -> str:
        """`address` if a page can link to it, else "", with a warning."""
        address = without_login(printable(address).strip())
        if not address:
            return ""
        try:
            _is_web_address(address)
        except ValidationError:
            warning = f"“{address[:80]}” is not a web address that can be linked to; it is left out."
        else:
            if len(address) <= ADDRESS_LENGTH:
                return address
            warning = f"Its web address is longer than {ADDRESS_LENGTH} characters; it is left out."
        if warning not in self.warnings:
            self.warnings.append(warning)
        return ""

    # About it

    def _language(self) -> str:
        """Of the title, if it says so: an ISO 639 code of those that a page can have."""
        title = self.component.get("SUMMARY")
        if not (title and title.raw_parameters):
            return ""
        code = title.parameters.get("LANGUAGE", "").replace("_", "-").partition("-")[0].lower()
        return code if code in _LANGUAGES else ""

    def _organizers(self) -> Iterator[str]:
        """Names; an address of electronic mail is nobody's to publish."""
        seen = set()
        for found in self.component.all("ORGANIZER"):
            name = found.parameters.get("CN", "") or ("" if ":" in found.value else found.text)
            # As WordPress writes it.
            name = unquote(name) if "%20" in name and " " not in name else name
            name = cut(plain_line(name), LINE_LENGTH)
            if name and "@" not in name and not name.lower().startswith("mailto:") and name not in seen:
                seen.add(name)
                yield name

    def _categories(self) -> Iterable[str]:
        if not (found := self.component.all("CATEGORIES")):
            return ()
        names = (cut(plain_line(text), LINE_LENGTH) for each in found for text in each.texts[:MAX_CATEGORIES])
        return list(dict.fromkeys(filter(None, names)))[:MAX_CATEGORIES]

    def _image(self) -> str:
        pictures = list(self.component.all("IMAGE"))
        pictures += [
            each
            for each in self.component.all("ATTACH")
            if each.parameters.get("FMTTYPE", "").lower().startswith("image/")
        ]
        for found in pictures:
            parameters = found.parameters
            is_inline = "BINARY" in (
                parameters.get("VALUE", "").upper(),
                parameters.get("ENCODING", "").upper(),
            )
            if is_inline or parameters.get("ENCODING", "").upper() == "BASE64":
                self.warnings.append(
                    "A picture is part of the calendar and not at an address; it is left out."
                )
            elif link := self._link(found.value):
                return link
        return ""

    def _check_geo(self):
        """Where it is by degrees is of no use here, but who wrote nonsense will want to know."""
        if found := self.component.get("GEO"):
            match = _GEO.fullmatch(found.value)
            if not match or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
                self.warnings.append(
                    f"Its GEO “{found.value.strip()[:40]}” is no place on earth; it is left out."
                )

    # Which version

    def _recurrence_id(self, replaces: Moment | None) -> str:
        """The date of the series that this entry changes: a date, an instant in UTC, or as written."""
        if replaces:
            return replaces.recurrence_id
        found = self.component.get("RECURRENCE-ID")
        return printable(found.value).strip() if found else ""

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
        except LeftOut:
            return None
        finally:
            del self.warnings[warnings:]
        return moment.astimezone(UTC) if isinstance(moment, datetime) else None


def _secrecy_of(component: Component) -> str:
    """The line that says of an entry, or of what stands in it, that it is not for everybody; "" without one."""
    found = next(filter(None, map(_secrecy, component.properties)), "")
    return found or next(filter(None, map(_secrecy_of, component.components)), "")


def _secrecy(found: Property) -> str:
    """`found` in words if it keeps its entry from being public; "" if it does not."""
    name, word = found.name, found.text.strip()
    if name in {"CLASS", _ACCESS}:
        # One that is empty says something that got lost.
        is_for_all = bool(word) and is_public(word)
    elif name.startswith("X-") and "SENSITIVITY" in name:
        is_for_all = is_public(word)
    elif name.startswith("X-") and name.endswith("PRIVATE"):
        is_for_all = is_no(word)
    else:
        return ""
    return "" if is_for_all else f"{name} “{cut(plain_line(word), 40)}”"


def _last_parts(value: str) -> list[str]:
    """What stands between the commas of `value`; of a very long one the last."""
    parts = value[-40 * MAX_DATES :].split(",")
    return parts if len(value) <= 40 * MAX_DATES else parts[1:]


def _place(location: str) -> tuple[str, bool, str]:
    """(venue, whether it is a place on the web, the address that stands there)"""
    found = _ADDRESS.search(location)
    address = found[0].rstrip(".,;)") if found else ""
    is_meeting = bool(MEETING.match(address))
    if found and found[0] != location.strip() and not is_meeting:
        is_said = means_online(plain_line(location.replace(address, " ")).strip(_AROUND))
        # A venue with its own website, or whatever else.
        address, is_meeting = (address, True) if is_said else ("", False)
    parts = [
        plain_line(part)
        for part in re.split(r"[;\n|]", location.replace(address, " ") if address else location)
    ]
    kept = [part for part in (part.strip(_AROUND) for part in parts) if not means_online(part)]
    is_online = len(kept) < len(parts) or is_meeting or leads_online(address)
    if not is_online:
        return plain_line(location) if not address else "", False, address
    return ", ".join(filter(None, kept)), True, address


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
