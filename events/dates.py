"""Dates and times as people write them, in British English. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from . import rrule
from .recurrence import Schedule, own_starts

MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()
ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


@dataclass(frozen=True, slots=True)
class Written:
    """A date in words, in two pieces that a page can mark up by themselves: `start`, `dash` and `end` make the
    sentence, and the last two are "" where nothing follows the start.

    `starts` and `ends` say the same in ISO 8601. `zone` names the zone and its distance from UTC on that date; "" where
    the sentence has no time or says all of it.
    """

    start: str
    dash: str
    end: str
    starts: str
    ends: str
    zone: str

    def __str__(self) -> str:
        return self.start + self.dash + self.end


def describe(schedule: Schedule) -> str:
    """`14–20 July 2025`, `27 April – 2 May 2025`, `26 February 2026, 14:00–15:30 CET`, or `Every Tuesday,
    14:00–15:30 Europe/Rome time, from 3 March to 9 June 2026`, or `Three dates, 14:00–15:30 Europe/Rome time, from 3 to
    17 March 2026`.

    The exceptions of a series are not among the words, nor are rules that nobody would say in a sentence: those
    become `Repeats`. Raises ValueError for a rule that is none.
    """
    return _series(schedule) if is_series(schedule) else str(written(schedule))


def written(schedule: Schedule) -> Written:
    """The one date of `schedule`; of a series the first."""
    start, dash, end = _pieces(schedule)
    return Written(start, dash, end, iso_start(schedule), iso_end(schedule), _zone(schedule))


def is_series(schedule: Schedule) -> bool:
    """Whether there can be a second date."""
    if schedule.additional and len(own_starts(schedule)) > 1:
        return True
    if not schedule.rule or rrule.parts(schedule.rule).get("COUNT") == "1":
        return False
    until = rrule.last_day(schedule.rule, schedule.start_time, schedule.timezone)
    return until is None or until > schedule.start_date


def describe_days(first: date, last: date) -> str:
    """The days from `first` to `last`, both included."""
    return "".join(_days(first, last))


def iso_start(schedule: Schedule) -> str:
    """`2026-02-26T14:00:00+01:00`, or `2026-02-26` for an event of whole days."""
    return _iso(schedule.start_date, schedule.start_time, schedule.timezone)


def iso_end(schedule: Schedule) -> str:
    """As `iso_start`; the last day of an event of whole days is included. "" where the end is not known."""
    if schedule.start_time and not schedule.end_time and schedule.last_date == schedule.start_date:
        return ""
    return _iso(schedule.last_date, schedule.end_time, schedule.timezone)


def utc_offset(schedule: Schedule) -> str:
    """The zone's distance from UTC when the event starts: `UTC+1`, `UTC−3:30`, `UTC`."""
    minutes = int((_start(schedule).utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    if minutes == 0:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def _zone_title(timezone: str) -> str:
    """`America/New York`"""
    return timezone.replace("_", " ")


def _pieces(schedule: Schedule) -> tuple[str, str, str]:
    first, last = schedule.start_date, schedule.last_date
    start, dash, end = _days(first, last)
    if schedule.start_time is None:
        return start, dash, end
    zone = _zone_letters(schedule)
    if schedule.end_time is None:
        time_ = f", {schedule.start_time:%H:%M} {zone}"
        return (start, dash, end + time_) if end else (start + time_, "", "")
    start = f"{_day(first)} {first.year}, {schedule.start_time:%H:%M}"
    if first == last:
        return start, "–", f"{schedule.end_time:%H:%M} {zone}"
    zone_at_end = _zone_letters(_at_its_end(schedule))
    if zone_at_end != zone:
        start = f"{start} {zone}"
    return start, " – ", f"{_day(last)} {last.year}, {schedule.end_time:%H:%M} {zone_at_end}"


def _days(first: date, last: date) -> tuple[str, str, str]:
    if first == last:
        return f"{_day(first)} {first.year}", "", ""
    end = f"{_day(last)} {last.year}"
    if first.year != last.year:
        return f"{_day(first)} {first.year}", " – ", end
    if first.month != last.month:
        return _day(first), " – ", end
    return str(first.day), "–", end


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def _iso(day: date, wall_time: time | None, timezone: str) -> str:
    if wall_time is None:
        return day.isoformat()
    moment = datetime.combine(day, wall_time, tzinfo=ZoneInfo(timezone))
    # Before zones were agreed upon clocks differed by seconds, which ISO 8601 has no offset for.
    has_odd_seconds = (moment.utcoffset() or timedelta()).total_seconds() % 60
    return (moment.astimezone(UTC) if has_odd_seconds else moment).isoformat(timespec="seconds")


def _zone(schedule: Schedule) -> str:
    """What `_zone_letters` leaves open: `Europe/Rome, UTC+1`."""
    if schedule.start_time is None or schedule.timezone == "UTC":
        return ""
    ends = [_at_its_end(schedule)] if schedule.end_time else []
    offsets = [
        utc_offset(moment) for moment in (schedule, *ends) if utc_offset(moment) != _zone_letters(moment)
    ]
    return ", ".join(filter(None, [_zone_title(schedule.timezone), ", then ".join(dict.fromkeys(offsets))]))


def _at_its_end(schedule: Schedule) -> Schedule:
    return replace(schedule, start_date=schedule.last_date, start_time=schedule.end_time)


def _zone_letters(schedule: Schedule) -> str:
    """The letters people know, such as “CET”; the distance from UTC where the zone has none of its own."""
    name = _start(schedule).tzname() or ""
    return name if name.isalpha() and name != "LMT" else utc_offset(schedule)


def _start(schedule: Schedule) -> datetime:
    return datetime.combine(
        schedule.start_date, schedule.start_time or time.min, tzinfo=ZoneInfo(schedule.timezone)
    )


def _series(schedule: Schedule) -> str:
    if not schedule.rule:
        return _list(schedule)
    rule = rrule.parts(schedule.rule)
    words = _EVERY[rule["FREQ"]](rule, int(rule.get("INTERVAL", "1")), schedule.start_date)
    more = len(own_starts(schedule)) - 1 if schedule.additional else 0
    others = f"and {_number(more)} more date{'' if more == 1 else 's'}" if more else ""
    return ", ".join(filter(None, [words or "Repeats", _each_time(schedule), _span(schedule, rule), others]))


def _list(schedule: Schedule) -> str:
    """A series without a rule; with the time if that is always the same."""
    starts = own_starts(schedule)
    first, last = starts[0][0], starts[-1][0]
    is_usual = all(wall_time == schedule.start_time for _, wall_time in starts)
    number = _number(len(starts))
    start, _dash, end = _days(first, last)
    span = f"from {start} to {end}" if end else f"on {start}"
    times = _each_time(schedule) if is_usual else ""
    return ", ".join(filter(None, [f"{number[0].upper()}{number[1:]} dates", times, span]))


def _each_time(schedule: Schedule) -> str:
    """The time and length of each date of a series."""
    more_days = (schedule.last_date - schedule.start_date).days
    length = f"{_number(more_days + 1)} days each time" if more_days else ""
    if schedule.start_time is None:
        return length
    zone = "UTC" if schedule.timezone == "UTC" else f"{_zone_title(schedule.timezone)} time"
    start = f"{schedule.start_time:%H:%M}"
    if schedule.end_time is None:
        return ", ".join(filter(None, [f"{start} {zone}", length]))
    end = f"{schedule.end_time:%H:%M}"
    if not more_days:
        return f"{start}–{end} {zone}"
    later = "the next day" if more_days == 1 else f"{_number(more_days)} days later"
    return f"{start} to {end} {later}, {zone}"


def _span(schedule: Schedule, rule: dict[str, str]) -> str:
    first, last = schedule.start_date, rrule.last_day(schedule.rule, schedule.start_time, schedule.timezone)
    if last:
        start, _dash, end = _days(first, last)
        return f"from {start} to {end}"
    span = f"from {_day(first)} {first.year}"
    return f"{span}, {_number(int(rule['COUNT']))} times" if "COUNT" in rule else span


# The words for the days of a rule, one function for each frequency. A rule that would take more words than anybody says
# has none: "". The words are those of the rule alone, never a guess.


def _every_day(rule: dict[str, str], interval: int, first: date) -> str:
    match _choosing(rule):
        case []:
            return _every("day", interval)
        case ["BYDAY"] if interval == 1:
            return _every_week(rule, interval, first)
    return ""


def _every_week(rule: dict[str, str], interval: int, first: date) -> str:
    match _choosing(rule):
        case []:
            days = [first.weekday()]
        case ["BYDAY"]:
            days = sorted({rrule.WEEKDAYS.index(day) for day in rule["BYDAY"].split(",")})
        case _:
            return ""
    if interval > 1:
        # Which days share a week with which depends on its first day; we count from Monday, as people here do.
        has_another_monday = len(days) > 1 and rule.get("WKST", "MO") != "MO"
        names = _and([WEEKDAYS[day] for day in days])
        return "" if has_another_monday else f"{_every('week', interval)} on {names}"
    if len(days) == 7:
        return "Every day"
    if days == [0, 1, 2, 3, 4]:
        return "Every day from Monday to Friday"
    return f"Every {_and([WEEKDAYS[day] for day in days])}"


def _every_month(rule: dict[str, str], interval: int, first: date) -> str:
    match _choosing(rule):
        case []:
            days, may_be_missing = [_ordinal(first.day)], first.day > 28
        case ["BYMONTHDAY"]:
            numbers = sorted(
                {int(number) for number in rule["BYMONTHDAY"].split(",")}, key=lambda n: (n < 0, n)
            )
            if any(number < -1 for number in numbers):
                return ""
            days = ["last day" if number == -1 else _ordinal(number) for number in numbers]
            may_be_missing = any(number > 28 for number in numbers)
        case ["BYDAY"] | ["BYDAY", "BYSETPOS"]:
            days = _weekdays_in_a_month(rule)
            may_be_missing = any(day.startswith("fifth") for day in days)
        case _:
            return ""
    if not days or (may_be_missing and (interval > 1 or len(days) > 1)):
        return ""
    names = _and([f"the {day}" for day in days])
    if interval > 1:
        return f"{_every('month', interval)} on {names}"
    return f"On {names} of every month" + (" that has one" if may_be_missing else "")


def _every_year(rule: dict[str, str], interval: int, first: date) -> str:
    choosing = _choosing(rule)
    months = [int(number) for number in rule.get("BYMONTH", str(first.month)).split(",")]
    if len(months) > 1:
        return ""
    month = MONTHS[months[0] - 1]
    if choosing in ([], ["BYMONTH"]):
        day = str(first.day)
    elif choosing == ["BYMONTH", "BYMONTHDAY"]:
        day = rule["BYMONTHDAY"].lstrip("+")
    elif choosing in (["BYDAY", "BYMONTH"], ["BYDAY", "BYMONTH", "BYSETPOS"]):
        days = _weekdays_in_a_month(rule)
        if not days or any(name.startswith("fifth") for name in days):
            return ""
        return f"{_every('year', interval)} on {_and([f'the {name}' for name in days])} of {month}"
    else:
        return ""
    # Every year has a 28th of each month, and not every one has a 29 February.
    if not day.isdigit() or (int(day) > 28 and month == "February"):
        return ""
    return f"{_every('year', interval)} on {int(day)} {month}"


_EVERY = {"DAILY": _every_day, "WEEKLY": _every_week, "MONTHLY": _every_month, "YEARLY": _every_year}


def _choosing(rule: dict[str, str]) -> list[str]:
    """The parts that choose days, in the order of the alphabet."""
    return sorted(name for name in rule if name.startswith("BY"))


def _weekdays_in_a_month(rule: dict[str, str]) -> list[str]:
    """`second Monday`, `last Friday`, in the order of the month; none if one is to be said otherwise."""
    days = [(day[:-2], day[-2:]) for day in rule["BYDAY"].split(",")]
    if "BYSETPOS" in rule:
        if len(days) > 1 or days[0][0]:
            return []
        days = [(position, days[0][1]) for position in rule["BYSETPOS"].split(",")]
    found = {(int(number or 0), rrule.WEEKDAYS.index(day)) for number, day in days}
    if any(number not in ORDINALS for number, _day in found):
        return []
    in_order = sorted(found, key=lambda day: (day[0] < 0, day))
    return [f"{ORDINALS[number]} {WEEKDAYS[day]}" for number, day in in_order]


def _every(unit: str, interval: int) -> str:
    return f"Every {unit}" if interval == 1 else f"Every {_number(interval)} {unit}s"


def _number(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _ordinal(number: int) -> str:
    """`1st`, `22nd`, `13th`"""
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
