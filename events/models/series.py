"""What of the dates of an event is in rows of its own: exceptions of a series, and dates it had before."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Orderable

from ..dates import describe
from ..panels import OriginalTimePanel
from ..recurrence import Schedule, ScheduleException
from ..widgets import TimezoneSelect
from .values import YEARS, validate_timezone

if TYPE_CHECKING:
    from .pages import EventPage


class EventException(Orderable):
    """What is different about one date of a series; see `recurrence.ScheduleException`."""

    page = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="exceptions")
    original_date = models.DateField(
        "date of the series", validators=YEARS, help_text="The day as the series has it."
    )
    original_time = models.TimeField(
        "its usual time",
        null=True,
        blank=True,
        help_text="Only for an additional date at a time of its own: when it was to start.",
    )
    is_cancelled = models.BooleanField(
        "cancelled", default=False, help_text="It does not take place, and is not moved."
    )
    start_date = models.DateField(
        "moved to", null=True, blank=True, validators=YEARS, help_text="Empty: it keeps its day."
    )
    start_time = models.TimeField(
        "new start time", null=True, blank=True, help_text="Empty: it starts as always."
    )
    end_date = models.DateField(
        "new last day",
        null=True,
        blank=True,
        validators=YEARS,
        help_text="Empty: it lasts as many days as always.",
    )
    end_time = models.TimeField(
        "new end time",
        null=True,
        blank=True,
        help_text="Empty: it ends as always; with a new start time, the end is not announced.",
    )
    note = models.CharField(max_length=255, blank=True, help_text="For visitors, such as the reason.")

    panels = [
        FieldRowPanel([FieldPanel("original_date"), FieldPanel("is_cancelled")]),
        OriginalTimePanel("original_time"),
        FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
        FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
        FieldPanel("note"),
    ]

    class Meta(Orderable.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("page", "original_date", "original_time"),
                nulls_distinct=False,
                name="one_exception_per_date",
            ),
            models.CheckConstraint(
                condition=Q(end_date__isnull=True) | Q(end_date__gte=Coalesce("start_date", "original_date")),
                name="event_exception_ends_no_day_before_it_starts",
                violation_error_message="The last day is before the first day.",
            ),
            models.CheckConstraint(
                condition=Q(is_cancelled=False)
                | Q(
                    start_date__isnull=True,
                    start_time__isnull=True,
                    end_date__isnull=True,
                    end_time__isnull=True,
                ),
                name="event_exception_is_cancelled_or_moved",
                violation_error_message="A date is either cancelled or moved.",
            ),
        )

    def clean(self):
        super().clean()
        first = self.start_date or self.original_date
        if self.end_date and first and self.end_date < first:
            raise ValidationError({"end_date": "The last day is before the first day."})
        if self.is_cancelled and self._is_moved:
            raise ValidationError(
                {"is_cancelled": "A date is either cancelled or moved: untick this, or empty what is new."}
            )

    @property
    def _is_moved(self):
        return any((self.start_date, self.start_time, self.end_date, self.end_time))

    @property
    def says_something(self) -> bool:
        """Whether anything about the date is different, or there is a note about it."""
        is_same_day = self.start_date == self.original_date and not any(
            (self.start_time, self.end_date, self.end_time)
        )
        return bool(self.is_cancelled or self.note or (self._is_moved and not is_same_day))

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
            self.original_time,
        )


class EventPreviousDates(Orderable):
    """When an event was to take place before its dates changed."""

    page = ParentalKey("events.EventPage", on_delete=models.CASCADE, related_name="previous_dates")
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

    @classmethod
    def of(cls, page: "EventPage") -> "EventPreviousDates":
        """The row, not saved yet, that keeps the dates of `page`."""
        return cls(
            start_date=page.start_date,
            start_time=page.start_time,
            end_date=page.end_date,
            end_time=page.end_time,
            timezone=page.timezone,
        )

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.start_date, self.start_time, self.end_date, self.end_time, self.timezone)

    @property
    def when(self) -> str:
        return describe(self.schedule)
