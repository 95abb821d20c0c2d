"""Partners for the templates of any app."""

from math import sqrt
from typing import NamedTuple

from django import template

from earthcode.templatetags.pictures import rendition

from ..models import PartnerIndexPage, PartnerPage
from ..schema_org import organization

register = template.Library()

LOGO_AREA = 144 * 48  # CSS pixels
LOGO_WIDEST, LOGO_HIGHEST = 208, 80


class Size(NamedTuple):
    """In CSS pixels."""

    width: int
    height: int


@register.simple_tag
def partners():
    """All published partners in the editors' order."""
    return PartnerPage.objects.listed().order_by("path")


@register.simple_tag
def partner_index():
    """The page that lists all partners, or None."""
    return PartnerIndexPage.objects.live().first()


@register.simple_tag
def logo_size(width, height):
    """The Size at which a logo of this shape weighs as much to the eye as every other one: all cover the same area,
    but for those that are too wide or too high for it."""
    scale = min(sqrt(LOGO_AREA / (width * height)), LOGO_WIDEST / width, LOGO_HIGHEST / height)
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


@register.simple_tag
def partner_organization(partner):
    """What search engines read of `partner`, for `{% json_ld %}`."""
    logo = rendition(partner.logo, "max-400x160")
    return organization(partner, logo.full_url if logo else None)
