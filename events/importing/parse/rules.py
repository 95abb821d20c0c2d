"""Recurrence rules of calendars: into the words that a page holds, and the days that they mean. Pure.

Rules are the cheapest way to keep a computer busy: whatever is asked of them is bounded in number and, for all the
rules of a feed together, in time.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from time import thread_time

from events import rrule

MAX_DAYS = 5_000
"""As many days of one series are looked at, which are more than thirteen years of every day."""
SECONDS = 5.0
_HOURS = {"BYHOUR": "hour", "BYMINUTE": "minute", "BYSECOND": "second"}
# RFC 7529: what those say who mean no other calendar than ours.
_OURS = {("RSCALE", "GREGORIAN"), ("SKIP", "OMIT")}
_LAST_YEAR = 2199
_TO_TELL = 60


class Effort:
    """How much time, in seconds of this thread, the rules of one feed may still take."""

    def __init__(self, seconds: float = SECONDS):
        self.left = seconds

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
    """The days of a series that are `known`: those through `horizon`, or the first MAX_DAYS of them."""

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

    @classmethod
    def only(cls, day: date) -> "Days":
        """Of what does not repeat."""
        return cls("", day, None, "", day, Effort())

    def meant(self, candidates: Iterable[date]) -> date | None:
        """The first of `candidates` that is one of the days, or may be one beyond those that are known."""
        return next((day for day in candidates if day in self._set or self._may_be(day)), None)

    def are_known_to(self, day: date) -> bool:
        return day <= self.known[-1]

    def _may_be(self, day: date) -> bool:
        return self._is_cut and day > self.known[-1]


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
