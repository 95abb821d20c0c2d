"""The few addresses that are no pages."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sitemaps.views import sitemap as django_sitemap
from django.db import Error, connection
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone as clock
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve
from wagtail.contrib.sitemaps import Sitemap

from .caching import PUBLIC
from .search import find, read


@require_safe
def healthz(request):
    """The process answers; the database is not asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request):
    """The portal can serve pages: 200, or 503 while the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


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


@require_safe
@cache_control(**PUBLIC)
def sitemap(request):
    return django_sitemap(request, {"pages": Sitemap(request)})


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
@cache_control(public=True, max_age=86400)
def image_file(request, folder, path):
    """Uploaded images and their renditions, where no web server in front serves these two folders.

    Documents are not among them: they may be private, so only Wagtail's own view hands them out.
    """
    return serve(request, f"{folder}/{path}", document_root=settings.MEDIA_ROOT)
