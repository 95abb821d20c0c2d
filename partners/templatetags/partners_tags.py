"""Partners for the templates of any app."""

from django import template

from earthcode.templatetags.pictures import rendition

from ..models import PartnerIndexPage, PartnerPage
from ..schema_org import organization

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
def partner_organization(partner):
    """What search engines read of `partner`, for `{% json_ld %}`."""
    logo = rendition(partner.logo, "max-400x160")
    return organization(partner, logo.full_url if logo else None)
