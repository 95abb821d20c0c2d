"""What the import remembers: its sources, what each event's feed said last, and its runs.

Wagtail's reference index leaves them out: that a page was imported is no use of it that deleting would break.
"""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from .feed import Key


class ImportSource(models.Model):
    """A calendar that events come from; `sources` tells how a feed is recognised as one."""

    class Missing(models.TextChoices):
        """What becomes of an event that the feed does not have any more."""

        KEEP = "keep", "Keep its page as it is"
        CANCEL = "cancel", "Mark it as cancelled"
        UNPUBLISH = "unpublish", "Unpublish its page"

    wagtail_reference_index_ignore = True

    name = models.CharField(max_length=255, unique=True)
    format = models.CharField(max_length=30)
    address = models.CharField(max_length=2000, help_text="Where the source was first found.")

    missing = models.CharField("events that disappear", max_length=20, choices=Missing, default=Missing.KEEP)
    missing_after = models.PositiveSmallIntegerField(
        "after so many runs without it", default=3, validators=[MinValueValidator(1)]
    )
    is_rolling = models.BooleanField(
        "the feed drops past events",
        default=True,
        help_text="Then a past event that is no longer in the feed has not disappeared.",
    )
    vanishing_count = models.PositiveIntegerField(
        "hold a run in which more upcoming events disappear than", default=5
    )
    vanishing_percent = models.PositiveSmallIntegerField(
        "and more than so many of a hundred", default=20, validators=[MaxValueValidator(100)]
    )

    class Meta:
        ordering = ("name",)

    def __str__(self):
        return self.name


class ImportRecord(models.Model):
    """What a source said last about one event, field by field, and the page that came of it.

    `values` is what the feed said last; `published` what it had said when the import last wrote the published version
    of the page, which may be longer ago. `conflicts` are the names of the fields that both an editor and the feed
    changed, as `reconcile.merge` names them, until somebody settles them; `pins` those that do not follow the feed.

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
    published = models.JSONField(default=dict)
    conflicts = models.JSONField(default=list)
    pins = models.JSONField(default=list)
    runs_missing = models.PositiveIntegerField(default=0)
    is_withdrawn = models.BooleanField(default=False)
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
        RUNNING = "running", "Running"
        COMPLETE = "complete", "Complete"
        HELD = "held", "Held for approval"
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
    finished_at = models.DateTimeField("finished", null=True)
    state = models.CharField(max_length=20, choices=State)
    undone_at = models.DateTimeField("undone", null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    message = models.TextField(blank=True, help_text="Why the run failed or is held.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
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
                condition=Q(state__in=("running", "complete"), message="")
                | Q(state__in=("held", "failed")) & ~Q(message=""),
                name="import_run_says_why_it_failed",
            ),
        )

    def __str__(self):
        return f"{self.source or self.address}, {self.started_at:%Y-%m-%d %H:%M} UTC"


class ImportChange(models.Model):
    """What a run did to one page, with all that undoing it takes.

    `live` and `draft` are the fields that it changed in the published version and in the latest draft, each with what
    was there before and after. `record` is what the record said before; NULL for an event that was new.
    """

    class Action(models.TextChoices):
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        UNPUBLISHED = "unpublished", "Unpublished"

    wagtail_reference_index_ignore = True

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    action = models.CharField(max_length=20, choices=Action)
    uid = models.CharField(max_length=255)
    recurrence_id = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255)
    page = models.ForeignKey("events.EventPage", null=True, on_delete=models.SET_NULL, related_name="+")
    live = models.JSONField(default=dict)
    draft = models.JSONField(default=dict)
    record = models.JSONField(null=True)

    class Meta:
        ordering = ("pk",)
        default_permissions = ()

    def __str__(self):
        return f"{self.get_action_display()}: {self.title}"
