from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks

from .caching import mark_public
from .content_checks import SCRIPT, use_portal_checks

hooks.register("construct_wagtail_userbar", use_portal_checks)


@hooks.register("insert_editor_js")
def add_content_checks():
    return format_html('<script src="{}"></script>', static(SCRIPT))


@hooks.register("on_serve_page", order=100)
def let_caches_keep_pages(serve):
    """Runs inside Wagtail's own hook (order 0), which withdraws the permission from private pages again."""

    def serve_page(page, request, args, kwargs):
        response = serve(page, request, args, kwargs)
        return mark_public(response) if request.method in ("GET", "HEAD") else response

    return serve_page
