"""All that imports leave to a person, on one screen."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import path
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem, SubmenuMenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry

from earthcode.worklists import editable_by
from events.importing.differences import Difference
from events.importing.models import ImportRecord, ImportRun, ImportSource, PossibleDuplicate
from events.importing.settle import in_conflict, open_conflicts
from events.querysets import are_there

from .duplicates import duplicates
from .settling import ComeAgainView, IgnoredView, IgnoreView, SettleView, anchor
from .showing import paged

Section = dict[str, Any]
TOP = "to-settle"
"""Where to go on when nothing of a list is left."""
WAITING = "menu-waits"
"""The class of what has a mark in the menu."""


def conflicts(request: HttpRequest) -> Section:
    """Fields that both an editor and a feed changed, or about which two feeds disagree, of pages that the user may
    edit."""
    found = in_conflict().filter(page__in=editable_by(request.user).values("pk"))
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
    sources = policy_registry.get_by_type(ImportSource)
    found = paged(request, _held(request.user).select_related("source").defer("problems"), "held")
    return {
        "heading": "Held runs",
        "count": found["page"].paginator.count,
        "template": "events/admin/inbox_held_runs.html",
        "runs": found,
        "may_approve": sources.user_has_permission(request.user, "approve"),
        "may_test": sources.user_has_permission(request.user, "change"),
    }


def _held(user: Any) -> QuerySet[ImportRun]:
    newest = ImportRun.objects.filter(source=OuterRef("source")).values("pk")[:1]
    held = ImportRun.objects.filter(state=ImportRun.State.HELD, pk=Subquery(newest))
    may_look = policy_registry.get_by_type(ImportRun).user_has_permission(user, "view")
    return held if may_look else held.none()


SECTIONS: tuple[Callable[[HttpRequest], Section], ...] = (conflicts, held_runs, duplicates)
"""What the screen has: each gives its `heading`, how many there are as `count`, its `template`, and what that needs."""


def may_settle(request: HttpRequest) -> bool:
    """Whether there is anything on the screen that the user might ever see."""
    runs = policy_registry.get_by_type(ImportRun)
    return runs.user_has_permission(request.user, "view") or PagePermissionPolicy().user_has_permission(
        request.user, "change"
    )


def is_something_open(user: Any) -> bool:
    """Whether `user` has something to settle: a cheap answer for the menu of each screen, in one query. It knows
    nothing of what settled itself while it was open, which the screen leaves out."""
    pages = editable_by(user).values("pk")
    pairs = PossibleDuplicate.objects.filter(
        state=PossibleDuplicate.State.OPEN, one__in=pages, other__in=pages
    )
    return any(are_there(in_conflict().filter(page__in=pages), _held(user), pairs))


class InboxMenuItem(MenuItem):
    def is_shown(self, request):
        return may_settle(request)

    def render_component(self, request):
        component = super().render_component(request)
        component.classname = WAITING if is_something_open(request.user) else ""
        return component


class ImportsMenuItem(SubmenuMenuItem):
    """Wears the mark of what is in it, which is folded away."""

    def render_component(self, request):
        component = super().render_component(request)
        component.classname = (
            WAITING if any(item.classname == WAITING for item in component.menu_items) else ""
        )
        return component


class InboxView(WagtailAdminTemplateMixin, TemplateView):
    page_title = "Decisions waiting"
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
    menu_label = "Decisions waiting"
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
