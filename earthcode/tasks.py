"""What the worker does by the clock, beside the jobs it is given."""

from django.core.management import call_command
from django.utils import timezone as clock
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import social_images
from .throttling import forget_old_attempts


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
