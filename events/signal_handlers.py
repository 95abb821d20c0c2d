"""Occurrences follow publication."""

from django.dispatch import receiver
from wagtail.signals import page_published

from .models import EventPage


@receiver(page_published, sender=EventPage)
def rebuild_occurrences(sender, instance, **kwargs):
    instance.rebuild_occurrences()
