"""How it stands with all sources of events: what the admin, mails and whoever watches the portal are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, prefetch_related_objects
from procrastinate.contrib.django.models import ProcrastinateWorker

from .health import HISTORY, Health, Level, judge
from .models import ImportRecord, ImportRun, ImportSource
from .report import WAITING

WORKER_IS_SILENT_AFTER = timedelta(minutes=1)
"""A worker tells every ten seconds that it is there."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A source in numbers. Times are aware; what is not known yet is None.

    `events_in_feed` is of the last run that read the feed, `last_run_seconds` of the last that ended without
    a question.
    """

    name: str
    level: Level
    last_success: datetime | None
    last_check: datetime | None
    next_run: datetime | None
    failures: int
    is_paused: bool
    is_held: bool
    events_in_feed: int | None
    events_held: int
    open_conflicts: int
    warnings: int
    last_run_seconds: float | None


def last_runs(sources: Iterable[ImportSource]) -> dict[int, list[ImportRun]]:
    """The last runs of each of `sources`, which are stored, by its key; the newest first and without their problems.
    Two queries, however many there are."""
    newest = ImportRun.objects.filter(source=OuterRef("pk")).order_by("-started_at", "-pk").values("pk")
    keys = ImportSource.objects.filter(pk__in=[source.pk for source in sources])
    by_source = dict(keys.values_list("pk", ArraySubquery(newest[:HISTORY])))
    wanted = [run for runs in by_source.values() for run in runs]
    found = ImportRun.objects.defer("problems").in_bulk(wanted) if wanted else {}
    return {source: [found[run] for run in runs if run in found] for source, runs in by_source.items()}


def health_of(sources: Iterable[ImportSource], at: datetime) -> dict[int, Health]:
    """The health of each of `sources`, by its key, at `at` (aware). Three queries."""
    sources = list(sources)
    # What was approved includes them.
    prefetch_related_objects(sources, "topics")
    runs = last_runs(sources)
    return {source.pk: judge(source, runs.get(source.pk, []), at) for source in sources}


def figures(at: datetime) -> dict[int, Figures]:
    """Every source in numbers at `at` (aware), by its key. Five queries."""
    sources = list(ImportSource.objects.prefetch_related("topics"))
    runs = last_runs(sources)
    records = {
        row["source"]: (row["held"], row["conflicts"])
        for row in ImportRecord.objects.values("source").annotate(
            held=Count("pk", filter=Q(page__isnull=False)), conflicts=Count("pk", filter=~Q(conflicts=[]))
        )
    }
    return {
        source.pk: _figures(source, runs[source.pk], records.get(source.pk, (0, 0)), at)
        for source in sources
        if source.pk in runs
    }


def _figures(source: ImportSource, runs: list[ImportRun], counts: tuple[int, int], at: datetime) -> Figures:
    ended = next((run for run in runs if run.finished_at), None)
    # A run that is held goes on being asked about for days.
    timed = next((run for run in runs if run.finished_at and run.state not in WAITING), None)
    read = next((run for run in runs if run.found is not None), None)
    return Figures(
        name=source.name,
        level=judge(source, runs, at).level,
        last_success=source.succeeded_at,
        last_check=source.checked_at,
        next_run=source.next_run_at,
        failures=source.failures,
        is_paused=source.is_paused,
        is_held=ended is not None and ended.state == ImportRun.State.HELD,
        events_in_feed=read.found if read else None,
        events_held=counts[0],
        open_conflicts=counts[1],
        warnings=read.warnings if read else 0,
        last_run_seconds=(timed.finished_at - timed.started_at).total_seconds()
        if timed and timed.finished_at
        else None,
    )


def worker_is_there(at: datetime) -> bool:
    """Whether a worker has said within the last minute before `at` (aware) that it is there."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=at - WORKER_IS_SILENT_AFTER).exists()
