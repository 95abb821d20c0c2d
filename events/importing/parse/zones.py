"""Which IANA zone a calendar means by a TZID, out of its name or its VTIMEZONE (RFC 5545, 3.6.5). Pure.

Nothing is remembered from one feed to the next: two calendars may mean different zones by one name.
"""

# Wall times are naive on purpose until their zone is known.
# ruff: noqa: DTZ001, DTZ901

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import YEARLY, rrule, weekday
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
_WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def zone_called(name: str) -> str | None:
    """The IANA name for `name`: an IANA name itself, one behind a prefix such as `/mozilla.org/20050126_1/`, one in
    another case, or a Windows name. None for any other."""
    name = name.strip()
    if name in _names_by_lower_case().values():
        return name
    parts = name.strip("/").split("/")
    for start in range(max(0, len(parts) - 3), len(parts)):
        if known := _names_by_lower_case().get("/".join(parts[start:]).lower()):
            return known
    return WINDOWS_TO_OLSON.get(name)


@cache
def _names_by_lower_case() -> dict[str, str]:
    names = available_timezones() - {"localtime", "posixrules", "Factory"}
    return {name.lower(): name for name in sorted(names)}


class CustomZone:
    """A VTIMEZONE. Its rules are read as far as real calendars use them: fixed onsets and yearly rules by month."""

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
            noons = [datetime(year, 1, 1, 12) + timedelta(days=days) for days in range(0, 365, 3)]
            clock = [(noon, self.offset(noon)) for noon in noons]
            candidates = (*preferred, *_WELL_KNOWN, *_names_by_lower_case().values())
            self._names[year] = next((name for name in candidates if _agrees(ZoneInfo(name), clock)), None)
        return self._names[year]


def _agrees(zone: ZoneInfo, clock: list[tuple[datetime, timedelta]]) -> bool:
    return all(noon.replace(tzinfo=zone).utcoffset() == offset for noon, offset in clock)


class _Observance:
    """A STANDARD or DAYLIGHT part of a VTIMEZONE; wall times are those in force before each onset."""

    def __init__(self, component: Component):
        start = _ONSET.match(component.text("DTSTART"))
        self.start = datetime.min
        self.is_readable = bool(start)
        if start:
            try:
                self.start = datetime(*map(int, start.groups()))
            except ValueError:
                self.is_readable = False
        self.offset_to = self._offset(component.text("TZOFFSETTO"))
        self.offset_from = self._offset(component.text("TZOFFSETFROM") or component.text("TZOFFSETTO"))
        self.dates = [
            datetime(*map(int, match.groups()))
            for rdate in component.properties
            if rdate.name == "RDATE"
            for match in _ONSET.finditer(rdate.value)
            if _is_valid(match)
        ]
        self.rule = dict(
            part.split("=", 1) for part in component.text("RRULE").upper().split(";") if "=" in part
        )
        if self.rule and not (self.rule.get("FREQ") == "YEARLY" and self.rule.get("BYMONTH", "").isdigit()):
            self.is_readable = False

    def onsets(self, first_year: int, last_year: int) -> list[datetime]:
        """Those of the two years, and all that are given one by one."""
        return [self.start, *self.dates, *self._by_rule(first_year, last_year)]

    def _by_rule(self, first_year: int, last_year: int) -> list[datetime]:
        if not self.rule or last_year < self.start.year:
            return []
        until = _ONSET.match(self.rule.get("UNTIL", ""))
        days = [
            weekday(_WEEKDAYS.index(name), int(nth) if nth else None)
            for nth, name in _BY_DAY.findall(self.rule.get("BYDAY", ""))
        ]
        month_days = [int(day) for day in re.findall(r"-?\d+", self.rule.get("BYMONTHDAY", ""))]
        try:
            onsets = rrule(
                YEARLY,
                dtstart=datetime.combine(date(first_year, 1, 1), self.start.time()),
                until=datetime.combine(date(last_year, 12, 31), time.max),
                bymonth=int(self.rule["BYMONTH"]),
                byweekday=days or None,
                bymonthday=month_days or (None if days else self.start.day),
            )
            found = list(onsets)
        except (ValueError, OverflowError):
            return []
        last = datetime(*map(int, until.groups())) + timedelta(days=1) if until and _is_valid(until) else None
        return [onset for onset in found if onset >= self.start and (last is None or onset <= last)]

    def _offset(self, text: str) -> timedelta:
        match = _OFFSET.match(text)
        if not match or int(match[2]) > 23 or int(match[3]) > 59:
            self.is_readable = False
            return timedelta(0)
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return -offset if match[1] == "-" else offset


def _is_valid(match: re.Match) -> bool:
    try:
        datetime(*map(int, match.groups()))
    except ValueError:
        return False
    return True
