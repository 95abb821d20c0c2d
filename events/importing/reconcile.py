"""What an import should do, decided from what the feed says, what it said last, and what the pages hold.
Pure."""

import dataclasses
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from events import rrule

from .feed import FeedEvent, Key, Value, Values

WHEN = (
    "date_status",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "timezone",
    "recurrence_rule",
)
# Fields that say something of several dates of a series. Each date is merged as a field of its own, whose name is that
# of the field, a space, and the date.
BY_DATE = ("exceptions", "additional_dates")
STAYS_AWAY = "An editor deleted or ignored it; it stays away."
# So many dates of a series are looked at to tell whether it is over.
MAX_DATES = 1000
Flat = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """An event that was imported before.

    `values` is what the feed said last, None where it says just that again; `draft` is what the page's latest draft
    says now, and is needed only when the feed says something new. `stays_away`: an editor deleted or ignored the event.
    `pins` are fields that do not follow the feed. `runs_missing` counts the runs in a row that did not have it;
    `is_withdrawn` since one took the page down.
    """

    values: Values | None
    draft: Values | None = None
    stays_away: bool = False
    sequence: int | None = None
    last_modified: datetime | None = None
    pins: tuple[str, ...] = ()
    runs_missing: int = 0
    is_withdrawn: bool = False


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    # The page needs no change, only what the feed says now is to be remembered.
    REMEMBER = "remember"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Merge:
    """The fields to write, and those where the editor's words stand against new ones of the feed."""

    changes: dict[str, Value]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanItem:
    """`ours` is what the page says now, where something is to be merged into it."""

    action: Action
    event: FeedEvent
    merge: Merge = Merge({}, ())
    reason: str = ""
    ours: Values | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """An event that is held and that the feed does not have, for so many runs in a row, this one among them."""

    key: Key
    title: str
    runs: int
    is_upcoming: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`newer` are unchanged events of which the feed holds a later version that says the same, or that it has again.

    `upcoming` counts the events that are held and not over. `seen` is what is to be stored of what the feed calls
    events that are known by another key, and of those that stay away.
    """

    items: tuple[PlanItem, ...]
    newer: tuple[FeedEvent, ...] = ()
    absences: tuple[Absence, ...] = ()
    upcoming: int = 0
    seen: Mapping[Key, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def touches_pages(self) -> bool:
        idle = (Action.UNCHANGED, Action.SKIP)
        return bool(self.absences) or any(item.action not in idle for item in self.items)


def reconcile(events: Iterable[FeedEvent], held: Mapping[Key, Held]) -> Plan:
    """One item for each of `events`, which have distinct keys. What is held and not in the feed is left
    alone; see `absences`."""
    items = tuple(_item(event, held.get(event.key)) for event in events)
    unchanged = (item.event for item in items if item.action == Action.UNCHANGED)
    return Plan(
        items,
        tuple(
            event for event in unchanged if held[event.key].runs_missing or is_newer(event, held[event.key])
        ),
    )


def with_absences(
    plan: Plan, held: Mapping[Key, Held], present: Container[Key], day: date, *, is_rolling: bool
) -> Plan:
    """`plan` with what the feed, in which the events `present` are, does not have any more on `day`.

    A rolling feed drops past events. What was deleted or ignored is gone already.
    """
    there = {key: known for key, known in held.items() if not known.stays_away}
    said = {item.event.key: item.event for item in plan.items}

    def last_said(key: Key) -> Values:
        values = there[key].values
        return said[key].values if values is None else values

    coming = {key for key in there if not is_over(last_said(key), day)}
    missing = (key for key in there if key not in present and (key in coming or not is_rolling))
    absences = (
        Absence(key, str(last_said(key)["title"]), there[key].runs_missing + 1, key in coming)
        for key in missing
    )
    return replace(plan, absences=tuple(absences), upcoming=len(coming))


def is_over(values: Values, day: date) -> bool:
    """Whether nothing of an event takes place on `day` or later, by its own wall calendar."""
    start, end, rule = (values.get(name) for name in ("start_date", "end_date", "recurrence_rule"))
    if not isinstance(start, str):
        return False
    last = date.fromisoformat(end if isinstance(end, str) else start)
    length = last - date.fromisoformat(start)
    more = values.get("additional_dates")
    if isinstance(more, Mapping) and any(
        _last_of(begin, told) + length >= day for begin, told in more.items()
    ):
        return False
    if not (rule and isinstance(rule, str)):
        return last < day
    if not rrule.has_end(rule):
        return False
    days = rrule.days(rule, date.fromisoformat(start), None, str(values["timezone"]))
    return all(each + length < day for each in islice(days, MAX_DATES))


def _last_of(start: str, told: Mapping[str, Any]) -> date:
    return date.fromisoformat(told.get("end_date") or start.partition("T")[0])


def _item(event: FeedEvent, held: Held | None) -> PlanItem:
    if held is None:
        return PlanItem(Action.CREATE, event)
    if held.stays_away:
        return PlanItem(Action.SKIP, event, reason=STAYS_AWAY)
    is_same = held.values is None or held.values == event.values
    if is_same and not held.is_withdrawn:
        return PlanItem(Action.UNCHANGED, event)
    if is_older(event, held):
        return PlanItem(
            Action.SKIP, event, reason="The feed holds an older version than was imported before."
        )
    before = event.values if held.values is None else held.values
    ours = held.draft or before
    merged = merge(before, event.values, ours, pins=held.pins)
    is_news = merged.changes or held.is_withdrawn
    return PlanItem(Action.UPDATE if is_news else Action.REMEMBER, event, merged, ours=ours)


def is_older(event: FeedEvent, held: Held) -> bool:
    """RFC 5545: SEQUENCE decides, then LAST-MODIFIED, each only where both versions have it."""
    if event.sequence is not None and held.sequence is not None and event.sequence != held.sequence:
        return event.sequence < held.sequence
    if event.last_modified and held.last_modified:
        return event.last_modified < held.last_modified
    return False


def is_newer(event: FeedEvent, held: Held) -> bool:
    """Whether `event` has a later SEQUENCE or LAST-MODIFIED, so that versions between may be refused later."""
    if is_older(event, held):
        return False
    has_risen = event.sequence is not None and (held.sequence is None or event.sequence > held.sequence)
    return has_risen or bool(
        event.last_modified and (held.last_modified is None or event.last_modified > held.last_modified)
    )


def merge(base: Values, theirs: Values, ours: Values, *, pins: Iterable[str] = ()) -> Merge:
    """Merge field by field: `base` is what the feed said last, `theirs` what it says now, `ours` what the
    page says.

    What the feed did not change stays as it is; what no editor touched follows the feed; where both changed,
    the editor's stays. Dates that would contradict each other after that count as one field. What is named in `pins`
    stays in any case, and is no conflict.
    """
    base, theirs, ours = map(_apart, (base, theirs, ours))
    news = {
        name: theirs.get(name)
        for name in base.keys() | theirs.keys()
        if theirs.get(name) not in (base.get(name), ours.get(name)) and name not in pins
    }
    changes = {name: value for name, value in news.items() if ours.get(name) == base.get(name)}
    if not _is_coherent({**ours, **changes}):
        changes = {name: value for name, value in changes.items() if name not in WHEN}
    conflicts = tuple(sorted(news.keys() - changes.keys()))
    return Merge(_together(changes, ours), conflicts)


def field_of(values: Values, name: str) -> Any:
    """The field that `merge` calls `name`."""
    return _apart(values).get(name)


def taken_over(ours: Values, theirs: Values, names: Iterable[str]) -> dict[str, Value]:
    """`ours` with the fields that `merge` calls by these `names` as `theirs` has them."""
    return {**ours, **_together({name: field_of(theirs, name) for name in names}, _apart(ours))}


def fields_of(*versions: Values) -> list[str]:
    """All that `merge` may name of `versions`, in the order of the first."""
    return list(dict.fromkeys(name for values in versions for name in _apart(values)))


def differing(one: Values, other: Values) -> set[str]:
    """The fields, as `merge` names them, in which two versions differ."""
    one, other = _apart(one), _apart(other)
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _apart(values: Mapping[str, Any]) -> Flat:
    """`values` with each date of the fields BY_DATE as a field of its own."""
    flat = {name: value for name, value in values.items() if name not in BY_DATE}
    by_date = {
        f"{field} {start}": told for field in BY_DATE for start, told in (values.get(field) or {}).items()
    }
    return {**flat, **by_date}


def _together(changes: Flat, ours: Flat) -> dict[str, Value]:
    """`changes` with all dates of a field BY_DATE as one, if any of them changes."""
    merged = {name: value for name, value in changes.items() if whole_field(name) == name}
    for field in BY_DATE:
        prefix = f"{field} "
        if any(name.startswith(prefix) for name in changes):
            merged[field] = {
                name.removeprefix(prefix): value
                for name, value in sorted({**ours, **changes}.items())
                if name.startswith(prefix) and value is not None
            }
    return merged


def whole_field(name: str) -> str:
    """The field of the page in which that is which `merge` calls `name`."""
    return name.partition(" ")[0]


def _is_coherent(values: Flat) -> bool:
    """What EventPage demands of its dates; ISO 8601 sorts as text."""
    first, start, end = values["start_date"], values["start_time"], values["end_time"]
    if first is None or values["date_status"] == "to_be_determined":
        return False
    last = values["end_date"] or first
    if last < first:
        return False
    rule = values.get("recurrence_rule")
    if rule and rrule.next_day(rule, date.fromisoformat(first)) != date.fromisoformat(first):
        return False
    return end is None or (start is not None and (last > first or end > start))
