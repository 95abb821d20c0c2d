"""What events have for the dashboard."""

from django.db.models import Q

from earthcode.worklists import Worklist, editable_by

from .models import EventPage


class IncompleteEvents(Worklist):
    """Upcoming events that take place and have no image, or no way to register; the next one first."""

    name = "incomplete-events"
    heading = "Upcoming events without image or registration link"
    advice = "Add what is missing, where there is any."
    order = 160

    def pages(self):
        is_off = Q(event_status__in=(EventPage.Status.CANCELLED, EventPage.Status.POSTPONED))
        return (
            EventPage.objects.upcoming(self.at)
            .filter(Q(image=None) | Q(registration_url=""), pk__in=editable_by(self.user).values("pk"))
            .exclude(is_off)
        )

    def remark(self, page):
        missing = [
            words
            for is_missing, words in (
                (not page.image_id, "no image"),
                (not page.registration_url, "no registration link"),
            )
            if is_missing
        ]
        return f"{page.when} · {', '.join(missing)}"
