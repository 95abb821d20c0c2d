"""The entries of one UID to events: a series with its exceptions, and what cannot be part of it. Pure.

A page holds one rule and what is different about some of its dates. Every other date is an event of its own, whose
identity is the UID together with the date that the series has, or would have, for it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import dropwhile, islice
from zoneinfo import ZoneInfo

from events import rrule
from events.importing.feed import FeedEvent, Key, Level, Problem
from events.importing.markup import cut
from events.recurrence import ScheduleException, instant
from events.text import plain_text

from . import rules
from .fields import UNTITLED, YEARS
from .rules import Days, Effort
from .vevent import Added, Entry, Moment

NOTE_LENGTH = 255
MAX_EXCEPTIONS = 500
MAX_SINGLE_DATES = 50
"""As many dates of one series become events of their own."""
MAX_PIECES = 20
"""As often may a series become another one; later such entries are taken for their one date."""
CANCELLED = "EventCancelled"
_OFF = re.compile(r"^(?:cancell?ed|abgesagt|annul[ée]e?|annullato)\b\s*[:–-]\s*", re.IGNORECASE)


def events_of(entries: Sequence[Entry], effort: Effort) -> tuple[list[FeedEvent], list[Problem]]:
    """The events that `entries`, which have a UID in common, make, and problems with them."""
    masters = [entry for entry in entries if not entry.event.key.recurrence_id]
    overrides = [entry for entry in entries if entry.event.key.recurrence_id]
    problems = [entry.problem(Level.WARNING, warning) for entry in entries for warning in entry.warnings]
    if not any((overrides, *(entry.rules or entry.added for entry in masters))):
        return [entry.event for entry in entries], problems
    if not masters:
        # What is left of a series whose beginning is not in the feed.
        masters = [entry for entry in overrides if entry.is_following and (entry.rules or entry.added)][:1]
        overrides = [entry for entry in overrides if not masters or entry is not masters[0]]
    if not masters:
        return [entry.event for entry in overrides], problems
    chosen, *others = sorted(masters, key=lambda entry: _recency(entry.event), reverse=True)
    reason = (
        f"{len(masters)} entries have this UID; the most recent one, “{chosen.event.title}” on line "
        f"{chosen.event.line}, is imported. If they are different events, each needs a UID of its own."
    )
    problems += [entry.problem(Level.SKIPPED, reason) for entry in others]
    series = _Series(chosen, overrides, effort)
    problems += [chosen.problem(Level.WARNING, warning) for warning in series.warnings]
    return [series.event, *series.others], problems + series.problems


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a series, which is like `event`: the days from `first` to before `end`, as the series had them, each
    `by` so much later."""

    event: FeedEvent
    first: date
    end: date | None = None
    by: timedelta = timedelta(0)

    def has(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)


@dataclass
class _Series:
    """What an `entry` for a series and the `overrides` of its UID make: `event`, and the `others`."""

    entry: Entry
    overrides: Sequence[Entry]
    effort: Effort
    event: FeedEvent = field(init=False)
    others: list[FeedEvent] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self):
        self.event = self.entry.event
        self.excluded = [
            candidates for moment in self.entry.excluded if (candidates := self._days_of(moment))
        ]
        self.all_excluded = {day for candidates in self.excluded for day in candidates}
        self.attached: dict[date, Entry] = {}
        self.following: dict[date, Entry] = {}
        rule = self._rule()
        first = self._first_day(rule) if rule else None
        if rule and first:
            self._read(rule, first)
        else:
            self.days = Days.only(self.event.start_date)
            self._read_first_date()
        self._add_dates()
        self.others = [event for event in self.others if _last(event).year in YEARS]

    # The rule

    def _rule(self) -> str:
        """As a page holds it; "" without one."""
        if not self.entry.rules:
            return ""
        if len(self.entry.rules) > 1:
            self.warnings.append("It repeats by several RRULEs, and a page can have one; the first is used.")
        try:
            rule, warnings = rules.as_held(self.entry.rules[0], _wall(self.event))
        except ValueError as error:
            self._only_first(error)
            return ""
        self.warnings += warnings
        return rule

    def _only_first(self, why: object):
        text = cut(self.entry.rules[0].strip(), 80)
        self.warnings.append(
            f"It repeats by the rule “{text}”, which the portal cannot follow: {why} Only its first date is imported."
        )

    def _first_day(self, rule: str) -> date | None:
        start = self.event.start_date
        try:
            first = rules.first_day(rule, start, self.event.start_time, self.event.timezone, self.effort)
        except ValueError as error:
            self._only_first(error)
            return None
        if first is None or first.year not in YEARS:
            self.warnings.append("Its RRULE has no date from its DTSTART on; only that date is imported.")
            return None
        return first

    def _read_first_date(self):
        for override in self.overrides:
            is_first = self.event.start_date in self._days_of(override.replaces)
            if is_first and (self.entry.rules or self.entry.added):
                self._choose(self.attached, self.event.start_date, override)
            else:
                self.others.append(override.event)
        for override in self.attached.values():
            self.event = replace(override.event, key=self.event.key)

    # The series

    def _read(self, rule: str, first: date):
        start = self.event.start_date
        self.event = replace(_on(self.event, first), timezone=self._zone(), recurrence_rule=rule)
        replaced = [(override, self._days_of(override.replaces)) for override in self.overrides]
        asked = [self._days_of(added.start) for added in self.entry.added]
        asked += [*self.excluded, *(candidates for _, candidates in replaced)]
        horizon = max((day for candidates in asked for day in candidates), default=first)
        self.days = Days(rule, first, self.event.start_time, self.event.timezone, horizon, self.effort)
        for override, candidates in replaced:
            day = self.days.meant(candidates)
            if self._is_outdated(override, day):
                reason = "The series has a later version, which does not have this date any more."
                self.problems.append(override.problem(Level.SKIPPED, reason))
            elif day is None:
                self._stand_alone(override)
            elif override.is_following and self.days.are_known_to(day) and len(self.following) < MAX_PIECES:
                self._choose(self.following, day, override)
            else:
                self._choose(self.attached, day, override)
        if first != start:
            self._keep_stray_start(start, first)
        made = [event for piece in self._pieces() for event in self._made_of(piece)]
        if not made:
            made = [replace(self.event, event_status=CANCELLED)]
        # Where everything is different from the first date on, it is still the same series.
        self.event = made[0] if made[0].key == self.event.key else replace(made[0], key=self.event.key)
        self.others += made[1:]

    def _zone(self) -> str:
        """Of a series of whole days that of the times which some of its dates have."""
        if self.event.start_time is None:
            timed = (override.event.timezone for override in self.overrides if override.event.start_time)
            return next(timed, self.event.timezone)
        return self.event.timezone

    def _days_of(self, moment: Moment | None) -> list[date]:
        is_timed = self.event.start_time is not None
        return moment.days(self.event.timezone, is_timed=is_timed) if moment else []

    def _is_outdated(self, override: Entry, day: date | None) -> bool:
        """Whether the series, in a later version than `override`, has done without its date."""
        ours, theirs = self.entry.event.sequence, override.event.sequence
        is_earlier = ours is not None and theirs is not None and theirs < ours
        return is_earlier and (day is None or day in self.all_excluded)

    def _stand_alone(self, override: Entry):
        # What is cancelled and none of the dates needs no page to say so.
        if override.event.event_status != CANCELLED or override.replaces is None:
            self.others.append(override.event)

    def _choose(self, chosen: dict[date, Entry], day: date, override: Entry):
        """The most recent of two entries for one date, whatever their order."""
        if day not in chosen:
            chosen[day] = override
            return
        older, chosen[day] = sorted((chosen[day], override), key=lambda entry: _recency(entry.event))
        if older.event.values != chosen[day].event.values:
            reason = (
                f"Two entries are for {day:%Y-%m-%d} of the series; the most recent one, on line "
                f"{chosen[day].event.line}, is imported."
            )
            self.problems.append(older.problem(Level.SKIPPED, reason))

    def _keep_stray_start(self, start: date, first: date):
        """DTSTART is no day of the rule: calendars show it nevertheless."""
        if start in self.all_excluded:
            return
        self.warnings.append(
            f"It first takes place on {start:%Y-%m-%d}, which is none of the days of its RRULE. That date is imported "
            f"as an event of its own, and the series from {first:%Y-%m-%d} on."
        )
        if not any(start in self._days_of(override.replaces) for override in self.overrides):
            self.others.append(self._single(self.entry.event, start))

    def _single(self, event: FeedEvent, day: date) -> FeedEvent:
        """`event` by itself, as what becomes of the date that the series has on `day`."""
        recurrence_id = _recurrence_id(day, self.entry.event.start_time, self.entry.event.timezone)
        return replace(event, key=Key(self.event.key.uid, recurrence_id), recurrence_rule="", exceptions=())

    # From one date on (RANGE=THISANDFUTURE)

    def _pieces(self) -> list[_Piece]:
        """The series, taken apart where an entry changes all that follows. What is called off from then on is none."""
        series = self.event
        pieces = [_Piece(series, series.start_date)]
        for day, override in sorted(self.following.items()):
            event = _in_zone(override.event, series)
            pieces[-1] = replace(pieces[-1], end=day)
            pieces.append(_Piece(event, day, None, event.start_date - day))
        return [
            piece for piece in pieces if piece.first != piece.end and not _is_called_off(piece.event, series)
        ]

    def _made_of(self, piece: _Piece) -> list[FeedEvent]:
        """The piece as a series; as single events where no rule means its days."""
        rule = self._rule_of(piece)
        if rule is None or len(rule) > rrule.MAX_LENGTH:
            return self._singles(piece)
        event = piece.event
        changes: dict[date, ScheduleException] = {}
        for candidates in self.excluded:
            day = self.days.meant(candidates)
            if day and piece.has(day):
                changes[day] = ScheduleException(day + piece.by, is_cancelled=True)
        for day, override in self.attached.items():
            if piece.has(day):
                # An entry for a date says that there is one, whatever EXDATE says.
                changes.pop(day, None)
                if change := self._change(event, override, day + piece.by):
                    changes[day] = change
        if len(changes) > MAX_EXCEPTIONS:
            self.warnings.append(
                f"It has {len(changes)} dates that are different; the latest {MAX_EXCEPTIONS} are imported as such."
            )
        exceptions = tuple(changes[day] for day in sorted(changes)[-MAX_EXCEPTIONS:])
        return [replace(event, recurrence_rule=rule, exceptions=exceptions)]

    def _rule_of(self, piece: _Piece) -> str | None:
        series = self.event
        if piece.first == series.start_date and piece.end is None and not piece.by:
            return series.recurrence_rule
        rule = rules.without_end(series.recurrence_rule)
        if piece.by:
            moved = rules.moved(rule, self._days_from(piece.first, 60), piece.by, self.effort)
            if moved is None:
                return None
            rule = moved
        end = rrule.parts(series.recurrence_rule)
        if piece.end:
            last = max(day for day in self.days.known if day < piece.end)
            return f"{rule};UNTIL={last + piece.by:%Y%m%d}"
        if "COUNT" in end:
            return f"{rule};COUNT={int(end['COUNT']) - self.days.known.index(piece.first)}"
        if until := rrule.last_day(series.recurrence_rule, series.start_time, series.timezone):
            return f"{rule};UNTIL={until + piece.by:%Y%m%d}"
        return rule

    def _days_from(self, first: date, number: int) -> list[date]:
        series = self.event
        days = rrule.days(series.recurrence_rule, series.start_date, series.start_time, series.timezone)
        return list(islice(dropwhile(lambda day: day < first, days), number))

    def _singles(self, piece: _Piece) -> list[FeedEvent]:
        days = [day for day in self._days_from(piece.first, MAX_SINGLE_DATES + 1) if piece.has(day)]
        self.warnings.append(
            f"From {piece.first:%Y-%m-%d} on its dates are moved to days that no rule means. "
            f"{'All' if len(days) <= MAX_SINGLE_DATES else f'The next {MAX_SINGLE_DATES}'} of them are imported as "
            "events of their own."
        )
        return [
            self.attached[day].event
            if day in self.attached
            else self._single(_on(piece.event, day + piece.by), day)
            for day in days[:MAX_SINGLE_DATES]
            if day in self.attached or day not in self.all_excluded
        ]

    # One date

    def _change(self, series: FeedEvent, override: Entry, day: date) -> ScheduleException | None:
        """What `override` says is different about `day` of `series`; None where that is nothing."""
        event = _in_zone(override.event, series)
        note = _note(series, event)
        if _is_called_off(event, series):
            return ScheduleException(day, is_cancelled=True, note=note)
        if series.start_time and event.start_time is None:
            # A page cannot take the time away from one date.
            self.others.append(override.event)
            return ScheduleException(day, is_cancelled=True, note="It takes place as an event of its own.")
        length = _last(series) - series.start_date
        is_other_start = event.start_time != series.start_time
        is_other_end = event.end_time != series.end_time
        change = ScheduleException(
            day,
            start_date=event.start_date if event.start_date != day else None,
            # An end that is not known any more is told by the start alone.
            start_time=event.start_time if is_other_start or (is_other_end and not event.end_time) else None,
            end_date=_last(event) if _last(event) - event.start_date != length else None,
            end_time=event.end_time if is_other_start or is_other_end else None,
            note=note,
        )
        return change if change != ScheduleException(day) else None

    # Dates beside the rule

    def _add_dates(self):
        taken = {event.key for event in self.others}
        added = {}
        for each in self.entry.added:
            candidates = self._days_of(each.start)
            if self.days.meant(candidates) or candidates[0] in self.all_excluded:
                continue
            event = self._added(each, candidates[0])
            if event.key not in taken:
                added[event.key] = event
        if len(added) > MAX_SINGLE_DATES:
            self.warnings.append(
                f"It has {len(added)} more dates (RDATE), each of which would be an event of its own; the latest "
                f"{MAX_SINGLE_DATES} are imported."
            )
        self.others += sorted(added.values(), key=lambda event: event.start_date)[-MAX_SINGLE_DATES:]

    def _added(self, added: Added, day: date) -> FeedEvent:
        """The event of a date that is none of a rule: as long as the others by the clock on the wall, unless it has an
        end of its own."""
        series = self.entry.event
        start_time = series.start_time
        if start_time and isinstance(added.start.value, datetime):
            start_time = _local(added.start, series.timezone).time()
        start = datetime.combine(day, start_time or time.min)
        end: datetime | None = None
        if isinstance(added.end, timedelta):
            end = start + added.end
        elif added.end:
            end = _local(added.end, series.timezone)
        elif series.end_time or not start_time:
            usual = datetime.combine(series.start_date, series.start_time or time.min)
            end = start + (datetime.combine(_last(series), series.end_time or time.min) - usual)
        if start_time and end and end <= start:
            end = None
        last = end.date() if end and end.date() > day else None
        event = replace(
            series,
            start_date=day,
            start_time=start_time,
            end_date=last,
            end_time=end.time() if end and start_time else None,
        )
        key = Key(series.key.uid, _recurrence_id(day, start_time, series.timezone))
        return replace(event, key=key)


def _recency(event: FeedEvent) -> tuple:
    return event.recency, sorted(map(str, event.values.items()))


def _recurrence_id(day: date, start_time: time | None, timezone: str) -> str:
    """As RECURRENCE-ID names the date of a series."""
    if start_time is None:
        return f"{day:%Y%m%d}"
    return f"{instant(day, start_time, timezone):%Y%m%dT%H%M%SZ}"


def _last(event: FeedEvent) -> date:
    return event.end_date or event.start_date


def _on(event: FeedEvent, day: date) -> FeedEvent:
    """`event` on another day, as long as it was."""
    if day == event.start_date:
        return event
    length = _last(event) - event.start_date
    return replace(event, start_date=day, end_date=day + length if length else None)


def _local(moment: Moment, timezone: str) -> datetime:
    """On the wall, naive; a day is its midnight."""
    if not isinstance(moment.value, datetime):
        return datetime.combine(moment.value, time.min)
    if moment.is_floating:
        return moment.value.replace(tzinfo=None)
    return moment.value.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


def _wall(event: FeedEvent) -> date | datetime:
    return datetime.combine(event.start_date, event.start_time) if event.start_time else event.start_date


def _in_zone(event: FeedEvent, series: FeedEvent) -> FeedEvent:
    """`event` by the clock of `series`."""
    if event.timezone == series.timezone or event.start_time is None:
        return event
    zone = ZoneInfo(series.timezone)
    start = instant(event.start_date, event.start_time, event.timezone).astimezone(zone)
    end = event.end_time and instant(_last(event), event.end_time, event.timezone).astimezone(zone)
    if end and end.replace(tzinfo=None) <= start.replace(tzinfo=None):
        end = None
    last = end.date() if end else _last(event) + (start.date() - event.start_date)
    return replace(
        event,
        start_date=start.date(),
        start_time=start.time(),
        end_date=last if last != start.date() else None,
        end_time=end.time() if end else None,
        timezone=series.timezone,
    )


def _is_called_off(event: FeedEvent, series: FeedEvent) -> bool:
    """Whether `event`, a part of `series`, does not take place although the series does."""
    return event.event_status == CANCELLED and series.event_status not in {CANCELLED, "EventPostponed"}


def _note(series: FeedEvent, event: FeedEvent) -> str:
    """What else is different about `event`, one date of `series`, in words for visitors."""
    title = _OFF.sub("", event.title)
    words = [f"“{title}”." if title not in {series.title, UNTITLED} else ""]
    if event.venue and event.venue != series.venue:
        words.append(f"Place: {event.venue}.")
    if event.online_url and event.online_url != series.online_url:
        words.append(f"Online: {event.online_url}")
    if event.date_status != series.date_status and event.date_status == "tentative":
        words.append("Not confirmed yet.")
    if event.body != series.body:
        # Programs that know notes write them before the text of the series.
        words.append(plain_text(event.body).removesuffix(plain_text(series.body)))
    return cut(" ".join(" ".join(words).split()), NOTE_LENGTH)
