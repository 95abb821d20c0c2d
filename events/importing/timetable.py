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
    if source.is_gone:
        # It is back, as somebody has found out by hand.
        source.is_paused = False
        source.save(update_fields=["is_paused"])
    source.failures, source.is_gone = 0, False
    source.checked_at = source.succeeded_at = at
    source.next_run_at = next_run(source, at)
    _save(source)


def failed(source: ImportSource, at: datetime, *, retry_after: timedelta | None = None) -> None:
    source.failures += 1
    source.is_gone = False
    _forget(source)
    source.checked_at = at
    source.next_run_at = next_run(source, at, retry_after=retry_after)
    _save(source)


def held(source: ImportSource, at: datetime) -> None:
    """The feed is there and can be read; only a person has to look. That is no failure."""
    source.failures, source.is_gone = 0, False
    _forget(source)
    source.checked_at = at
    source.next_run_at = next_run(source, at)
    _save(source)


def gone(source: ImportSource, at: datetime) -> None:
    """The server says that the feed is gone for good: it is not asked again before a person wants it."""
    source.is_gone = source.is_paused = True
    source.save(update_fields=["is_paused"])
    source.failures += 1
    _forget(source)
    source.checked_at, source.next_run_at = at, None
    _save(source)


def _forget(source: ImportSource) -> None:
    """What is remembered of the feed, that the same bytes are tried again."""
    source.etag = source.last_modified = source.digest = ""


def _save(source: ImportSource) -> None:
    names = "failures is_gone checked_at succeeded_at next_run_at etag last_modified digest"
    source.save(update_fields=names.split())
