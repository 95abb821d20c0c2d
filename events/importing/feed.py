"""What a feed says, whatever its format: the words that parse, reconcile and apply share. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from enum import StrEnum
from typing import overload

from events.additional_dates import as_values
from events.recurrence import AdditionalDate, Schedule, ScheduleException

# A page's field as JSON holds it: dates and times in ISO 8601, None where the page has no value, names in a list.
# Exceptions of a series are by the original starts they are for (the day alone where the time is the usual one), each
# with what is different about that date; additional dates are by their starts, each with the end of its own, if any.
Differences = Mapping[str, str | bool | None]
Value = str | bool | None | list[str] | Mapping[str, Differences]
Values = Mapping[str, Value]


NAMELESS = "title:"
MAX_KEY_LENGTH = 255


class FeedUnusable(Exception):
    """The feed as a whole cannot be used. The message is for a person: what happened and what to do."""


class FeedHeld(FeedUnusable):
    """The feed can be used, but what it says is so odd that a person has to approve it."""


class FeedElsewhere(FeedUnusable):
    """Another process imports the feed at the moment."""


class Level(StrEnum):
    WARNING = "warning"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one item of a feed that a person may want to know.

    WARNING: the item is imported, with less than it said or other than it said. SKIPPED: left out on purpose.
    FAILED: it should have been imported and could not be. `line` counts from 1.
    """

    level: Level
    reason: str
    uid: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """The identity of an event within its source. `recurrence_id` is "" but for one date of a series."""

    uid: str
    recurrence_id: str = ""

    @classmethod
    def of_nameless(cls, values: Values) -> "Key":
        """Of an event without a UID: its title, start and place, and nothing that depends on other events."""
        place = [str(values[name]) for name in ("venue", "city") if values.get(name)]
        words = "|".join([f"{values['title']}|{values['start_date']}T{values['start_time'] or ''}", *place])
        return cls(NAMELESS + short(words, MAX_KEY_LENGTH - len(NAMELESS)))

    @property
    def is_nameless(self) -> bool:
        return self.uid.startswith(NAMELESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One event of a feed in terms of the fields of EventPage, safe to store there.

    Dates and times are wall time in `timezone`, an IANA name; `end_date` is the inclusive last day and None
    when it is the first. `recurrence_rule` is one that `events.rrule` reads, of which `start_date` is the first day.
    `body` is HTML of the tags that the page's rich text knows; all else is text without
    markup. `event_type` and `topics` are slugs of the editors' vocabulary, `categories` the feed's own words for them;
    `organizers` are names. `image` is the address of a picture. `url` is the website where the feed names it as the
    event's own.
    `last_modified` is aware. `sequence` and `last_modified` are None where the feed does not say.
    """

    key: Key
    title: str
    start_date: date
    start_time: time | None = None
    end_date: date | None = None
    end_time: time | None = None
    timezone: str
    recurrence_rule: str = ""
    exceptions: tuple[ScheduleException, ...] = ()
    additional_dates: tuple[AdditionalDate, ...] = ()
    keeps_duration: bool = False
    date_status: str = "confirmed"
    event_status: str = "EventScheduled"
    attendance_mode: str = "OfflineEventAttendanceMode"
    venue: str = ""
    city: str = ""
    country: str = ""
    online_url: str = ""
    website: str = ""
    registration_url: str = ""
    body: str = ""
    language: str = ""
    event_type: str | None = None
    topics: tuple[str, ...] = ()
    organizers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image: str = ""
    sequence: int | None = None
    last_modified: datetime | None = None
    line: int | None = None
    url: str = ""

    @property
    def values(self) -> dict[str, Value]:
        scalars = {name: as_value(getattr(self, name)) for name in FIELDS if name not in LISTED}
        lists = {"topics": sorted(self.topics), "organizers": list(self.organizers)}
        series: dict[str, Value] = {
            "exceptions": as_differences(self.exceptions),
            "additional_dates": as_values(self.additional_dates),
        }
        return {**scalars, **lists, **series}

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            self.start_date,
            self.start_time,
            self.end_date,
            self.end_time,
            self.timezone,
            self.recurrence_rule,
            self.exceptions,
            self.additional_dates,
            self.keeps_duration,
        )

    @property
    def recency(self) -> tuple[int, float]:
        """Greater for the more recent of two versions of an event (RFC 5545, 3.8.7.4 and 3.8.7.3)."""
        return (self.sequence or 0, self.last_modified.timestamp() if self.last_modified else 0.0)


# The fields of EventPage that an import may write; what is compared is what is written.
FIELDS = tuple(
    field.name
    for field in fields(FeedEvent)
    if field.name not in {"key", "categories", "sequence", "last_modified", "line", "url"}
)
# Of these, those that are no single value.
LISTED = {"exceptions", "additional_dates", "topics", "organizers"}


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed in which everything that could be read has been read.

    `name` and `product` are what the calendar calls itself and the program that made it; either may be "".
    `complete` is False when the feed breaks off before its end. `next_address` is where its next page is, of a feed
    that comes in pages. `uids` are all that stand anywhere in it, also where no event could be made of what is around
    them, as far as its format tells. `depends_on_clock`: it is to be read again even if it says the same, because of a
    series without end only the dates around the time of reading are kept.
    """

    events: tuple[FeedEvent, ...]
    problems: tuple[Problem, ...] = ()
    name: str = ""
    product: str = ""
    complete: bool = True
    next_address: str = ""
    uids: frozenset[str] = frozenset()
    depends_on_clock: bool = False


@overload
def as_value(value: bool) -> bool: ...
@overload
def as_value(value: date | time | str | None) -> str | None: ...
def as_value(value: date | time | str | bool | None) -> str | bool | None:
    return value.isoformat() if isinstance(value, date | time) else value


def as_differences(exceptions: Iterable[ScheduleException]) -> dict[str, Differences]:
    """What is different about each date of a series, by its original start."""
    return {original_start(change): _differences(change) for change in exceptions}


def original_start(change: ScheduleException) -> str:
    """In ISO 8601: the day, with the time where that is not the usual one."""
    if change.original_time is None:
        return change.original_date.isoformat()
    return datetime.combine(change.original_date, change.original_time).isoformat()


def _differences(change: ScheduleException) -> Differences:
    told = {field.name: getattr(change, field.name) for field in fields(change)}
    del told["original_date"], told["original_time"]
    return {name: as_value(value) for name, value in told.items() if value}


def short(text: str, length: int = MAX_KEY_LENGTH) -> str:
    """`text`, or a digest of it where it is longer than `length`."""
    if len(text) <= length:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
