"""Headers that every answer carries, and the one answer that waits for nothing."""

from django.http import HttpResponse

HEALTHY = b"ok\n"
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


def healthz(get_response):
    """Middleware, the first of all: `/healthz` says that the process lives, whatever host was asked for.

    `earthcode.front` answers in its place, where that serves the portal.
    """

    def middleware(request):
        if request.path_info == "/healthz" and request.method in ("GET", "HEAD"):
            return HttpResponse(
                HEALTHY, content_type="text/plain", headers={"Cache-Control": "private, no-store"}
            )
        return get_response(request)

    return middleware


def response_headers(get_response):
    """Middleware: forbid what no page needs, and let shared caches keep only what says that it is public.

    Public pages ask for it (see `earthcode.caching`); previews, private pages, the admin and errors do not.
    """

    def middleware(request):
        response = get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        directives = {directive.strip() for directive in response.get("Cache-Control", "").split(",")}
        if "public" not in directives or "no-store" in directives:
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware


def user_bar_headers(get_response):
    """Middleware: a page with Wagtail's user bar is nobody else's. The bar works under the policy of public pages.

    The tag that writes the bar (`templatetags/staff.py`) notes it on the request.
    """

    def middleware(request):
        response = get_response(request)
        if getattr(request, "shows_user_bar", False):
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware
