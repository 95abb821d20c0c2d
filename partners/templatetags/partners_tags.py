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


@register.simple_tag
def logo(partner):
    """A rendition of the partner's logo; None without a logo or when its file is gone or unreadable, so that
    the template draws the monogram."""
    if partner.logo is None:
        return None
    try:
        return partner.logo.get_rendition("max-400x160")
    except OSError:
        return None
