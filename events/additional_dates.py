"""Additional dates of an event as an editor writes them, one a line, and as the page keeps them. Pure.

A line is a day (`2027-05-03`, or `3 May 2027`), with a time where it is not the usual one (`2027-05-03 14:00`), and
with an end where it does not last as long as the first date (`2027-05-03 14:00 - 16:30`, `2027-05-03 - 2027-05-05`,
`2027-05-03 22:00 - 2027-05-04 02:00`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from functools import lru_cache
from typing import Any

from .recurrence import AdditionalDate

MAX_DATES = 1_000
YEARS = range(1900, 2200)

_DAY = r"(\d{4}-\d\d?-\d\d?|\d{1,2}\.? +[A-Za-z]{3,9}\.?,? +\d{4})"
_TIME = r"(\d{1,2}[:.]\d\d(?::\d\d)?)"
_LINE = re.compile(
    rf"{_DAY}(?:(?:,? +|T){_TIME})?(?: *(?:-|–|—|to) *(?:{_DAY}(?:(?:,? +|T){_TIME})?|{_TIME}))?"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@lru_cache(maxsize=512)
def read(text: str) -> tuple[AdditionalDate, ...]:
    """The dates of `text`, in order, each start once. Raises ValueError, whose message is for a person and names the
    line."""
    found: dict[str, AdditionalDate] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not (line := " ".join(line.split()).rstrip(",;")):
            continue
        try:
            added = _read(line)
        except ValueError as error:
            raise ValueError(f"Line {number}, “{line[:60]}”: {error}") from None
        found[added.start] = added
    if len(found) > MAX_DATES:
        raise ValueError(f"There are {len(found)} dates; an event can have {MAX_DATES} additional ones.")
    return tuple(found[start] for start in sorted(found))


def written(dates: Iterable[AdditionalDate]) -> str:
    """`dates` as `read` reads them, in order."""
    return "\n".join(_written(each) for each in sorted(dates, key=lambda each: each.start))


def _read(line: str) -> AdditionalDate:
    match = _LINE.fullmatch(line)
    if not match:
        raise ValueError(
            "Write the day and, where it is not the usual one, the time, such as 2027-05-03 14:00."
        )
    first, last = _day(match[1]), _day(match[3]) if match[3] else None
    start_time = _time(match[2]) if match[2] else None
    end = match[4] or match[5]
    end_time = _time(end) if end else None
    if end_time and not start_time:
        raise ValueError("Give the time at which it starts, too.")
    if start_time and last and not end_time:
        raise ValueError("Give the time at which it ends, too.")
    if last and last < first:
        raise ValueError("It ends before it starts.")
    if start_time and end_time and (last or first) == first and end_time <= start_time:
        raise ValueError("It ends before it starts. If it runs past midnight, give the day on which it ends.")
    return AdditionalDate(first, start_time, last if last != first or not end_time else None, end_time)


def _day(text: str) -> date:
    if "-" in text:
        year, month, day = map(int, text.split("-"))
    else:
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        day, year = numbers
        letters = re.sub(r"[^a-z]", "", text.lower())
        if letters[:3] not in _MONTHS:
            raise ValueError(f"“{letters}” is not the name of a month.")
        month = _MONTHS.index(letters[:3]) + 1
    if year not in YEARS:
        raise ValueError(f"The year {year} cannot be meant.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("There is no such day.") from None


def _time(text: str) -> time:
    try:
        hour, minute, second = [*map(int, re.split("[:.]", text)), 0][:3]
        return time(hour, minute, second)
    except ValueError:
        raise ValueError(f"There is no time {text}.") from None


def _written(added: AdditionalDate) -> str:
    return " - ".join(filter(None, (" ".join(_start(added)), " ".join(_end(added)))))


def _start(added: AdditionalDate) -> Iterator[str]:
    yield added.start_date.isoformat()
    if added.start_time:
        yield _clock(added.start_time)


def _end(added: AdditionalDate) -> Iterator[str]:
    if added.end_date:
        yield added.end_date.isoformat()
    if added.end_time:
        yield _clock(added.end_time)


def _clock(wall_time: time) -> str:
    return f"{wall_time:%H:%M:%S}" if wall_time.second else f"{wall_time:%H:%M}"


def of_values(values: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[AdditionalDate]:
    """Of (start in ISO 8601, {"end_date": …, "end_time": …}), as an import compares them."""
    for start, end in values:
        day, _, wall_time = start.partition("T")
        last, end_time = end.get("end_date"), end.get("end_time")
        yield AdditionalDate(
            date.fromisoformat(day),
            time.fromisoformat(wall_time) if wall_time else None,
            date.fromisoformat(last) if last else None,
            time.fromisoformat(end_time) if end_time else None,
        )


def as_values(dates: Iterable[AdditionalDate]) -> dict[str, dict[str, str]]:
    """What `of_values` takes, by the starts."""
    return {
        each.start: {
            name: value.isoformat()
            for name, value in (("end_date", each.end_date), ("end_time", each.end_time))
            if value
        }
        for each in sorted(dates, key=lambda each: each.start)
    }
