"""Recurrence rules of calendars: into the words that a page holds, and the days that they mean. Pure.

Rules are the cheapest way to keep a computer busy: whatever is asked of them is bounded in number and, for all the
rules of a feed together, in time.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from time import thread_time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from events import rrule
from events.recurrence import MAX_OCCURRENCES, instant

MAX_DAYS = 5_000
"""As many days of one series are looked at, which are more than thirteen years of every day."""
SECONDS = 5.0
_HOURS = {"BYHOUR": "hour", "BYMINUTE": "minute", "BYSECOND": "second"}
# RFC 7529: what those say who mean no other calendar than ours.
_OURS = {("RSCALE", "GREGORIAN"), ("SKIP", "OMIT")}
_UNITS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
_TIMES = {"BYHOUR": range(24), "BYMINUTE": range(60), "BYSECOND": range(60)}
MAX_LISTED = MAX_OCCURRENCES
"""As many dates are listed of rules that a page cannot hold."""
_MAX_WALK = 20_000
_LAST_YEAR = 2199
_TO_TELL = 60


class Effort:
    """How much time, in seconds of this thread, the rules of one feed may still take.

    `at` (aware) is from when those are seen that have too many dates to be listed; None is their start. It
    `depends_on_clock` what was made of the feed if there was one of these.
    """

    def __init__(self, seconds: float = SECONDS):
        self.left = seconds
        self.at: datetime | None = None
        self.depends_on_clock = False

    def on[T](self, function: Callable[..., T], *arguments: object) -> T:
        """What `function` gives; raises ValueError where no time is left to ask it."""
        if self.left <= 0:
            raise ValueError("The rules of this feed take too long to follow.")
        started = thread_time()
        try:
            return function(*arguments)
        finally:
            self.left -= thread_time() - started


def as_held(text: str, start: date | datetime) -> tuple[str, list[str]]:
    """The RRULE `text` of an event that begins at `start` (wall time) as a page holds it, and warnings about what it
    does not say any more. Raises ValueError, whose message is for a person, for one that a page cannot hold."""
    text = "".join(text.upper().split()).removeprefix("RRULE:")
    if len(text) > 10 * rrule.MAX_LENGTH:
        raise ValueError(f"A rule has at most {rrule.MAX_LENGTH} characters.")
    kept = [part for part in dict.fromkeys(text.split(";")) if part and not _says_nothing(part, start)]
    kept = [_until(part, start) for part in kept]
    warnings = []
    if {"COUNT", "UNTIL"} <= {part.partition("=")[0] for part in kept}:
        kept = [part for part in kept if not part.startswith("COUNT=")]
        warnings.append("Its RRULE ends by COUNT and by UNTIL; UNTIL is used.")
    rule = ";".join(kept)
    rrule.parts(rule)
    return rule, warnings


def _says_nothing(part: str, start: date | datetime) -> bool:
    name, _, value = part.partition("=")
    if name in _HOURS and isinstance(start, datetime):
        return value.isdigit() and int(value) == getattr(start, _HOURS[name])
    # Programs write the last year they know for a series without end.
    is_endless = name == "UNTIL" and value[:4].isdigit() and int(value[:4]) > _LAST_YEAR
    return is_endless or name.startswith("X-") or (name, value) in _OURS


def _until(part: str, start: date | datetime) -> str:
    name, _, value = part.partition("=")
    if name != "UNTIL":
        return part
    value = value.replace("-", "").replace(":", "")
    # Beside a DATE it has to be one as well; who writes midnight means the day.
    if not isinstance(start, datetime):
        value = value.removesuffix("T000000Z")
    return f"UNTIL={value}"


def first_day(rule: str, day: date, start_time: time | None, zone: str, effort: Effort) -> date | None:
    """The first day of the series whose DTSTART is on `day`, which ought to be that day. None of a rule that has none
    by its own end. Raises ValueError for one that has no day at all or takes too long to tell."""
    if not _is_on(rule, day):
        if effort.on(rrule.next_day, rule, day) is None:
            raise ValueError("There is no such day in any year.")
        found = effort.on(lambda: next(iter(rrule.days(rule, day, start_time, zone)), None))
        # A series that began there would have to begin there again.
        return found if found and effort.on(rrule.next_day, rule, found) == found else None
    last = rrule.last_day(rule, start_time, zone)
    return day if last is None or last >= day else None


def _is_on(rule: str, day: date) -> bool:
    """Whether `day` is one of the rule's, as far as that can be seen at a glance; so it can of almost all."""
    parts = rrule.parts(rule)
    if not {name for name in parts if name.startswith("BY")} <= {"BYMONTH", "BYMONTHDAY", "BYDAY"}:
        return False
    month_days = {str(day.day), str(day.day - monthrange(day.year, day.month)[1] - 1)}
    return (
        ("BYMONTH" not in parts or str(day.month) in _numbers(parts["BYMONTH"]))
        and ("BYMONTHDAY" not in parts or not month_days.isdisjoint(_numbers(parts["BYMONTHDAY"])))
        and ("BYDAY" not in parts or not _names(parts, day).isdisjoint(_numbers(parts["BYDAY"])))
    )


def _names(parts: dict[str, str], day: date) -> set[str]:
    """What BYDAY may call `day`; in a year without months it is not counted out which Monday of the year it is."""
    name = rrule.WEEKDAYS[day.weekday()]
    if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts:
        return {name}
    last = monthrange(day.year, day.month)[1]
    return {name, f"{(day.day - 1) // 7 + 1}{name}", f"-{(last - day.day) // 7 + 1}{name}"}


def _numbers(value: str) -> list[str]:
    return [part.lstrip("+").lstrip("0") for part in value.split(",")]


def without_end(rule: str) -> str:
    return ";".join(
        f"{name}={value}" for name, value in rrule.parts(rule).items() if name not in {"COUNT", "UNTIL"}
    )


class Days:
    """The days of a rule that are `known`: those through `horizon`, or the first MAX_DAYS of them."""

    def __init__(
        self, rule: str, first: date, start_time: time | None, zone: str, horizon: date, effort: Effort
    ):
        self.known = [first]
        if horizon > first:
            days = takewhile(lambda day: day <= horizon, rrule.days(rule, first, start_time, zone))
            with suppress(ValueError):
                self.known = effort.on(lambda: list(islice(days, MAX_DAYS))) or [first]
        self._set = set(self.known)
        self._is_cut = len(self.known) == MAX_DAYS or effort.left <= 0

    def __contains__(self, day: date) -> bool:
        """Whether it is one of the days, or may be one beyond those that are known."""
        return day in self._set or (self._is_cut and day > self.known[-1])

    def are_known_to(self, day: date) -> bool:
        return day <= self.known[-1]


def moved(rule: str, days: list[date], by: timedelta, effort: Effort) -> str | None:
    """The rule of `days`, which are some of `rule` in order, when each of them comes `by` later; None without one.

    It ends where `rule` does not matter: COUNT and UNTIL are left out.
    """
    parts = {name: value for name, value in rrule.parts(rule).items() if name not in {"COUNT", "UNTIL"}}
    wanted = [day + by for day in days[:_TO_TELL]]
    for candidate in (parts, *_shifted(parts, by.days)):
        text = ";".join(f"{name}={value}" for name, value in candidate.items())
        try:
            found = effort.on(
                lambda text=text: list(islice(rrule.days(text, wanted[0], None, "UTC"), len(wanted)))
            )
            begins = effort.on(rrule.next_day, text, wanted[0])
        except ValueError:
            continue
        if found == wanted and begins == wanted[0]:
            return text
    return None


def _shifted(parts: dict[str, str], by: int) -> Iterable[dict[str, str]]:
    if "BYDAY" in parts:
        later = [
            day[:-2] + rrule.WEEKDAYS[(rrule.WEEKDAYS.index(day[-2:]) + by) % 7]
            for day in parts["BYDAY"].split(",")
        ]
        yield {**parts, "BYDAY": ",".join(later)}
    if "BYMONTHDAY" in parts:
        yield {**parts, "BYMONTHDAY": ",".join(str(int(day) + by) for day in parts["BYMONTHDAY"].split(","))}


# Rules that a page cannot hold


class Listed(NamedTuple):
    """Starts on the wall, in order; `is_cut` where there are more, so that those which are listed depend on when."""

    starts: list[datetime]
    is_cut: bool


def ends_before(rule: str, start: date | datetime, zone: str) -> bool:
    """Whether `rule`, as a page holds it, ends by UNTIL before the event begins at `start` (wall time), so that it has
    no date at all. Who writes the midnight with which the first day begins means the day."""
    value = rrule.parts(rule).get("UNTIL")
    if value is None:
        return False
    until = _until_on_the_wall(value, zone)
    first = start if isinstance(start, datetime) else datetime.combine(start, time.min)
    if not isinstance(start, datetime):
        last = rrule.last_day(rule, None, zone)
        return last is not None and last < start
    is_midnight = value[9:15] == "000000" and value[:8] == f"{first:%Y%m%d}"
    return until < first and not is_midnight and until != datetime.combine(first.date(), time.min)


def listed(
    rules: Sequence[str],
    removed: Sequence[str],
    start: date | datetime,
    zone: str,
    at: datetime | None,
    effort: Effort,
) -> Listed:
    """The dates of all the RRULEs `rules` and of DTSTART without those of the EXRULEs `removed`, of an event that
    begins at `start` (wall time, in `zone`): all of them if they are few and end, else as seen from `at` (aware; None
    for the start). Raises ValueError, whose message is for a person, for a rule that cannot be followed.

    As long as there are not too many, those of last year, this year and the next two; else the next ones from the
    Monday of this week on, so that what is listed does not change with every day.
    """
    first = start if isinstance(start, datetime) else datetime.combine(start, time.min)
    now = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if at else first
    read = [_readable(text, start, effort) for text in rules]
    minus = [_readable(text, start, effort) for text in removed]
    is_endless = not all({"COUNT", "UNTIL"} & found.keys() for found in read)
    begin, end = datetime(now.year - 1, 1, 1), datetime(now.year + 3, 1, 1)  # noqa: DTZ001
    if not is_endless:
        begin, end = first, datetime(_LAST_YEAR, 1, 1)  # noqa: DTZ001
    starts = _without(_all_of(read, first, zone, begin, end, effort) | {first}, minus, first, zone, effort)
    is_cut = is_endless or len(starts) > MAX_LISTED
    if len(starts) > MAX_LISTED:
        monday = datetime.combine(now.date() - timedelta(days=now.weekday()), time.min)
        later = [moment for moment in starts if moment >= monday]
        chosen = later[: MAX_LISTED - 1] or starts[1 - MAX_LISTED :]
        # The first date of all is what the event is known by.
        starts = sorted({*starts[:1], *chosen})
    return Listed(_existing(starts, zone), is_cut)


def _readable(text: str, start: date | datetime, effort: Effort) -> dict[str, str]:
    """The parts of a rule as far as it can be followed at all; raises ValueError."""
    text = "".join(text.upper().split()).removeprefix("RRULE:")
    if len(text) > 10 * rrule.MAX_LENGTH:
        raise ValueError(f"A rule has at most {rrule.MAX_LENGTH} characters.")
    kept = [_until(part, start) for part in text.split(";") if part and not _says_nothing(part, start)]
    found = dict(part.partition("=")[::2] for part in kept)
    times = {name: found[name].split(",") for name in _TIMES if name in found}
    for name, values in times.items():
        if not isinstance(start, datetime):
            raise ValueError(f"{name} does not go with whole days.")
        if not all(re.fullmatch("[0-9]{1,2}", value) and int(value) in _TIMES[name] for value in values):
            raise ValueError(f"{name} cannot be “{found[name]}”.")
    days = {name: value for name, value in found.items() if name not in times}
    if (unit := found.get("FREQ", "")) in ("HOURLY", "MINUTELY"):
        if not isinstance(start, datetime):
            raise ValueError(f"FREQ={unit} does not go with whole days.")
        if not re.fullmatch("[1-9][0-9]{0,5}", days.pop("INTERVAL", "1")):
            raise ValueError(f"INTERVAL cannot be “{found['INTERVAL']}”.")
        days["FREQ"] = "DAILY"
    if "UNTIL" in days:
        days.pop("COUNT", None)
        found.pop("COUNT", None)
    rrule.parts(_text(days))
    _check_positions(found, times)
    if _first(found, start, effort) is None:
        raise ValueError("There is no such date in any year.")
    return found


def _check_positions(found: dict[str, str], times: dict[str, list[str]]) -> None:
    """Raises ValueError where BYSETPOS asks for more dates than a set can have, which would be looked for in vain."""
    shorter = {"DAILY": 3, "HOURLY": 2, "MINUTELY": 1}.get(found["FREQ"])
    if shorter is None or "BYSETPOS" not in found:
        return
    size = 1
    for name in list(_TIMES)[3 - shorter :]:
        size *= len(set(times.get(name, "1")))
    if all(abs(int(position)) > size for position in found["BYSETPOS"].split(",")):
        raise ValueError(f"BYSETPOS cannot be “{found['BYSETPOS']}” here.")


def _first(found: dict[str, str], start: date | datetime, effort: Effort) -> datetime | None:
    """Any date of the rule; looked for late in the calendar, which repeats every 400 years and ends soon then."""
    year = start.year % 400
    moment = datetime.combine(start, start.time() if isinstance(start, datetime) else time.min)
    late = moment.replace(year=year + (9600 if year < 300 else 9200))
    endless = {name: value for name, value in found.items() if name not in ("COUNT", "UNTIL")}
    return effort.on(lambda: next(iter(rrulestr(_text(rrule.united(endless)), dtstart=late)), None))


def _all_of(
    rules: Iterable[dict[str, str]],
    first: datetime,
    zone: str,
    begin: datetime,
    end: datetime,
    effort: Effort,
) -> set[datetime]:
    """The starts of all `rules` from `begin` to before `end`; of each rule at most _MAX_WALK are looked at."""
    return {
        moment
        for rule in rules
        for moment in effort.on(_starts, rule, first, zone, end, begin)
        if moment >= begin
    }


def _starts(
    rule: dict[str, str], first: datetime, zone: str, end: datetime, begin: datetime
) -> list[datetime]:
    found = {name: value for name, value in rule.items() if name != "UNTIL"}
    if "UNTIL" in rule:
        end = min(end, _until_on_the_wall(rule["UNTIL"], zone) + timedelta(seconds=1))
    unit = _UNITS.get(rule["FREQ"])
    if unit and "COUNT" not in rule and begin > first:
        # What repeats so often is not followed from its beginning.
        step = unit * int(rule.get("INTERVAL", "1"))
        first += (begin - first) // step * step
    moments = rrulestr(_text(rrule.united(found)), dtstart=first)
    return list(islice(takewhile(lambda moment: moment < end, moments), _MAX_WALK))


def _without(
    starts: set[datetime], removed: list[dict[str, str]], first: datetime, zone: str, effort: Effort
) -> list[datetime]:
    if removed:
        starts = starts - _all_of(
            removed, first, zone, min(starts), max(starts) + timedelta(seconds=1), effort
        )
    return sorted(starts)


def _existing(starts: list[datetime], zone: str) -> list[datetime]:
    """Without a time that the clocks skip, where another date takes place at what it would be read as."""
    instants = [instant(moment.date(), moment.time(), zone) for moment in starts]
    real = [each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for each in instants]
    taken = {each for each, moment in zip(real, starts, strict=True) if each == moment}
    return [moment for each, moment in zip(real, starts, strict=True) if each == moment or each not in taken]


def _until_on_the_wall(value: str, zone: str) -> datetime:
    """Inclusive; a day means its end."""
    until, is_utc = rrule.until(value)
    return until.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) if is_utc else until


def _text(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())
