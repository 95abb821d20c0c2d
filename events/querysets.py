"""Questions about events at an instant; the clock is always an argument."""

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, F, Max, Min, OuterRef, Q

from earthcode.querysets import BasePageQuerySet


class EventPageQuerySet(BasePageQuerySet):
    images = ("social_image", "image")

    def upcoming(self, at):
        """Published events that are not past at `at` (aware): the running and coming ones by their next start, then
        those whose date is still to be determined."""
        still_listed = Q(occurrences__listed_until__gt=at) | Q(occurrences__days=None)
        return (
            self.filter(Exists(self._occurrences().filter(Q(listed_until__gt=at) | Q(days=None))))
            .annotate(next_starts_at=Min("occurrences__starts_at", filter=still_listed))
            .order_by(F("next_starts_at").asc(nulls_last=True), "title", "pk")
        )

    def past(self, at):
        """Published events of which nothing is left at `at` (aware), the most recent first."""
        return (
            self.filter(Exists(self._occurrences()))
            .exclude(Exists(self._occurrences().filter(Q(listed_until__gt=at) | Q(days=None))))
            .annotate(last_starts_at=Max("occurrences__starts_at"))
            .order_by(F("last_starts_at").desc(), "title", "pk")
        )

    def overlapping(self, first, last):
        """Published events with an occurrence on a day from `first` to `last`, both included, on its own wall
        calendar."""
        days = DateRange(first, last, "[]")
        return self.filter(Exists(self._occurrences().filter(days__overlap=days)))

    def _occurrences(self):
        from .models import EventOccurrence

        return EventOccurrence.objects.filter(page=OuterRef("pk"))
