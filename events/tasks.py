"""What the worker does about events by the clock."""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone as clock
from procrastinate.contrib.django import app

from .models import EventPage, EventTombstone

TOMBSTONES_ARE_KEPT = timedelta(days=2 * 365)
PAGES_AT_ONCE = 200

logger = logging.getLogger(__name__)


@app.periodic(cron="7 2 * * *")
@app.task(queueing_lock="roll_occurrences")
def roll_occurrences(timestamp: int) -> None:
    roll(clock.now())


@app.periodic(cron="27 2 * * *")
@app.task(queueing_lock="forget_tombstones")
def forget_tombstones(timestamp: int) -> None:
    forget(clock.now())


def roll(at: datetime) -> None:
    """Let the rows of series without end follow the clock, and all instants the present rules of their zones, as seen
    from `at` (aware). An event that fails is logged and stops no other."""
    events = EventPage.objects.live().prefetch_related("occurrences", "exceptions", "topics")
    for event in events.iterator(chunk_size=PAGES_AT_ONCE):
        try:
            if not event.has_right_occurrences(at):
                _rebuild(event.pk, at)
        except (OperationalError, InterfaceError):
            raise  # the database itself is in trouble
        except Exception:
            logger.exception("The dates of the event “%s” (page %s) were not rolled on", event, event.pk)


@transaction.atomic
def _rebuild(pk: int, at: datetime) -> None:
    """From the page as it is now: since it was read, somebody may have published it or taken it down."""
    event = EventPage.objects.live().select_for_update(of=("self",)).filter(pk=pk).first()
    if event is not None:
        event.rebuild_occurrences(at)


def forget(at: datetime) -> None:
    """An address that nobody can remember any more is an ordinary 404."""
    EventTombstone.objects.filter(deleted_at__lt=at - TOMBSTONES_ARE_KEPT).delete()
