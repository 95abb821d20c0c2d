"""Events as iCalendar (RFC 5545 and 7986). Pure: no clock, and no query beyond the event's own rows.

A calendar is a `head`, the `entries` of each event, and CLOSING. All are bytes, so that a calendar of any length can be
written piece by piece, and none depends on when it is written.

What the standards leave open, or want otherwise:

- An event that is postponed does not take place on its date and has no other one yet. iCalendar has no word for that:
  it is CANCELLED, and its SUMMARY says “Postponed”.
- There is no ORGANIZER. Its value is an address that answers to invitations are sent to, and these are none; RFC 5546
  would have one beside METHOD:PUBLISH, without which Outlook takes a file for an invitation.
- An event whose end is unknown has neither DTEND nor DURATION; readers take its start for its end. Our own
  LAST_DAY says which day is its last.
- The dates of a series last as long as the first one by the clock on the wall, unless the event keeps its duration.
  RFC 5545, 3.8.5.3, counts hours: readers that follow it are an hour off at the end of a date during which the clocks
  change. An event that keeps its duration says so by a DURATION of hours.
- An additional date with an end of its own is an RDATE and an entry that tells its end: hardly any reader knows PERIOD.
  There is one date on each RDATE line: ical.js takes no notice of the others.
- A time that the clocks skip or repeat is given in UTC, except in the pattern of a series, which has to be local: there
  3.3.5 says what we mean, and not all readers follow it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.encoding import iri_to_uri

from . import rrule
from .dates import describe
from .recurrence import Occurrence, Schedule, beside_the_rule, excepted_dates, instant
from .text import plain_text, printable

if TYPE_CHECKING:
    from .models import EventPage

# Raise it when the same events come to be written differently, so that calendars fetch them again.
FORMAT = 3
LAST_DAY = "X-EARTHCODE-LAST-DAY"
ZONE = "X-EARTHCODE-TIMEZONE"
CLOSING = b"END:VCALENDAR\r\n"

_UTC = {"UTC", "Etc/UTC"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Zones whose changes follow no simple rule are described year by year, to this one.
_HORIZON = 2100
# Some readers break lines wherever Unicode does.
_LINE_BREAK = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", ";": "\\;", ",": "\\,"})


def head(name: str, address: str, source: str, zones: Mapping[str, date]) -> bytes:
    """The beginning of a calendar called `name`, which people read at `address`.

    `source` is where programs are to ask for it again every hour; "" for one that is taken once. `zones` has the IANA
    zones of the events in it that are at a time of day, each with the first day that matters.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//EarthCODE//Portal//EN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"URL:{iri_to_uri(address)}",
    ]
    if source:
        lines += [
            f"SOURCE;VALUE=URI:{iri_to_uri(source)}",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
        ]
    # By the decade, of which there are few to remember.
    described = (_timezone(zone, (zones[zone].year - 1) // 10 * 10) for zone in sorted(zones.keys() - _UTC))
    return b"".join([_folded(lines), *described])


def entries(event: "EventPage", address: str) -> bytes:
    """The VEVENT of an event that has its page at `address`: one for the event itself, and one for each date of a
    series that is moved, has a note or an end of its own. Nothing of an event whose date is to be determined."""
    schedule = event.schedule
    if schedule is None:
        return b""
    same = [*_identity(event), *_facts(event, address)]
    description = _description(event)
    excepted = excepted_dates(schedule)
    additional, with_own_end = beside_the_rule(schedule)
    lines = _entry([*same, *_when(schedule), *_series(schedule, additional, excepted)], description)
    told = {occurrence.original for occurrence in excepted}
    others = [occurrence for occurrence in with_own_end if occurrence.original not in told]
    for occurrence in [*excepted, *others]:
        if not occurrence.is_cancelled:
            which = _original("RECURRENCE-ID", occurrence, schedule)
            note = [occurrence.note] if occurrence.note else []
            lines += _entry([*same, which, *_when(occurrence.wall)], [*note, *description])
    return _folded(lines)


def zones(event: "EventPage") -> dict[str, date]:
    """What `head` has to know about the zone of `event`."""
    # An exception may put one date of a series of whole days at a time.
    schedule = event.regular_schedule
    if schedule is None or not (schedule.start_time or schedule.is_series):
        return {}
    return {event.timezone: min([schedule.start_date, *(added.start_date for added in schedule.additional)])}


def _entry(lines: list[str], description: list[str]) -> list[str]:
    told = [f"DESCRIPTION:{_text('\n\n'.join(description))}"] if description else []
    return ["BEGIN:VEVENT", *lines, *told, "END:VEVENT"]


def _identity(event: "EventPage") -> Iterator[str]:
    """Which event it is, and which state of it."""
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTAMP:{_utc(event.last_published_at or _EPOCH)}"
    if event.first_published_at:
        yield f"CREATED:{_utc(event.first_published_at)}"
    if event.last_published_at:
        yield f"LAST-MODIFIED:{_utc(event.last_published_at)}"


def _facts(event: "EventPage", address: str) -> Iterator[str]:
    is_postponed = event.event_status == event.Status.POSTPONED
    yield f"SUMMARY:{'Postponed: ' if is_postponed else ''}{_text(event.title)}"
    if not event.is_going_ahead:
        yield "STATUS:CANCELLED"
    elif event.date_status == event.DateStatus.TENTATIVE:
        yield "STATUS:TENTATIVE"
    else:
        yield "STATUS:CONFIRMED"
    yield f"URL:{iri_to_uri(address)}"
    # Nobody is to travel to a place that the event has left.
    if event.place and event.event_status != event.Status.MOVED_ONLINE:
        yield f"LOCATION:{_text(event.place)}"
    if event.online_url:
        yield f"CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:{iri_to_uri(event.online_url)}"
    categories = event.categories
    if categories:
        yield f"CATEGORIES:{','.join(_text(category.name) for category in categories)}"
    if event.super_event:
        yield f"RELATED-TO:{event.super_event.uid}"


def _when(wall: Schedule) -> Iterator[str]:
    """The end is exclusive."""
    written = _moment if wall.is_series else _unmistakable
    start = written("DTSTART", wall.start_date, wall.start_time, wall.timezone)
    yield start
    if start.endswith("Z") and wall.timezone not in _UTC:
        # For portals that read it.
        yield f"{ZONE}:{wall.timezone}"
    if wall.start_time is None:
        yield written("DTEND", wall.last_date + timedelta(days=1), None, wall.timezone)
        # Nobody is busy all day because something is on.
        yield "TRANSP:TRANSPARENT"
    elif wall.end_time and (length := _length(wall, wall.start_time, wall.end_time)) > timedelta(0):
        if wall.is_series and wall.keeps_duration:
            yield f"DURATION:{_duration(length)}"
            return
        yield written("DTEND", wall.last_date, wall.end_time, wall.timezone)
    elif wall.last_date > wall.start_date:
        # For portals that read it: that the time of its end is unknown does not mean that the day is.
        yield f"{LAST_DAY};VALUE=DATE:{wall.last_date:%Y%m%d}"


def _length(wall: Schedule, start_time: time, end_time: time) -> timedelta:
    """There is no DTEND that is not after the start (RFC 5545, 3.8.2.2). One date of a series may have got a start
    after its usual end."""
    starts_at = instant(wall.start_date, start_time, wall.timezone)
    return instant(wall.last_date, end_time, wall.timezone) - starts_at


def _duration(length: timedelta) -> str:
    """In hours: days would be those of the calendar (RFC 5545, 3.3.6)."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + "".join(f"{number}{unit}" for number, unit in parts if number)


def _series(schedule: Schedule, additional: list[Occurrence], excepted: list[Occurrence]) -> Iterator[str]:
    if schedule.rule:
        yield f"RRULE:{rrule.exported(schedule.rule, schedule.start_time, schedule.timezone)}"
    elif schedule.is_series:
        # It is one of the dates anyway (RFC 5545, 3.8.5.2), but ical.js forgets it where there is no rule.
        yield _moment("RDATE", schedule.start_date, schedule.start_time, schedule.timezone)
    for occurrence in additional:
        yield _original("RDATE", occurrence, schedule)
    for occurrence in excepted:
        if occurrence.is_cancelled:
            yield _original("EXDATE", occurrence, schedule)


def _original(name: str, occurrence: Occurrence, schedule: Schedule) -> str:
    """Where the series had put the date."""
    return _moment(name, *schedule.starts(occurrence.original), schedule.timezone)


def _unmistakable(name: str, day: date, wall_time: time | None, timezone: str) -> str:
    """As `_moment`, but in UTC where the clocks skip or repeat the hour: programs read those in different ways."""
    if wall_time:
        first = datetime.combine(day, wall_time, tzinfo=ZoneInfo(timezone))
        if first.utcoffset() != first.replace(fold=1).utcoffset():
            return f"{name}:{_utc(first)}"
    return _moment(name, day, wall_time, timezone)


def _moment(name: str, day: date, wall_time: time | None, timezone: str) -> str:
    """A DATE without time, else a DATE-TIME in its zone."""
    if wall_time is None:
        return f"{name};VALUE=DATE:{day:%Y%m%d}"
    moment = f"{datetime.combine(day, wall_time):%Y%m%dT%H%M%S}"
    return f"{name}:{moment}Z" if timezone in _UTC else f"{name};TZID={timezone}:{moment}"


def _description(event: "EventPage") -> list[str]:
    """Paragraphs of plain text."""
    paragraphs = [
        event.status_words,
        event.summary,
        plain_text(event.body),
        f"Take part online: {event.online_url}" if event.online_url else "",
        _registration(event),
        f"Website: {event.website}" if event.website else "",
    ]
    return [paragraph for paragraph in paragraphs if paragraph]


def _registration(event: "EventPage") -> str:
    if not event.registration_url or not event.is_going_ahead:
        return ""
    dates = [
        f"{word} {describe(Schedule(day, wall_time, None, None, event.timezone))}"
        for word, day, wall_time in (
            ("opens", event.registration_opens_date, event.registration_opens_time),
            ("closes", event.registration_closes_date, event.registration_closes_time),
        )
        if day
    ]
    return f"Registration: {event.registration_url}" + (f" ({'; '.join(dates)})" if dates else "")


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """`text` as a TEXT (RFC 5545, 3.3.11)."""
    return printable(_LINE_BREAK.sub("\n", text)).translate(_ESCAPED)


def _folded(lines: list[str]) -> bytes:
    """`lines` as content lines: of at most 75 octets, and broken within no character (RFC 5545, 3.1)."""
    out = []
    for line in lines:
        octets = line.encode()
        room = 75
        while len(octets) > room:
            end = room
            while octets[end] & 0xC0 == 0x80:
                end -= 1
            out.append(octets[:end] + b"\r\n ")
            octets, room = octets[end:], 74
        out.append(octets + b"\r\n")
    return b"".join(out)


class _Change(NamedTuple):
    """A zone coming to another offset from UTC, at `wall` by the clocks as they were before."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool

    @property
    def kind(self) -> tuple:
        return self[1:]

    @property
    def patterns(self) -> set[str]:
        """The yearly rules that hold for this one, in the words of RRULE."""
        weekday = rrule.WEEKDAYS[self.wall.weekday()]
        found = {f"{(self.wall.day - 1) // 7 + 1}{weekday}"}
        if (self.wall + timedelta(days=7)).month != self.wall.month:
            found.add(f"-1{weekday}")
        return {f"FREQ=YEARLY;BYMONTH={self.wall.month};BYDAY={day}" for day in found}


@lru_cache(maxsize=512)
def _timezone(name: str, first_year: int) -> bytes:
    """The VTIMEZONE of an IANA zone from the beginning of `first_year`.

    Changes that follow the same rule every year until the horizon are given as that rule and hold beyond it.
    """
    changes = list(_changes(ZoneInfo(name), first_year))
    start, *changes = changes
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *_observance(start, [], "")]
    by_kind: dict[tuple, list[_Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    for same in by_kind.values():
        single, ruled, rule = _regular(same)
        if single:
            lines += _observance(single[0], single[1:], "")
        if ruled:
            lines += _observance(ruled[0], [], rule)
    return _folded([*lines, "END:VTIMEZONE"])


def _regular(changes: list[_Change]) -> tuple[list[_Change], list[_Change], str]:
    """`changes` of one kind, taken apart: those up to which no rule holds, those from which on one does, the rule."""
    if changes[-1].wall.year != _HORIZON:
        return changes, [], ""
    patterns = changes[-1].patterns
    ruled: list[_Change] = []
    for change in reversed(changes):
        is_next = not ruled or (
            change.wall.year == ruled[0].wall.year - 1 and change.wall.time() == ruled[0].wall.time()
        )
        if not is_next or not patterns & change.patterns:
            break
        patterns &= change.patterns
        ruled.insert(0, change)
    if len(ruled) < 10:
        return changes, [], ""
    return changes[: -len(ruled)], ruled, min(patterns)


def _observance(first: _Change, others: list[_Change], rule: str) -> Iterator[str]:
    kind = "DAYLIGHT" if first.is_daylight else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"TZNAME:{first.name}"
    yield f"TZOFFSETFROM:{_offset(first.before)}"
    yield f"TZOFFSETTO:{_offset(first.after)}"
    yield f"DTSTART:{first.wall:%Y%m%dT%H%M%S}"
    for other in others:
        yield f"RDATE:{other.wall:%Y%m%dT%H%M%S}"
    if rule:
        yield f"RRULE:{rule}"
    yield f"END:{kind}"


def _changes(zone: ZoneInfo, first_year: int) -> Iterator[_Change]:
    """How `zone` stands at the beginning of `first_year`, and what changes until the end of the horizon's year."""
    moment = datetime(first_year, 1, 1, tzinfo=UTC)
    before = _state(moment, zone)
    yield _Change(datetime(first_year, 1, 1), before[0], *before)  # noqa: DTZ001
    step = timedelta(days=7)  # no zone has changed twice in a week
    while moment.year <= _HORIZON:
        after = _state(moment + step, zone)
        if after != before:
            earlier, later = moment, moment + step
            while later - earlier > timedelta(seconds=1):
                middle = earlier + (later - earlier) // 2
                middle = middle.replace(microsecond=0)
                earlier, later = (middle, later) if _state(middle, zone) == before else (earlier, middle)
            yield _Change((later + before[0]).replace(tzinfo=None), before[0], *after)
        moment, before = moment + step, after


def _state(moment: datetime, zone: ZoneInfo) -> tuple[timedelta, str, bool]:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(), local.tzname() or "", bool(local.dst())


def _offset(offset: timedelta) -> str:
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    text = f"{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")
    return f"{'-' if offset < timedelta() else '+'}{text}"
