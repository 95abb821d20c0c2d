"""Imports in the admin: every run to look at, none to change."""

from django.template.loader import render_to_string
from wagtail import hooks
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import DateColumn, TitleColumn
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from .importing.models import ImportRun


class ViewOnlyPermissionPolicy(ModelPermissionPolicy):
    """Whoever may view may view; nobody, not even a superuser, adds, changes or deletes."""

    def user_has_permission(self, user, action):
        return action == "view" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user, actions):
        return any(self.user_has_permission(user, action) for action in actions)


class ImportRunIndexView(IndexView):
    def get_base_queryset(self):
        return super().get_base_queryset().select_related("source", "user").defer("problems")


class ImportRunInspectView(InspectView):
    def get_object(self, queryset=None):
        run = super().get_object(queryset)
        self.problems = run.problems
        return run

    def get_problems_display_value(self):
        return render_to_string("events/admin/import_problems.html", {"problems": self.problems})

    def get_source_display_value(self):
        return self.object.source or "Not known"

    def get_user_display_value(self):
        return self.object.user or "Nobody signed in"


class ImportRunViewSet(ModelViewSet):
    model = ImportRun
    name = "import_runs"
    menu_label = "Imports"
    icon = "download"
    add_to_admin_menu = True
    menu_order = 600
    index_view_class = ImportRunIndexView
    inspect_view_class = ImportRunInspectView
    inspect_view_enabled = True
    copy_view_enabled = False
    ordering = ("-started_at", "-pk")
    list_per_page = 50
    list_display = (
        TitleColumn("started_at", label="Started", url_name="import_runs:inspect", accessor="__str__"),
        "state",
        "created",
        "updated",
        "unchanged",
        "skipped",
        "failed",
        DateColumn("finished_at", label="Finished"),
    )
    list_filter = ("state", "source")
    inspect_view_fields = (
        "source",
        "address",
        "format",
        "trigger",
        "user",
        "started_at",
        "finished_at",
        "state",
        "message",
        "created",
        "updated",
        "unchanged",
        "skipped",
        "failed",
        "problems",
    )
    # A view set wants a form even where nobody gets to see it.
    panels = (FieldPanel("message"),)


register_permission_policy(ImportRun, ViewOnlyPermissionPolicy(ImportRun))


@hooks.register("register_admin_viewset")
def register_import_runs():
    return ImportRunViewSet()
