"""Imports of large feeds, measured against what reading the same feed costs icalendar, and what Wagtail's own way of
making the same pages does."""

import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from django.core.management import call_command
from django.db import connection
from django.utils import timezone as clock
from icalendar import Calendar

from events.importing import import_stored
from events.importing.models import ImportRun, ImportSource
from events.importing.pages import set_values
from events.importing.parse import parse
from events.models import EventIndexPage, EventPage
from tests.builders import make_event_index, make_home

from .data import WORDS, Grower
from .words import machine, promise, say

MANY, SOME, FEW = 10_000, 1_000, 100
# Events that are on the site already; the Grower makes two occurrences for each.
OTHERS = 20_000
ROUNDS = 3
MEGABYTE = 1_000_000
ENTRY = """BEGIN:VEVENT
UID:{number}@bench.example.org
DTSTAMP:{stamp}
DTSTART;TZID=Europe/Rome:{day:%Y%m%d}T090000
DTEND;TZID=Europe/Rome:{day:%Y%m%d}T170000
SUMMARY:{title}
DESCRIPTION:{text}
LOCATION:ESA ESRIN\\, Frascati\\, Italy
URL:https://bench.example.org/{number}
CATEGORIES:Workshop,Cryosphere
END:VEVENT
"""
TEXT = "\\n".join(" ".join(WORDS).capitalize() + "." for _ in range(3))


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the fastest round, and number of queries of the last."""

    seconds: float
    queries: int = 0


def measure() -> bool:
    """Print the tables; say whether all promises hold."""
    make_home()
    index = make_event_index()
    with TemporaryDirectory() as folder:
        return _measure(index, Path(folder))


def _measure(index: EventIndexPage, folder: Path) -> bool:
    rows: dict[str, Cost] = {}

    def note(name: str, deed: Callable[[], object], rounds: int = 1) -> Cost:
        rows[name] = cost(deed, rounds)
        say(f"{name}: {rows[name].seconds:.2f} s")
        return rows[name]

    # It makes the types and topics that the feeds name.
    grower = Grower(index, clock.now())
    feed = calendar(range(MANY))
    library = note(f"icalendar reads {MANY:,} events", lambda: Calendar.from_ical(feed), ROUNDS)
    note(f"The portal reads {MANY:,} events", lambda: read(feed), ROUNDS)

    loop = note(f"add_child and publish, {SOME:,} events", lambda: wagtails_own(index, calendar(range(SOME))))
    source = source_at(folder / "small.ics", index, calendar(range(SOME, 2 * SOME)))
    first = note(f"First import of {SOME:,}", lambda: run(source))

    source = source_at(folder / "large.ics", index, feed.replace(b"UID:", b"UID:large-"))
    note(f"First import of {MANY:,}", lambda: run(source))
    days = count(2)

    def restamp() -> None:
        again = feed.replace(b"UID:", b"UID:large-").replace(b"20260101T", b"202601%02dT" % next(days))
        Path(source.address).write_bytes(again)

    def unchanged() -> None:
        restamp()
        run(source)

    stamps = note(f"{MANY:,} unchanged, new DTSTAMPs", unchanged, ROUNDS)
    restamp()
    importing = memory(lambda: run(source))
    reading = memory(lambda: read(Path(source.address).read_bytes()))
    same = note(f"{MANY:,} unchanged, the same bytes", lambda: run(source), ROUNDS)
    pages = list(EventPage.objects.filter(import_records__source=source)[:FEW])
    publications = note(f"{FEW} publications", lambda: [page.save_revision().publish() for page in pages])
    Path(source.address).write_bytes(calendar(range(MANY), news=FEW).replace(b"UID:", b"UID:large-"))
    changed = note(f"{FEW} of {MANY:,} changed", lambda: run(source))

    say(f"{OTHERS:,} other events: making and indexing them")
    grower.number = count(EventPage.objects.count() + 1)
    grower.grow_to(2 * OTHERS)
    call_command("update_index", verbosity=0)
    source = source_at(folder / "crowded.ics", index, calendar(range(2 * SOME, 3 * SOME)))
    crowded = note(f"First import of {SOME:,} beside {OTHERS:,} others", lambda: run(source))
    print_table(rows)
    print(f"\nMemory: reading {MANY:,} events {reading / MEGABYTE:.0f} MB, ", end="")
    print(f"importing them unchanged {importing / MEGABYTE:.0f} MB")
    return all(
        [
            promise(
                f"{MANY:,} unchanged, by reading them with icalendar", stamps.seconds / library.seconds, 1.5
            ),
            promise(f"{MANY:,} unchanged, queries", stamps.queries, 10),
            promise(f"{MANY:,} unchanged, the same bytes, queries", same.queries, 10),
            promise(f"{MANY:,} unchanged, memory by reading them", importing / reading, 1.25),
            promise(f"First import of {SOME:,}, by add_child and publish", first.seconds / loop.seconds, 0.4),
            promise(f"The same beside {OTHERS:,} others", crowded.seconds / first.seconds, 1.2),
            promise(
                f"{FEW} of {MANY:,} changed, by icalendar and {FEW} publications",
                changed.seconds / (library.seconds + publications.seconds),
                1.0,
            ),
        ]
    )


def cost(deed: Callable[[], object], rounds: int) -> Cost:
    gc.collect()
    seconds, queries = [], 0
    for _ in range(rounds):
        # A run may make more queries than Django keeps, and keeping them costs time: they are counted only.
        with QueryCounter() as counter:
            start = perf_counter()
            deed()
            seconds.append(perf_counter() - start)
        queries = counter.number
    return Cost(min(seconds), queries)


def memory(deed: Callable[[], object]) -> int:
    """The most bytes that Python had in use for `deed`. Watching them takes time."""
    gc.collect()
    tracemalloc.start()
    try:
        deed()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class QueryCounter:
    def __init__(self):
        self.number = 0

    def __enter__(self):
        self._wrapper = connection.execute_wrapper(self._count)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error):
        self._wrapper.__exit__(*error)

    def _count(self, execute, *what):
        self.number += 1
        return execute(*what)


def read(feed: bytes) -> object:
    return parse(
        feed, format="ical", default_timezone="Europe/Rome", address="https://bench.example.org/feed.ics"
    )


def wagtails_own(index: EventIndexPage, feed: bytes) -> None:
    for event in read(feed).events:
        page = EventPage(slug=f"by-hand-{event.key.uid.partition('@')[0]}", live=False)
        set_values(page, event.values)
        index.add_child(instance=page)
        page.save_revision().publish()


def source_at(path: Path, index: EventIndexPage, feed: bytes) -> ImportSource:
    """A source of `feed`, approved, whose news are published."""
    path.write_bytes(feed)
    source = ImportSource(
        name=path.stem, address=str(path), parent=index, publish=ImportSource.Publish.PUBLISH
    )
    source.approved = source.what_was_approved
    source.save()
    return source


def run(source: ImportSource) -> None:
    """As the worker does by the timetable."""
    source = ImportSource.objects.select_related("parent").get(pk=source.pk)
    summary = import_stored(source, trigger=ImportRun.Trigger.TIMETABLE)
    if summary.problems:
        raise SystemExit(f"{source}: {summary.problems[0]}")


def print_table(rows: dict[str, Cost]) -> None:
    print(machine())
    print()
    print("| | seconds | queries |")
    print("|---|--:|--:|")
    for name, found in rows.items():
        print(f"| {name} | {found.seconds:.2f} | {found.queries:,} |")


def calendar(events: range, *, stamp: str = "20260101T000000Z", news: int = 0) -> bytes:
    """An iCalendar feed of `events`, the first of which, so many, have another title."""
    first = date(2027, 1, 1)
    entries = (
        ENTRY.format(
            number=number,
            stamp=stamp,
            day=first + timedelta(days=number % 700),
            title=f"Workshop {number}{' (new)' * (number - events.start < news)}",
            text=TEXT,
        )
        for number in events
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench\n{''.join(entries)}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()
