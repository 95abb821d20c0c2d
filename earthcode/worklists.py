"""Pages that wait for somebody: the first of them on the dashboard of the admin, all of them on a screen of their own.

An app has its own on the dashboard by the hook `register_worklist`, which gives a `Worklist`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page as Rows
from django.core.paginator import Paginator
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import Http404
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page, Revision
from wagtail.permission_policies.pages import PagePermissionPolicy

from .models import IndexPage

ON_DASHBOARD = 5
ON_SCREEN = 50


def editable_by(user: Any) -> QuerySet:
    """The pages that `user` may edit, of whatever type."""
    return PagePermissionPolicy().instances_user_has_permission_for(user, "change")


def moment(at: datetime) -> str:
    """`at` by the clock of the signed-in user."""
    return date_format(localtime(at), "j F Y, H:i")


def kind_of(page: Page) -> str:
    """What people call such a page: “Event”."""
    return page.specific_class.kind[0] if hasattr(page.specific_class, "kind") else "Page"


class Worklist(Component):
    """Pages that `user` may edit and that wait for something at an instant (aware)."""

    template_name = "earthcode/admin/worklist_panel.html"
    name: str
    """Its word in addresses."""
    heading: str
    advice: str
    """What to do about them, in a sentence."""

    def __init__(self, user: Any, at: datetime):
        self.user, self.at = user, at

    def pages(self) -> QuerySet | Sequence[Page]:
        raise NotImplementedError

    def remark(self, page: Page) -> str:
        """Why `page` is on the list, or by when."""
        raise NotImplementedError

    def rows(self, number: str | int, size: int) -> Rows:
        """One page of the list: dictionaries of a `page` and the `remark` about it."""
        rows = Paginator(self.pages(), size).get_page(number)
        rows.object_list = [{"page": page, "remark": self.remark(page)} for page in rows.object_list]
        return rows

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"worklist": self, "rows": self.rows(1, ON_DASHBOARD)}


class Drafts(Worklist):
    """Pages that were edited since they were published, or never were; not what was taken off the site."""

    name = "drafts"
    heading = "Drafts waiting to be published"
    advice = "Publish them, or discard what nobody needs."
    order = 180

    def pages(self):
        waiting = Q(last_published_at=None) | Q(latest_revision_created_at__gt=F("last_published_at"))
        return (
            editable_by(self.user)
            .filter(waiting, has_unpublished_changes=True)
            .exclude(pk__in=scheduled().values("pk"))
            .select_related("latest_revision__user")
            .order_by("-latest_revision_created_at", "-pk")
        )

    def remark(self, page):
        revision = page.latest_revision
        who = f" by {revision.user.get_full_name() or revision.user}" if revision and revision.user else ""
        edited = f"edited {moment(page.latest_revision_created_at)}{who}"
        was_published = "taken off the site" if page.first_published_at else "never published"
        return f"{kind_of(page)}, {'published' if page.live else was_published}, {edited}"


class ScheduledPublications(Worklist):
    name = "scheduled"
    heading = "Publications to come"
    advice = "They go out by themselves at these times."
    order = 190

    def pages(self):
        return scheduled().filter(pk__in=editable_by(self.user).values("pk")).order_by("goes_live_at", "pk")

    def remark(self, page):
        return f"{kind_of(page)}, {moment(page.goes_live_at)}"


def scheduled() -> QuerySet:
    """The pages that are to be published at a time, as `goes_live_at`."""
    own = Revision.page_revisions.filter(object_id=Cast(OuterRef("pk"), CharField()))
    next_one = own.filter(approved_go_live_at__isnull=False).order_by("approved_go_live_at")
    goes_live_at = Subquery(next_one.values("approved_go_live_at")[:1])
    return Page.objects.annotate(goes_live_at=goes_live_at).filter(goes_live_at__isnull=False)


@dataclass(frozen=True, slots=True)
class QuickLink:
    text: str
    address: str


class QuickLinks(Component):
    """Ways to what is written most often: a page below one that lists its kind."""

    template_name = "earthcode/admin/quick_links.html"
    order = 50

    def __init__(self, user: Any):
        self.user = user

    def links(self) -> Iterator[QuickLink]:
        for index in Page.objects.type(IndexPage).order_by("path"):
            if index.permissions_for_user(self.user).can_add_subpage():
                for model in index.specific_class.allowed_subpage_models():
                    place = (model._meta.app_label, model._meta.model_name, index.pk)
                    yield QuickLink(
                        f"New {model.kind[0].lower()}", reverse("wagtailadmin_pages:add", args=place)
                    )

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"links": list(self.links())}


def worklists(user: Any, at: datetime) -> list[Worklist]:
    """Those of all apps, for `user` at an instant (aware)."""
    return [register()(user, at) for register in hooks.get_hooks("register_worklist")]


class WorklistView(WagtailAdminTemplateMixin, TemplateView):
    """One of the lists, whole."""

    template_name = "earthcode/admin/worklist.html"
    header_icon = "tasks"

    def get(self, request, *args, **kwargs):
        lists = worklists(request.user, clock.now())
        found = next((one for one in lists if one.name == kwargs["name"]), None)
        if found is None:
            raise Http404
        self.worklist = found
        self.page_title = self.worklist.heading
        return super().get(request, *args, **kwargs)

    def get_breadcrumbs_items(self):
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs):
        rows = self.worklist.rows(self.request.GET.get("p", 1), ON_SCREEN)
        return super().get_context_data(**kwargs, worklist=self.worklist, rows=rows)
