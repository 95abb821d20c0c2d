"""Whether the worker is there, found out by those who are there without it: the web processes.

A worker writes every ten seconds that it is alive into procrastinate's table. That row goes with a worker that ends
properly, so the portal keeps a row of its own that says when one was seen last.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import DatabaseError, connection
from django.db.models import Max, Q
from django.utils import timezone as clock
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateWorker

from .models import WorkerWatch
from .trouble import trouble_of

SILENT_AFTER = timedelta(minutes=10)
MAIL_AGAIN_AFTER = timedelta(minutes=15)
"""A mail that could not be sent is tried again after this time."""
LOOK_SECONDS = 30.0

START = "manage.py run_worker"

logger = logging.getLogger(__name__)


def last_seen() -> datetime | None:
    """When a worker was there last (aware); None where nobody has looked for one yet."""
    beat = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
    return beat or WorkerWatch.objects.filter(pk=1).values_list("seen_at", flat=True).first()


def silence(at: datetime) -> str:
    """A sentence for an operator; "" unless at `at` (aware) no worker has been there for SILENT_AFTER."""
    seen = last_seen()
    if seen is None or at - seen < SILENT_AFTER:
        return ""
    return f"No worker has been running since {date_format(clock.localtime(seen), 'j F Y, H:i')}."


def watch(at: datetime) -> None:
    """Look for the worker at `at` (aware), and send one mail when it has fallen silent and one when it is back,
    however many processes look."""
    row, _ = WorkerWatch.objects.get_or_create(pk=1, defaults={"seen_at": at})
    rows = WorkerWatch.objects.filter(pk=1)
    beat = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
    if beat and beat > row.seen_at:
        rows.filter(seen_at__lt=beat).update(seen_at=beat)
    if sentence := silence(at):
        is_due = Q(tried_at=None) | Q(tried_at__lt=at - MAIL_AGAIN_AFTER)
        # Whoever changes the row is the one who sends the mail.
        if rows.filter(is_due, told_at=None).update(tried_at=at):
            logger.error("%s Start it: %s", sentence, START)
            if _sent("The worker is not running", _silent(sentence)):
                rows.update(told_at=at)
    elif row.told_at and rows.filter(told_at__isnull=False).update(told_at=None, tried_at=None):
        logger.warning("The worker is running again")
        _sent(
            "The worker is running again", "The worker is running again; what has waited is being done now.\n"
        )
    elif row.tried_at:
        rows.filter(told_at=None).update(tried_at=None)


def _silent(sentence: str) -> str:
    return (
        f"{sentence}\n\n"
        "Until it runs again, no page is published or taken down at its time, no calendar is imported and no mail of "
        "the portal goes out but this one. The public pages are not affected.\n\n"
        f"What to do: look at the log of the worker, and start it again with\n\n    {START}\n\n"
        f"{settings.WAGTAILADMIN_BASE_URL}/admin/\n"
    )


def _sent(subject: str, text: str) -> bool:
    users = get_user_model().objects.filter(is_active=True, is_superuser=True).exclude(email="")
    people = list(users.order_by("pk").values_list("email", flat=True))
    if not people:
        logger.warning("No superuser has a mail address, so nobody gets the mail “%s”", subject)
        return False
    try:
        send_mail(f"[{settings.WAGTAIL_SITE_NAME}] {subject}", text, None, people)
    except Exception:
        logger.exception("The mail “%s” could not be sent", subject)
        return False
    return True


def watch_for_ever() -> None:
    """Look every LOOK_SECONDS; for a thread of its own."""
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            watch(clock.now())
        except DatabaseError as error:
            # Every request says that the database is away; what else is wrong is told here.
            if not trouble_of(error):
                logger.exception("The worker could not be looked for")
        except Exception:
            logger.exception("The worker could not be looked for")
        finally:
            connection.close()
