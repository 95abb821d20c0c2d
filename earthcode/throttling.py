"""How often somebody may try: counted in the database, so that all processes of the portal count together."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone as clock
from django.utils.crypto import salted_hmac

from .models import Attempts

# One statement, so that attempts at the same moment are all counted.
_COUNT = """
    INSERT INTO {table} AS old (key, since, count) VALUES (%(key)s, %(at)s, 1)
    ON CONFLICT (key) DO UPDATE SET
        since = CASE WHEN old.since <= %(start)s THEN excluded.since ELSE old.since END,
        count = CASE WHEN old.since <= %(start)s THEN 1 ELSE LEAST(old.count, 1000000) + 1 END
    RETURNING since, count
"""


def attempt(scope: str, who: str, *, limit: int, period: timedelta, at: datetime) -> timedelta | None:
    """Count one attempt at `scope` by `who` at an instant (aware); how long to wait if there were more than `limit` in
    a `period`, else None. `who` is kept as a digest only."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"key": _key(scope, who), "at": at, "start": at - period}
        cursor.execute(_COUNT.format(table=Attempts._meta.db_table), values)
        since, count = cursor.fetchone()
    return since + period - at if count > limit else None


def forget_attempt(scope: str, who: str) -> None:
    """Count one attempt less: it succeeded."""
    Attempts.objects.filter(key=_key(scope, who), count__gt=0).update(count=F("count") - 1)


def forget_old_attempts(at: datetime) -> None:
    """Delete what no longer counts at an instant (aware), as long as no period is longer than a day."""
    Attempts.objects.filter(since__lte=at - timedelta(days=1)).delete()


def _key(scope: str, who: str) -> str:
    return salted_hmac("earthcode.throttling", f"{scope}\n{who}", algorithm="sha256").hexdigest()


def network_of(request: HttpRequest) -> str:
    """The address that asks, or its network where one household has many (IPv6).

    Behind a proxy that is trusted it is the last address of X-Forwarded-For: anybody can write what stands before it.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        address = request.META.get("HTTP_X_FORWARDED_FOR", address).rpartition(",")[2].strip()
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def limited(scope: str, *, limit: int, period: timedelta, successes_count: bool = False) -> Callable:
    """Decorate a view that takes a secret by POST: each network may send `limit` wrong ones in a `period`. An answer
    that leads on (a redirection) is a success."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def limited_view(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            network = network_of(request)
            pause = attempt(scope, network, limit=limit, period=period, at=clock.now())
            if pause is not None:
                return too_many(request, pause)
            response = view(request, *args, **kwargs)
            if response.status_code == 302 and not successes_count:
                forget_attempt(scope, network)
            return response

        return limited_view

    return decorate


def too_many(request: HttpRequest, pause: timedelta) -> HttpResponse:
    """The answer 429, which says when to try again."""
    seconds = max(1, math.ceil(pause.total_seconds()))
    context = {"minutes": math.ceil(seconds / 60)}
    response = render(request, "too_many_requests.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
