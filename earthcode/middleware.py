"""Headers that every answer carries, and the one answer that waits for nothing."""

from traceback import walk_tb

from django.db import DataError
from django.http import HttpResponse
from django.views.defaults import bad_request

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


def malformed_forms(get_response):
    """Middleware: what no form of ours sends is answered 400, not 500.

    Blocks of a StreamField, for one, do not expect that an input may be missing, or be no number. Whatever fails while
    a value is read off a request is the fault of the request; so is a value that PostgreSQL refuses, as one with a NUL.
    """

    def middleware(request):
        return get_response(request)

    def process_exception(request, exception):
        if request.method == "POST" and (
            isinstance(exception, DataError) or (isinstance(exception, UNREADABLE) and _is_reading(exception))
        ):
            return bad_request(request, exception)
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)


def _is_reading(error):
    """Say whether `error` comes of a widget that reads its value off a request."""
    return any(frame.f_code.co_name == "value_from_datadict" for frame, _ in walk_tb(error.__traceback__))


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
