"""What the import remembers: its sources, what each event's feed said last, and its runs.

Wagtail's reference index leaves them out: that a page was imported is no use of it that deleting would break.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .feed import Key


class ImportSource(models.Model):
    """A calendar that events come from; `sources` tells how a feed is recognised as one."""

    wagtail_reference_index_ignore = True

    name = models.CharField(max_length=255, unique=True)
    format = models.CharField(max_length=30)
    address = models.CharField(max_length=2000, help_text="Where the source was first found.")

    class Meta:
        ordering = ("name",)

    def __str__(self):
        return self.name


class ImportRecord(models.Model):
    """What a source said last about one event, field by field, and the page that came of it.

    A record without a page is of an event that an editor deleted: it stays away.
    """

    wagtail_reference_index_ignore = True

    source = models.ForeignKey(ImportSource, on_delete=models.CASCADE, related_name="records")
    uid = models.CharField(max_length=255)
    recurrence_id = models.CharField(max_length=255, blank=True)
    page = models.ForeignKey(
        "events.EventPage", null=True, on_delete=models.SET_NULL, related_name="import_records"
    )
    values = models.JSONField()
    sequence = models.PositiveIntegerField(null=True)
    last_modified = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source", "uid", "recurrence_id"), name="one_import_record_per_event"
            ),
            models.CheckConstraint(condition=~Q(uid=""), name="import_record_has_a_uid"),
        )

    def __str__(self):
        return f"{self.uid} {self.recurrence_id}".rstrip()

    @property
    def key(self) -> Key:
        return Key(self.uid, self.recurrence_id)


class ImportRun(models.Model):
    """One import, complete or failed, with all that a person may ask about it later."""

    wagtail_reference_index_ignore = True

    class State(models.TextChoices):
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    class Trigger(models.TextChoices):
        COMMAND = "command", "Command line"

    source = models.ForeignKey(
        ImportSource,
        null=True,
        on_delete=models.CASCADE,
        related_name="runs",
        help_text="Not known when the feed could not be read.",
    )
    address = models.CharField(max_length=2000)
    format = models.CharField(max_length=30)
    trigger = models.CharField("started by", max_length=30, choices=Trigger)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField("started")
    finished_at = models.DateTimeField("finished")
    state = models.CharField(max_length=20, choices=State)
    message = models.TextField(blank=True, help_text="Why the run failed.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    problems = models.JSONField(
        default=list, help_text="Rows of level, uid, line and reason; see feed.Problem."
    )

    class Meta:
        ordering = ("-started_at", "-pk")
        # Runs are written by imports only; the admin shows them.
        default_permissions = ("view",)
        indexes = (models.Index(fields=("-started_at", "-id"), name="import_runs_newest_first"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(finished_at__gte=F("started_at")), name="import_run_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(state="complete", message="") | Q(state="failed") & ~Q(message=""),
                name="import_run_says_why_it_failed",
            ),
        )

    def __str__(self):
        return f"{self.source or self.address}, {self.started_at:%Y-%m-%d %H:%M} UTC"
