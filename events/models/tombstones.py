"""What stays of deleted events."""

from django.db import models

CALENDAR_FILE = "event.ics"


class EventTombstone(models.Model):
    """What is remembered of a published event that was deleted: its address answers 410 and not 404."""

    slug = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=255, blank=True)
    """Empty for an event that not everybody was to see."""
    deleted_at = models.DateTimeField(db_index=True)
    replaced_by = models.ForeignKey(
        "events.EventPage", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    wagtail_reference_index_ignore = True

    def __str__(self):
        return self.title or self.slug

    @classmethod
    def of(cls, path_components: list[str]) -> "EventTombstone | None":
        """What is remembered of an event, or its calendar file, at this path below the list of events."""
        slug, *rest = path_components or [""]
        return cls.objects.filter(slug=slug).first() if rest in ([], [CALENDAR_FILE]) else None
