"""What an import changes or would change, field by field and in words, for a person who looks at it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from events.dates import describe_days
from events.models import EventPage
from events.repetition import in_words
from events.text import plain_text

from .feed import Key, Value, Values
from .markup import cut
from .models import ImportSource
from .reconcile import STAYS_AWAY, Absence, Action, Plan, PlanItem, whole_field
from .versions import listed

MAX_LENGTH = 600
"""Of one value; who wants more of it looks at the page."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, and in words what it says before and after; "" where it is empty."""

    label: str
    before: str
    after: str


class Kind(StrEnum):
    """What would become of an event, what needs a look first."""

    CONFLICT = "Conflict"
    CREATED = "Created"
    UPDATED = "Updated"
    WITHDRAWN = "Withdrawn"
    MISSING = "Not in the feed"
    SKIPPED = "Skipped"
    UNCHANGED = "Unchanged"


@dataclass(frozen=True, slots=True)
class Row:
    """One event of a plan. `conflicts` have what the page keeps before, and what the feed says after; `changes` are the
    values that its page would get, all of them where it is new, None where there is no page and will be none."""

    kind: Kind
    title: str
    key: Key
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    conflicts: tuple[Difference, ...] = ()
    changes: Values | None = None


def rows(plan: Plan, source: ImportSource) -> list[Row]:
    """All that `plan` would do to the pages of `source`, in the order of Kind."""
    found = [*map(_row, plan.items), *(_absence(absence, source) for absence in plan.absences)]
    order = list(Kind)
    return sorted(found, key=lambda row: order.index(row.kind))


def counts(rows: Iterable[Row]) -> list[tuple[Kind, int]]:
    """How many rows there are of each kind that there are any of."""
    found = Counter(row.kind for row in rows)
    return [(kind, found[kind]) for kind in Kind if found[kind]]


def differences(fields: Mapping[str, Sequence[Value]]) -> tuple[Difference, ...]:
    """Of fields of an event's page, each with its values before and after, what a person sees of them."""
    return tuple(_differences(fields))


def _row(item: PlanItem) -> Row:
    event, ours = item.event, item.ours or {}
    changes = event.values if item.action == Action.CREATE else item.merge.changes
    kinds = {
        Action.CREATE: Kind.CREATED,
        Action.UPDATE: Kind.UPDATED,
        Action.SKIP: Kind.SKIPPED,
    }
    kind = Kind.CONFLICT if item.merge.conflicts else kinds.get(item.action, Kind.UNCHANGED)
    stays_away = item.reason == STAYS_AWAY
    return Row(
        kind,
        event.title,
        event.key,
        item.reason,
        differences({name: (ours.get(name), value) for name, value in changes.items()}),
        differences(
            {name: (value_of(ours, name), value_of(event.values, name)) for name in item.merge.conflicts}
        ),
        None if stays_away else changes,
    )


def _absence(absence: Absence, source: ImportSource) -> Row:
    is_enough = absence.runs >= source.missing_after and source.missing != ImportSource.Missing.KEEP
    if is_enough:
        kind, what = Kind.WITHDRAWN, source.get_missing_display()
    else:
        kind, what = Kind.MISSING, "Nothing is done yet"
    if source.missing == ImportSource.Missing.KEEP:
        what = source.get_missing_display()
    times = "for the first time" if absence.runs == 1 else f"for {absence.runs} runs in a row"
    is_cancelled = kind == Kind.WITHDRAWN and source.missing == ImportSource.Missing.CANCEL
    changes: Values = {"event_status": EventPage.Status.CANCELLED.value} if is_cancelled else {}
    return Row(kind, absence.title, absence.key, f"It is not in the feed {times}. {what}.", changes=changes)


def value_of(values: Values, name: str) -> Value:
    """Of a field as `reconcile.merge` names it."""
    field = whole_field(name)
    if field == name:
        return values.get(name)
    start, by_date = name.partition(" ")[2], values.get(field)
    return {start: by_date[start]} if isinstance(by_date, Mapping) and start in by_date else None


def _differences(fields: Mapping[str, Sequence[Value]]) -> Iterator[Difference]:
    for name, (before, after) in fields.items():
        told = difference(name, before, after)
        if told.before != told.after:
            yield told


def difference(name: str, before: Value, after: Value) -> Difference:
    """What a person sees of a field of an event's page before and after."""
    told = _in_words(name, before), _in_words(name, after)
    if before and after and before != after and told[0] == told[1]:
        told = told[0], f"{told[1]} (other formatting)"
    words = listed([name])
    return Difference(words[:1].upper() + words[1:], *told)


def _in_words(name: str, value: Value) -> str:
    if not value:
        return ""
    if isinstance(value, bool):
        return "Yes"
    if isinstance(value, Mapping):
        words_of = _additional if whole_field(name) == "additional_dates" else _exception
        return cut(
            "; ".join(f"{_start(start)}{words_of(told)}" for start, told in sorted(value.items())), MAX_LENGTH
        )
    if isinstance(value, list):
        return ", ".join(value)
    if name == "body":
        return cut(plain_text(value), MAX_LENGTH)
    if name == "recurrence_rule":
        return in_words(value)
    if name in ("start_date", "end_date"):
        return _day(value)
    if name in ("start_time", "end_time"):
        return value[:5]
    if name == "image" and value.startswith("image "):
        return "Another picture of the library"
    choices = dict(EventPage._meta.get_field(name).flatchoices)
    return cut(str(choices.get(value, value)), MAX_LENGTH)


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return describe_days(day, day)


def _exception(told: Mapping[str, object]) -> str:
    """`is cancelled`, or `start time: 10:00:00`, of one date of a series."""
    words = (name.replace("_", " ") + ("" if value is True else f": {value}") for name, value in told.items())
    return ": " + (", ".join(words) or "as the others")


def _additional(told: Mapping[str, object]) -> str:
    """` until 10:00`, of a date that has an end of its own."""
    words = [_day(str(told["end_date"]))] if told.get("end_date") else []
    words += [str(told["end_time"])[:5]] if told.get("end_time") else []
    return f" until {' '.join(words)}" if words else ""


def _start(text: str) -> str:
    day, _, wall_time = text.partition("T")
    return _day(day) + (f" {time.fromisoformat(wall_time):%H:%M}" if wall_time else "")
