"""A session that ends while somebody types costs no words.

Django sends a form that arrives after that to the sign-in page, or refuses its token, which changes when somebody signs
in again; what was typed would be gone. Here the answer keeps it in the browser, in hidden inputs, from where its author
sends it once more after signing in in another tab. Nothing is kept on the server, and no script is needed.
"""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import csrf

SIGNED_OUT = "You were signed out. Sign in in a new tab, then save again."
SIGNED_IN_AGAIN = "You signed in again since this form was opened. Press its button to save."
TOKEN = "csrfmiddlewaretoken"  # noqa: S105


def keep_what_was_typed(get_response):
    """Middleware: answer a form of the admin that somebody sends without being signed in."""

    def middleware(request):
        response = get_response(request)
        if (
            request.method == "POST"
            and response.status_code == 302
            and response["Location"].partition("?")[0] == reverse("wagtailadmin_login")
            and _is_a_form_of_the_admin(request)
        ):
            return _kept(request, SIGNED_OUT)
        return response

    return middleware


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for a form whose token is wrong. One that a page of ours sent, as the browser says, is kept."""
    # Else a page elsewhere could have its own form sent on with one click.
    if _is_a_form_of_the_admin(request) and request.headers.get("Origin") == _origin(request):
        is_signed_in = request.user.has_perm("wagtailadmin.access_admin")
        return _kept(request, SIGNED_IN_AGAIN if is_signed_in else SIGNED_OUT)
    return csrf.csrf_failure(request, reason)


def _is_a_form_of_the_admin(request: HttpRequest) -> bool:
    account = (
        reverse("wagtailadmin_login"),
        reverse("wagtailadmin_logout"),
        reverse("wagtailadmin_password_reset"),
    )
    return request.path.startswith(reverse("wagtailadmin_home")) and not request.path.startswith(account)


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _kept(request: HttpRequest, message: str) -> HttpResponse:
    if not request.accepts("text/html"):
        # As Wagtail's autosave reads it; see AutosaveController.ts.
        answer = {"success": False, "error_code": "validation_error", "error_message": message}
        return JsonResponse(answer, status=403)
    context = {
        "message": message,
        "is_signed_out": message == SIGNED_OUT,
        "address": request.get_full_path(),
        "inputs": list(_inputs(request)),
        "files": [str(file) for file in request.FILES.values()],
    }
    return render(request, "earthcode/admin/signed_out.html", context, status=403)


def _inputs(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """What was sent, but for what must not stand in a page: tokens and passwords."""
    for name, values in request.POST.lists():
        if name != TOKEN and "password" not in name:
            yield from ((name, value) for value in values)
