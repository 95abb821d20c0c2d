"""What follows from publishing, unpublishing and deleting an event."""

from django.db.models.signals import post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils import timezone as clock

from .models import EventPage, EventTombstone

# Publishing, copying and making an alias, which Wagtail announces by no signal of its own, write a page whole. Saving a
# draft writes a few named fields.


@receiver(pre_save, sender=EventPage)
def raise_sequence(sender, instance, raw, update_fields, **kwargs):
    """Each publication counts, whatever number an older draft remembers."""
    if not raw and update_fields is None and not instance._state.adding:
        held = EventPage.objects.filter(pk=instance.pk).values_list("sequence", flat=True).first() or 0
        instance.sequence = held + (1 if instance.live else 0)


@receiver(post_save, sender=EventPage)
def rebuild_occurrences(sender, instance, raw, update_fields, **kwargs):
    """The rows are of the published page only."""
    if raw or update_fields is not None:
        return
    if instance.live:
        instance.rebuild_occurrences(clock.now())
    else:
        instance.occurrences.all().delete()


@receiver(pre_delete, sender=EventPage)
def leave_tombstone(sender, instance, **kwargs):
    """Visitors and search engines that knew the event are told that it is gone for good."""
    if instance.first_published_at:
        EventTombstone.objects.update_or_create(
            slug=instance.slug,
            defaults={
                "title": instance.title,
                "deleted_at": clock.now(),
                "replaced_by": instance.replaced_by,
            },
        )
