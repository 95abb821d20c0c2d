"""Mails about sources of events: one when something is wrong, one when it is well again, and a digest every week.

A mail that cannot be sent is logged and costs no import; it is tried again after the next run.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db.models import Exists, Q, Sum
from django.template.loader import render_to_string
from django.urls import reverse

from .health import HISTORY, Cause, Health, Level, judge
from .models import ImportIncident, ImportRun, ImportSource
from .report import finish_interrupted
from .standing import health_of

NO_MAIL = {Cause.UNAPPROVED, Cause.OVERDUE}
"""Who changed a source knows that it waits; and without a worker, nobody is there to send a mail."""
A_WEEK = timedelta(days=7)
BACKEND = "django.contrib.auth.backends.ModelBackend"

logger = logging.getLogger(__name__)


def tell(source: ImportSource, at: datetime) -> None:
    """Write down how it stands with `source`, which nobody else imports now, after a run, at `at` (aware), and send the
    mail that this calls for."""
    unsettled = ImportIncident.objects.filter(Q(ended_at=None) | Q(end_told_at=None), source=source)
    # One query, where all is well.
    last = source.runs.defer("problems").annotate(has_incident=Exists(unsettled))
    runs = list(last[:HISTORY])
    if any(run.state == ImportRun.State.RUNNING for run in runs):
        finish_interrupted(source)
        runs = list(last[:HISTORY])
    health = judge(source, runs, at)
    incident = unsettled.first() if runs and runs[0].has_incident else None
    if health.needs_somebody and health.cause not in NO_MAIL:
        _tell_of(incident or ImportIncident(source=source, opened_at=at), health)
    elif health.level == Level.WELL and incident:
        _tell_the_end(incident, health, at)


def _tell_of(incident: ImportIncident, health: Health) -> None:
    """Whoever has not heard yet that it was over has no need to hear that it is not."""
    before = incident.pk, incident.ended_at, len(incident.causes), len(incident.told)
    incident.ended_at = None
    cause = str(health.cause)
    if cause not in incident.causes:
        incident.causes.append(cause)
    if cause not in incident.told and _sent("incident", incident.source, health):
        incident.told.append(cause)
    if before != (incident.pk, None, len(incident.causes), len(incident.told)) or incident.pk is None:
        incident.save()


def _tell_the_end(incident: ImportIncident, health: Health, at: datetime) -> None:
    incident.ended_at = incident.ended_at or at
    if not incident.told or _sent("end", incident.source, health, since=incident.opened_at):
        incident.end_told_at = at
    incident.save()


def _sent(kind: str, source: ImportSource, health: Health, **more: Any) -> bool:
    people = people_of(source, health.cause)
    if not people:
        logger.warning(
            "Nobody with a mail address is there to be told about the source of events “%s”", source
        )
        return False
    subjects = {
        "incident": f"{health.title}: events from {source}",
        "end": f"Well again: events from {source}",
    }
    context = {"source": source, "health": health, "address": _address_of(source, health), **more}
    try:
        _send(subjects[kind], f"events/mail/import_{kind}.txt", context, people)
    except Exception:
        logger.exception(
            "No mail about the source of events “%s” could be sent; the next run tries again", source
        )
        return False
    return True


def _send(subject: str, template: str, context: dict[str, Any], people: list[str]) -> None:
    subject = " ".join(f"[{settings.WAGTAIL_SITE_NAME}] {subject}".split())
    send_mail(subject, render_to_string(template, context), None, people)


def _address_of(source: ImportSource, health: Health) -> str:
    """Where in the admin to go: to the run that shows what is wrong, else to the source."""
    run = health.run
    return _absolute("import_runs:inspect", run.pk) if run else _absolute("import_sources:inspect", source.pk)


def _absolute(name: str, *args: int) -> str:
    return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse(name, args=args))


def people_of(source: ImportSource, cause: Cause) -> list[str]:
    """The mail addresses of those who are told: the owner of `source`, or else all who may approve sources; of a fault
    of the portal, its superusers too."""
    owner = source.owner
    found = [owner.email] if owner and owner.is_active and owner.email else _addresses(approvers())
    if cause == Cause.OURS:
        found += _addresses(get_user_model().objects.filter(is_active=True, is_superuser=True))
    return list(dict.fromkeys(found))


def approvers() -> Any:
    """The accounts that may approve sources; superusers are among them."""
    return get_user_model().objects.with_perm("events.approve_importsource", backend=BACKEND)


def _addresses(users: Any) -> list[str]:
    return list(users.exclude(email="").order_by("pk").values_list("email", flat=True))


# The digest of the week


@dataclass(frozen=True, slots=True)
class Line:
    """A source in the digest, with what its runs have `done` in the week, added up."""

    source: ImportSource
    health: Health
    done: Any
    address: str


def readers() -> Iterable[Any]:
    """The accounts that get a digest: who may approve sources, and who owns one."""
    users = get_user_model().objects
    owners = users.filter(is_active=True, pk__in=ImportSource.objects.exclude(owner=None).values("owner"))
    wanted = set(owners.values_list("pk", flat=True)) | set(approvers().values_list("pk", flat=True))
    return users.filter(pk__in=wanted).exclude(email="").order_by("pk")


def send_digest(user: Any, at: datetime) -> bool:
    """Send `user` how it stands at `at` (aware) with the sources that are theirs, or with all of them if they may
    approve sources. False where there are none, and no mail. Raises what the mail server raises."""
    sources = ImportSource.objects.all()
    if not approvers().filter(pk=user.pk).exists():
        sources = sources.filter(owner=user)
    health = health_of(sources, at)
    if not health:
        return False
    week = ImportRun.objects.filter(started_at__gte=at - A_WEEK, source__in=list(health))
    sums = week.values("source").annotate(*map(Sum, ("created", "updated", "withdrawn"))).order_by()
    done = {row["source"]: row for row in sums}
    rows = [
        Line(source, health[source.pk], done.get(source.pk), _absolute("import_sources:inspect", source.pk))
        for source in sources
        if source.pk in health
    ]
    bad = [row for row in rows if row.health.needs_somebody]
    context = {
        "bad": bad,
        "others": [row for row in rows if row not in bad],
        "at": at,
        "address": _absolute("import_sources:index"),
    }
    count = f"{len(rows)} source{'s' if len(rows) > 1 else ''} of events"
    subject = (
        f"{len(bad)} of {count} {'needs' if len(bad) == 1 else 'need'} somebody"
        if bad
        else f"All well: {count}"
    )
    _send(subject, "events/mail/import_digest.txt", context, [user.email])
    return True
