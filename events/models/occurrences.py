"""When published events take place, derived from what their pages say."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField, DateRangeField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import Q

from ..querysets import EventOccurrenceQuerySet
from ..recurrence import Occurrence, Schedule

if TYPE_CHECKING:
    from .pages import EventPage


class EventOccurrence(models.Model):
    """An occurrence of a published event; see `recurrence.Occurrence`. Derived, never edited.

    `days` is the wall calendar's, from the first day to the one after the last; the instants are in UTC. An event
    whose date is to be determined has one row, of which all these are NULL.

    While `listed` (a period, perhaps empty, and without end where there is no date) it is the one that a list shows of
    its event: the first that is not over. When nothing is left of the event, at `over_at`, which only the last one
    knows, a list of past events shows that.

    What visitors choose events by is kept here too, so that a list asks one table.
    """

    page = models.ForeignKey("events.EventPage", on_delete=models.CASCADE, related_name="occurrences")
    original_date = models.DateField(null=True)
    original_time = models.TimeField(null=True)
    days = DateRangeField(null=True)
    start_time = models.TimeField(null=True)
    end_time = models.TimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    listed_until = models.DateTimeField(null=True)
    listed = DateTimeRangeField()
    over_at = models.DateTimeField(null=True)

    event_type = models.ForeignKey("events.EventType", null=True, on_delete=models.SET_NULL, related_name="+")
    topics = ArrayField(models.BigIntegerField())
    country = models.CharField(max_length=100)
    is_in_person = models.BooleanField()
    is_online = models.BooleanField()
    is_going_ahead = models.BooleanField()
    takes_registrations = models.BooleanField()
    registration_opens_at = models.DateTimeField(null=True)
    registration_closes_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(EventOccurrenceQuerySet)()

    class Meta:
        ordering = ("starts_at", "pk")
        indexes = (
            GistIndex(fields=("listed",), name="event_occurrence_listed"),
            GistIndex(fields=("days",), name="event_occurrence_days"),
            models.Index(
                fields=("-listed_until", "-starts_at", "-page"),
                include=("over_at", "country"),
                condition=Q(over_at__isnull=False),
                name="event_occurrence_over",
            ),
        )

    @classmethod
    def rows_of(cls, page: "EventPage", dates: list[Occurrence]) -> list["EventOccurrence"]:
        """The rows, not saved yet, of an event that takes place on `dates`, which are in order; one row for an event
        without a schedule."""
        of_the_event = cls._of_the_event(page)
        if page.start_date is None:
            return [cls(listed=DateTimeTZRange(), **of_the_event)]
        rows, over_at = [], None
        for date_ in dates:
            is_next = over_at is None or over_at < date_.listed_until
            listed = DateTimeTZRange(over_at, date_.listed_until, empty=not is_next)
            over_at = date_.listed_until if is_next else over_at
            row = cls(
                original_date=date_.original_date,
                original_time=date_.original_time,
                days=DateRange(date_.wall.start_date, date_.wall.last_date + timedelta(days=1)),
                start_time=date_.wall.start_time,
                end_time=date_.wall.end_time,
                starts_at=date_.starts_at,
                ends_at=date_.ends_at,
                listed_until=date_.listed_until,
                listed=listed,
                **of_the_event,
            )
            rows.append(row)
        if rows:
            rows[-1].over_at = over_at
        return rows

    @staticmethod
    def _of_the_event(page: "EventPage") -> dict:
        """What all rows of an event say."""
        opens_at, closes_at = page.registration_period
        return {
            "page": page,
            "event_type_id": page.event_type_id,
            "topics": sorted(topic.pk for topic in page.topics.all()),
            "country": page.country,
            "is_in_person": page.is_in_person,
            "is_online": page.is_online,
            "is_going_ahead": page.is_going_ahead,
            "takes_registrations": bool(page.registration_url) and page.is_going_ahead,
            "registration_opens_at": opens_at,
            "registration_closes_at": closes_at,
        }

    @property
    def facts(self) -> tuple:
        """All that the row says."""
        return tuple(
            getattr(self, field.attname) for field in self._meta.concrete_fields if not field.primary_key
        )

    def registration(self, at: datetime) -> str:
        """As EventPage.registration says, of an event that is listed by this row at `at` (aware)."""
        if not self.takes_registrations:
            return ""
        is_over = self.over_at is not None and (self.ends_at or self.over_at) <= at
        if is_over or (self.registration_closes_at and self.registration_closes_at <= at):
            return "closed"
        return "opens" if self.registration_opens_at and at < self.registration_opens_at else "open"

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
        return Occurrence(
            self.original_date,
            wall,
            self.starts_at,
            self.ends_at,
            self.listed_until,
            original_time=self.original_time,
        )
