"""Events in the admin: warnings about the clocks, types and topics. `importing.admin` has what is about imports."""

from django.db.models import Count
from django.utils import timezone as clock
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.ui.tables import NumberColumn
from wagtail.log_actions import LogFormatter
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from .importing.admin import CheckLinkViewSet, ImportViewSetGroup
from .importing.admin.health import ImportHealthPanel, may_see_sources
from .importing.settle import forget_settled
from .importing.versions import LOG_ACTION
from .models import EventPage, EventTopic, EventType
from .recurrence import clock_changes
from .worklists import IncompleteEvents

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


@hooks.register("after_edit_page")
def follow_the_feed_where_its_words_were_restored(request, page):
    """Not while somebody types: half a sentence may happen to be the feed's."""
    if isinstance(page, EventPage) and request.accepts("text/html"):
        forget_settled(page)


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


@hooks.register("construct_homepage_panels")
def show_the_health_of_sources(request, panels):
    if may_see_sources(request.user):
        panels.append(ImportHealthPanel())


@hooks.register("register_worklist")
def list_incomplete_events():
    return IncompleteEvents


@hooks.register("register_admin_viewset")
def register_imports():
    return [ImportViewSetGroup(), CheckLinkViewSet()]
