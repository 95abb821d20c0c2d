"""What the worker does about events by the clock."""

import logging
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone as clock
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status

from .importing import alerts, history, import_stored, timetable
from .importing.check import forget_checks
from .importing.duplicates import look_after, look_everywhere
from .importing.feed import FeedUnusable
from .importing.models import ImportRun, ImportSource
from .importing.report import finish_abandoned
from .importing.undo import undo
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


@app.periodic(cron="37 4 * * *")
@app.task(queueing_lock="forget_runs")
def forget_runs(timestamp: int) -> None:
    history.forget_runs(clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="finish_abandoned_runs")
def finish_abandoned_runs(timestamp: int) -> None:
    """Runs whose process was killed say so, also those of the command line, which no worker does again."""
    finish_abandoned()


@app.task(name="look_after_run")
def look_after_run(run: int) -> None:
    """What fails here costs a suggestion until the nightly look."""
    found = ImportRun.objects.filter(pk=run).first()
    if found:
        look_after(found)


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


def start_import(
    source: int, *, trigger: str, user: int | None = None, is_approved: bool = False
) -> int | None:
    """Have the worker import the source of this key; gives the number of its job, or None if that is to be done
    already. `is_approved`: as of `import_stored`."""
    job = import_one.configure(lock=lock_of(source), queueing_lock=lock_of(source))
    try:
        # In a transaction of its own: a lock that is taken already must not break a surrounding one.
        with transaction.atomic():
            return job.defer(source=source, trigger=trigger, user=user, is_approved=is_approved)
    except AlreadyEnqueued:
        return None


def start_undo(run: ImportRun, source: int, user: int) -> bool:
    """Have the worker undo `run`, which is of this `source`, for this `user`, by their keys; False if it is to be done
    already."""
    name = undoing_of(run)
    try:
        with transaction.atomic():
            undo_one.configure(lock=lock_of(source), queueing_lock=name).defer(run=run.pk, user=user)
    except AlreadyEnqueued:
        return False
    return True


def undoing_of(run: ImportRun) -> str:
    """What keeps `run` from being undone twice at once, and finds the job that undoes it."""
    return f"undo {run.pk}"


# Somebody may be importing the source from the command line.
@app.task(name="undo_one", retry=RetryStrategy(max_attempts=10, wait=60, retry_exceptions={FeedUnusable}))
def undo_one(run: int, user: int) -> None:
    found = ImportRun.objects.select_related("source").filter(pk=run).first()
    if found:
        undo(found, user=get_user_model().objects.filter(pk=user).first())


def lock_of(source: int) -> str:
    """What keeps two jobs from importing the source of this key at once."""
    return f"import {source}"


@app.task(name="import_one")
def import_one(source: int, trigger: str, user: int | None = None, is_approved: bool = False) -> None:
    """Import one source. What went wrong with the feed is told by its run, and tried again by the timetable."""
    found = ImportSource.objects.select_related("parent").filter(pk=source).first()
    if found is None:
        return
    person = get_user_model().objects.filter(pk=user).first() if user else None
    # The only one with this lock; none where somebody calls this without a worker.
    job = ProcrastinateJob.objects.filter(lock=lock_of(source), status="doing").first()
    try:
        import_stored(
            found, trigger=trigger, user=person, is_approved=is_approved, job=job.pk if job else None
        )
    except FeedUnusable as error:
        logger.warning("The source of events “%s” was not imported: %s", found, error)


@app.periodic(cron="0 6 * * 1")
@app.task(queueing_lock="send_digests")
def send_digests(timestamp: int) -> None:
    """On Monday morning tell those who look after sources of events how these are; each by a job of its own, so that
    one mail that cannot be sent delays no other."""
    for user in alerts.readers():
        send_digest.defer(user=user.pk)


@app.task(name="send_digest", retry=RetryStrategy(max_attempts=5, exponential_wait=8))
def send_digest(user: int) -> None:
    found = get_user_model().objects.filter(pk=user, is_active=True).exclude(email="").first()
    if found:
        alerts.send_digest(found, clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Jobs whose worker was killed are done by another one."""
    for job in await app.job_manager.get_stalled_jobs():
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # Another one waits already that is to do the same.
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


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
    """An address that nobody can remember any more is an ordinary 404, and who checked a feed is nobody's business."""
    EventTombstone.objects.filter(deleted_at__lt=at - TOMBSTONES_ARE_KEPT).delete()
    forget_checks(at)
