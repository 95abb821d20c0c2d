"""Recurrence rules in the words of RFC 5545, 3.3.10, as far as they choose days. Pure.

A rule is kept as the text that was written. The time of day, the length and the zone come from the event.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

MAX_LENGTH = 255
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

_NUMBERS = {
    "INTERVAL": range(1, 1000),
    "COUNT": range(1, 100_000),
    "BYMONTH": range(1, 13),
    "BYMONTHDAY": range(1, 32),
    "BYYEARDAY": range(1, 367),
    "BYWEEKNO": range(1, 54),
    "BYSETPOS": range(1, 367),
}
_LISTS = {"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"}
_FROM_THE_END = _LISTS - {"BYMONTH"}
# RFC 5545 gives these parts no meaning with other frequencies.
_ONLY_WITH = {
    "BYMONTHDAY": {"DAILY", "MONTHLY", "YEARLY"},
    "BYYEARDAY": {"YEARLY"},
    "BYWEEKNO": {"YEARLY"},
}
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


def parts(text: str) -> dict[str, str]:
    """`FREQ=WEEKLY;BYDAY=TU` as {"FREQ": "WEEKLY", "BYDAY": "TU"}; raises ValueError, whose message is for a person,
    for anything that is no rule or repeats more often than daily."""
    found: dict[str, str] = {}
    if len(text) > MAX_LENGTH:
        raise ValueError(f"A rule has at most {MAX_LENGTH} characters.")
    for part in text.upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise ValueError(f"“{part}” is not of the form NAME=VALUE.")
        if name in found:
            raise ValueError(f"{name} is given twice.")
        found[name] = value
    if found.get("FREQ") not in FREQUENCIES:
        raise ValueError("A rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    if "COUNT" in found and "UNTIL" in found:
        raise ValueError("A rule ends by COUNT or by UNTIL, not by both.")
    for name, value in found.items():
        _check(name, value, found["FREQ"])
    return found


def _check(name: str, value: str, frequency: str) -> None:
    if frequency not in _ONLY_WITH.get(name, FREQUENCIES):
        raise ValueError(f"{name} does not go with FREQ={frequency}.")
    if name in _NUMBERS:
        for number in value.split(",") if name in _LISTS else [value]:
            digits = number.lstrip("+-") if name in _FROM_THE_END else number
            if not re.fullmatch(r"[0-9]{1,5}", digits) or int(digits) not in _NUMBERS[name]:
                raise ValueError(f"{name} cannot be “{number}”.")
    elif name == "BYDAY":
        for day in value.split(","):
            match = _DAY.fullmatch(day)
            if not match or (match[1] and not 0 < abs(int(match[1])) <= 53):
                raise ValueError(f"BYDAY cannot be “{day}”.")
            if match[1] and frequency not in ("MONTHLY", "YEARLY"):
                raise ValueError(f"BYDAY cannot be “{day}” with FREQ={frequency}.")
    elif name == "UNTIL":
        until(value)
    elif name == "WKST":
        if value not in WEEKDAYS:
            raise ValueError(f"WKST cannot be “{value}”.")
    elif name != "FREQ":
        raise ValueError(f"{name} is not understood here.")


def until(value: str) -> tuple[datetime, bool]:
    """The moment, and whether it is in UTC; a day means its end."""
    match = _UNTIL.fullmatch(value)
    # The first and the last year of the calendar leave no room for a zone, nor for the day before or after.
    if match and match[1][:4] not in ("0001", "9999"):
        try:
            if match[2]:
                return datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S"), bool(match[3])  # noqa: DTZ007
            return datetime.combine(datetime.strptime(match[1], "%Y%m%d"), time.max), False  # noqa: DTZ007
        except ValueError:
            pass
    raise ValueError(f"UNTIL cannot be “{value}”.")


def has_end(text: str) -> bool:
    return not {"COUNT", "UNTIL"}.isdisjoint(parts(text))


def last_day(text: str, start_time: time | None, timezone: str) -> date | None:
    """The last day on which an event that starts at `start_time` may begin by UNTIL; None without one."""
    value = parts(text).get("UNTIL")
    if value is None:
        return None
    moment, is_utc = until(value)
    if is_utc:
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
        # Whole days have no zone: what is written is the day, unless it is the end of a day somewhere.
        is_converted = local.time() in (time(0), time(23, 59, 59))
        if start_time is not None or (is_converted and moment.time() != time(0)):
            moment = local
    is_too_late = start_time is not None and start_time > moment.time()
    return moment.date() - timedelta(days=1) if is_too_late else moment.date()


def days(text: str, first: date, start_time: time | None, timezone: str) -> Iterator[date]:
    """The days of the series that starts on `first`, in order, perhaps without end."""
    last = last_day(text, start_time, timezone)
    moments = (moment.date() for moment in _rule(text, first))
    return moments if last is None else takewhile(lambda day: day <= last, moments)


def next_day(text: str, day: date) -> date | None:
    """The first day of the rule on or after `day`; a series that does not start on one has no meaning in RFC 5545."""
    # The calendar repeats every 400 years and the library looks as far as the year 9999: asked in the last centuries
    # it soon finds that a rule such as “30 February” has no day at all.
    late = day.replace(year=day.year % 400 + 9200)
    found = next(iter(_rule(text, late)), None)
    return found and day + (found.date() - late)


def _rule(text: str, first: date) -> Iterable[datetime]:
    choosing = ";".join(f"{name}={value}" for name, value in united(parts(text)).items() if name != "UNTIL")
    return rrulestr(choosing, dtstart=datetime.combine(first, time.min))


def united(found: dict[str, str]) -> dict[str, str]:
    """The parts of a rule without `BYDAY=1MO,WE`, which means the first Monday and every Wednesday (RFC 5545, 3.3.10):
    of the two kinds of weekdays dateutil, and who relies on it, takes what both have in common. Every Wednesday of a
    month is written as the first to the fifth."""
    days = found.get("BYDAY", "").split(",")
    if len({len(day) > 2 for day in days}) == 1:
        return found
    is_of_year = found["FREQ"] == "YEARLY" and "BYMONTH" not in found
    numbers = range(1, 54 if is_of_year else 6)
    each = ((f"{number}{day}" for number in numbers) if len(day) == 2 else (day,) for day in days)
    return {**found, "BYDAY": ",".join(dict.fromkeys(day for some in each for day in some))}


def exported(text: str, start_time: time | None, timezone: str) -> str:
    """The rule of `text` for other programs: spelt in the one way that all of them read, and with an UNTIL as
    RFC 5545 wants it beside DTSTART: a DATE beside a DATE, UTC beside a time and zone."""
    found = {
        name: ",".join(dict.fromkeys(map(_plain, value.split(","))))
        for name, value in united(parts(text)).items()
    }
    day = last_day(text, start_time, timezone)
    if day is not None and (not found["UNTIL"].endswith("Z") if start_time else len(found["UNTIL"]) != 8):
        found["UNTIL"] = f"{day:%Y%m%d}"
        if start_time is not None:
            moment = datetime.combine(day, start_time, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
            found["UNTIL"] = f"{moment:%Y%m%dT%H%M%SZ}"
    return ";".join(f"{name}={found[name]}" for name in sorted(found, key=lambda name: name != "FREQ"))


def _plain(value: str) -> str:
    """`+01MO` as `1MO`."""
    return re.sub(r"^[+]?(-?)0*(?=[0-9])", r"\1", value)
