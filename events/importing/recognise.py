"""Which events of a feed are known already, also where the feed has given them other UIDs. Pure.

Some calendars make new UIDs for every download. An event is known by its UID; else by its title, time and place. Two of
the three are enough only in a feed that was seen to change its UIDs, only where nothing else could be meant, and with a
word to whoever reads the report: two different events must not become one.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, time
from typing import Any

from events.recurrence import instant

from .feed import FeedEvent, Key, Level, Problem, Values
from .reconcile import is_over

MAX_DAYS = 92
"""By so much an event may be moved under another UID."""
NEAR_DAYS = 3
"""By so much if others have its title."""

_SUCCESSOR = re.compile(r"(.+)_R\d{8}(?:T\d{6}Z?)?(@.+)?")
_WORD = re.compile(r"[^\W_]{4,}")

Sign = Callable[[Values], Hashable]


@dataclass(frozen=True, slots=True)
class Known:
    """An event that is known. `values` are its title, time and place as the feed said them last, `feed_key` is the key
    that the feed had for it last; `seen` is what is stored of both beside the record's own."""

    values: Values
    feed_key: Key
    seen: Mapping[str, Any] = field(default_factory=dict)
    stays_away: bool = False
    runs_missing: int = 0


@dataclass(slots=True)
class Recognised:
    """By their keys in the feed the keys under which events are known or will be, and what to tell about that."""

    keys: dict[Key, Key] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def recognised(events: Iterable[FeedEvent], known: Mapping[Key, Known], *, day: date) -> Recognised:
    """Which of `events` is which of `known` on `day`. Events that are not known get keys that no other has."""
    return _Recognition(events, known, day).found


class _Recognition:
    def __init__(self, events: Iterable[FeedEvent], known: Mapping[Key, Known], day: date):
        self.events = {event.key: event for event in events}
        self.known = known
        self.day = day
        self.found = Recognised()
        self.taken: set[Key] = set()
        if not self._all_by_key():
            self.values: dict[Key, Values] = {key: event.values for key, event in self.events.items()}
            self._by_key()
            kept = sum(
                known[key].feed_key == told for told, key in self.found.keys.items() if not told.is_nameless
            )
            self._pair_in_order(_in_full)
            self._pair_in_order(_exactly)
            named = [told for told in self.found.keys if not told.is_nameless]
            self._by_key_alone()
            self._successors()
            changed = len(named) - kept
            changes = changed > kept or (not kept and any(one.seen.get("uid") for one in known.values()))
            self._by_less(changes)
        self._keep_keys_apart()

    def _all_by_key(self) -> bool:
        """Whether nothing has changed, as nearly always."""
        current = {one.feed_key: key for key, one in self.known.items()}
        if len(current) < len(self.known) or not self.events.keys() <= current.keys():
            return False
        for told in self.events:
            one = self.known[current[told]]
            if told.is_nameless or str(one.values["title"]) == self.events[told].title:
                continue
            return False
        for told in self.events:
            self._take(told, current[told])
        return True

    def _take(self, told: Key, key: Key) -> None:
        self.found.keys[told] = key
        self.taken.add(key)

    def _left(self) -> Iterator[Key]:
        return (told for told in self.events if told not in self.found.keys)

    def _free(self) -> Iterator[Key]:
        return (key for key in self.known if key not in self.taken)

    # By key

    def _by_key(self) -> None:
        exactly: dict[Hashable, list[Key]] = defaultdict(list)
        for key, one in self.known.items():
            exactly[_exactly(one.values)].append(key)
        current: dict[Key, Key] = {}
        # Of two that had the same, the one that was there more lately.
        for key, one in sorted(self.known.items(), key=lambda pair: -pair[1].runs_missing):
            current[one.feed_key] = key
        for told in self.events:
            known = current.get(told)
            if known and not self._is_of_another(told, known, exactly):
                self._take(told, known)

    def _is_of_another(self, told: Key, key: Key, exactly: Mapping[Hashable, list[Key]]) -> bool:
        """Whether the UID has come to another event: numbers of rows do, when a row goes."""
        ours, theirs = self.known[key].values, self.values[told]
        if _title(ours) == _title(theirs) or ours.get("start_date") == theirs.get("start_date"):
            return False
        return any(
            other != key
            and not (
                (there := self.values.get(self.known[other].feed_key))
                and _exactly(there) == _exactly(self.known[other].values)
            )
            for other in exactly.get(_exactly(theirs), ())
        )

    def _by_key_alone(self) -> None:
        for told in list(self._left()):
            if told in self.known and told not in self.taken:
                self._take(told, told)

    def _successors(self) -> None:
        """Google splits a series by a second one, “UID_R20270211T190000”; of the first there may be nothing left."""
        for told in list(self._left()):
            match = _SUCCESSOR.fullmatch(told.uid)
            base = Key(match[1] + (match[2] or "")) if match else None
            if base and base in self.known and base not in self.taken and base not in self.events:
                self._take(told, base)

    # By title, time and place

    def _pair_in_order(self, sign: Sign) -> None:
        """Take those that are alike by `sign` for each other: of several the first for the first."""
        ours = defaultdict(list)
        for key in sorted(
            self._free(), key=lambda key: (self.known[key].stays_away, self.known[key].runs_missing)
        ):
            ours[sign(self.known[key].values)].append(key)
        for told in list(self._left()):
            if candidates := ours.get(sign(self.values[told])):
                self._take(told, candidates.pop(0))

    def _by_less(self, changes: bool) -> None:
        """What is alike in two of the three only, where the feed `changes` its UIDs or has none."""
        nameless = {key for key in self.known if key.is_nameless}
        for sign, is_meant in (
            (_title_and_time, lambda told, key: self._is_the_only(_title_and_time, told, key)),
            (_website, lambda told, key: True),
            (_title_and_place, self._is_moved),
            (_time_and_place, self._is_renamed),
        ):
            ours, theirs = defaultdict(list), defaultdict(list)
            for key in self._free():
                if (found := sign(self.known[key].values)) and (changes or key in nameless):
                    ours[found].append(key)
            for told in self._left():
                # An address that only stands in its text may be anybody's.
                found = self.events[told].url if sign is _website else sign(self.values[told])
                if found and (changes or told.is_nameless):
                    theirs[found].append(told)
            for found, events in theirs.items():
                if len(events) == 1 and len(ours[found]) == 1:
                    told, key = events[0], ours[found][0]
                    is_unsteady = not told.is_nameless or not key.is_nameless
                    if not (changes and is_unsteady) and sign in (_title_and_place, _time_and_place):
                        continue
                    if is_meant(told, key):
                        self._take(told, key)
                        if is_unsteady:
                            self._tell(told, key)

    def _is_the_only(self, sign: Sign, told: Key, key: Key) -> bool:
        """Whether no other event, in the feed or known and still to come, is like these by `sign`."""
        wanted = sign(self.values[told])
        others = any(sign(values) == wanted for other, values in self.values.items() if other != told)
        return not others and not any(
            sign(one.values) == wanted and not is_over(one.values, self.day)
            for other, one in self.known.items()
            if other != key
        )

    def _is_moved(self, told: Key, key: Key) -> bool:
        ours, theirs = self.known[key].values, self.values[told]
        if is_over(ours, self.day):
            return False
        days = abs(
            date.fromisoformat(str(ours["start_date"])) - date.fromisoformat(str(theirs["start_date"]))
        ).days
        return days <= NEAR_DAYS or (days <= MAX_DAYS and self._is_the_only(_title, told, key))

    def _is_renamed(self, told: Key, key: Key) -> bool:
        ours, theirs = self.known[key].values, self.values[told]
        words = set(_WORD.findall(_title(ours))) & set(_WORD.findall(_title(theirs)))
        return bool(words or any(_place(ours))) and self._is_the_only(_time_and_place, told, key)

    def _tell(self, told: Key, key: Key) -> None:
        event, values = self.events[told], self.known[key].values
        reason = (
            f"The feed has a new UID for it. It is taken for “{values['title']}” of {values['start_date']}, which is "
            "not in the feed any more. If it is another event, tell whoever publishes the feed to keep UIDs."
        )
        self.found.problems.append(Problem(Level.WARNING, reason, told.uid, event.line))

    def _keep_keys_apart(self) -> None:
        """A new event may have a UID that another one had before."""
        for told in list(self._left()):
            key, number = told, 2
            while key in self.known or (key != told and key in self.events):
                key = Key(f"{told.uid[:200]} ({number})", told.recurrence_id)
                number += 1
            self.found.keys[told] = key


# What events are alike by


def _title(values: Values) -> str:
    return " ".join(str(values["title"]).casefold().split())


def _time(values: Values) -> str:
    """As an instant, whatever the zone it is told in; whole days as the day."""
    day, clock = str(values["start_date"]), values.get("start_time")
    if not clock:
        return day
    start = instant(
        date.fromisoformat(day), time.fromisoformat(str(clock)), str(values.get("timezone") or "UTC")
    )
    return f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _place(values: Values) -> tuple[str, str]:
    venue, city = (" ".join(str(values.get(name) or "").casefold().split()) for name in ("venue", "city"))
    return (venue, city) if venue or city else (str(values.get("online_url") or ""), "")


def _exactly(values: Values) -> Hashable:
    return _title(values), _time(values), _place(values)


def _in_full(values: Values) -> Hashable:
    rest = (values.get(name) or "" for name in ("end_date", "end_time", "website", "recurrence_rule"))
    return _exactly(values), *map(str, rest)


def _title_and_time(values: Values) -> Hashable:
    return _title(values), _time(values)


def _title_and_place(values: Values) -> Hashable:
    return _title(values), _place(values)


def _time_and_place(values: Values) -> Hashable:
    return _time(values), str(values.get("end_date") or ""), str(values.get("end_time") or ""), _place(values)


def _website(values: Values) -> Hashable:
    return str(values.get("website") or "")
