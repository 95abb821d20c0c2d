"""The entries of one UID to events: a series with its exceptions and additional dates, and what cannot be part of it.
Pure.

A date of a series is known by its original start on the wall of the series: EXDATE and RECURRENCE-ID, in whatever zone
they are written, mean the date that starts at that instant, and as a DATE those of that day. A page holds one rule.
What repeats in other ways is kept as a list of dates.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import dropwhile, islice
from zoneinfo import ZoneInfo

from events import additional_dates, rrule
from events.importing.feed import FeedEvent, Level, Problem
from events.importing.markup import cut
from events.recurrence import (
    AdditionalDate,
    Original,
    Schedule,
    ScheduleException,
    as_scheduled,
    instant,
)
from events.text import plain_text

from . import rules
from .fields import UNTITLED, YEARS
from .rules import Days, Effort
from .vevent import Added, Entry, Moment

NOTE_LENGTH = 255
MAX_EXCEPTIONS = 500
MAX_PIECES = 20
"""As often may a series become another one; later such entries are taken for their one date."""
CANCELLED = "EventCancelled"
LISTED = "kept as a list of dates"
_OFF = re.compile(r"^(?:cancell?ed|abgesagt|annul[ée]e?|annullato)\b\s*[:–-]\s*", re.IGNORECASE)


def events_of(entries: Sequence[Entry], effort: Effort) -> tuple[list[FeedEvent], list[Problem]]:
    """The events that `entries`, which have a UID in common, make, and problems with them. A series of which no date is
    left is no event."""
    masters = [entry for entry in entries if not entry.event.key.recurrence_id]
    overrides = [entry for entry in entries if entry.event.key.recurrence_id]
    problems = [entry.problem(Level.WARNING, warning) for entry in entries for warning in entry.warnings]
    if not any((overrides, *(entry.rules or entry.added or entry.excluded for entry in masters))):
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
    return [*series.events, *series.others], problems + series.problems


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a series, which is like `event`: the dates from `first` to before `end`, as the series had them, each
    `by` so much later."""

    event: FeedEvent
    first: datetime
    end: datetime | None = None
    by: timedelta = timedelta(0)

    def has(self, start: datetime) -> bool:
        return self.first <= start and (self.end is None or start < self.end)


@dataclass
class _Series:
    """What an `entry` for a series and the `overrides` of its UID make: its `events`, which are several where it
    becomes another one, and the `others`."""

    entry: Entry
    overrides: Sequence[Entry]
    effort: Effort
    events: list[FeedEvent] = field(default_factory=list)
    others: list[FeedEvent] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self):
        self.event = replace(self.entry.event, timezone=self._zone())
        self.rule = ""
        self.days: Days | None = None
        # The dates beside the rule by their starts, each with the end that it may have of its own.
        self.more: dict[datetime, AdditionalDate] = {}
        self.attached: dict[datetime, Entry] = {}
        self.following: dict[datetime, Entry] = {}
        self._find_rule()
        self._find_days()
        self._exclude()
        self._attach()
        self._make()
        self.others = [event for event in self.others if _last(event).year in YEARS]

    def _zone(self) -> str:
        """Of a series of whole days that of the times which some of its dates have."""
        event = self.entry.event
        if event.start_time is None and self.entry.rules:
            timed = (override.event.timezone for override in self.overrides if override.event.start_time)
            return next(timed, event.timezone)
        return event.timezone

    @property
    def _start(self) -> datetime:
        return _begins(self.entry.event)

    # The dates of the series

    def _find_rule(self):
        """Sets `rule`, as a page holds it and "" without one, or `more` to the dates of what no page can hold."""
        entry, wall = self.entry, _wall(self.event)
        first = {self._start: AdditionalDate(self.event.start_date)}
        if not entry.rules:
            self.more = first
            return
        if entry.own_clock:
            self._list(None)
            return
        try:
            rule, warnings = rules.as_held(entry.rules[0], wall)
        except ValueError as error:
            self._list(error)
            return
        if len(entry.rules) > 1 or entry.removed:
            self._list(None)
            return
        self.warnings += warnings
        if rules.ends_before(rule, wall, self.event.timezone):
            self.warnings.append("Its RRULE ends before it begins, so it has no date; it is not imported.")
            return
        try:
            day = rules.first_day(
                rule, self.event.start_date, self.event.start_time, self.event.timezone, self.effort
            )
        except ValueError as error:
            self._only_first(error)
            day = None
        else:
            if day is None or day.year not in YEARS:
                day = None
                self.warnings.append("Its RRULE has no date from its DTSTART on; only that date is imported.")
        if day is None:
            self.more = first
            return
        if day != self.event.start_date:
            # DTSTART is no day of the rule: calendars show it nevertheless.
            self.more = first
            if not any(self._start in self._meant(moment) for moment in entry.excluded):
                self.warnings.append(
                    f"It first takes place on {self.event.start_date:%Y-%m-%d}, which is none of the days of its "
                    "RRULE; that is kept as an additional date."
                )
        self.rule, self.event = rule, _on(self.event, day)

    def _list(self, why: object):
        """The dates of rules that a page cannot hold."""
        entry, event = self.entry, self.event
        told, start, zone = (entry.rules, entry.removed), _wall(event), event.timezone
        if entry.own_clock:
            # The rule goes by a wall of its own, which is counted like UTC's until the dates are known.
            told = entry.own_clock.rules(entry.rules), entry.own_clock.rules(entry.removed)
            start, zone = entry.own_clock.start, "UTC"
        try:
            found = rules.listed(*told, start, zone, self.effort.at, self.effort)
        except ValueError as error:
            self._only_first(why or error)
            self.more = {self._start: AdditionalDate(event.start_date)}
            return
        starts = found.starts
        if entry.own_clock:
            starts = [entry.own_clock.on_the_wall_of(event.timezone, start) for start in starts]
        self.more = {start: self._added(start) for start in starts if start.year in YEARS}
        self.effort.depends_on_clock |= found.is_cut
        what = "a rule that a page cannot hold"
        if entry.own_clock:
            what = "the clock of a time zone like none of the world"
        elif len(entry.rules) > 1:
            what = "several RRULEs"
        elif entry.removed:
            what = "an RRULE and an EXRULE"
        until = f"; those until {max(self.more):%Y-%m-%d} for now" if found.is_cut and self.more else ""
        self.warnings.append(f"It repeats by {what}: {LISTED}, {len(self.more)} of them{until}.")

    def _only_first(self, why: object):
        text = cut(self.entry.rules[0].strip(), 80)
        self.warnings.append(
            f"It repeats by the rule “{text}”, which the portal cannot follow: {why} Only its first date is imported."
        )

    def _find_days(self):
        """The days of the rule, as far as something is said of them, and the dates that RDATE adds."""
        moments = [added.start for added in self.entry.added] + list(self.entry.excluded)
        moments += [override.replaces for override in self.overrides if override.replaces]
        asked = [day for moment in moments for day in self._days_of(moment)]
        if self.rule:
            event = self.event
            horizon = max([*asked, event.start_date])
            self.days = Days(
                self.rule, event.start_date, event.start_time, event.timezone, horizon, self.effort
            )
        for added in self.entry.added:
            start = self._start_of(added.start)
            if start.year in YEARS:
                new = self._added(start, self._end_of(added, start))
                if not self._is_of_rule(start) or new.end_date or new.end_time:
                    self.more[start] = new

    def _days_of(self, moment: Moment) -> list[date]:
        return moment.days(self.event.timezone, is_timed=self.event.start_time is not None)

    def _start_of(self, moment: Moment) -> datetime:
        """On the wall of the series: at the instant that is meant, or on a day at the usual time."""
        if self.event.start_time is None:
            return datetime.combine(self._days_of(moment)[0], time.min)
        if not isinstance(moment.value, datetime):
            return datetime.combine(moment.value, self.event.start_time)
        return self._local(moment)

    def _local(self, moment: Moment) -> datetime:
        """On the wall of the series, naive. A time without a zone is one on the clock that the calendar defines."""
        if self.entry.own_clock and moment.is_floating and moment.wall:
            return self.entry.own_clock.on_the_wall_of(self.event.timezone, moment.wall)
        return _local(moment, self.event.timezone)

    def _is_of_rule(self, start: datetime) -> bool:
        return (
            self.days is not None
            and start.date() in self.days
            and start.time() == (self.event.start_time or time.min)
        )

    def _is_date(self, start: datetime) -> bool:
        return start in self.more or self._is_of_rule(start)

    def _meant(self, moment: Moment) -> list[datetime]:
        """The dates of the series, by their starts, that are meant."""
        if self.event.start_time is None:
            starts = (datetime.combine(day, time.min) for day in self._days_of(moment))
            return [start for start in starts if self._is_date(start)][:1]
        if isinstance(moment.value, datetime):
            start = self._local(moment)
            if self._is_date(start):
                return [start]
            # Who writes midnight may mean the day.
            if not moment.is_midnight:
                return []
        day = moment.written
        usual = datetime.combine(day, self.event.start_time)
        others = (start for start in self._more_by_day.get(day, ()) if start in self.more and start != usual)
        return [usual, *others] if self._is_date(usual) else [*others]

    @cached_property
    def _more_by_day(self) -> dict[date, list[datetime]]:
        found: dict[date, list[datetime]] = {}
        for start in sorted(self.more):
            found.setdefault(start.date(), []).append(start)
        return found

    def _added(self, start: datetime, end: datetime | None = None) -> AdditionalDate:
        """The date that starts then; with an end only where that is not the usual one."""
        is_timed = self.event.start_time is not None
        is_usual = not is_timed or start.time() == self.event.start_time
        added = AdditionalDate(start.date(), None if is_usual else start.time())
        if end is None or end <= start:
            return added
        last = end.date() if is_timed else max((end - timedelta(seconds=1)).date(), start.date())
        of_its_own = replace(
            added,
            start_time=start.time() if is_timed else None,
            end_date=last if last > start.date() else None,
            end_time=end.time() if is_timed else None,
        )
        usual = as_scheduled(_schedule(self.event), (added.start_date, added.start_time))
        as_usual = (usual.last_date, usual.end_time) == (last, of_its_own.end_time)
        return added if as_usual else of_its_own

    def _end_of(self, added: Added, start: datetime) -> datetime | None:
        """Of a PERIOD, on the wall; days are those of the calendar, hours always as long (RFC 5545, 3.3.6)."""
        zone = self.event.timezone
        if isinstance(added.end, timedelta):
            day = start + timedelta(days=added.end.days)
            there = instant(day.date(), day.time(), zone) + timedelta(seconds=added.end.seconds)
            return there.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return self._local(added.end) if added.end else None

    def _exclude(self):
        """Takes what EXDATE names out of the list of dates, and remembers it of the rule."""
        self.excluded: set[datetime] = set()
        for moment in self.entry.excluded:
            self.excluded.update(self._meant(moment))
        # An entry for a date says that there is one, whatever EXDATE says.
        self.brought_back = {
            start
            for override in self.overrides
            if override.replaces and not self._is_earlier(override)
            for start in self._meant(override.replaces)[:1]
        }
        self.gone = self.excluded - self.brought_back
        if not self.entry.is_own:
            self.more = {start: added for start, added in self.more.items() if start not in self.gone}

    def _attach(self):
        """Sorts the overrides by the dates that they are for."""
        for override in self.overrides:
            starts = self._meant(override.replaces) if override.replaces else []
            start = starts[0] if starts else None
            is_out = start is None or start in self.excluded
            if self._is_earlier(override) and is_out:
                reason = "The series has a later version, which does not have this date any more."
                self.problems.append(override.problem(Level.SKIPPED, reason))
            elif start is None:
                # What is cancelled and none of the dates needs no page to say so.
                if override.event.event_status != CANCELLED or override.replaces is None:
                    self.others.append(override.event)
            elif override.is_following and self._is_known(start) and len(self.following) < MAX_PIECES:
                self._choose(self.following, start, override)
            else:
                self._choose(self.attached, start, override)

    def _is_known(self, start: datetime) -> bool:
        return self.days is None or start in self.more or self.days.are_known_to(start.date())

    def _is_earlier(self, override: Entry) -> bool:
        """Whether the series is of a later version than `override`."""
        ours, theirs = self.entry.event.sequence, override.event.sequence
        return ours is not None and theirs is not None and theirs < ours

    def _choose(self, chosen: dict[datetime, Entry], start: datetime, override: Entry):
        """The most recent of two entries for one date, whatever their order."""
        if start not in chosen:
            chosen[start] = override
            return
        older, chosen[start] = sorted((chosen[start], override), key=lambda entry: _recency(entry.event))
        if older.event.values != chosen[start].event.values:
            reason = (
                f"Two entries are for {start:%Y-%m-%d} of the series; the most recent one, on line "
                f"{chosen[start].event.line}, is imported."
            )
            self.problems.append(older.problem(Level.SKIPPED, reason))

    # The events that it makes

    def _make(self):
        if not self.rule and not self.more:
            if self.gone:
                self.warnings.append("All its dates are taken out by EXDATE; it is not imported.")
            return
        pieces = self._pieces()
        made = [event for piece in pieces if (event := self._made_of(piece)) is not None]
        if not made:
            made = [replace(self.event, event_status=CANCELLED, recurrence_rule=self.rule)]
        # Where everything is different from the first date on, it is still the same series.
        key = self.entry.event.key
        self.events = [made[0] if made[0].key == key else replace(made[0], key=key), *made[1:]]

    def _pieces(self) -> list[_Piece]:
        """The series, taken apart where an entry changes all that follows (RANGE=THISANDFUTURE). What is called off
        from then on is none."""
        first = min([*self.more, _begins(self.event)] if self.rule else self.more)
        pieces = [_Piece(self.event, first)]
        for start, override in sorted(self.following.items()):
            event = _in_zone(override.event, self.event)
            pieces[-1] = replace(pieces[-1], end=start)
            pieces.append(_Piece(event, start, None, _begins(event) - start))
        return [
            piece
            for piece in pieces
            if piece.first != piece.end and not _is_called_off(piece.event, self.event)
        ]

    def _made_of(self, piece: _Piece) -> FeedEvent | None:
        """The piece as an event of the page; None where nothing is left of it."""
        rule, day = self._rule_of(piece)
        more = {start: added for start, added in self.more.items() if piece.has(start)}
        if rule is None:
            more |= self._days_listed(piece)
        if not (rule or more):
            return None
        if rule and day:
            begins = datetime.combine(day, self.event.start_time or time.min) + piece.by
            event = replace(_at(piece.event, begins), recurrence_rule=rule)
        else:
            start = min(more)
            own = self._moved(start, more.pop(start), piece.event, piece.by)
            event = _at(piece.event, start + piece.by)
            if own.end_date or own.end_time:
                event = replace(event, end_date=own.end_date, end_time=own.end_time)
        added = {start: self._moved(start, one, event, piece.by) for start, one in more.items()}
        if len(added) > additional_dates.MAX_DATES:
            self.warnings.append(
                f"It has {len(added)} additional dates; the latest {additional_dates.MAX_DATES} are imported."
            )
            added = {start: added[start] for start in sorted(added)[-additional_dates.MAX_DATES :]}
        event = replace(
            event,
            additional_dates=tuple(added[start] for start in sorted(added)),
            keeps_duration=bool(rule or added) and self._keeps_duration(event),
        )
        return self._with_exceptions(event, piece)

    def _keeps_duration(self, event: FeedEvent) -> bool:
        """Whether it matters that RFC 5545 counts hours: only at night clocks are changed. A DURATION of days, and what
        our own calendars say by DTEND, means the time on the wall."""
        if not event.start_time or not event.end_time or event.timezone == "UTC":
            return False
        is_at_night = event.end_date is not None or event.start_time < time(4)
        return is_at_night and self.entry.is_exact

    def _moved(
        self, start: datetime, added: AdditionalDate, event: FeedEvent, by: timedelta
    ) -> AdditionalDate:
        """An additional date that starts at `start` as one of the `event`, `by` so much later."""
        moved = start + by
        is_usual = event.start_time is None or moved.time() == event.start_time
        if not (added.end_date or added.end_time):
            return AdditionalDate(moved.date(), None if is_usual else moved.time())
        last = datetime.combine(added.end_date or added.start_date, added.end_time or time.min) + by
        return AdditionalDate(
            moved.date(),
            moved.time() if event.start_time else None,
            last.date() if last.date() > moved.date() else None,
            last.time() if event.start_time and added.end_time else None,
        )

    def _rule_of(self, piece: _Piece) -> tuple[str | None, date | None]:
        """The rule of the piece and its first day as the series had it; ("", None) where no day of the rule is in it,
        (None, its first day) where no rule means its days."""
        if not self.rule or self.days is None:
            return "", None
        event = self.event
        usual = event.start_time or time.min
        if piece.first <= _begins(event) and piece.end is None and not piece.by:
            return self.rule, event.start_date
        first = next(
            iter(self._days_from((piece.first - timedelta(days=1)).date(), 3, after=piece.first)), None
        )
        if first is None or not piece.has(datetime.combine(first, usual)):
            return "", None
        rule, by = rules.without_end(self.rule), self._days_later(first, piece)
        if by:
            moved = rules.moved(rule, self._days_from(first, 60), by, self.effort)
            if moved is None:
                return None, first
            rule = moved
        end = rrule.parts(self.rule)
        if piece.end:
            last = max(day for day in self.days.known if datetime.combine(day, usual) < piece.end)
            rule = f"{rule};UNTIL={last + by:%Y%m%d}"
        elif "COUNT" in end:
            rule = f"{rule};COUNT={int(end['COUNT']) - sum(day < first for day in self.days.known)}"
        elif until := rrule.last_day(self.rule, event.start_time, event.timezone):
            rule = f"{rule};UNTIL={until + by:%Y%m%d}"
        return (rule, first) if len(rule) <= rrule.MAX_LENGTH else (None, first)

    def _days_later(self, day: date, piece: _Piece) -> timedelta:
        return (datetime.combine(day, self.event.start_time or time.min) + piece.by).date() - day

    def _days_from(self, first: date, number: int, after: datetime | None = None) -> list[date]:
        event = self.event
        usual = event.start_time or time.min
        days = rrule.days(self.rule, event.start_date, event.start_time, event.timezone)
        late = dropwhile(
            lambda day: day < first or (after is not None and datetime.combine(day, usual) < after), days
        )
        return list(islice(late, number))

    def _days_listed(self, piece: _Piece) -> dict[datetime, AdditionalDate]:
        """The dates of the rule in `piece`, one by one."""
        usual = self.event.start_time or time.min
        days = self._days_from(piece.first.date(), rules.MAX_LISTED, after=piece.first)
        starts = [start for day in days if piece.has(start := datetime.combine(day, usual))]
        self.warnings.append(
            f"From {piece.first:%Y-%m-%d} on its dates are moved to days that no rule means: {LISTED}, {len(starts)} "
            "of them."
        )
        return {start: AdditionalDate(start.date()) for start in starts if start not in self.gone}

    # What is different about single dates

    def _with_exceptions(self, event: FeedEvent, piece: _Piece) -> FeedEvent:
        changes: dict[str, ScheduleException] = {}
        schedule = _schedule(event)
        if not schedule.is_series:
            return self._as_attached(event, piece)
        for start in sorted(self.gone) if event.recurrence_rule or self.entry.is_own else ():
            if piece.has(start) and self._is_date(start):
                day, wall_time = schedule.original(*self._wall_of(start + piece.by, event))
                changes[str(start)] = ScheduleException(day, is_cancelled=True, original_time=wall_time)
        for start, override in self.attached.items():
            if piece.has(start):
                original = schedule.original(*self._wall_of(start + piece.by, event))
                changes.pop(str(start), None)
                event, change = self._folded(event, original, self._change(event, override, original))
                if change:
                    changes[str(start)] = change
        if len(changes) > MAX_EXCEPTIONS:
            self.warnings.append(
                f"It has {len(changes)} dates that are different; the latest {MAX_EXCEPTIONS} are imported as such."
            )
        return replace(event, exceptions=tuple(changes[start] for start in sorted(changes)[-MAX_EXCEPTIONS:]))

    def _wall_of(self, start: datetime, event: FeedEvent) -> tuple[date, time | None]:
        return start.date(), start.time() if event.start_time else None

    def _as_attached(self, event: FeedEvent, piece: _Piece) -> FeedEvent:
        """The only date, as the entry for it says, if there is one."""
        override = next((entry for start, entry in self.attached.items() if piece.has(start)), None)
        return replace(override.event, key=event.key) if override else event

    def _change(self, series: FeedEvent, override: Entry, original: Original) -> ScheduleException | None:
        """What `override` says is different about the date `original` of `series`; None where that is nothing."""
        day, original_time = original
        event = _in_zone(override.event, series)
        note = _note(series, event)
        none = ScheduleException(day, original_time=original_time)
        if _is_called_off(event, series):
            return replace(none, is_cancelled=True, note=note)
        if series.start_time and event.start_time is None:
            # A page cannot take the time away from one date.
            self.others.append(override.event)
            return replace(none, is_cancelled=True, note="It takes place as an event of its own.")
        usual = as_scheduled(_schedule(series), original, event.start_date)
        is_other_start = event.start_time != usual.start_time
        is_other_end = event.end_time != usual.end_time
        is_as_long = _last(event) - event.start_date == usual.last_date - usual.start_date
        change = replace(
            none,
            start_date=event.start_date if event.start_date != day else None,
            # An end that is not known any more is told by the start alone.
            start_time=event.start_time if is_other_start or (is_other_end and not event.end_time) else None,
            end_date=None if is_as_long else _last(event),
            end_time=event.end_time if is_other_start or is_other_end else None,
            note=note,
        )
        return change if change != none else None

    def _folded(
        self, event: FeedEvent, original: Original, change: ScheduleException | None
    ) -> tuple[FeedEvent, ScheduleException | None]:
        """Of an additional date that only ends at another time, the end becomes its own: so our calendars write it."""
        only_end = ScheduleException(
            original[0],
            end_date=change.end_date if change else None,
            end_time=change.end_time if change else None,
            original_time=original[1],
        )
        if change is None or change != only_end:
            return event, change
        starts = {
            (each.start_date, each.start_time if each.start_time != event.start_time else None): each
            for each in event.additional_dates
        }
        added = starts.get(original)
        if added is None:
            return event, change
        usual = as_scheduled(_schedule(event), original)
        last, end_time = change.end_date or usual.last_date, change.end_time or usual.end_time
        with_end = replace(
            added,
            start_time=usual.start_time,
            end_date=last if last > added.start_date or not end_time else None,
            end_time=end_time,
        )
        dates = tuple(with_end if each is added else each for each in event.additional_dates)
        return replace(event, additional_dates=dates), None


def _schedule(event: FeedEvent) -> Schedule:
    return replace(event.schedule, exceptions=())


def _begins(event: FeedEvent) -> datetime:
    """On the wall, naive; a day is its midnight."""
    return datetime.combine(event.start_date, event.start_time or time.min)


def _at(event: FeedEvent, begins: datetime) -> FeedEvent:
    """`event` from `begins` on, as long as it was by the clock on the wall."""
    if not event.start_time:
        return _on(event, begins.date())
    moved = replace(event, start_date=begins.date(), start_time=begins.time())
    if not event.end_time:
        length = _last(event) - event.start_date
        return replace(moved, end_date=begins.date() + length if length else None)
    end = datetime.combine(_last(event), event.end_time) + (begins - _begins(event))
    return replace(moved, end_date=end.date() if end.date() > begins.date() else None, end_time=end.time())


def _recency(event: FeedEvent) -> tuple:
    return event.recency, sorted(map(str, event.values.items()))


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
    if moment.is_floating and moment.wall:
        return moment.wall
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
