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
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from .content_lines import Component

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
_FROM_UTC = re.compile(r"(?:UTC|GMT) ?([+-])(\d{1,2}):?(?:00)?", re.IGNORECASE)
_WITH_CITIES = re.compile(r"\((?:UTC|GMT)([+-]\d\d:\d\d)?\)\s*(.+)", re.IGNORECASE)
_WINTER = datetime(2026, 1, 1, 12)
_WINDOWS = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}
# Those that IANA does not know and that mean one place, of which the clock is meant and not the season.
_ABBREVIATIONS = {
    "WEST": "Europe/Lisbon",
    "BST": "Europe/London",
    "CEST": "Europe/Paris",
    "EEST": "Europe/Athens",
    "MSK": "Europe/Moscow",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "SGT": "Asia/Singapore",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "NZDT": "Pacific/Auckland",
}
MAX_ONSETS = 200
"""More than any real zone gives one by one."""
_MONTHS = {str(month) for month in range(1, 13)} | {f"{month:02}" for month in range(1, 10)}
_WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@lru_cache(maxsize=1024)
def zone_called(name: str) -> str | None:
    """The IANA name for `name`: an IANA name itself, one behind a prefix such as `/mozilla.org/20050126_1/`,
    one in another case, a Windows name, or an offset from UTC of whole hours. None for any other."""
    name = name.strip()
    if name in _names_by_lower_case().values():
        return name
    parts = name.strip("/").split("/")
    for start in range(max(0, len(parts) - 3), len(parts)):
        if known := _names_by_lower_case().get("/".join(parts[start:]).lower()):
            return known
    return (
        _WINDOWS.get(name.lower())
        or _ABBREVIATIONS.get(name.upper())
        or _with_a_place(name)
        or _at_offset(name)
        or _of_cities(name)
    )


def _at_offset(name: str) -> str | None:
    """`UTC+2`, `GMT+0200`; the sign in IANA's names is the other way round."""
    match = _FROM_UTC.fullmatch(name)
    if not match or int(match[2]) > 12:
        return None
    hours = int(match[2])
    return f"Etc/GMT{'-' if match[1] == '+' else '+'}{hours}" if hours else "Etc/UTC"


def _of_cities(name: str) -> str | None:
    """`(UTC+01:00) Amsterdam, Berlin, …`: the zone of the first city that has that offset."""
    match = _WITH_CITIES.fullmatch(name)
    if not match:
        return None
    offset = _offset(match[1] or "+0000")
    cities = [city.strip().lower().replace(" ", "_") for city in match[2].split(",")]
    zones = [zone for city in cities for zone in _zones_by_city().get(city, [])]
    return next((zone for zone in zones if _zone(zone).utcoffset(_WINTER) == offset), None)


@cache
def _zones_by_city() -> dict[str, list[str]]:
    cities: dict[str, list[str]] = {"coordinated_universal_time": ["Etc/UTC"]}
    for lower, name in _names_by_lower_case().items():
        cities.setdefault(lower.rpartition("/")[2], []).append(name)
    return cities


# Python keeps eight of them; a calendar of odd zones is compared with them all.
_zone = cache(ZoneInfo)


@cache
def _names_by_lower_case() -> dict[str, str]:
    """Those that a page accepts."""
    return {name.lower(): name for name in sorted(available_timezones()) if "/" in name or name == "UTC"}


def _with_a_place(name: str) -> str | None:
    """The IANA zone that stands for an old one without a place, such as `CET` or `EST5EDT`."""
    old = available_timezones() - {"localtime", "posixrules", "Factory"}
    known = next((other for other in old if other.lower() == name.lower()), None)
    if known is None:
        return None
    clock = [(noon, noon.replace(tzinfo=_zone(known)).utcoffset()) for noon in _noons(2026)]
    return next((other for other in _WELL_KNOWN if _agrees(_zone(other), clock)), None)


def _noons(year: int) -> list[datetime]:
    return [datetime(year, 1, 1, 12) + timedelta(days=days) for days in range(0, 365, 3)]


class CustomZone:
    """A VTIMEZONE. Its rules are read as far as real calendars use them: fixed onsets and yearly rules by
    month."""

    def __init__(self, component: Component):
        self.location = component.text("X-LIC-LOCATION")
        self._observances = [_Observance(part) for part in component.components]
        self._names: dict[int, str | None] = {}
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
