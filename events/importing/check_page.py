"""The public page by which a partner checks their feed."""

import math

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone as clock
from django.utils.crypto import salted_hmac
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from earthcode.throttling import attempt, network_of, too_many

from .check import (
    PERIOD,
    LinkForged,
    LinkOver,
    Report,
    TooOften,
    check_own,
    check_typed,
    has_address,
    link_of,
    turn,
)
from .feed import FeedUnusable
from .fetch import host_of
from .models import ImportSource
from .parse import FORMATS

# As many links that the portal never made may be tried from a network in a PERIOD.
FORGED = 30


class CheckForm(forms.Form):
    """An address; needed unless there is one of the source's own."""

    address = forms.CharField(
        max_length=2000,
        required=False,
        label="Address of your calendar or events page",
        error_messages={
            "required": "Give the address of your calendar or of the web page with your events.",
            "max_length": "An address this long is not fetched.",
        },
    )

    def __init__(self, *args, is_needed: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["address"].required = is_needed


# Whoever has the link may; nobody is signed in here, and a token against forgery would need a cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def feed_check(request: HttpRequest, token: str) -> HttpResponse:
    """A form, and when it is sent what the portal makes of the feed. Looking at the page checks nothing, since
    programs look at links, too."""
    at = clock.now()
    try:
        link = link_of(token, at)
    except LinkForged:
        pause = attempt("partner link", network_of(request), limit=FORGED, period=PERIOD, at=at)
        if pause is not None:
            return too_many(request, pause)
        response = render(request, "events/feed_check_link.html", {"is_over": False}, status=403)
    except LinkOver:
        response = render(request, "events/feed_check_link.html", {"is_over": True}, status=410)
    else:
        response = _checked(request, link.source, link.expires_at, at)
    # The link is a secret, for search engines as for other hosts.
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _checked(request: HttpRequest, source: ImportSource, expires_at, at) -> HttpResponse:
    is_own = has_address(source)
    form = CheckForm(request.POST if request.method == "POST" else None, is_needed=not is_own)
    context = {
        "form": form,
        "own": host_of(source.address) if is_own else "",
        "expires_at": expires_at,
    }
    seconds = 0
    if form.is_valid():
        try:
            with turn(source, visitor=visitor_of(request), at=at):
                typed = form.cleaned_data["address"]
                found = check_typed(typed, source, at) if typed else check_own(source, at)
        except FeedUnusable as error:
            context["message"] = str(error)
        except TooOften as refusal:
            seconds = max(1, math.ceil(refusal.pause.total_seconds()))
            context["refusal"] = f"{refusal} Try again in {wait_in_words(seconds)}."
        else:
            context |= _shown(found)
    response = render(request, "events/feed_check.html", context, status=429 if seconds else 200)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def _shown(report: Report) -> dict:
    events, problems = report.advice.events, report.problems
    return {
        "report": report,
        "format": FORMATS[report.format].LABEL,
        "host": host_of(report.fetched.address),
        "events": events,
        "count": report.count,
        "more_events": report.count - len(events),
        "problems": problems,
        "more_problems": report.problem_count - len(problems),
        "is_table": report.format == "table",
    }


def wait_in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def visitor_of(request: HttpRequest) -> str:
    """A digest of who asks."""
    return salted_hmac("events.importing.check", network_of(request), algorithm="sha256").hexdigest()
