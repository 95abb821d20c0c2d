"""The page of an event: what an editor writes is the truth, occurrences are derived from it."""

from dataclasses import replace
from datetime import datetime, time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import re_path
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager
from wagtail.search import index

from earthcode.models import BasePage, Routes

from .. import additional_dates, rrule
from ..dates import describe, describe_days
from ..forms import EventPageForm
from ..panels import ExceptionsPanel, ImportPanel, OptionalInlinePanel, OptionalPanel, RecurrencePanel
from ..querysets import EventPageQuerySet
from ..recurrence import (
    AdditionalDate,
    Occurrence,
    Schedule,
    all_dates,
    instant,
    midnight_after,
    next_or_last,
    occurrences,
    phase,
)
from ..widgets import TimezoneSelect
from .occurrences import EventOccurrence
from .series import EventPreviousDates
from .values import YEARS, languages, validate_additional_dates, validate_rule, validate_timezone
from .vocabulary import EventTopic, EventType

BODY_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "blockquote", "hr"]
EXCEPTIONS_HELP = (
    "Single dates of the series that are cancelled or moved, or have something to be said about them."
)


class EventPage(Routes, BasePage):
    """One event. Its dates and times are wall time in `timezone`; nothing about it says that it is past."""

    # An import indexes many at once; see signal_handlers.
    search_auto_update = False

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
        related_query_name="event",
        verbose_name="type",
    )
    topics = ParentalManyToManyField(EventTopic, blank=True, related_name="+", related_query_name="event")
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
    start_date = models.DateField(
        "first day", null=True, blank=True, validators=YEARS, help_text="Empty: it is still to be determined."
    )
    start_time = models.TimeField(null=True, blank=True, help_text="Empty: it lasts whole days.")
    end_date = models.DateField(
        "last day", null=True, blank=True, validators=YEARS, help_text="Empty: it ends the day it starts."
    )
    end_time = models.TimeField(null=True, blank=True, help_text="Empty: the end is not announced.")
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="Europe/Rome",
        validators=[validate_timezone],
        help_text="The zone of the clock at the place of the event; all times here are by that clock.",
    )

    recurrence_rule = models.CharField(
        "repeats",
        max_length=rrule.MAX_LENGTH,
        blank=True,
        validators=[validate_rule],
        help_text="Empty for an event that takes place once.",
    )
    additional_dates = models.TextField(
        blank=True,
        validators=[validate_additional_dates],
        help_text="More dates, one a line, such as 2027-05-03. Where it is not the usual time, with the time: "
        "2027-05-03 14:00 or 2027-05-03 14:00 - 16:30.",
    )
    keeps_duration = models.BooleanField(
        "end when the clocks change",
        default=False,
        help_text="Each date lasts as many hours as the first, also in a night in which the clocks change.",
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
        "registration opens on", null=True, blank=True, validators=YEARS, help_text="Empty: it is open."
    )
    registration_opens_time = models.TimeField(
        "registration opens at", null=True, blank=True, help_text="Empty: with the day."
    )
    registration_closes_date = models.DateField(
        "registration closes on",
        null=True,
        blank=True,
        validators=YEARS,
        help_text="Empty: when the event is over.",
    )
    registration_closes_time = models.TimeField(
        "registration closes at", null=True, blank=True, help_text="Empty: at the end of the day."
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
    exclude_fields_in_copy = ["sequence", "previous_dates", "replaced_by"]

    template = "events/event_page.html"
    parent_page_types = ("events.EventIndexPage",)
    subpage_types = ()
    content_panels = [
        *Page.content_panels,
        ImportPanel(heading="Imported"),
        FieldPanel("summary"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
                FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
                FieldPanel("timezone", widget=TimezoneSelect, required_on_save=True),
                FieldRowPanel([FieldPanel("date_status"), FieldPanel("date_text")]),
            ],
            heading="When",
        ),
        OptionalPanel(
            [
                RecurrencePanel("recurrence_rule", heading="How it repeats"),
                FieldPanel("additional_dates", widget=forms.Textarea(attrs={"rows": 3})),
                ExceptionsPanel(
                    "exceptions", label="exception", heading="Exceptions", help_text=EXCEPTIONS_HELP
                ),
            ],
            heading="Series",
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
                FieldPanel("body", heading="Description"),
                FieldPanel("website"),
                FieldPanel("image"),
            ],
            heading="What",
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("event_type", widget=forms.Select), FieldPanel("language")]),
                FieldPanel("topics", widget=forms.CheckboxSelectMultiple, classname="event-topics"),
            ],
            heading="Type and topics",
        ),
        OptionalPanel(
            [
                FieldPanel("registration_url"),
                FieldRowPanel([FieldPanel("registration_opens_date"), FieldPanel("registration_opens_time")]),
                FieldRowPanel(
                    [FieldPanel("registration_closes_date"), FieldPanel("registration_closes_time")]
                ),
                FieldPanel("capacity_note"),
                FieldRowPanel([FieldPanel("price_note"), FieldPanel("is_free")]),
            ],
            heading="Registration",
        ),
        OptionalInlinePanel("organizers", label="organiser", heading="Organisers"),
        OptionalInlinePanel("key_dates", label="key date", heading="Key dates"),
        OptionalInlinePanel("materials", label="material", heading="Materials and recordings"),
        OptionalPanel(
            [
                FieldPanel("event_status"),
                FieldPanel("status_note"),
                FieldPanel("replaced_by"),
                InlinePanel(
                    "previous_dates",
                    label="previous dates",
                    help_text="Kept when the dates of a published event change; shown while it is “Rescheduled”.",
                ),
            ],
            heading="Cancelled, postponed, rescheduled",
        ),
        OptionalPanel([FieldPanel("super_event")], heading="Larger event"),
    ]
    search_fields = (
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("end_of_text"),
        index.SearchField("venue"),
        index.SearchField("city"),
        index.SearchField("country"),
        index.RelatedFields("event_type", [index.SearchField("name")]),
        index.RelatedFields("topics", [index.SearchField("name")]),
        index.FilterField("start_date"),
    )

    class Meta:
        verbose_name = "event"
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
                condition=Q(recurrence_rule="", additional_dates="") | Q(start_date__isnull=False),
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
        if not self.start_date and (self.start_time or self.end_date or self.end_time):
            errors["start_date"] = "A time or a last day needs a first day."
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
        if self.additional_dates and not errors:
            errors |= self._what_is_wrong_with_additional_dates()
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
            next_day = rrule.next_day(self.recurrence_rule, self.start_date)
        except ValueError:
            return {}  # the field itself says what is wrong
        if next_day is None:
            return {"recurrence_rule": "There is no such day in any year."}
        if next_day != self.start_date:
            words = f"The first day is not one of these days; the next would be {describe_days(next_day, next_day)}."
            return {"recurrence_rule": f"{words} Change one or the other."}
        last_day = rrule.last_day(self.recurrence_rule, self.start_time, self.timezone)
        if last_day and last_day < self.start_date:
            return {"recurrence_rule": "The series ends before its first day."}
        return {}

    def _what_is_wrong_with_additional_dates(self):
        """Which are put into order and into one way of writing, too."""
        if not self.start_date:
            return {"start_date": "Additional dates need a first day, too."}
        try:
            dates = additional_dates.read(self.additional_dates)
        except ValueError:
            return {}  # the field itself says what is wrong
        self.additional_dates = additional_dates.written(dates)
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
        step = getattr(self, f"{relation}_id")
        if step is None or self.pk is None:
            return False
        ways = EventPage.objects.exclude(**{relation: None}).values_list("pk", f"{relation}_id")
        steps, seen = dict(ways), {self.pk}
        while step is not None and step not in seen:
            seen.add(step)
            step = steps.get(step)
        return step == self.pk

    @re_path(r"^event\.ics/?$", name="calendar")
    def calendar(self, request):
        from .. import views

        return views.event_calendar(self)

    def get_route_paths(self):
        return ["/", "/event.ics"]

    def save_revision(self, *args, remembers_dates=True, **kwargs):
        """Wagtail's; a draft with other dates than the published ones remembers those as previous dates, unless it
        takes back what was never meant to be."""
        published = EventPage.objects.filter(pk=self.pk).first() if self.live and remembers_dates else None
        told = published and published.schedule and published.schedule.announced
        now = self.schedule and self.schedule.announced
        rows = list(self.previous_dates.all())
        if published and told and told not in (now, *(row.schedule.announced for row in rows)):
            self.previous_dates.add(EventPreviousDates.of(published))
        # Dates that were changed back are not previous ones.
        changed_back = [row for row in rows if row.schedule.announced == now]
        if changed_back:
            self.previous_dates.remove(*changed_back)
        return super().save_revision(*args, **kwargs)

    @property
    def schedule(self) -> Schedule | None:
        """What the editor wrote about the time; None while the date is to be determined."""
        regular = self.regular_schedule
        if regular is None or not regular.is_series:
            return regular
        return replace(regular, exceptions=tuple(row.change for row in self.exceptions.all()))

    @property
    def regular_schedule(self) -> Schedule | None:
        """`schedule` as it would be without exceptions, for which no query is needed."""
        if self.start_date is None:
            return None
        return Schedule(
            self.start_date,
            self.start_time,
            self.end_date,
            self.end_time,
            self.timezone,
            self.recurrence_rule,
            additional=self._additional_dates,
            keeps_duration=self.keeps_duration,
        )

    @property
    def _additional_dates(self) -> tuple[AdditionalDate, ...]:
        """None where they cannot be read, as in the middle of being written."""
        try:
            return additional_dates.read(self.additional_dates)
        except ValueError:
            return ()

    @property
    def when(self) -> str:
        """The dates as people write them, or the words that stand in for them."""
        schedule = self.regular_schedule
        return self.date_text or (describe(schedule) if schedule else "Date to be announced")

    @property
    def attendance(self) -> str:
        """How people take part now: as the editor chose, or online once the event has moved there."""
        moved = self.event_status == self.Status.MOVED_ONLINE
        return self.AttendanceMode.ONLINE if moved else self.AttendanceMode(self.attendance_mode)

    @property
    def place(self) -> str:
        """Venue, city and country in one line; may be empty."""
        return ", ".join(part for part in (self.venue, self.city, self.country) if part)

    @property
    def where(self) -> str:
        """The place in one line; “Online” for an event without one, or that has left it."""
        if self.event_status == self.Status.MOVED_ONLINE:
            return "Online"
        if self.attendance_mode == self.AttendanceMode.ONLINE:
            return self.place or "Online"
        if self.attendance_mode == self.AttendanceMode.BOTH:
            return f"{self.place} and online" if self.place else "Online and in person"
        return self.place

    @property
    def facts_line(self) -> str:
        return " · ".join(filter(None, (self.when, self.where)))

    @property
    def categories(self):
        """Its type, if it has one, and its topics."""
        return [*filter(None, [self.event_type]), *self.topics.all()]

    @property
    def status_words(self) -> str:
        """What is special about its status in a sentence or two; “” if it takes place as planned."""
        status = "" if self.event_status == self.Status.SCHEDULED else f"{self.get_event_status_display()}."
        return " ".join(part for part in (status, self.status_note) if part)

    @property
    def is_in_person(self) -> bool:
        """Whether people can meet there."""
        return self.event_status != self.Status.MOVED_ONLINE and self.attendance_mode in (
            self.AttendanceMode.IN_PERSON,
            self.AttendanceMode.BOTH,
        )

    @property
    def is_online(self) -> bool:
        """Whether people can take part from anywhere."""
        return self.event_status == self.Status.MOVED_ONLINE or self.attendance_mode in (
            self.AttendanceMode.ONLINE,
            self.AttendanceMode.BOTH,
        )

    @property
    def social_image_lines(self) -> tuple[str, ...]:
        when = self.when if self.is_going_ahead else f"{self.get_event_status_display()} · {self.when}"
        return when, self.where

    @property
    def is_going_ahead(self) -> bool:
        return self.event_status not in (self.Status.CANCELLED, self.Status.POSTPONED)

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
        is_over = self.schedule is not None and all(
            (date_.ends_at or date_.listed_until) <= at for date_ in occurrences(self.schedule, at)
        )
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

    def has_right_occurrences(self, at: datetime) -> bool:
        """Whether the rows say what the schedule does, as seen from `at` (aware)."""
        return [row.facts for row in self.occurrences.all()] == [
            row.facts for row in self.occurrence_rows(at)
        ]

    def rebuild_occurrences(self, at: datetime):
        """Derive the rows anew from the published schedule, as seen from `at` (aware). Rows that are right stay."""
        if self.has_right_occurrences(at):
            return
        with transaction.atomic():
            # Two that rebuild at once do so one after the other.
            EventPage.objects.select_for_update(of=("self",)).only("pk").get(pk=self.pk)
            EventOccurrence.objects.filter(page=self).delete()
            EventOccurrence.objects.bulk_create(self.occurrence_rows(at))

    def occurrence_rows(self, at: datetime) -> list[EventOccurrence]:
        """What the schedule says, as seen from `at` (aware); not stored. None of an alias, which is another address of
        an event that has its own."""
        if self.alias_of_id:
            return []
        return EventOccurrence.rows_of(self, occurrences(self.schedule, at) if self.schedule else [])
