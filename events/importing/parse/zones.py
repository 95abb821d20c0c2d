"""Which IANA zone a calendar means by a TZID, out of its name or its VTIMEZONE (RFC 5545, 3.6.5). Pure.

Nothing is remembered from one feed to the next: two calendars may mean different zones by one name.
"""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001, DTZ901

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from .content_lines import Component, Property
from .zone_names import ABBREVIATIONS, LONG_NAMES, OF_HALF_HOURS

# Preferred among the many zones whose clocks agree.
_WELL_KNOWN = [
    "Europe/Rome",
    "Europe/London",
    "Europe/Athens",
    "Europe/Lisbon",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Panama",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Asia/Dubai",
    "Asia/Singapore",
    "Australia/Sydney",
    "Australia/Brisbane",
    "Pacific/Auckland",
    "Africa/Nairobi",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Etc/UTC",
]
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_ONSET = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)")
_BY_DAY = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)")
# A sign, hours and minutes.
_FROM_UTC = r"\s?([+−–-])\s?(\d{1,2})(?:[:.h]?([0-5]\d))?"
_BARE_OFFSET = re.compile(rf"\(?(?:UTC|GMT)?{_FROM_UTC}\)?", re.IGNORECASE)
_LED_BY_OFFSET = re.compile(rf"\(?(?:UTC|GMT)(?:{_FROM_UTC})?\)?[\s,:–-]*(.+)", re.IGNORECASE)
_ENDED_BY_OFFSET = re.compile(rf"([^()]+)\((?:UTC|GMT)?{_FROM_UTC}\)", re.IGNORECASE)
# As Lotus and old Outlooks write it: “GMT -0500 (Standard) / GMT -0400 (Daylight)”.
_TWO_OFFSETS = re.compile(
    r"\(?(?:GMT|UTC) ?([+-]\d\d:?\d\d) \(Standard\) / (?:GMT|UTC) ?([+-]\d\d:?\d\d) \(Daylight\)\)?",
    re.IGNORECASE,
)
# What Outlook adds where a calendar has two definitions of one name.
_NUMBERED = re.compile(r"(.+?)\s*(?:[ _-]\d{1,2}|\(\d{1,2}\))")
_PLACE = re.compile(r"(?:Africa|America|Asia|Europe)/[^/]+")
MAX_NAME = 200
_US = {
    "us/eastern": "America/New_York",
    "us/central": "America/Chicago",
    "us/mountain": "America/Denver",
    "us/pacific": "America/Los_Angeles",
}
_WINTER, _SUMMER = datetime(2026, 1, 1, 12), datetime(2026, 7, 1, 12)
_WINDOWS = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}
MAX_ONSETS = 200
"""More than any real zone gives one by one."""
_MONTHS = {str(month) for month in range(1, 13)} | {f"{month:02}" for month in range(1, 10)}
_WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@lru_cache(maxsize=1024)
def zone_called(name: str) -> str | None:
    """The IANA name for `name`: an IANA name itself, one behind a prefix such as `/mozilla.org/20050126_1/`, one in
    another case or with other marks between its words, a Windows name, also as it is shown or numbered, the place
    alone, or an offset from UTC of which there is a zone. None for any other."""
    name = zone_key(name)
    if is_iana(name) or len(name) > MAX_NAME:
        return name if is_iana(name) else None
    parts = name.strip("/").split("/")
    for start in range(max(0, len(parts) - 3), len(parts)):
        if known := _names_by_lower_case().get("/".join(parts[start:]).lower()):
            return known
    return (
        _by_words(name)
        or _with_a_place(name)
        or _at_offset(name)
        or _at_two_offsets(name)
        or _beside_offset(name)
        or _without_number(name)
    )


def zone_key(name: str) -> str:
    """`name` as it is compared with others: without quotes, escapes and surplus spaces."""
    return " ".join(name.replace("\\", "").split()).strip("\"'")


def is_iana(name: str) -> bool:
    """Whether `name` is itself one of those that IANA gives to places, and a page accepts."""
    return name in _iana_names()


def offset_called(name: str) -> timedelta | None:
    """The offset from UTC that a name is or begins with, such as `GMT-03:30` or `UTC+01:00 Atlantis`."""
    name = zone_key(name)[:MAX_NAME]
    match = _BARE_OFFSET.fullmatch(name) or _LED_BY_OFFSET.fullmatch(name)
    return _offset_of(*match.groups()[:3]) if match and match[1] else None


def _by_words(name: str) -> str | None:
    words = name.lower().replace("'", "’")
    return (
        _WINDOWS.get(name.lower().replace(" daylight time", " standard time"))
        or ABBREVIATIONS.get(name.upper())
        or LONG_NAMES.get(words)
        or LONG_NAMES.get(name.lower())
        or _US.get(re.sub("[ _-]", "/", name.lower()))
        or _names_by_letters().get(_letters(name))
    )


def _offset_of(sign: str, hours: str, minutes: str | None) -> timedelta | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > timedelta(hours=14):
        return None
    return offset if sign == "+" else -offset


def _at_offset(name: str) -> str | None:
    """`UTC+2`, `GMT+0530`; the sign in IANA's names is the other way round."""
    match = _BARE_OFFSET.fullmatch(name)
    if not match or _offset_of(*match.groups()) is None:
        return None
    hours, minutes = int(match[2]), int(match[3] or 0)
    sign = 1 if match[1] == "+" else -1
    if minutes:
        return OF_HALF_HOURS.get((sign * hours, minutes))
    zone = f"Etc/GMT{-sign * hours:+d}" if hours else "Etc/UTC"
    return zone if is_iana(zone) else None


def _at_two_offsets(name: str) -> str | None:
    match = _TWO_OFFSETS.fullmatch(name)
    if not match:
        return None
    told = (_offset(match[1]), _offset(match[2]))
    clocks = ((zone, [_zone(zone).utcoffset(day) for day in (_WINTER, _SUMMER)]) for zone in _WELL_KNOWN)
    return next((zone for zone, clock in clocks if tuple(clock) in {told, told[::-1]}), None)


def _beside_offset(name: str) -> str | None:
    """`(UTC+01:00) Amsterdam, Berlin, …`, `GMT+01:00 Europe/Rome`: what the words mean; of several cities the first
    that has that offset."""
    if match := _ENDED_BY_OFFSET.fullmatch(name):
        words, told = match[1].strip(), _offset_of(*match.groups()[1:])
    elif match := _LED_BY_OFFSET.fullmatch(name):
        words, told = match[4], _offset_of(*match.groups()[:3]) if match[1] else timedelta(0)
    else:
        # A city alone: only where there is no other of that name.
        zones = _zones_by_city().get(_city(name), [])
        return zones[0] if len(zones) == 1 and _PLACE.fullmatch(zones[0]) else None
    if known := _by_words(words) or _names_by_lower_case().get(words.lower()):
        return known
    cities = [_city(city) for city in re.split(r"[,/:]| and ", words)]
    zones = [zone for city in cities for zone in _zones_by_city().get(city, [])]
    offsets = ((zone, {_zone(zone).utcoffset(day) for day in (_WINTER, _SUMMER)}) for zone in zones)
    standard = next((zone for zone in zones if _zone(zone).utcoffset(_WINTER) == told), None)
    return standard or next((zone for zone, both in offsets if told in both), None)


def _without_number(name: str) -> str | None:
    """`Eastern Standard Time 1`."""
    match = _NUMBERED.fullmatch(name)
    return (_by_words(match[1]) or _with_a_place(match[1])) if match else None


def _city(name: str) -> str:
    return "".join(
        letter for letter in normalize("NFD", name.strip().lower()) if not combining(letter)
    ).replace(" ", "_")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


@cache
def _names_by_letters() -> dict[str, str]:
    """For `Europe-Berlin`, `America/New York` and the like."""
    places = (name for name in _names_by_lower_case().values() if not name.startswith("Etc/") and "/" in name)
    return {_letters(name): name for name in places if not re.search(r"\d", name)}


@cache
def _zones_by_city() -> dict[str, list[str]]:
    cities: dict[str, list[str]] = {"coordinated_universal_time": ["Etc/UTC"]}
    for lower, name in _names_by_lower_case().items():
        cities.setdefault(lower.rpartition("/")[2], []).append(name)
    return cities


# Python keeps eight of them; a calendar of odd zones is compared with them all.
_zone = cache(ZoneInfo)


@cache
def _iana_names() -> frozenset[str]:
    return frozenset(_names_by_lower_case().values())


@cache
def _names_by_lower_case() -> dict[str, str]:
    """Those that a page accepts."""
    return {name.lower(): name for name in sorted(available_timezones()) if "/" in name or name == "UTC"}


def _with_a_place(name: str) -> str | None:
    """The IANA zone that stands for an old one without a place, such as `CET` or `EST5EDT`."""
    known = _old_names().get(name.lower())
    if known is None:
        return None
    clock = [(noon, noon.replace(tzinfo=_zone(known)).utcoffset()) for noon in _noons(2026)]
    return next((other for other in _WELL_KNOWN if _agrees(_zone(other), clock)), None)


@cache
def _old_names() -> dict[str, str]:
    """Python looks for them in the file system every time."""
    names = available_timezones() - {"localtime", "posixrules", "Factory"}
    return {name.lower(): name for name in sorted(names)}


def _noons(year: int) -> list[datetime]:
    return [datetime(year, 1, 1, 12) + timedelta(days=days) for days in range(0, 365, 3)]


class CustomZone:
    """A VTIMEZONE. Its rules are read as far as real calendars use them: fixed onsets and yearly rules by
    month."""

    def __init__(self, component: Component):
        self.location = component.text("X-LIC-LOCATION")
        self._observances = [_Observance(part) for part in component.components]
        self._names: dict[int, str | None] = {}
        self._likeness: dict[tuple[str, int], bool] = {}
        self._onsets: dict[int, list[tuple[datetime, timedelta]]] = {}

    @property
    def is_readable(self) -> bool:
        return bool(self._observances) and all(part.is_readable for part in self._observances)

    def offset(self, wall: datetime) -> timedelta:
        """Offset from UTC at the naive wall time `wall`."""
        passed = [pair for pair in self._onsets_around(wall.year) if pair[0] <= wall]
        if passed:
            return max(passed, key=lambda pair: pair[0])[1]
        return min(self._observances, key=lambda part: part.start).offset_from

    def _onsets_around(self, year: int) -> list[tuple[datetime, timedelta]]:
        if year not in self._onsets:
            self._onsets[year] = [
                (onset, part.offset_to) for part in self._observances for onset in part.onsets(year - 1, year)
            ]
        return self._onsets[year]

    def instant(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=timezone(self.offset(wall))).astimezone(UTC)

    def wall(self, moment: datetime) -> datetime:
        """What its clock shows, naive, at the aware `moment`."""
        utc = moment.astimezone(UTC).replace(tzinfo=None)
        # An hour off at most, where the clock changes just then.
        return utc + self.offset(utc + self.offset(utc))

    @classmethod
    def at_offset(cls, offset: timedelta) -> "CustomZone":
        """One whose clocks never change."""
        total = int(offset.total_seconds()) // 60
        text = f"{'-' if total < 0 else '+'}{abs(total) // 60:02}{abs(total) % 60:02}"
        told = {"DTSTART": "19700101T000000", "TZOFFSETFROM": text, "TZOFFSETTO": text}
        part = Component("STANDARD", 0, [Property(name, "", value, 0) for name, value in told.items()])
        return cls(Component("VTIMEZONE", 0, components=[part]))

    def is_like(self, zone: str, wall: datetime, *, all_year: bool) -> bool:
        """Whether clocks in the IANA `zone` show the same at the naive `wall`, or all through its year."""
        if not all_year:
            return _agrees(_zone(zone), [(wall, self.offset(wall))])
        key = (zone, wall.year)
        if key not in self._likeness:
            clock = [(noon, self.offset(noon)) for noon in _noons(wall.year)]
            self._likeness[key] = _agrees(_zone(zone), clock)
        return self._likeness[key]

    def speaks_of(self, wall: datetime) -> bool:
        """Whether it says anything about the naive `wall`: programs define a zone for the years around an export."""
        if len({part.offset_to for part in self._observances}) == 1:
            return True
        is_open = any(part.rule and "UNTIL" not in part.rule for part in self._observances)
        onsets = [onset for part in self._observances for onset in (part.start, *part.dates)]
        return min(onsets) <= wall and (is_open or wall <= max(onsets))

    def is_half_of(self, zone: str, wall: datetime) -> bool:
        """Whether it leaves out the summer or the winter of the IANA `zone`, as careless programs do."""
        if len(self._observances) != 1:
            return False
        offset = self.offset(wall)
        return any(_zone(zone).utcoffset(noon) == offset for noon in _noons(wall.year))

    def zone_at(self, wall: datetime) -> str | None:
        """An IANA zone whose clock shows the same at the naive `wall`."""
        clock = [(wall, self.offset(wall))]
        candidates = (*_WELL_KNOWN, *(name for name in _names_by_lower_case().values() if "Etc" not in name))
        return next((name for name in candidates if _agrees(_zone(name), clock)), None)

    def zone_in(self, year: int, preferred: Iterable[str]) -> str | None:
        """The IANA zone whose clock shows the same all through `year`, one of `preferred` if possible."""
        if year not in self._names:
            clock = [(noon, self.offset(noon)) for noon in _noons(year)]
            candidates = (*preferred, *_WELL_KNOWN, *_names_by_lower_case().values())
            self._names[year] = next((name for name in candidates if _agrees(_zone(name), clock)), None)
        return self._names[year]


def _agrees(zone: ZoneInfo, clock: Sequence[tuple[datetime, timedelta | None]]) -> bool:
    return all(noon.replace(tzinfo=zone).utcoffset() == offset for noon, offset in clock)


class _Observance:
    """A STANDARD or DAYLIGHT part of a VTIMEZONE; wall times are those in force before each onset."""

    def __init__(self, component: Component):
        start = _wall_time(component.text("DTSTART"))
        offset_to = _offset(component.text("TZOFFSETTO"))
        offset_from = _offset(component.text("TZOFFSETFROM")) or offset_to
        self.start = start or datetime(1970, 1, 1)
        self.offset_to = offset_to or timedelta(0)
        self.offset_from = offset_from or timedelta(0)
        dates = {
            moment
            for found in component.properties
            if found.name == "RDATE"
            for part in found.value.split(",")
            if (moment := _wall_time(part))
        }
        self.dates = sorted(dates)[-MAX_ONSETS:]
        self.rule = dict(
            part.split("=", 1) for part in component.text("RRULE").upper().split(";") if "=" in part
        )
        is_yearly = self.rule.get("FREQ") == "YEARLY" and self.rule.get("BYMONTH") in _MONTHS
        self.is_readable = start is not None and offset_to is not None and (not self.rule or is_yearly)

    def onsets(self, first_year: int, last_year: int) -> list[datetime]:
        """Those of the two years, and all that are given one by one."""
        by_rule = [onset for year in (first_year, last_year) for onset in self._by_rule(year)]
        return [self.start, *self.dates, *by_rule]

    def _by_rule(self, year: int) -> list[datetime]:
        if not self.rule or not self.is_readable:
            return []
        until = _wall_time(self.rule.get("UNTIL", "")) or datetime.max
        month = int(self.rule["BYMONTH"])
        days = _matching_days(year, month, self.rule.get("BYDAY", ""), self.rule.get("BYMONTHDAY", ""))
        if not days:
            days = [date(year, month, min(self.start.day, 28))]
        onsets = [datetime.combine(day, self.start.time()) for day in days]
        # UNTIL is in UTC; a day more does not reach the next year's onset.
        return [onset for onset in onsets if onset >= self.start and onset - timedelta(days=1) <= until]


def _matching_days(year: int, month: int, by_day: str, by_month_day: str) -> list[date]:
    weekdays = _BY_DAY.findall(by_day)
    month_days = {int(day) for day in re.findall(r"-?\d{1,2}", by_month_day)}
    last = monthrange(year, month)[1]
    days = []
    for day in range(1, last + 1):
        name = _WEEKDAYS[date(year, month, day).weekday()]
        places = {"", str((day - 1) // 7 + 1), str(-((last - day) // 7 + 1))}
        is_weekday = any(wanted == name and nth.lstrip("+") in places for nth, wanted in weekdays)
        is_month_day = day in month_days or day - last - 1 in month_days
        if (is_weekday or not weekdays) and (is_month_day or not month_days) and (weekdays or month_days):
            days.append(date(year, month, day))
    return days


def _offset(text: str) -> timedelta | None:
    match = _OFFSET.match(text)
    if not match or int(match[2]) > 23 or int(match[3]) > 59:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -offset if match[1] == "-" else offset


def _wall_time(text: str) -> datetime | None:
    match = _ONSET.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
