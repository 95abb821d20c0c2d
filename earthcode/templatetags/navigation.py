"""Where the visitor is."""

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def current(context, href):
    """The value of `aria-current` for a link: “page” here, “true” above here, else nothing."""
    request = context.get("request")
    if request is None or not href:
        return ""
    if request.path == href:
        return "page"
    return "true" if href != "/" and request.path.startswith(href) else ""
