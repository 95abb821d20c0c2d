"""What the import remembers: its sources, what each event's feed said last, and its runs.

Wagtail's reference index leaves them out: that a page was imported is no use of it that deleting would break.
"""

import json
from hashlib import sha256
from os.path import isfile

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from events.widgets import timezone_names

from .feed import FeedUnusable, Key
from .fetch import allowed, is_on_the_web

# A credential may be any variable of the environment that begins so, and none of those that the portal lives by.
CREDENTIAL_PREFIX = "IMPORT_CREDENTIAL_"
# In place of an address: what was uploaded last.
UPLOAD = "upload:"


class ImportSource(models.Model):
    """A calendar that events come from; `sources` tells how a feed is recognised as one."""

    class Missing(models.TextChoices):
        """What becomes of an event that the feed does not have any more."""

        KEEP = "keep", "Keep its page as it is"
        CANCEL = "cancel", "Mark it as cancelled"
        UNPUBLISH = "unpublish", "Unpublish its page"

    class Publish(models.TextChoices):
        """What becomes of news."""

        DRAFT = "draft", "Leave it as a draft"
        WORKFLOW = "workflow", "Leave it as a draft and submit that for approval"
        PUBLISH = "publish", "Publish it"

    class Interval(models.IntegerChoices):
        """In minutes."""

        QUARTER_HOUR = 15, "Every 15 minutes"
        HOUR = 60, "Every hour"
        SIX_HOURS = 360, "Every 6 hours"
        DAY = 1440, "Every day"
        WEEK = 10080, "Every week"

    wagtail_reference_index_ignore = True

    NOT_APPROVED = frozenset(
        {
            # What it is called, when it is imported, and who is told about it.
            *("id", "name", "interval", "is_paused", "owner"),
            # What the portal notes down.
            *("approved", "etag", "last_modified", "digest", "checked_at", "succeeded_at", "next_run_at"),
            *("failures", "is_gone"),
        }
    )
    """The only fields that somebody may change who may not approve, and have the source go on as before."""

    name = models.CharField(max_length=255, unique=True)
    address = models.CharField(
        max_length=2000, help_text="Of the feed: an https, http or webcal address, or a file on the server."
    )
    format = models.CharField(
        max_length=30, blank=True, help_text="Empty: recognised from what is found at the address."
    )
    credential = models.CharField(
        max_length=100,
        blank=True,
        validators=[
            RegexValidator(rf"^{CREDENTIAL_PREFIX}[A-Z0-9_]+$", f"It begins with {CREDENTIAL_PREFIX}.")
        ],
        help_text=(
            f"Of a feed that is not open: the name of an environment variable of the portal, such as "
            f"{CREDENTIAL_PREFIX}ESA, that holds what is sent as Authorization. The secret itself is not kept here."
        ),
    )

    parent = models.ForeignKey(
        "events.EventIndexPage",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="event list",
        help_text="The page below which the events are made.",
    )
    publish = models.CharField("what is new", max_length=20, choices=Publish, default=Publish.DRAFT)
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="Europe/Rome",
        help_text="Of times for which the feed names none.",
    )
    language = models.CharField(
        max_length=10, blank=True, help_text="Of events for which the feed names none, such as en."
    )
    event_type = models.ForeignKey(
        "events.EventType",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="type",
        help_text="Of events whose categories in the feed name no type of the portal.",
    )
    topics = models.ManyToManyField(
        "events.EventTopic",
        blank=True,
        related_name="+",
        help_text="Of events whose categories in the feed name no topic of the portal.",
    )
    organizer = models.ForeignKey(
        "partners.PartnerPage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="organiser",
        help_text="Of events for which the feed names none.",
    )
    images = models.BooleanField(
        "bring the pictures of events",
        default=False,
        help_text="Only where the partner has the right to give them away. They are kept in the library of images.",
    )
    include_words = models.TextField(
        "only events with",
        blank=True,
        help_text="A word or phrase in each line; one of them has to be in the title or text.",
    )
    exclude_words = models.TextField(
        "no events with",
        blank=True,
        help_text="A word or phrase in each line; none of them may be in the title or text.",
    )
    include_categories = models.TextField(
        "only events of the categories", blank=True, help_text="As the feed writes them, one in each line."
    )
    exclude_categories = models.TextField(
        "no events of the categories", blank=True, help_text="As the feed writes them, one in each line."
    )

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
        "and more than so many percent of them", default=20, validators=[MaxValueValidator(100)]
    )

    interval = models.PositiveIntegerField(
        "timetable", null=True, blank=True, choices=Interval, help_text="Empty: it is imported by hand only."
    )
    is_paused = models.BooleanField("paused", default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Gets a mail when something is wrong with the feed.",
    )

    mapping = models.JSONField(
        default=dict,
        editable=False,
        help_text="Of a table: by the name of each column the field of parse.table that it is, or “”.",
    )
    upload_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="SHA-256 of the table that was uploaded last."
    )
    approved = models.CharField(max_length=64, blank=True, editable=False)
    etag = models.CharField(max_length=255, blank=True, editable=False)
    last_modified = models.CharField(max_length=255, blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    checked_at = models.DateTimeField("last checked", null=True, editable=False)
    succeeded_at = models.DateTimeField("last success", null=True, editable=False)
    next_run_at = models.DateTimeField("next run", null=True, editable=False)
    failures = models.PositiveIntegerField("failures in a row", default=0, editable=False)
    is_gone = models.BooleanField("the server says that it is gone for good", default=False, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = "source of events"
        verbose_name_plural = "sources of events"
        permissions = (("approve_importsource", "Can approve sources of events"),)

    def __str__(self):
        return self.name

    def clean(self):
        """What no single field can tell; each message stands at the field that is to be changed."""
        wrong = {
            "address": _why_not(self.address) if self.address and not self.is_upload else "",
            "timezone": ""
            if self.timezone in timezone_names()
            else f"“{self.timezone}” is not a time zone. Choose one such as Europe/Rome.",
        }
        if wrong := {name: message for name, message in wrong.items() if message}:
            raise ValidationError(wrong)

    @property
    def what_was_approved(self) -> str:
        """A digest of all that decides what becomes public; a change of it needs a new approval. That is every field
        but those in NOT_APPROVED."""
        fields = [field for field in self._meta.concrete_fields if field.name not in self.NOT_APPROVED]
        told = {field.name: field.to_python(field.value_from_object(self)) for field in fields}
        for field in self._meta.many_to_many:
            related = getattr(self, field.name).all() if self.pk else ()
            told[field.name] = sorted(row.pk for row in related)
        return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def columns(self) -> dict[str, str]:
        """Which column of a table is which field, as `parse` wants it; none where that is to be guessed."""
        return {field: column for column, field in self.mapping.items() if field}

    @property
    def is_upload(self) -> bool:
        return self.address == UPLOAD

    @property
    def is_approved(self) -> bool:
        return self.approved == self.what_was_approved


def _why_not(address: str) -> str:
    """Why nothing can be at `address`; "" if something can."""
    if not is_on_the_web(address):
        return (
            ""
            if isfile(address)
            else f"“{address}” is no web address, and there is no such file on the server."
        )
    try:
        allowed(address)
    except FeedUnusable as error:
        return str(error)
    return ""


class ImportUpload(models.Model):
    """The table that was uploaded last for a source. It is kept in here, where no web server hands it out."""

    wagtail_reference_index_ignore = True

    source = models.OneToOneField(ImportSource, on_delete=models.CASCADE, related_name="upload")
    name = models.CharField(max_length=255, help_text="Of the file.")
    content = models.BinaryField()
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.name


class CheckLink(models.Model):
    """The link by which a partner may check the feed of a source; a new one replaces it, deleting withdraws it."""

    wagtail_reference_index_ignore = True

    source = models.OneToOneField(ImportSource, on_delete=models.CASCADE, related_name="check_link")
    nonce = models.CharField(max_length=32)
    expires_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.source}, until {self.expires_at:%Y-%m-%d}"


class Check(models.Model):
    """That somebody used a CheckLink; forgotten as soon as it no longer counts. `visitor` is no address, but a digest
    of one with the portal's secret."""

    wagtail_reference_index_ignore = True

    source = models.ForeignKey(ImportSource, on_delete=models.CASCADE, related_name="+")
    visitor = models.CharField(max_length=64)
    asked_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.source_id}, {self.asked_at:%Y-%m-%d %H:%M} UTC"


class ImportRecord(models.Model):
    """What a source said last about one event, field by field, and the page that came of it.

    `values` is what the feed said last; `published` what it had said when the import last wrote the published version
    of the page, which may be longer ago. `conflicts` are the names of the fields that both an editor and the feed
    changed, as `reconcile.merge` names them, until somebody settles them; `pins` those that do not follow the feed.

    `taken_down` is what visitors saw when an import (or somebody who ignored the event) unpublished the page, with the
    version that was scheduled then; None once anything is published again. Wagtail keeps the draft of an unpublished
    page in the row of the page, so nothing else tells what was public from what somebody has typed since.

    A record without a page is of an event that an editor deleted, `is_ignored` of one whose page is left alone: both
    stay away.
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
    is_ignored = models.BooleanField(default=False)
    runs_missing = models.PositiveIntegerField(default=0)
    is_withdrawn = models.BooleanField(default=False)
    taken_down = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    sequence = models.PositiveIntegerField(null=True)
    last_modified = models.DateTimeField(null=True)
    seen = models.JSONField(
        default=dict,
        help_text="How the feed tells of it now where that is not as the record has it: another uid and recurrence_id, "
        "and of an event that stays away its title, time and place.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source", "uid", "recurrence_id"), name="one_import_record_per_event"
            ),
            models.CheckConstraint(condition=~Q(uid=""), name="import_record_has_a_uid"),
        )
        indexes = (
            models.Index(fields=("page",), name="import_records_in_conflict", condition=~Q(conflicts=[])),
        )

    def __str__(self):
        return f"{self.uid} {self.recurrence_id}".rstrip()

    @property
    def stays_away(self) -> bool:
        return self.is_ignored or self.page_id is None

    @property
    def key(self) -> Key:
        return Key(self.uid, self.recurrence_id)


class ImportRun(models.Model):
    """One import, complete or failed, with all that a person may ask about it later."""

    wagtail_reference_index_ignore = True

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PREVIEW = "preview", "Preview: the source waits for approval"
        COMPLETE = "complete", "Complete"
        HELD = "held", "Held for approval"
        FAILED = "failed", "Failed: the feed cannot be used"
        BROKEN = "broken", "Broken off: the feed is not to blame"

    class Trigger(models.TextChoices):
        COMMAND = "command", "Command line"
        TIMETABLE = "timetable", "Timetable"
        ADMIN = "admin", "Admin"

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
    job = models.BigIntegerField(
        null=True, help_text="Of the worker, by its number in procrastinate's table."
    )
    found = models.PositiveIntegerField(
        null=True, help_text="Events in the feed, wanted or not; not known when it could not be read."
    )
    answer = models.JSONField(
        default=dict,
        help_text="What the server said: its status, the address that answered, type, bytes, seconds and validators.",
    )
    done = models.PositiveIntegerField(default=0, help_text="Events dealt with, told once a second.")
    total = models.PositiveIntegerField(null=True, help_text="Events to deal with, once that is known.")
    undone_at = models.DateTimeField("undone", null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    message = models.TextField(blank=True, help_text="Why the run failed or is held.")
    counted = models.JSONField(
        default=dict,
        help_text="Facts about events whose pages it left alone, before and after, by the key of their record. Kept of "
        "the newest run of a source: a later one counts them anew.",
    )
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    problems = models.JSONField(
        default=list, help_text="Rows of level, uid, line and reason; see feed.Problem."
    )

    class Meta:
        ordering = ("-started_at", "-pk")
        # Runs are written by imports only; the admin shows them.
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("-started_at", "-id"), name="import_runs_newest_first"),
            models.Index(fields=("source", "-started_at", "-id"), name="import_runs_of_a_source"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(finished_at__gte=F("started_at")), name="import_run_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("running", "preview", "complete"), message="")
                | Q(state__in=("held", "failed", "broken")) & ~Q(message=""),
                name="import_run_says_why_it_failed",
            ),
        )

    def __str__(self):
        return f"{self.source or self.address}, {self.started_at:%Y-%m-%d %H:%M} UTC"


class ImportChange(models.Model):
    """What a run did to one page, with all that undoing it takes.

    `live`, `draft` and `scheduled` are the fields that it changed in the published version, in the latest draft and in
    the version that is to be published later, each with what was there before and after. `state` is the state of the
    page before and after, as `versions.page_state` gives it. `records` are those records of the page that it changed,
    each before and after; none for an event that was new. `left` is what each version said after the run in the fields
    in which a record changed and the version did not. `is_undone`: what could be taken back was; `kept` says what could
    not, and why.
    """

    class Action(models.TextChoices):
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        UNPUBLISHED = "unpublished", "Unpublished"
        RETURNED = "returned", "Published again"
        NOTED = "noted", "Page unchanged"

    wagtail_reference_index_ignore = True

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    action = models.CharField(max_length=20, choices=Action)
    uid = models.CharField(max_length=255)
    recurrence_id = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255)
    page = models.ForeignKey("events.EventPage", null=True, on_delete=models.SET_NULL, related_name="+")
    live = models.JSONField(default=dict)
    draft = models.JSONField(default=dict)
    scheduled = models.JSONField(default=dict)
    left = models.JSONField(default=dict)
    state = models.JSONField(default=dict)
    records = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    is_undone = models.BooleanField(default=False)
    kept = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)
        default_permissions = ()

    def __str__(self):
        return f"{self.get_action_display()}: {self.title}"


class ImportIncident(models.Model):
    """A time in which something was wrong with a source, so that people are told of it once, and when it is over.

    `causes` are those of `health.Cause`, each at its first appearance; `told` those that mails have gone out about.
    """

    wagtail_reference_index_ignore = True

    source = models.ForeignKey(ImportSource, on_delete=models.CASCADE, related_name="incidents")
    opened_at = models.DateTimeField()
    causes = models.JSONField(default=list)
    told = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)
    end_told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-opened_at", "-pk")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("source",), condition=Q(ended_at=None), name="one_open_incident_per_source"
            ),
        )

    def __str__(self):
        return f"{self.source}, {self.opened_at:%Y-%m-%d %H:%M} UTC"


class ImportedImage(models.Model):
    """What became of the picture at an address.

    Without an image it was refused, for the reason in `refusal`, or an editor has deleted it since.
    """

    wagtail_reference_index_ignore = True

    address = models.CharField(max_length=500, unique=True)
    image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    refusal = models.TextField(blank=True)
    checked_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.address


class PossibleDuplicate(models.Model):
    """Two pages that may be about one event, and what somebody said about it; see `duplicates` and `joining`.

    `one` has the lower number. `joined` is what it takes to part the pages again.
    """

    wagtail_reference_index_ignore = True

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DIFFERENT = "different", "Different events"
        SAME = "same", "The same event"

    one = models.ForeignKey("events.EventPage", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("events.EventPage", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    likeness = models.FloatField(default=0, help_text="How much speaks for it, up to 1.")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    joined = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("one", "other"), name="one_possible_duplicate_per_pair"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="possible_duplicate_is_in_order"),
        )
        indexes = (models.Index(fields=("state", "-settled_at", "-id"), name="possible_duplicates_by_state"),)

    def __str__(self):
        return f"{self.one} – {self.other}: {self.get_state_display()}"

    @property
    def pair(self) -> tuple[int, int]:
        return self.one_id, self.other_id
