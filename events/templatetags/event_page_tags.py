"""For the page of one event."""

from django import template
from django.utils import timezone as clock

from ..details import EventDetails

register = template.Library()


@register.simple_tag
def event_details(page):
    """All that `page` shows right now; see EventDetails."""
    return EventDetails(page, clock.now())
