"""Events as pages: what an editor writes is the truth, occurrences are derived from it."""

from datetime import date, datetime
from zoneinfo import ZoneInfoNotFoundError, available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone as clock
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, PageManager
from wagtail.search import index

from earthcode.models import BasePage, IndexPage

from .dates import describe, iso_start, utc_offset
from .forms import EventPageForm
from .querysets import EventPageQuerySet
from .recurrence import Schedule, occurrences, phase

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

    website = models.URLField(max_length=500, blank=True, help_text="The event's own page.")
    registration_url = models.URLField(
        "registration link",
        max_length=500,
        blank=True,
        help_text="Where people register. Hidden once the event is past.",
    )
    image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = PageManager.from_queryset(EventPageQuerySet)()

    base_form_class = EventPageForm

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
                FieldPanel("attendance_mode"),
                FieldPanel("venue"),
                FieldRowPanel([FieldPanel("city"), FieldPanel("country")]),
            ],
            heading="Where",
        ),
        MultiFieldPanel([FieldPanel("event_status"), FieldPanel("status_note")], heading="Status"),
        MultiFieldPanel([FieldPanel("website"), FieldPanel("registration_url")], heading="Links"),
        FieldPanel("image"),
        FieldPanel("body"),
        InlinePanel("organizers", label="Organizer"),
    ]
    search_fields = (
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("venue"),
        index.SearchField("city"),
        index.SearchField("country"),
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
        if errors:
            raise ValidationError(errors)

    def _clocks_turn_it_around(self):
        """Whether a change of the clocks puts the end before the start."""
        if self.schedule is None:
            return False
        try:
            (occurrence,) = occurrences(self.schedule)
        except (OverflowError, ZoneInfoNotFoundError, ValueError):
            return False  # the fields themselves say what is wrong
        return occurrence.ends_at is not None and occurrence.ends_at <= occurrence.starts_at

    @property
    def schedule(self) -> Schedule | None:
        """What the editor wrote about the time; None while the date is to be determined."""
        if self.start_date is None:
            return None
        return Schedule(self.start_date, self.start_time, self.end_date, self.end_time, self.timezone)

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

    def phase(self, at: datetime) -> str:
        """Where the event stands at `at` (aware), as `recurrence.phase` says; “undetermined” without a date."""
        if self.schedule is None:
            return "undetermined"
        return phase(occurrences(self.schedule)[-1], at)

    def rebuild_occurrences(self):
        """Derive the rows anew from the published schedule."""
        rows = occurrences(self.schedule) if self.schedule else []
        self.occurrences.all().delete()
        EventOccurrence.objects.bulk_create(
            EventOccurrence(
                page=self, starts_at=row.starts_at, ends_at=row.ends_at, listed_until=row.listed_until
            )
            for row in rows
        )


class EventOccurrence(models.Model):
    """One taking place of a published event, in UTC; see `recurrence.Occurrence`. Derived, never edited."""

    page = models.ForeignKey(EventPage, on_delete=models.CASCADE, related_name="occurrences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    listed_until = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("starts_at",)
        indexes = (models.Index(fields=("starts_at", "listed_until")),)


class EventOrganizer(Orderable):
    """Who holds an event: a partner of EarthCODE or anybody else by name."""

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

    panels = [FieldPanel("partner"), FieldRowPanel([FieldPanel("name"), FieldPanel("website")])]

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


# Django finds models through this module only.
from .importing.models import ImportRecord, ImportRun, ImportSource  # noqa: E402, F401
