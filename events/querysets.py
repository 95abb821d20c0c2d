"""Questions about events at an instant; the clock is always an argument."""

from datetime import UTC, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    StringAgg,
    TextField,
    Value,
    When,
)
from django.db.models.functions import MD5, Concat
from wagtail.models import PageViewRestriction

from earthcode.querysets import BasePageQuerySet


class EventPageQuerySet(BasePageQuerySet):
    images = ("social_image", "image")

    def with_images(self):
        """And with their type, which is shown wherever they are."""
        return super().with_images().select_related("event_type")

    def upcoming(self, at):
        """Published events that are not past at `at` (aware): the running and coming ones by their next start, then
        those whose date is still to be determined."""
        return self.filter(occurrences__listed__contains=at).order_by(
            F("occurrences__starts_at").asc(nulls_last=True), "title", "pk"
        )

    def past(self, at):
        """Published events of which nothing is left at `at` (aware), the most recent first."""
        return self.filter(occurrences__over_at__lte=at).order_by("-occurrences__starts_at", "title", "pk")

    def overlapping(self, first, last):
        """Published events with an occurrence on a day from `first` to `last`, both included, on its own wall
        calendar."""
        days = DateRange(first, last, "[]")
        return self.filter(Exists(self._occurrences().filter(days__overlap=days)))

    def dated_after(self, at):
        """Published events some of which is still to come, or runs, at `at` (aware)."""
        return self.filter(Exists(self._occurrences().filter(listed_until__gt=at)))

    def first_days_by_zone(self):
        """The first days of the events at a time of day, by their zones; a series may have such a date among others."""
        is_series = ~Q(recurrence_rule="") | ~Q(additional_dates="")
        timed = self.filter(Q(start_time__isnull=False) | is_series, start_date__isnull=False)
        return dict(timed.order_by().values_list("timezone").annotate(Min("start_date")))

    def fingerprint(self):
        """A text that changes with what the pages and the categories of these events say, and with which they are;
        None of no events."""
        names = (
            "pk",
            "sequence",
            "last_published_at",
            "url_path",
            "super_event",
            "event_type__name",
            "topics__name",
        )
        facts = Concat(*(part for name in names for part in (name, Value(" "))), output_field=TextField())
        # Apart from whatever chose the events, which may have looked at their topics too.
        chosen = self.model._default_manager.filter(pk__in=self.order_by().values("pk"))
        together = StringAgg(facts, Value("\n"), order_by=("pk", "topics__name"))
        return chosen.aggregate(fingerprint=MD5(together))["fingerprint"]

    def _occurrences(self):
        from .models import EventOccurrence

        return EventOccurrence.objects.filter(page=OuterRef("pk"))


class EventOccurrenceQuerySet(QuerySet):
    def public(self):
        """Those of events that anybody may see, as `listed` says of pages. Rows are of published events only, and all
        events are below one page, about which the database is asked at once."""
        from .models import EventIndexPage

        path = ExpressionWrapper(OuterRef("page__path"), output_field=CharField())
        at_or_below = EventIndexPage.objects.alias(restricted=path).filter(path__startswith=F("restricted"))
        if PageViewRestriction.objects.filter(Exists(at_or_below)).exists():
            return self.none()
        return self.without_private_events()

    def without_private_events(self):
        """Those of events that anybody may see who may see the page above them, which Wagtail has asked about when it
        serves that page."""
        return self.exclude(Exists(PageViewRestriction.objects.filter(page=OuterRef("page"))))

    def next_of_each_event(self, at):
        """Of all rows of each event that is not past at `at` (aware): the running or next one, or the one row of an
        event whose date is to be determined."""
        return self.filter(listed__contains=at)

    def last_of_each_past_event(self, at):
        """Of all rows of each event that is past at `at` (aware): the last one."""
        # The second condition follows from the first, and is what the order of `backwards` has an index for.
        return self.filter(over_at__lte=at, listed_until__lte=at)

    def first_coming_of_each_event(self, at):
        """As `next_of_each_event` where not all rows of an event are among these."""
        return self._one_of_each_event(self.filter(listed_until__gt=at), "starts_at", "pk")

    def last_of_each_event_without_coming(self, at):
        """As `last_of_each_past_event` where not all rows of an event are among these."""
        coming = self.filter(listed_until__gt=at).values("page")
        over = self.filter(listed_until__lte=at).exclude(page__in=coming)
        return self._one_of_each_event(over, "-starts_at", "-pk")

    def ending_in(self, year):
        """Those whose last day is in `year`, on their own wall calendars."""
        # The instants, which are near those days in every zone, say the same to an index.
        first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)
        return self.filter(
            days__endswith__gt=first.date(),
            days__endswith__lte=last.date() + timedelta(days=1),
            listed_until__range=(first, last + timedelta(days=2)),
        )

    def _one_of_each_event(self, rows, *order):
        chosen = rows.order_by("page", *order).distinct("page")
        return self.model._default_manager.filter(pk__in=chosen.values("pk"))

    def as_schedule(self, at):
        """In the order of a schedule: what runs at `at` (aware), then by day, what has no day yet at the end."""
        has_not_ended = Q(ends_at__gt=at) | Q(ends_at=None, listed_until__gt=at)
        is_running = Case(
            When(has_not_ended, starts_at__lte=at, is_going_ahead=True, then=True),
            default=False,
            output_field=BooleanField(),
        )
        return self.annotate(is_running=is_running).order_by(
            "-is_running", F("days__startswith").asc(nulls_last=True), "starts_at", "page"
        )

    def backwards(self):
        """The most recent first."""
        return self.order_by("-listed_until", "-starts_at", "-page")

    def with_pages(self):
        """What a listing shows of the events."""
        images = ("page__social_image", "page__image")
        return self.select_related("page", *images).prefetch_related(
            *(f"{name}__renditions" for name in images)
        )


def are_there(*querysets) -> list[bool]:
    """Whether there is anything in each of them, of whatever model; asks all of it in one query."""
    from .models import EventIndexPage

    # A table that has a row as soon as there can be any event.
    answers = EventIndexPage.objects.values_list(*map(Exists, querysets)).first() if querysets else ()
    return list(answers or [False] * len(querysets))
