"""The calendars of partners, as the scenarios change them, and what they say in terms of an event's page."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

Values = dict[str, object]


@dataclass(frozen=True)
class Entry:
    """One event of a feed. `series` is how many days in a row it takes place; `dropped` are days without it."""

    uid: str
    title: str
    day: date
    start: str = "10:00"
    end: str = "16:00"
    venue: str = "Hall 1"
    description: str = "Words of the partner"
    is_cancelled: bool = False
    series: int = 1
    dropped: frozenset[date] = frozenset()
    sequence: int = 1

    @property
    def values(self) -> Values:
        """What the page of an event that nobody touched says."""
        days = [self.day + timedelta(number) for number in range(self.series)]
        return {
            "title": self.title,
            "venue": self.venue,
            "start_date": self.day.isoformat(),
            "start_time": f"{self.start}:00",
            "end_time": f"{self.end}:00",
            "body": self.description,
            "event_status": "EventCancelled" if self.is_cancelled else "EventScheduled",
            "recurrence_rule": f"FREQ=DAILY;COUNT={self.series}" if self.series > 1 else "",
            "exceptions": tuple(f"{day} off" for day in days if day in self.dropped and self.series > 1),
        }

    @property
    def lines(self) -> list[str]:
        def at(name: str, day: date, time: str) -> str:
            return f"{name};TZID=Europe/Rome:{day:%Y%m%d}T{time.replace(':', '')}00"

        lines = [
            "BEGIN:VEVENT",
            f"UID:{self.uid}",
            f"SEQUENCE:{self.sequence}",
            f"SUMMARY:{self.title}",
            at("DTSTART", self.day, self.start),
            at("DTEND", self.day, self.end),
            f"LOCATION:{self.venue}",
            f"DESCRIPTION:{self.description}",
            f"STATUS:{'CANCELLED' if self.is_cancelled else 'CONFIRMED'}",
        ]
        if self.series > 1:
            lines.append(f"RRULE:FREQ=DAILY;COUNT={self.series}")
            lines += [at("EXDATE", day, self.start) for day in sorted(self.dropped)]
        return [*lines, "END:VEVENT"]


@dataclass
class Feed:
    """`entries` are in the file, `gone` were and may come back; `accepted` is what was imported last of each."""

    name: str
    entries: dict[str, Entry] = field(default_factory=dict)
    gone: dict[str, Entry] = field(default_factory=dict)
    accepted: dict[str, Entry] = field(default_factory=dict)
    made: int = 0

    def change(self, uid: str, *, is_older: bool = False, **changes: object) -> Entry:
        old = self.entries[uid]
        step = -1 if is_older else 1
        new = replace(old, sequence=max(old.sequence + step, 0), **changes)  # type: ignore[arg-type]
        if new.series == 1:
            new = replace(new, dropped=frozenset())
        self.entries[uid] = new
        return new

    def text(self) -> bytes:
        lines = [line for entry in self.entries.values() for line in entry.lines]
        head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//Test 1.0//EN", f"X-WR-CALNAME:{self.name}"]
        return "\r\n".join([*head, *lines, "END:VCALENDAR", ""]).encode()
