"""The composition root: every address of the portal; apps are named as strings."""

from django.conf import settings
from django.urls import include, path, re_path
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from wagtail.admin import urls as admin_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns
from wagtail.views import serve as wagtail_serve

from . import views

# Wagtail's admin writes inline scripts and styles, previews uploads from blobs and frames the page preview.
ADMIN_CSP: dict[str, list[str]] = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "frame-ancestors": [CSP.SELF],
}

handler400 = "earthcode.views.bad_request"
handler500 = "earthcode.views.server_error"

urlpatterns = [
    path("readyz", views.readyz),
    path("robots.txt", views.robots),
    path("search/", views.search, name="search"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("admin/", include(decorate_urlpatterns(admin_urls.urlpatterns, csp_override(ADMIN_CSP)))),
    path("documents/", include("wagtail.documents.urls")),
    re_path(r"^media/(?P<folder>images|original_images)/(?P<path>[^/\0]+)$", views.image_file),
    path("social/<int:page_id>-<slug:digest>.png", views.social_image, name="social_image"),
    path("feeds/", include("events.urls")),
    # What a page offers to programs; Wagtail's own pattern knows no file names.
    re_path(r"^((?:[\w\-]+/)+[\w\-]+\.(?:atom|ics))$", wagtail_serve, name="page_file"),
    path("", include("wagtail.urls")),
]
