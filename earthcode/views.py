"""The few addresses that are no pages."""

import sys
from functools import cache
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sitemaps.views import SitemapIndexItem
from django.contrib.sitemaps.views import sitemap as django_sitemap
from django.core.exceptions import BadRequest
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.cache import patch_cache_control
from django.views import defaults
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve
from wagtail.contrib.sitemaps import Sitemap
from wagtail.models import Page

from . import social_images, worker_watch
from .caching import PUBLIC, WHILE_PUBLIC
from .media_access import Audience, audience
from .models import BasePage, PortalImage
from .search import find, read
from .trouble import note, trouble_of


def bad_request(request, exception):
    """What cannot be done, where one of our own views says it; Django's plain answer to anything else, such as a host
    that is none of ours."""
    if type(exception) is not BadRequest:
        return defaults.bad_request(request, exception)
    return render(request, "bad_request.html", {"explanation": str(exception)}, status=400)


def server_error(request):
    """What Django shows for an exception that nobody has caught: an answer that says when to try again, where the
    database or the disk is the matter, whatever part of the portal has noticed it."""
    found = trouble_of(sys.exc_info()[1])
    if found is None:
        return defaults.server_error(request)
    note()
    return unavailable(found[0], is_lost=request.method == "POST")


def unavailable(trouble, *, is_lost=False):
    """The answer to a request that cannot be met because of `trouble`; it needs no database. `is_lost`: something was
    sent with it."""
    page = render_to_string("503.html", {"trouble": trouble, "is_lost": is_lost})
    headers = {"Retry-After": str(trouble.retry_after), "Cache-Control": "private, no-store"}
    return HttpResponse(page, status=trouble.status, headers=headers)


@require_safe
def readyz(request):
    """The portal can serve pages: 200, or 503 while the database does not answer or lacks migrations of this code.
    `?full` also asks for the worker: 503 where none has been seen for a while."""
    try:
        behind, wrong = missing_migrations(), ""
        if behind:
            wrong = f"The database lacks migrations of this code, {behind[0]} first."
        elif "full" in request.GET:
            wrong = worker_watch.silence(clock.now())
    except Error:
        note()
        wrong = "The database does not answer."
    if wrong:
        return HttpResponse(
            f"{wrong}\n", status=503, content_type="text/plain", headers={"Retry-After": "10"}
        )
    return HttpResponse("ok\n", content_type="text/plain")


def missing_migrations():
    """The names of the migrations that this code has and the database has not. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return sorted(f"{app}.{name}" for app, name in migrations_of_the_code() - set(cursor.fetchall()))


@cache
def migrations_of_the_code():
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


@require_safe
@cache_control(**PUBLIC)
def robots(request):
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('wagtailadmin_home')}",
        "",
        f"Sitemap: {settings.BASE_URL}{reverse('sitemap')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain")


class PagesSitemap(Sitemap):
    limit = 10_000  # the protocol allows 50,000 addresses in a file, and some pages have several


@require_safe
@cache_control(**PUBLIC)
def sitemap(request):
    """All public pages, or the list of the files that name them where they are too many for one."""
    pages = PagesSitemap(request)
    files = pages.paginator.num_pages
    if files == 1 or "p" in request.GET:
        return django_sitemap(request, {"pages": pages})
    address = f"{settings.BASE_URL}{reverse('sitemap')}"
    items = [SitemapIndexItem(f"{address}?p={number}") for number in range(1, files + 1)]
    return TemplateResponse(request, "sitemap_index.xml", {"sitemaps": items}, content_type="application/xml")


@require_safe
@cache_control(**PUBLIC)
def search(request):
    """What everybody may see of the whole portal, searched for; see `earthcode.search`. The same for every visitor."""
    inquiry = read(request.GET)
    findings = find(inquiry, clock.now()) if inquiry.text else None
    kept = urlencode(inquiry.parameters)
    canonical = f"{settings.BASE_URL}{request.path}" + (f"?{kept}" if kept else "")
    if findings and findings.results.number > 1:
        canonical += f"&page={findings.results.number}"
    context = {"inquiry": inquiry, "findings": findings, "kept": kept, "canonical": canonical}
    return render(request, "earthcode/search.html", context)


@require_safe
def image_file(request, folder, path):
    """An uploaded image or a rendition, for whom `media_access` lets have it. No web server in front may serve them.

    Documents are not among them: only Wagtail's own view hands them out.
    """
    name = f"{folder}/{path}"
    if folder == "images":
        image = PortalImage.objects.filter(renditions__file=name).only("pk").first()
    else:
        image = PortalImage.objects.filter(file=name).only("pk").first()
    who = audience(image, request) if image else Audience.NOBODY
    if who is Audience.NOBODY:
        raise Http404
    response = serve(request, name, document_root=settings.MEDIA_ROOT)
    if who is Audience.EVERYBODY:
        patch_cache_control(response, **WHILE_PUBLIC, max_age=86_400)
    return response


@require_safe
def social_image(request, page_id, digest):
    """The drawn image of a page that anybody may see; the address of an earlier one leads to the present one.

    Only the page's own words are ever drawn, so that made-up addresses fill no disk.
    """
    page = Page.objects.live().public().filter(pk=page_id).specific().first()
    if not isinstance(page, BasePage) or page.url is None:
        raise Http404
    card = page.social_card
    if digest != card.digest:
        return redirect(card.path(page_id))
    response = HttpResponse(social_images.drawn_image(page_id, card), content_type="image/png")
    patch_cache_control(response, **WHILE_PUBLIC, max_age=31_536_000, immutable=True)
    return response
