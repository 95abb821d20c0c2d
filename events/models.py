"""Events as pages: what an editor writes is the truth, occurrences are derived from it."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError, available_timezones

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import GistIndex
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone as clock
from django.utils.text import slugify
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, PageManager
from wagtail.search import index

from earthcode.models import BasePage, IndexPage

from . import rrule
from .dates import describe, iso_start, utc_offset
from .forms import EventPageForm
from .querysets import EventPageQuerySet
from .recurrence import (
    Occurrence,
    Schedule,
    ScheduleException,
    all_dates,
    instant,
    midnight_after,
    next_or_last,
    occurrences,
    phase,
)

BODY_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "blockquote", "hr"]


# Further away is a slip of the hand, and the calendar itself ends at the year 9999.
YEARS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31)))


def timezone_names():
    """The zones of the IANA database that are places or UTC, without the server's own clock and the like."""
    return {name for name in available_timezones() if "/" in name or name == "UTC"}


def validate_timezone(name):
    """Accept one of `timezone_names`; raise ValidationError for anything else."""
    if name not in timezone_names():
        raise ValidationError(
            "“%(name)s” is not a time zone. Choose one such as Europe/Rome.", params={"name": name}
        )


class TimezoneSelect(forms.Select):
    """All zones of the IANA database; they come and go with tzdata, not with a migration."""

    def __init__(self, attrs=None):
        names = sorted(timezone_names())
        super().__init__(attrs, choices=[(name, name.replace("_", " ")) for name in names])


def languages():
    """Choices of ISO 639 codes with their names in English."""
    names = ((code, info["name"]) for code, info in LANG_INFO.items() if "name" in info and "-" not in code)
    return sorted(names, key=lambda choice: choice[1])


def validate_rule(text):
    """Accept a recurrence rule that `rrule.parts` understands; raise ValidationError for anything else."""
    try:
        rrule.parts(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class EventCategory(models.Model):
    """A word of the vocabulary by which editors sort events and visitors find them."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(
        "word in addresses",
        max_length=80,
        unique=True,
        blank=True,
        help_text="Made from the name if left empty.",
    )

    panels = [FieldPanel("name"), FieldPanel("slug")]

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        self.slug = self.slug or slugify(self.name)
        if not self.slug:
            raise ValidationError({"slug": "Give a word of plain letters, because the name has none."})


class EventType(EventCategory):
    """What kind of thing an event is, such as “Workshop”; an event has at most one."""


class EventTopic(EventCategory):
    """What an event is about, such as “Cryosphere”; an event has any number."""


class EventIndexPage(RoutablePageMixin, IndexPage):
    EVENTS_PER_PAGE = 20

    template = "events/event_index_page.html"
    max_count = 1
    parent_page_types = ("earthcode.HomePage",)
    subpage_types = ("events.EventPage",)

    @path("", name="upcoming")
    def upcoming_events(self, request):
        return self._listing(request, EventPage.objects.listed().child_of(self).upcoming(clock.now()))

    @path("past/", name="past")
    def past_events(self, request):
        return self._listing(request, EventPage.objects.listed().child_of(self).past(clock.now()), "past/")

    def _listing(self, request, events, subpath=""):
        # get_page() answers a malformed or absurd page number with the nearest page there is.
        events = Paginator(events, self.EVENTS_PER_PAGE).get_page(request.GET.get("page"))
        canonical = f"{self.full_url}{subpath}" + (f"?page={events.number}" if events.number > 1 else "")
        return self.render(
            request,
            context_overrides={"events": events, "is_past": subpath == "past/", "canonical": canonical},
        )

    def get_sitemap_urls(self, request=None):
        urls = super().get_sitemap_urls(request)
        past = {**urls[0], "location": f"{urls[0]['location']}past/"}
        return [*urls, past]


class EventPage(BasePage):
    """One event. Its dates and times are wall time in `timezone`; nothing about it says that it is past."""

    class DateStatus(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        TENTATIVE = "tentative", "Tentative"
        TO_BE_DETERMINED = "to_be_determined", "To be determined"

    class Status(models.TextChoices):
        """schema.org EventStatusType"""

        SCHEDULED = "EventScheduled", "As planned"
        RESCHEDULED = "EventRescheduled", "Rescheduled"
        POSTPONED = "EventPostponed", "Postponed"
        CANCELLED = "EventCancelled", "Cancelled"
        MOVED_ONLINE = "EventMovedOnline", "Moved online"

    class AttendanceMode(models.TextChoices):
        """schema.org EventAttendanceModeEnumeration"""

        IN_PERSON = "OfflineEventAttendanceMode", "In person"
        ONLINE = "OnlineEventAttendanceMode", "Online"
        BOTH = "MixedEventAttendanceMode", "In person and online"

    event_type = models.ForeignKey(
        EventType,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="type",
    )
    topics = ParentalManyToManyField(EventTopic, blank=True, related_name="+")
    language = models.CharField(
        max_length=10, blank=True, choices=languages, help_text="The language the event is held in."
    )

    body = RichTextField(
        blank=True, features=BODY_FEATURES, help_text="Everything else a visitor should know."
    )

    date_status = models.CharField(
        max_length=20,
        choices=DateStatus,
        default=DateStatus.CONFIRMED,
        help_text="“To be determined” shows the event without a date, after all others.",
    )
    date_text = models.CharField(
        max_length=80, blank=True, help_text="Words in place of a date, such as “Autumn 2026”. Optional."
    )
    start_date = models.DateField("first day", null=True, blank=True, validators=YEARS)
    start_time = models.TimeField(
        null=True, blank=True, help_text="At the place of the event. Leave empty when it lasts whole days."
    )
    end_date = models.DateField(
        "last day", null=True, blank=True, validators=YEARS, help_text="Empty: it ends the day it starts."
    )
    end_time = models.TimeField(null=True, blank=True, help_text="Empty: the end is not announced.")
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="Europe/Rome",
        validators=[validate_timezone],
        help_text="The zone of the clock at the place of the event.",
    )

    recurrence_rule = models.CharField(
        "repeats",
        max_length=rrule.MAX_LENGTH,
        blank=True,
        validators=[validate_rule],
        help_text="Empty for an event that takes place once.",
    )

    event_status = models.CharField(
        "status",
        max_length=30,
        choices=Status,
        default=Status.SCHEDULED,
        help_text="“Rescheduled”: the dates above are the new ones. “Postponed”: the new dates are not known yet.",
    )
    status_note = models.CharField(
        max_length=255,
        blank=True,
        help_text="A sentence shown beside the status, such as a reason or what to do.",
    )

    attendance_mode = models.CharField(
        "attendance", max_length=30, choices=AttendanceMode, default=AttendanceMode.IN_PERSON
    )
    venue = models.CharField(
        max_length=255, blank=True, help_text="Building or campus, with the street if it helps."
    )
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    online_url = models.URLField(
        "link to take part online",
        max_length=500,
        blank=True,
        help_text="Public: anybody can see and use it.",
    )

    website = models.URLField(max_length=500, blank=True, help_text="The event's own page.")
    registration_url = models.URLField(
        "registration link",
        max_length=500,
        blank=True,
        help_text="Where people register. Hidden once the event is past.",
    )
    registration_opens_date = models.DateField(
        "registration opens on", null=True, blank=True, validators=YEARS
    )
    registration_opens_time = models.TimeField("at", null=True, blank=True, help_text="Empty: with the day.")
    registration_closes_date = models.DateField(
        "registration closes on", null=True, blank=True, validators=YEARS
    )
    registration_closes_time = models.TimeField(
        "at", null=True, blank=True, help_text="Empty: at the end of the day."
    )
    capacity_note = models.CharField(
        "places", max_length=255, blank=True, help_text="Such as “60 places, first come, first served”."
    )
    is_free = models.BooleanField("free of charge", default=False)
    price_note = models.CharField(
        "price", max_length=255, blank=True, help_text="Such as “€ 350, students € 120”."
    )
    image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    super_event = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="sub_events",
        verbose_name="part of",
        help_text="The larger event that this one belongs to.",
    )
    replaced_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replaces",
        help_text="The event that takes the place of this one; visitors are pointed to it.",
    )
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often it was published: SEQUENCE of iCalendar."
    )

    objects = PageManager.from_queryset(EventPageQuerySet)()

    kind = ("Event", "Events")

    base_form_class = EventPageForm
    exclude_fields_in_copy = ["sequence"]

    template = "events/event_page.html"
    parent_page_types = ("events.EventIndexPage",)
    subpage_types = ()
    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
                FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
                FieldPanel("timezone", widget=TimezoneSelect),
                FieldRowPanel([FieldPanel("date_status"), FieldPanel("date_text")]),
            ],
            heading="When",
        ),
        MultiFieldPanel(
            [
                FieldPanel("recurrence_rule"),
                InlinePanel("exceptions", label="Exception", heading="Exceptions"),
            ],
            heading="Series",
        ),
        MultiFieldPanel(
            [
                FieldPanel("event_status"),
                FieldPanel("status_note"),
                FieldPanel("replaced_by"),
                InlinePanel(
                    "previous_dates",
                    label="Previous dates",
                    help_text="Kept when the dates of a published event change; shown while it is “Rescheduled”.",
                ),
            ],
            heading="Status",
        ),
        MultiFieldPanel(
            [
                FieldPanel("attendance_mode"),
                FieldPanel("venue"),
                FieldRowPanel([FieldPanel("city"), FieldPanel("country")]),
                FieldPanel("online_url"),
            ],
            heading="Where",
        ),
        MultiFieldPanel(
            [
                FieldPanel("event_type"),
                FieldPanel("topics", widget=forms.CheckboxSelectMultiple),
                FieldPanel("language"),
                FieldPanel("super_event"),
            ],
            heading="What kind of event",
        ),
        FieldPanel("image"),
        FieldPanel("body"),
        FieldPanel("website"),
        MultiFieldPanel(
            [
                FieldPanel("registration_url"),
                FieldRowPanel([FieldPanel("registration_opens_date"), FieldPanel("registration_opens_time")]),
                FieldRowPanel(
                    [FieldPanel("registration_closes_date"), FieldPanel("registration_closes_time")]
                ),
                FieldPanel("capacity_note"),
                FieldRowPanel([FieldPanel("is_free"), FieldPanel("price_note")]),
            ],
            heading="Registration",
        ),
        InlinePanel("key_dates", label="Key date", heading="Key dates"),
        InlinePanel("organizers", label="Organizer", heading="Organizers"),
        InlinePanel("materials", label="Material", heading="Materials and recordings"),
    ]
    search_fields = (
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("venue"),
        index.SearchField("city"),
        index.SearchField("country"),
        index.RelatedFields("event_type", [index.SearchField("name")]),
        index.RelatedFields("topics", [index.SearchField("name")]),
        index.FilterField("start_date"),
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(start_date__isnull=False)
                | Q(start_time__isnull=True, end_date__isnull=True, end_time__isnull=True),
                name="event_times_need_a_first_day",
                violation_error_message="A time or a last day needs a first day.",
            ),
            models.CheckConstraint(
                condition=Q(end_time__isnull=True) | Q(start_time__isnull=False),
                name="event_end_time_needs_a_start_time",
                violation_error_message="An end time needs a start time.",
            ),
            models.CheckConstraint(
                condition=Q(end_date__isnull=True) | Q(end_date__gte=F("start_date")),
                name="event_ends_no_day_before_it_starts",
                violation_error_message="The last day is before the first day.",
            ),
            models.CheckConstraint(
                # A check that comes out as NULL passes, hence the question for NULL.
                condition=Q(end_time__isnull=True)
                | Q(end_date__isnull=False, end_date__gt=F("start_date"))
                | Q(end_time__gt=F("start_time")),
                name="event_ends_after_it_starts",
                violation_error_message="The event ends before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(start_time__isnull=True) | ~Q(timezone=""),
                name="event_times_come_with_a_zone",
                violation_error_message="A time needs a time zone.",
            ),
            models.CheckConstraint(
                condition=Q(recurrence_rule="") | Q(start_date__isnull=False),
                name="event_series_needs_a_first_day",
                violation_error_message="A series needs a first day.",
            ),
            models.CheckConstraint(
                condition=Q(registration_opens_time__isnull=True) | Q(registration_opens_date__isnull=False),
                name="event_registration_opening_time_needs_a_day",
                violation_error_message="The time at which registration opens needs a day.",
            ),
            models.CheckConstraint(
                condition=Q(registration_closes_time__isnull=True)
                | Q(registration_closes_date__isnull=False),
                name="event_registration_closing_time_needs_a_day",
                violation_error_message="The time at which registration closes needs a day.",
            ),
            models.CheckConstraint(
                condition=Q(registration_opens_date__isnull=True)
                | Q(registration_closes_date__isnull=True)
                | Q(registration_closes_date__gt=F("registration_opens_date"))
                | Q(registration_closes_date=F("registration_opens_date"))
                & (
                    Q(registration_closes_time__isnull=True)
                    | Q(registration_closes_time__gt=Coalesce("registration_opens_time", time.min))
                ),
                name="event_registration_closes_after_it_opens",
                violation_error_message="Registration closes before it opens.",
            ),
            models.CheckConstraint(
                condition=~Q(super_event=F("page_ptr")) & ~Q(replaced_by=F("page_ptr")),
                name="event_is_not_its_own_relative",
                violation_error_message="An event cannot be part of itself, nor replace itself.",
            ),
        )

    def clean(self):
        super().clean()
        errors = {}
        undetermined = self.date_status == self.DateStatus.TO_BE_DETERMINED
        if undetermined and self.start_date:
            errors["date_status"] = (
                "There is a first day: choose “Confirmed” or “Tentative”, or empty the dates."
            )
        if self.start_date and self.end_date and self.end_date < self.start_date:
            errors["end_date"] = "The last day is before the first day."
        if self.end_time and not self.start_time:
            errors["start_time"] = "An end time needs a start time."
        elif (
            self.start_time
            and self.end_time
            and self.end_date in (None, self.start_date)
            and self.end_time <= self.start_time
        ):
            errors["end_time"] = (
                "The event ends before it starts. If it runs past midnight, give the last day."
            )
        if not errors and self._clocks_turn_it_around():
            errors["end_time"] = (
                "The clocks are changed that night, and by them the event ends before it starts. Check both times."
            )
        if self.recurrence_rule and not errors:
            errors |= self._what_is_wrong_with_the_rule()
        errors |= self._what_is_wrong_with_the_registration()
        if self._is_among_its_own("super_event"):
            errors["super_event"] = "That event is itself part of this one."
        if self._is_among_its_own("replaced_by"):
            errors["replaced_by"] = "That event is itself replaced by this one."
        if errors:
            raise ValidationError(errors)

    def _clocks_turn_it_around(self):
        """Whether a change of the clocks puts the end before the start."""
        if not (self.start_date and self.start_time and self.end_time):
            return False
        try:
            starts_at = instant(self.start_date, self.start_time, self.timezone)
            return instant(self.end_date or self.start_date, self.end_time, self.timezone) <= starts_at
        except (OverflowError, ZoneInfoNotFoundError, ValueError):
            return False  # the fields themselves say what is wrong

    def _what_is_wrong_with_the_rule(self):
        if not self.start_date:
            return {"start_date": "A series needs a first day."}
        try:
            is_first = rrule.includes_first(self.recurrence_rule, self.start_date)
        except ValueError:
            return {}  # the field itself says what is wrong
        if not is_first:
            return {"recurrence_rule": "The first day is not one of these days. Change one or the other."}
        last_day = rrule.last_day(self.recurrence_rule, self.start_time, self.timezone)
        if last_day and last_day < self.start_date:
            return {"recurrence_rule": "The series ends before its first day."}
        return {}

    def _what_is_wrong_with_the_registration(self):
        errors = {}
        for name in ("registration_opens", "registration_closes"):
            if getattr(self, f"{name}_time") and not getattr(self, f"{name}_date"):
                errors[f"{name}_date"] = "A time needs a day."
        try:
            opens_at, closes_at = self.registration_period
        except (OverflowError, ZoneInfoNotFoundError, ValueError):
            return errors
        if opens_at and closes_at and closes_at <= opens_at:
            errors["registration_closes_date"] = "Registration closes before it opens."
        return errors

    def _is_among_its_own(self, relation):
        """Whether following `relation` leads back to this event."""
        seen, event = {self.pk}, getattr(self, relation)
        while event is not None:
            if event.pk in seen:
                return True
            seen.add(event.pk)
            event = getattr(event, relation)
        return False

    def save_revision(self, *args, **kwargs):
        """Wagtail's; a draft with other dates than the published ones remembers those as previous dates."""
        published = EventPage.objects.filter(pk=self.pk).first() if self.live else None
        if published and published.schedule and self._announced_dates != published._announced_dates:
            names = ("start_date", "start_time", "end_date", "end_time", "timezone")
            dates = {name: getattr(published, name) for name in names}
            if not any(
                all(getattr(row, n) == v for n, v in dates.items()) for row in self.previous_dates.all()
            ):
                self.previous_dates.add(EventPreviousDates(**dates))
        return super().save_revision(*args, **kwargs)

    @property
    def _announced_dates(self):
        """What visitors were told; the zone matters to a time only."""
        zone = self.timezone if self.start_time else ""
        return self.start_date, self.start_time, self.end_date or self.start_date, self.end_time, zone

    @property
    def schedule(self) -> Schedule | None:
        """What the editor wrote about the time; None while the date is to be determined."""
        if self.start_date is None:
            return None
        changes = (row.change for row in self.exceptions.all()) if self.recurrence_rule else ()
        return Schedule(
            self.start_date,
            self.start_time,
            self.end_date,
            self.end_time,
            self.timezone,
            self.recurrence_rule,
            tuple(changes),
        )

    @property
    def when(self) -> str:
        """The dates as people write them, or the words that stand in for them."""
        return self.date_text or (describe(self.schedule) if self.schedule else "Date to be announced")

    @property
    def where(self) -> str:
        """Venue, city and country in one line; “Online” for an event without a place."""
        place = ", ".join(part for part in (self.venue, self.city, self.country) if part)
        if self.attendance_mode == self.AttendanceMode.ONLINE:
            return place or "Online"
        if self.attendance_mode == self.AttendanceMode.BOTH:
            return f"{place} and online" if place else "Online and in person"
        return place

    @property
    def facts_line(self) -> str:
        return " · ".join(filter(None, (self.when, self.where)))

    @property
    def is_going_ahead(self) -> bool:
        return self.event_status not in (self.Status.CANCELLED, self.Status.POSTPONED)

    @property
    def starts(self) -> str:
        """The start in ISO 8601: a date, or a date and time with its UTC offset."""
        return iso_start(self.schedule) if self.schedule else ""

    @property
    def zone(self) -> str:
        """`Europe/Rome (UTC+1)`, with the offset on the first day."""
        return (
            f"{self.timezone.replace('_', ' ')} ({utc_offset(self.schedule)})"
            if self.schedule
            else self.timezone
        )

    @property
    def listed_organizers(self):
        """The organizers that have a name; a row that an editor left empty has none."""
        return [organizer for organizer in self.organizers.select_related("partner") if str(organizer)]

    @property
    def uid(self) -> str:
        """The UID of iCalendar: the same for ever, and no other event's anywhere."""
        return f"{self.translation_key}@{urlsplit(settings.BASE_URL).hostname}"

    @property
    def registration_period(self) -> tuple[datetime | None, datetime | None]:
        """When registration opens and when it closes, in UTC; None where that is not announced."""
        opens_at = closes_at = None
        if self.registration_opens_date:
            opens_time = self.registration_opens_time or time.min
            opens_at = instant(self.registration_opens_date, opens_time, self.timezone)
        if self.registration_closes_date:
            closes_at = (
                instant(self.registration_closes_date, self.registration_closes_time, self.timezone)
                if self.registration_closes_time
                else midnight_after(self.registration_closes_date, self.timezone)
            )
        return opens_at, closes_at

    def registration(self, at: datetime) -> str:
        """“opens” (later), “open” or “closed” at `at` (aware); “” where nobody can ever register."""
        if not self.registration_url or not self.is_going_ahead:
            return ""
        opens_at, closes_at = self.registration_period
        last = self.schedule and next_or_last(occurrences(self.schedule, at), at)
        is_over = last and (last.ends_at or last.listed_until) <= at
        if is_over or (closes_at and closes_at <= at):
            return "closed"
        return "opens" if opens_at and at < opens_at else "open"

    def all_dates(self, at: datetime) -> list[Occurrence]:
        """The dates of the series as seen from `at` (aware), those that are cancelled among them; see
        `recurrence.all_dates`."""
        return all_dates(self.schedule, at) if self.schedule else []

    def occurrence(self, at: datetime) -> Occurrence | None:
        """The one that matters at `at` (aware): the running or next one, else the last; None without a date."""
        return next_or_last(occurrences(self.schedule, at), at) if self.schedule else None

    def phase(self, at: datetime) -> str:
        """Where the event stands at `at` (aware), as `recurrence.phase` says; “undetermined” without a date."""
        occurrence = self.occurrence(at)
        return phase(occurrence, at) if occurrence else "undetermined"

    def rebuild_occurrences(self, at: datetime):
        """Derive the rows anew from the published schedule, as seen from `at` (aware). Rows that are right stay."""
        wanted = (
            [EventOccurrence.of(self, occurrence) for occurrence in occurrences(self.schedule, at)]
            if (self.schedule)
            else [EventOccurrence.of(self, None)]
        )
        held = list(self.occurrences.all())
        if [row.facts for row in held] != [row.facts for row in wanted]:
            self.occurrences.all().delete()
            EventOccurrence.objects.bulk_create(wanted)


class EventOccurrence(models.Model):
    """One taking place of a published event; see `recurrence.Occurrence`. Derived, never edited.

    `days` is the wall calendar's, from the first day to the one after the last; the instants are in UTC. An event
    whose date is to be determined has one row, of which all these are NULL. The period of registration is the
    event's.
    """

    page = models.ForeignKey(EventPage, on_delete=models.CASCADE, related_name="occurrences")
    original_date = models.DateField(null=True)
    days = DateRangeField(null=True)
    start_time = models.TimeField(null=True)
    end_time = models.TimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    listed_until = models.DateTimeField(null=True, db_index=True)
    registration_opens_at = models.DateTimeField(null=True)
    registration_closes_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("starts_at", "pk")
        indexes = (
            models.Index(fields=("starts_at", "listed_until")),
            GistIndex(fields=("days",), name="event_occurrence_days"),
        )

    @classmethod
    def of(cls, page: EventPage, occurrence: Occurrence | None) -> "EventOccurrence":
        """The row, not saved yet, of an `occurrence` of `page`, or of none."""
        opens_at, closes_at = page.registration_period
        row = cls(page=page, registration_opens_at=opens_at, registration_closes_at=closes_at)
        if occurrence is not None:
            wall = occurrence.wall
            row.original_date = occurrence.original_date
            row.days = DateRange(wall.start_date, wall.last_date + timedelta(days=1))
            row.start_time, row.end_time = wall.start_time, wall.end_time
            row.starts_at, row.ends_at = occurrence.starts_at, occurrence.ends_at
            row.listed_until = occurrence.listed_until
        return row

    @property
    def facts(self) -> tuple:
        """All that the row says."""
        return tuple(
            getattr(self, field.attname) for field in self._meta.concrete_fields if not field.primary_key
        )

    @property
    def occurrence(self) -> Occurrence | None:
        """What the row was made of."""
        if not (self.days and self.original_date and self.starts_at and self.listed_until):
            return None
        wall = Schedule(
            self.days.lower,
            self.start_time,
            self.days.upper - timedelta(days=1),
            self.end_time,
            self.page.timezone,
        )
        return Occurrence(self.original_date, wall, self.starts_at, self.ends_at, self.listed_until)


class EventException(Orderable):
    """What is different about one date of a series; see `recurrence.ScheduleException`."""

    page = ParentalKey(EventPage, on_delete=models.CASCADE, related_name="exceptions")
    original_date = models.DateField("date of the series", validators=YEARS)
    is_cancelled = models.BooleanField("cancelled", default=False, help_text="Otherwise it is moved.")
    start_date = models.DateField(
        "moved to", null=True, blank=True, validators=YEARS, help_text="Empty: same day."
    )
    start_time = models.TimeField("at", null=True, blank=True, help_text="Empty: as always.")
    end_date = models.DateField("last day", null=True, blank=True, validators=YEARS)
    end_time = models.TimeField("until", null=True, blank=True)
    note = models.CharField(max_length=255, blank=True, help_text="Such as a reason.")

    panels = [
        FieldRowPanel([FieldPanel("original_date"), FieldPanel("is_cancelled")]),
        FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
        FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
        FieldPanel("note"),
    ]

    class Meta(Orderable.Meta):
        constraints = (
            models.UniqueConstraint(fields=("page", "original_date"), name="one_exception_per_date"),
            models.CheckConstraint(
                condition=Q(end_date__isnull=True) | Q(end_date__gte=Coalesce("start_date", "original_date")),
                name="event_exception_ends_no_day_before_it_starts",
                violation_error_message="The last day is before the first day.",
            ),
        )

    @property
    def change(self) -> ScheduleException:
        return ScheduleException(
            self.original_date,
            self.is_cancelled,
            self.start_date,
            self.start_time,
            self.end_date,
            self.end_time,
            self.note,
        )


class EventPreviousDates(Orderable):
    """When an event was to take place before its dates changed."""

    page = ParentalKey(EventPage, on_delete=models.CASCADE, related_name="previous_dates")
    start_date = models.DateField("first day", validators=YEARS)
    start_time = models.TimeField(null=True, blank=True)
    end_date = models.DateField("last day", null=True, blank=True, validators=YEARS)
    end_time = models.TimeField(null=True, blank=True)
    timezone = models.CharField("time zone", max_length=64, validators=[validate_timezone])

    panels = [
        FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
        FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
        FieldPanel("timezone", widget=TimezoneSelect),
    ]

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.start_date, self.start_time, self.end_date, self.end_time, self.timezone)

    @property
    def when(self) -> str:
        return describe(self.schedule)


class EventKeyDate(Orderable):
    """A day that matters before or after the event, such as a deadline."""

    page = ParentalKey(EventPage, on_delete=models.CASCADE, related_name="key_dates")
    label = models.CharField(max_length=120, help_text="Such as “Abstracts due”.")
    date = models.DateField(validators=YEARS)
    url = models.URLField("link", max_length=500, blank=True)

    panels = [FieldPanel("label"), FieldRowPanel([FieldPanel("date"), FieldPanel("url")])]

    class Meta(Orderable.Meta):
        ordering = ("date", "sort_order")

    def has_passed(self, at: datetime) -> bool:
        """Whether that day is over in the event's own zone at `at` (aware)."""
        return midnight_after(self.date, self.page.timezone) <= at


class EventMaterial(Orderable):
    """Something that an event leaves behind or asks to be read: a link or a document."""

    class Kind(models.TextChoices):
        PROGRAMME = "programme", "Programme"
        SLIDES = "slides", "Slides"
        RECORDING = "recording", "Recording"
        PAPER = "paper", "Paper or report"
        OTHER = "other", "Other"

    page = ParentalKey(EventPage, on_delete=models.CASCADE, related_name="materials")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    title = models.CharField(max_length=255)
    url = models.URLField("link", max_length=500, blank=True)
    document = models.ForeignKey(
        "wagtaildocs.Document",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="In place of a link.",
    )

    panels = [
        FieldRowPanel([FieldPanel("kind"), FieldPanel("title")]),
        FieldPanel("url"),
        FieldPanel("document"),
    ]

    @property
    def href(self):
        """Where it is to be had; “” when an editor gave neither link nor document."""
        return self.url or (self.document.url if self.document else "")


class EventOrganizer(Orderable):
    """Who holds an event: a partner of EarthCODE or anybody else by name."""

    class Role(models.TextChoices):
        ORGANIZER = "organizer", "Organizer"
        CO_ORGANIZER = "co_organizer", "Co-organizer"
        SPONSOR = "sponsor", "Sponsor"
        SPEAKER = "speaker", "Speaker"

    page = ParentalKey(EventPage, on_delete=models.CASCADE, related_name="organizers")
    partner = models.ForeignKey(
        "partners.PartnerPage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="A partner of EarthCODE …",
    )
    name = models.CharField(
        max_length=255,
        blank=True,
        help_text="… or the name of somebody else. A partner's own name is kept here should the partner go.",
    )
    website = models.URLField(max_length=500, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.ORGANIZER)

    panels = [
        FieldPanel("partner"),
        FieldRowPanel([FieldPanel("name"), FieldPanel("website")]),
        FieldPanel("role"),
    ]

    def clean(self):
        super().clean()
        if self.partner:
            self.name = self.partner.title

    def __str__(self):
        return self.partner.title if self.partner else self.name

    @property
    def href(self):
        """Where a click on the organizer leads; may be empty."""
        return self.website or (self.partner.url if self.partner and self.partner.live else "")


class EventTombstone(models.Model):
    """What is remembered of a published event that was deleted: its address answers 410 and not 404."""

    slug = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=255)
    deleted_at = models.DateTimeField()
    replaced_by = models.ForeignKey(EventPage, null=True, on_delete=models.SET_NULL, related_name="+")

    wagtail_reference_index_ignore = True

    def __str__(self):
        return self.title


# Django finds models through this module only.
from .importing.models import ImportRecord, ImportRun, ImportSource  # noqa: E402, F401
