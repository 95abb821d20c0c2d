"""What only those who work on the portal see on its public pages."""

from django import template
from django.conf import settings
from wagtail.admin.templatetags.wagtailuserbar import wagtailuserbar

register = template.Library()


@register.simple_tag(takes_context=True)
def user_bar(context):
    """Wagtail's user bar, for those who may enter the admin; it notes on the request that the answer is theirs alone.

    Visitors have no session, and for them none is looked for: they all get the same, and caches may keep it.
    """
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    bar = wagtailuserbar(context)
    request.shows_user_bar = bool(bar)
    return bar
