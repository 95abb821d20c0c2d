"""All that imports leave to a person, on one screen."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import path
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry

from events.importing.differences import Difference
from events.importing.models import ImportRecord, ImportRun, ImportSource
from events.importing.settle import in_conflict, open_conflicts

from .duplicates import duplicates
from .settling import ComeAgainView, IgnoredView, IgnoreView, SettleView, anchor, editable_pages
from .showing import paged

Section = dict[str, Any]
TOP = "to-settle"
"""Where to go on when nothing of a list is left."""


def conflicts(request: HttpRequest) -> Section:
    """Fields that both an editor and a feed changed, of the pages that the user may edit."""
    found = in_conflict().filter(page__in=editable_pages(request.user).values("pk"))
    records = paged(request, found, "conflicts")
    shown = [(record, told) for record in records["page"] if (told := open_conflicts(record))]
    settled = len(records["page"]) - len(shown)
    return {
        "heading": "Conflicts",
        "count": records["page"].paginator.count - settled,
        "template": "events/admin/inbox_conflicts.html",
        "records": records,
        "groups": list(_groups(shown)),
    }


def _groups(shown: list[tuple[ImportRecord, dict[str, Difference]]]) -> Iterator[dict[str, Any]]:
    """Each record with a row for each of its fields; everything that can go knows where to go on once it is gone."""
    anchors = [anchor(record, name) for record, told in shown for name in told]

    def next_to(first: int, count: int) -> str:
        after = anchors[first + count :]
        return after[0] if after else anchors[first - 1] if first else TOP

    first = 0
    for record, told in shown:
        rows = [
            {"anchor": anchors[number], "name": name, "words": words, "next": next_to(number, 1)}
            for number, (name, words) in enumerate(told.items(), first)
        ]
        yield {"record": record, "rows": rows, "next": next_to(first, len(rows))}
        first += len(rows)


def held_runs(request: HttpRequest) -> Section:
    """The newest runs of their sources, where those are held."""
    sources, runs = (policy_registry.get_by_type(model) for model in (ImportSource, ImportRun))
    newest = ImportRun.objects.filter(source=OuterRef("source")).values("pk")[:1]
    held = ImportRun.objects.filter(state=ImportRun.State.HELD, pk=Subquery(newest)).select_related("source")
    may_look = runs.user_has_permission(request.user, "view")
    found = paged(request, held.defer("problems") if may_look else held.none(), "held")
    return {
        "heading": "Held runs",
        "count": found["page"].paginator.count,
        "template": "events/admin/inbox_held_runs.html",
        "runs": found,
        "may_approve": sources.user_has_permission(request.user, "approve"),
        "may_test": sources.user_has_permission(request.user, "change"),
    }


SECTIONS: tuple[Callable[[HttpRequest], Section], ...] = (conflicts, held_runs, duplicates)
"""What the screen has: each gives its `heading`, how many there are as `count`, its `template`, and what that needs."""


def may_settle(request: HttpRequest) -> bool:
    """Whether there is anything on the screen that the user might ever see."""
    runs = policy_registry.get_by_type(ImportRun)
    return runs.user_has_permission(request.user, "view") or PagePermissionPolicy().user_has_permission(
        request.user, "change"
    )


class InboxMenuItem(MenuItem):
    def is_shown(self, request):
        return may_settle(request)


class InboxView(WagtailAdminTemplateMixin, TemplateView):
    page_title = "To settle"
    header_icon = "tasks"
    template_name = "events/admin/inbox.html"

    def dispatch(self, request, *args, **kwargs):
        if not may_settle(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs):
        sections = [section(self.request) for section in SECTIONS]
        return super().get_context_data(
            **kwargs, sections=[section for section in sections if section["count"]]
        )


class InboxViewSet(ViewSet):
    name = "import_inbox"
    menu_label = "To settle"
    icon = "tasks"
    menu_item_class = InboxMenuItem

    def get_urlpatterns(self):
        return [
            path("", InboxView.as_view(), name="index"),
            path("settle/<int:pk>/", SettleView.as_view(), name="settle"),
            path("ignore/<int:pk>/", IgnoreView.as_view(), name="ignore"),
            path("come-again/<int:pk>/", ComeAgainView.as_view(), name="come_again"),
            path("ignored/<int:pk>/", IgnoredView.as_view(), name="ignored"),
        ]
