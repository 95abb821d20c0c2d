"""Partners for the templates of any app."""

from django import template

from ..models import PartnerIndexPage, PartnerPage

register = template.Library()


@register.simple_tag
def partners():
    """All published partners in the editors' order."""
    return PartnerPage.objects.listed().order_by("path")


@register.simple_tag
def partner_index():
    """The page that lists all partners, or None."""
    return PartnerIndexPage.objects.live().first()
