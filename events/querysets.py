"""Questions about events at an instant; the clock is always an argument."""

from django.db.models import Exists, F, Max, Min, OuterRef, Q

from earthcode.querysets import BasePageQuerySet


class EventPageQuerySet(BasePageQuerySet):
    images = ("social_image", "image")

    def upcoming(self, at):
        """Events that are not past at `at` (aware): the running and coming ones by their next start, then those
        whose date is still to be determined."""
        still_listed = Q(occurrences__listed_until__gt=at)
        return (
            self.annotate(next_starts_at=Min("occurrences__starts_at", filter=still_listed))
            .filter(Q(next_starts_at__isnull=False) | Q(start_date__isnull=True))
            .order_by(F("next_starts_at").asc(nulls_last=True), "title")
        )

    def past(self, at):
        """Events of which nothing is left at `at` (aware), the most recent first."""
        return (
            self.filter(start_date__isnull=False)
            .exclude(Exists(self._occurrences().filter(listed_until__gt=at)))
            .annotate(last_starts_at=Max("occurrences__starts_at"))
            .order_by(F("last_starts_at").desc(nulls_last=True), "title")
        )

    def overlapping(self, start, end):
        """Events with an occurrence that touches the half-open interval from `start` to `end` (both aware)."""
        return self.filter(Exists(self._occurrences().filter(starts_at__lt=end, listed_until__gt=start)))

    def _occurrences(self):
        from .models import EventOccurrence

        return EventOccurrence.objects.filter(page=OuterRef("pk"))
