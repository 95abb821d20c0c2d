"""What the worker does about events by the clock."""

import logging
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone as clock
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from .importing import import_stored, timetable
from .importing.duplicates import look_everywhere
from .importing.feed import FeedUnusable
from .importing.models import ImportRun, ImportSource
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


@app.periodic(cron="47 2 * * *")
@app.task(queueing_lock="look_for_duplicates")
def look_for_duplicates(timestamp: int) -> None:
    """Also among the events that editors wrote by hand, which no import compares."""
    look_everywhere()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="start_due_imports")
def start_due_imports(timestamp: int) -> None:
    """Give each source whose time has come a job of its own, so that none delays another."""
    for source in timetable.due(clock.now()).only("pk"):
        start_import(source.pk, trigger=ImportRun.Trigger.TIMETABLE)


def start_import(source: int, *, trigger: str, user: int | None = None, is_approved: bool = False) -> bool:
    """Have the worker import the source of this key; False if that is to be done already. `is_approved`: as of
    `import_stored`."""
    job = import_one.configure(lock=f"import {source}", queueing_lock=f"import {source}")
    try:
        # In a transaction of its own: a lock that is taken already must not break a surrounding one.
        with transaction.atomic():
            job.defer(source=source, trigger=trigger, user=user, is_approved=is_approved)
    except AlreadyEnqueued:
        return False
    return True


@app.task(name="import_one")
def import_one(source: int, trigger: str, user: int | None = None, is_approved: bool = False) -> None:
    """Import one source. What went wrong with the feed is told by its run, and tried again by the timetable."""
    found = ImportSource.objects.filter(pk=source).first()
    if found is None:
        return
    person = get_user_model().objects.filter(pk=user).first() if user else None
    try:
        import_stored(found, trigger=trigger, user=person, is_approved=is_approved)
    except FeedUnusable as error:
        logger.warning("The source of events “%s” was not imported: %s", found, error)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Jobs whose worker was killed are done by another one."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


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
