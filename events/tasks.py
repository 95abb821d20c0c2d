"""What the worker does about events by the clock."""

from datetime import timedelta

from django.utils import timezone as clock
from procrastinate.contrib.django import app

from .models import EventPage, EventTombstone

TOMBSTONES_ARE_KEPT = timedelta(days=2 * 365)


@app.periodic(cron="7 2 * * *")
@app.task(queueing_lock="roll_occurrences")
def roll_occurrences(timestamp: int) -> None:
    """Let the window of series without end follow the clock, and all instants the present rules of their zones."""
    at = clock.now()
    for event in EventPage.objects.live().prefetch_related("occurrences").iterator(chunk_size=500):
        event.rebuild_occurrences(at)


@app.periodic(cron="27 2 * * *")
@app.task(queueing_lock="forget_tombstones")
def forget_tombstones(timestamp: int) -> None:
    """An address that nobody can remember any more is an ordinary 404."""
    EventTombstone.objects.filter(deleted_at__lt=clock.now() - TOMBSTONES_ARE_KEPT).delete()
