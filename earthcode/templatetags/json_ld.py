"""What search engines read: JSON-LD (W3C JSON-LD 1.1) in a data block, which a browser never executes."""

import json

from django import template
from django.utils.safestring import mark_safe

from .. import schema_org

register = template.Library()

# Only these three mean anything to HTML inside a script element; JSON has other words for them.
ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


@register.simple_tag
def json_ld(thing):
    """The data block of `thing`, a dict in the words of schema.org; "" of None. No text in it can end the block."""
    if thing is None:
        return ""
    # In ASCII, so that neither a line separator nor half a surrogate pair gets out as itself.
    text = json.dumps({"@context": "https://schema.org", **thing}, separators=(",", ":"))
    return mark_safe(f'<script type="application/ld+json">{text.translate(ESCAPES)}</script>')  # noqa: S308


@register.simple_tag
def breadcrumb_list(page):
    """The way from the home page to `page`; None for the home page."""
    if not page.breadcrumbs:
        return None
    ways = [("Home" if step.depth == 2 else step.title, step.full_url) for step in (*page.breadcrumbs, page)]
    return schema_org.breadcrumb_list(ways)


@register.simple_tag
def web_site(page):
    """The portal, for its home page."""
    return schema_org.web_site("EarthCODE", page.full_url, page.meta_description)
