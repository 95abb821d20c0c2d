"""When a source is imported next, and what its last run tells of it."""

from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Q, QuerySet

from .models import ImportSource

MAX_PAUSE = timedelta(days=1)
# Sources that were set up together are not asked all at once.
JITTER = 0.1


def due(at: datetime) -> QuerySet[ImportSource]:
    """The sources whose time has come at `at` (aware)."""
    has_come = Q(next_run_at=None) | Q(next_run_at__lte=at)
    return ImportSource.objects.filter(has_come, interval__isnull=False, is_paused=False)


def next_run(source: ImportSource, at: datetime, *, retry_after: timedelta | None = None) -> datetime | None:
    """When to import `source` after a run that ended at `at` (aware); None for one without a timetable.

    After failures the pauses grow, to MAX_PAUSE or the interval if that is longer, and are as long as the server
    asks for.
    """
    if source.interval is None:
        return None
    interval = timedelta(minutes=source.interval)
    pause = min(interval * 2 ** min(source.failures, 20), max(MAX_PAUSE, interval))
    part = sha256(f"{source.pk} {at:%Y-%m-%dT%H}".encode()).digest()[0] / 255
    return at + max(pause + pause * JITTER * part, retry_after or timedelta())


def succeeded(source: ImportSource, at: datetime) -> None:
    source.failures = 0
    source.checked_at = source.succeeded_at = at
    source.next_run_at = next_run(source, at)
    _save(source)


def failed(source: ImportSource, at: datetime, *, retry_after: timedelta | None = None) -> None:
    """What was remembered of the feed is forgotten, that the same bytes are tried again."""
    source.failures += 1
    source.etag = source.last_modified = source.digest = ""
    source.checked_at = at
    source.next_run_at = next_run(source, at, retry_after=retry_after)
    _save(source)


def _save(source: ImportSource) -> None:
    names = "failures checked_at succeeded_at next_run_at etag last_modified digest"
    source.save(update_fields=names.split())
