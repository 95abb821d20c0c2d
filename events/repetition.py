"""How a series repeats, as the form asks it: between a recurrence rule and the choices that mean the same. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from . import rrule
from .dates import describe_days

NEVER = ""
OWN = "own"
REPEATS = (
    (NEVER, "It takes place once"),
    ("DAILY", "Every day"),
    ("WEEKLY", "Every week"),
    ("MONTHLY", "Every month"),
    ("YEARLY", "Every year"),
    (OWN, "By a rule of its own"),
)
UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
WEEKDAYS = tuple(
    zip(rrule.WEEKDAYS, "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(), strict=True)
)
SAME_DAY = ""
POSITIONS = (
    (SAME_DAY, "on the same day of the month"),
    ("1", "on the first …"),
    ("2", "on the second …"),
    ("3", "on the third …"),
    ("4", "on the fourth …"),
    ("-1", "on the last …"),
)
ENDS = (("", "Never"), ("until", "On a date"), ("count", "After a number of dates"))


@dataclass(frozen=True, slots=True)
class Repetition:
    """What an editor chose. Of what does not belong to `repeats`, or to `ends`, nothing is set."""

    repeats: str = NEVER
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    """Of every week; none means the weekday of the first day."""
    position: str = SAME_DAY
    weekday: str = ""
    """Of every month, with a `position`."""
    ends: str = ""
    until: date | None = None
    count: int | None = None
    rule: str = ""
    """Where `repeats` is OWN."""


def repetition(text: str) -> Repetition:
    """The choices that mean the same as the rule `text`; OWN where there are none, whatever the text says."""
    if not text:
        return Repetition()
    try:
        return _choices(rrule.parts(text)) or Repetition(OWN, rule=text)
    except ValueError:
        return Repetition(OWN, rule=text)


def rule(chosen: Repetition) -> str:
    """The recurrence rule of what was chosen, "" for a single event. The day on which it ends is a DATE."""
    if chosen.repeats in (NEVER, OWN):
        return chosen.rule
    parts = [f"FREQ={chosen.repeats}"]
    if chosen.interval != 1:
        parts.append(f"INTERVAL={chosen.interval}")
    if chosen.weekdays:
        parts.append(f"BYDAY={','.join(chosen.weekdays)}")
    if chosen.position:
        parts.append(f"BYDAY={chosen.position}{chosen.weekday}")
    if chosen.until:
        parts.append(f"UNTIL={chosen.until.isoformat().replace('-', '')}")
    if chosen.count:
        parts.append(f"COUNT={chosen.count}")
    return ";".join(parts)


def in_words(text: str) -> str:
    """`Every 2 weeks on Tuesday, until 31 December 2026`; a rule that has no choices as it is."""
    chosen = repetition(text)
    if chosen.repeats == NEVER:
        return "Does not repeat"
    if chosen.repeats == OWN:
        return text
    unit = UNITS[chosen.repeats]
    words = f"Every {unit}" if chosen.interval == 1 else f"Every {chosen.interval} {unit}s"
    names = dict(WEEKDAYS)
    if chosen.weekdays:
        *others, last = [names[day] for day in chosen.weekdays]
        words += f" on {', '.join(others)} and {last}" if others else f" on {last}"
    if chosen.position:
        words += f" {dict(POSITIONS)[chosen.position].rstrip(' …')} {names[chosen.weekday]}"
    if chosen.until:
        words += f", until {describe_days(chosen.until, chosen.until)}"
    if chosen.count:
        words += f", {chosen.count} times" if chosen.count > 1 else ", once"
    return words


def _choices(parts: dict[str, str]) -> Repetition | None:
    """None if a part of the rule is beyond them."""
    repeats, interval = parts.pop("FREQ"), int(parts.pop("INTERVAL", "1"))
    if parts.get("WKST") == "MO" or repeats != "WEEKLY" or interval == 1:
        parts.pop("WKST", None)  # here the first day of the week changes nothing
    weekdays: tuple[str, ...] = ()
    position = weekday = ""
    days = parts.pop("BYDAY", "")
    if repeats == "WEEKLY":
        weekdays = tuple(day for day in rrule.WEEKDAYS if day in days.split(","))
    elif days:
        position, weekday = days[:-2].lstrip("+"), days[-2:]
        if repeats != "MONTHLY" or position not in dict(POSITIONS) or not position:
            return None
    until, count = parts.pop("UNTIL", ""), parts.pop("COUNT", "")
    if parts or len(until) > len("20261231"):
        return None
    return Repetition(
        repeats,
        interval,
        weekdays,
        position,
        weekday,
        ends="until" if until else "count" if count else "",
        until=datetime.strptime(until, "%Y%m%d").date() if until else None,  # noqa: DTZ007
        count=int(count) if count else None,
    )
