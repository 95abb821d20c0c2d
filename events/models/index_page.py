"""The page above all events; what it shows is in `listing`, `month` and `views`, which need the models."""

from django.http import Http404, HttpResponseNotFound
from django.template.response import TemplateResponse
from django.utils import timezone as clock
from wagtail.contrib.redirects.middleware import RedirectMiddleware
from wagtail.contrib.routable_page.models import path, re_path
from wagtail.url_routing import RouteResult

from earthcode.models import IndexPage, Routes

from .pages import EventPage
from .tombstones import EventTombstone


class EventIndexPage(Routes, IndexPage):
    template = "events/event_index_page.html"
    max_count = 1
    parent_page_types = ("earthcode.HomePage",)
    subpage_types = ("events.EventPage",)

    @path("", name="upcoming")
    def upcoming_events(self, request):
        from .. import listing

        return listing.answer(request, self, clock.now())

    @path("past/", name="past")
    def past_events(self, request):
        from .. import listing

        return listing.answer(request, self, clock.now(), is_past=True)

    @re_path(r"^past/([0-9]{4})/$", name="past_year")
    def past_events_of_a_year(self, request, year):
        from .. import listing

        return listing.answer(request, self, clock.now(), is_past=True, year=int(year))

    @path("calendar/", name="calendar")
    def present_month(self, request):
        from .. import month

        return month.answer_present(request, self, clock.now())

    @re_path(r"^calendar/([0-9]{4})/([0-9]{2})/$", name="month")
    def a_month(self, request, year, number):
        from .. import month

        return month.answer(request, self, clock.now(), int(year), int(number))

    @re_path(r"^feed\.ics/?$", name="calendar_feed")
    def calendar_feed(self, request):
        from .. import views

        return views.calendar_feed(request, self, clock.now())

    @re_path(r"^feed\.atom/?$", name="atom_feed")
    def atom_feed(self, request):
        from .. import views

        return views.atom_feed(request, self, clock.now())

    def get_route_paths(self):
        return ["/", "/feed.ics", "/feed.atom"]

    def route(self, request, path_components):
        try:
            return super().route(request, path_components)
        except Http404:
            tombstone = EventTombstone.of(path_components) if self.live else None
            if tombstone is None:
                raise
            return RouteResult(self, args=(self.gone, (tombstone,), {}))

    def gone(self, request, tombstone):
        """410 for an event that was deleted, unless an editor redirects its address."""
        redirect = RedirectMiddleware(lambda request: HttpResponseNotFound())(request)
        if redirect.status_code != HttpResponseNotFound.status_code:
            return redirect
        replacement = EventPage.objects.listed().filter(pk=tombstone.replaced_by_id).first()
        context = {"title": tombstone.title, "replacement": replacement, "events": self}
        return TemplateResponse(request, "events/event_gone.html", context, status=410)

    def get_sitemap_urls(self, request=None):
        urls = super().get_sitemap_urls(request)
        past = {**urls[0], "location": f"{urls[0]['location']}past/"}
        return [*urls, past]
