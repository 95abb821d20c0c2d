"""What the worker does by the clock, beside the jobs it is given."""

import logging

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone as clock
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from . import history, social_images
from .throttling import forget_old_attempts

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="publish_scheduled")
def publish_scheduled(timestamp: int) -> None:
    """Publish and unpublish the pages whose time has come."""
    call_command("publish_scheduled")


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="clear_sessions")
def clear_sessions(timestamp: int) -> None:
    """Remove the sessions that have expired."""
    call_command("clearsessions")


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="clear_social_images")
def clear_social_images(timestamp: int) -> None:
    """Remove the social images that were drawn a month ago; what is still asked for is drawn again."""
    social_images.clear_old(clock.now())


@app.periodic(cron="52 3 * * *")
@app.task(queueing_lock="forget_log_entries")
def forget_log_entries(timestamp: int) -> None:
    history.forget_log_entries(clock.now())


@app.periodic(cron="7 4 * * *")
@app.task(queueing_lock="forget_jobs")
async def forget_jobs(timestamp: int) -> None:
    """Remove the jobs that ended long ago, however they ended; what waits or is being done stays."""
    before = await ProcrastinateJob.objects.acount()
    hours = settings.KEEP_HISTORY_DAYS * 24
    await app.job_manager.delete_old_jobs(
        hours, include_failed=True, include_cancelled=True, include_aborted=True
    )
    logger.info("Deleted %s jobs", max(0, before - await ProcrastinateJob.objects.acount()))


@app.task(name="send_password_reset", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_password_reset(email: str, email_template: str, subject_template: str) -> None:
    """To whoever has this address, if anybody has."""
    from .account_forms import PasswordResetForm

    form = PasswordResetForm({"email": email})
    if form.is_valid():
        form.send(email_template=email_template, subject_template=subject_template)


@app.periodic(cron="57 3 * * *")
@app.task(queueing_lock="forget_attempts")
def forget_attempts(timestamp: int) -> None:
    forget_old_attempts(clock.now())
