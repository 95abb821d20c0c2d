"""Occurrences follow the live page."""

from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import EventPage


@receiver(post_save, sender=EventPage)
def rebuild_occurrences(sender, instance, raw, update_fields, **kwargs):
    """Each time a live page is written whole: published, copied, or made as an alias, which Wagtail announces by
    no signal of its own. Saving a draft writes a few named fields."""
    if instance.live and not raw and update_fields is None:
        instance.rebuild_occurrences()
