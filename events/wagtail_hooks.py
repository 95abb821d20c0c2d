"""Events in the admin: warnings about the clocks, types and topics; every import run to look at, none to change."""

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils import timezone as clock
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import DateColumn, NumberColumn, TitleColumn
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import LogFormatter
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from .importing.models import ImportRun
from .importing.versions import LOG_ACTION
from .models import EventPage, EventTopic, EventType
from .recurrence import clock_changes

MAX_WARNINGS = 3


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def warn_of_clock_changes(request, page):
    """Say how a start or end is read that the clocks skip or show twice. The form saves by itself again and again;
    only what a person saved is answered."""
    if not isinstance(page, EventPage) or not page.schedule or not request.accepts("text/html"):
        return
    sentences = clock_changes(page.schedule, clock.now())
    more = len(sentences) - MAX_WARNINGS
    if sentences:
        text = " ".join(sentences[:MAX_WARNINGS]) + (f" And {more} more such times." if more > 0 else "")
        messages.warning(request, text)


@hooks.register("register_log_actions")
def say_in_the_history_what_imports_did(actions):
    @actions.register_action(LOG_ACTION)
    class ImportLogFormatter(LogFormatter):
        label = "Import"

        def format_message(self, entry):
            return f"Imported from {entry.data.get('message', 'a feed')}"


class CategoryViewSet(SnippetViewSet):
    """Names by which events are sorted, with how many events have each."""

    icon = "tag"
    list_display = ("name", "slug", NumberColumn("event_count", label="Events"))
    ordering = ("name",)
    copy_view_enabled = False

    def get_queryset(self, request):
        return self.model.objects.annotate(event_count=Count("event"))


class EventTypeViewSet(CategoryViewSet):
    model = EventType
    menu_label = "Types"


class EventTopicViewSet(CategoryViewSet):
    model = EventTopic
    menu_label = "Topics"


@register_snippet
class EventCategoryViewSetGroup(SnippetViewSetGroup):
    items = (EventTypeViewSet, EventTopicViewSet)
    menu_label = "Types and topics"
    menu_icon = "tag"
    menu_order = 590


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
