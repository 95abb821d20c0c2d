from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks

from .caching import mark_public


@hooks.register("insert_global_admin_css")
def wear_the_colours_of_the_portal():
    return format_html('<link rel="stylesheet" href="{}">', static("earthcode/admin.css"))


@hooks.register("on_serve_page", order=100)
def let_caches_keep_pages(serve):
    """Runs inside Wagtail's own hook (order 0), which withdraws the permission from private pages again."""

    def serve_page(page, request, args, kwargs):
        response = serve(page, request, args, kwargs)
        return mark_public(response) if request.method in ("GET", "HEAD") else response

    return serve_page
