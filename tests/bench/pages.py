"""The pages and feeds of events, measured with ever more occurrences."""

import gc
import math
import statistics
import sys
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as clock
from tqdm import tqdm

from events.models import EventIndexPage, EventPage
from events.month import Month
from tests.builders import make_event_index, make_home

from .data import Grower
from .memory import peak, reset_peak
from .words import machine, promise, say

SIZES = (10, 1_000, 100_000)
ROUNDS, ROUNDS_OF_A_FEED = 40, 3
# The median at the last of SIZES is at most so many times that at the one before.
PROMISES = {"Listing": 2.0, "Month": 2.0}
FEED = "Feed, whole"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Seconds, one for each request; bytes of the answer, and of memory that it took beyond what was in use."""

    queries: int
    seconds: list[float]
    length: int
    memory: int | None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """The nearest rank."""
        return sorted(self.seconds)[math.ceil(0.95 * len(self.seconds)) - 1]


def measure() -> bool:
    """Print the table; say whether all PROMISES hold."""
    make_home()
    index, at = make_event_index(), clock.now()
    grower = Grower(index, at)
    results: dict[str, dict[int, Measurement]] = {}
    for size in SIZES:
        say(f"{size:,} occurrences: building them")
        grower.grow_to(size)
        call_command("update_index", verbosity=0)
        with tqdm(addresses(index, at).items(), unit="page", file=sys.stderr, leave=False) as progress:
            for name, address in progress:
                progress.set_description(name)
                rounds = ROUNDS_OF_A_FEED if name == FEED else ROUNDS
                results.setdefault(name, {})[size] = measured(address, rounds)
    print_table(results)
    return keeps_promises(results)


def addresses(index: EventIndexPage, at: datetime) -> dict[str, str]:
    """What is asked for, by the names in the table."""
    events = index.get_url()
    upcoming = EventPage.objects.upcoming(at)
    topic = upcoming.filter(topics__isnull=False).values_list("topics__slug", flat=True).first()
    single, series = upcoming.filter(recurrence_rule=""), upcoming.exclude(recurrence_rule="")
    found = {
        "Listing": events,
        "Listing, by topic": f"{events}?topic={topic}",
        "Listing, by words": f"{events}?q=workshop+rome",
        "Past": f"{events}past/",
        "Past, one year": f"{events}past/{at.year - 1}/",
        "Month": f"{events}{Month.of(at.date()).path}",
        "Month, by topic": f"{events}{Month.of(at.date()).path}?topic={topic}",
        "Event": single.first().get_url(),
        "Event, a series": series.first().get_url() if series.exists() else "",
        "Search": "/search/?q=workshop",
        "Search, mistyped": "/search/?q=worksop",
        "Feed, not modified": f"{events}feed.ics",
        FEED: f"{events}feed.ics",
    }
    return {name: address for name, address in found.items() if address}


def measured(address: str, rounds: int) -> Measurement:
    client = Client()
    known = client.get(address).headers.get("ETag") if rounds == ROUNDS and "feed" in address else None
    headers = {"If-None-Match": known} if known else {}
    request(client, address, headers)  # fills the caches of templates and connections
    with CaptureQueriesContext(connection) as queries:
        length = request(client, address, headers)
    number = len(queries)  # the next request makes them forgotten
    gc.collect()
    before = reset_peak()
    seconds = []
    for _ in range(rounds):
        start = perf_counter()
        request(client, address, headers)
        seconds.append(perf_counter() - start)
    after = peak()
    memory = None if before is None or after is None else max(0, after - before)
    return Measurement(number, seconds, length, memory)


def request(client: Client, address: str, headers: dict[str, str]) -> int:
    """Ask for `address`, read all of the answer and forget it; the number of its bytes."""
    response = client.get(address, headers=headers)
    if response.status_code != (304 if headers else 200):
        raise SystemExit(f"{address} answers {response.status_code}")
    chunks = response.streaming_content if response.streaming else [response.content]
    return sum(map(len, chunks))


def print_table(results: dict[str, dict[int, Measurement]]) -> None:
    columns = [f"{size:,}" for size in SIZES]
    print(machine())
    print()
    print(f"| occurrences | {' | '.join(columns)} | growth |")
    print(f"|---|{'--:|' * (len(columns) + 1)}")
    for name, sizes in results.items():
        cells = [cell(name, sizes[size]) if size in sizes else "–" for size in SIZES]
        print(f"| {name} | {' | '.join(cells)} | {growth(sizes):.2f} × |")


def cell(name: str, found: Measurement) -> str:
    text = f"{found.queries} q, {found.median * 1000:.0f} / {found.p95 * 1000:.0f} ms"
    if name != FEED:
        return text
    memory = "" if found.memory is None else f", +{found.memory / 1e6:.0f} MB"
    return f"{text}, {found.length / 1e6:.1f} MB{memory}"


def growth(sizes: dict[int, Measurement]) -> float:
    """Of the median, from the last but one of SIZES to the last."""
    return sizes[SIZES[-1]].median / sizes[SIZES[-2]].median


def keeps_promises(results: dict[str, dict[int, Measurement]]) -> bool:
    sizes = f"from {SIZES[-2]:,} to {SIZES[-1]:,} occurrences"
    kept = [promise(f"{name} {sizes}", growth(results[name]), limit) for name, limit in PROMISES.items()]
    return all(kept)
