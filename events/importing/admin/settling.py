"""What an editor decides about one imported event: which fields follow the feed, and whether the event stays away."""

from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.permission_policies.pages import PagePermissionPolicy

from earthcode.worklists import editable_by
from events.importing.models import ImportRecord, ImportSource
from events.importing.settle import (
    follow_feed,
    ignore,
    imported_fields,
    keep_mine,
    let_come_again,
    open_conflicts,
)
from events.importing.versions import listed, why_it_waits
from events.models import EventPage

from .screens import SourceScreen
from .showing import paged

PANEL = "imported"
"""The id of what the form of a page has about imports."""
EVERYTHING = "everything"
"""In place of a field: all that are in conflict."""


def anchor(record: ImportRecord, name: str) -> str:
    """The id of the row that a field of an imported event has on a screen."""
    return f"imported-{record.pk}-{name.replace(' ', '-')}"


def may_ignore(page: EventPage, user: Any) -> bool:
    """Whether `user` may take `page` off the site, or nothing has to be."""
    permissions = page.permissions_for_user(user)
    return permissions.can_unpublish() if page.live else permissions.can_edit()


def may_let_come(record: ImportRecord, user: Any) -> bool:
    """Whether `user` may have the next run bring this event, which it publishes if its source does."""
    publishes = record.source.publish == ImportSource.Publish.PUBLISH
    page = record.page or record.source.parent
    if page is None:
        return False
    permissions = page.permissions_for_user(user)
    if record.page:
        return permissions.can_edit() and (permissions.can_publish() or not publishes)
    return permissions.can_add_subpage() and (permissions.can_publish_subpage() or not publishes)


class OfPage(View):
    """Something that is done about an event by those who may edit its page; back to where it was asked for."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = get_object_or_404(ImportRecord.objects.select_related("source", "page"), pk=pk)
        if record.page is None:
            raise Http404("Its page was deleted meanwhile.")
        if not record.page.permissions_for_user(request.user).can_edit():
            raise PermissionDenied
        answer = self.decide(record)
        if isinstance(answer, HttpResponse):
            return answer
        return redirect(get_valid_next_url_from_request(request) or answer)

    def decide(self, record: ImportRecord) -> str | HttpResponse:
        """Do it, and give the address to go on to where the request names none, or a page that asks something first."""
        raise NotImplementedError

    def says_why_not(self, page: EventPage) -> bool:
        """Whether nothing may be written to `page` now, which is then said."""
        if waits := why_it_waits(page, self.request.user):
            messages.error(self.request, f"{waits} Nothing was changed; try again later.")
        return bool(waits)


class SettleView(OfPage):
    """The fields named by `follow` take what the feed says and follow it; those named by `keep` stay."""

    def decide(self, record):
        draft = record.page.get_latest_revision_as_object()
        known = {EVERYTHING, *(field.name for field in imported_fields(record, draft))}
        ways = [(way, name) for way in ("follow", "keep") for name in self.request.POST.getlist(way)]
        if len(ways) != 1 or ways[0][1] not in known:
            raise BadRequest("Name one field of the event, to follow the feed or to be kept.")
        ((way, name),) = ways
        names = [*open_conflicts(record)] if name == EVERYTHING else [name]
        if not names:
            messages.success(self.request, "It was decided already.")
        elif way == "follow":
            self.follow(record, names)
        else:
            keep_mine(record, *names)
            how = "stays as it is" if len(names) == 1 else "stay as they are"
            messages.success(self.request, f"{self.told(record, names)} {how}, whatever the partner says.")
        left = open_conflicts(ImportRecord.objects.select_related("page__latest_revision").get(pk=record.pk))
        return f"{edit_address(record)}#{anchor(record, next(iter(left))) if left else PANEL}"

    def follow(self, record, names):
        page = record.page
        if self.says_why_not(page):
            return
        may_publish = page.permissions_for_user(self.request.user).can_publish()
        is_public = may_publish and not page.workflow_in_progress
        try:
            followed = follow_feed(record, *names, user=self.request.user, publish=is_public)
        except ValidationError as error:
            reason = " ".join(error.messages)
            text = f"The page does not accept what the partner says: {reason} Edit it by hand."
            messages.error(self.request, text)
            return
        verb = "follows" if len(followed) == 1 else "follow"
        text = f"{self.told(record, followed)} {verb} the partner again."
        if page.live and not is_public:
            text += " The change is in the draft; visitors see it once the draft is published."
        messages.success(self.request, text)

    def told(self, record, names):
        words = listed(names)
        return f"{words[:1].upper()}{words[1:]} of “{record.page.get_admin_display_title()}”"


class IgnoreView(OfPage):
    def decide(self, record):
        page = record.page
        if not may_ignore(page, self.request.user):
            raise PermissionDenied
        if page.live and "confirmed" not in self.request.POST:
            return self.ask(record)
        if not self.says_why_not(page):
            was_live = page.live
            ignore(page, user=self.request.user)
            text = f"“{page.get_admin_display_title()}” is ignored: no import changes it or brings it back."
            messages.success(self.request, f"{text} Its page was unpublished." if was_live else text)
        return f"{edit_address(record)}#{PANEL}"

    def ask(self, record):
        """Visitors would lose the page: one click is too little."""
        context = {
            "record": record,
            "page_title": "Ignore this event",
            "page_subtitle": record.page.get_admin_display_title(),
            "header_icon": "cross",
            "next": get_valid_next_url_from_request(self.request),
            "edit_address": f"{edit_address(record)}#{PANEL}",
        }
        return render(self.request, "events/admin/import_ignore.html", context)


class ComeAgainView(View):
    http_method_names = ("post",)

    def post(self, request, pk):
        records = ImportRecord.objects.filter(Q(page=None) | Q(is_ignored=True))
        record = get_object_or_404(records.select_related("source__parent", "page"), pk=pk)
        if not may_let_come(record, request.user):
            raise PermissionDenied
        let_come_again(record)
        text = f"“{record.values['title']}” comes again with the next run, if it is still in the feed."
        messages.success(request, text)
        return redirect(get_valid_next_url_from_request(request) or ignored_of(record.source))


class IgnoredView(SourceScreen, TemplateView):
    """The events of a source that stay away, because an editor deleted or ignored them."""

    is_for_all = True
    page_title = "Events that stay away"
    header_icon = "cross"
    template_name = "events/admin/import_ignored.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        source = ImportSource.objects.select_related("parent").get(pk=self.object.pk)
        found = source.records.filter(Q(page=None) | Q(is_ignored=True)).select_related("page").order_by("pk")
        events = paged(self.request, found, "events")
        # All that were deleted are alike; see `may_let_come`.
        may_add = may_let_come(ImportRecord(source=source), user)
        pages = [record.page_id for record in events["page"] if record.page_id]
        may_change = editable_by(user).filter(pk__in=pages)
        if source.publish == ImportSource.Publish.PUBLISH:
            publishable = PagePermissionPolicy().instances_user_has_permission_for(user, "publish")
            may_change = may_change.filter(pk__in=publishable.values("pk"))
        editable = set(may_change.values_list("pk", flat=True))
        shown = [
            (record, record.page_id in editable if record.page_id else may_add) for record in events["page"]
        ]
        return super().get_context_data(**kwargs, source=source, events=events, shown=shown)


def edit_address(record: ImportRecord) -> str:
    return reverse("wagtailadmin_pages:edit", args=[record.page_id])


def ignored_of(source: ImportSource) -> str:
    return reverse("import_inbox:ignored", args=[source.pk])
