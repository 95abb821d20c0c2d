"""Imports in the admin: sources to set up, to test and to start; runs to look at and to undo, none to change."""

from django import forms
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone as clock
from django.utils.formats import date_format
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import DeleteView, EditView, IndexView, InspectView
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from events.models import languages
from events.widgets import TimezoneSelect

from .fetch import is_on_the_web
from .models import ImportRun, ImportSource
from .parse import FORMATS

# Sources


class ImportSourceForm(WagtailAdminModelForm):
    format = forms.ChoiceField(
        required=False,
        choices=[("", "Recognise it"), *((name, format.LABEL) for name, format in FORMATS.items())],
        help_text="Recognised from what is found at the address, unless you choose one.",
    )
    language = forms.ChoiceField(
        required=False,
        choices=[("", "Not known"), *languages()],
        help_text="Of events for which the feed names none.",
    )

    def clean_address(self):
        """Files of the server are not everybody's to read."""
        address = self.cleaned_data["address"].strip()
        is_new = address != self.initial.get("address")
        may = self.for_user is None or self.for_user.is_superuser
        if is_new and not may and not is_on_the_web(address):
            raise forms.ValidationError("Give a web address; it begins with https://, http:// or webcal://.")
        return address


def state_of(source: ImportSource) -> str:
    """How it stands with a source, in words."""
    if source.is_paused:
        return "Paused"
    if not source.is_approved:
        return "Waits for approval"
    if source.failures:
        times = "1 run" if source.failures == 1 else f"{source.failures} runs"
        last = source.succeeded_at
        since = f"since {in_words(last)}" if last else "and never worked"
        return f"Failing for {times}, {since}"
    if source.interval is None:
        return "By hand only"
    return "All well" if source.succeeded_at else "Not run yet"


def in_words(at) -> str:
    return date_format(clock.localtime(at), "j M Y, H:i")


class ImportSourceIndexView(IndexView):
    def get_base_queryset(self) -> QuerySet[ImportSource]:
        return super().get_base_queryset()


class ImportSourceEditView(EditView):
    template_name = "events/admin/import_source_edit.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, state=state_of(self.object))


class ImportSourceInspectView(InspectView):
    def get_format_display_value(self):
        name = self.object.format
        return FORMATS[name].LABEL if name in FORMATS else name or "Recognise it"


class ImportSourceDeleteView(DeleteView):
    @property
    def confirmation_message(self):
        return (
            f"Delete the source “{self.object}”? The pages of its events stay as they are, but nothing brings them up "
            "to date any more, and the history of its runs is deleted with it: they can no longer be undone."
        )


class ImportSourceViewSet(ModelViewSet):
    model = ImportSource
    name = "import_sources"
    menu_label = "Sources"
    icon = "calendar-alt"
    add_to_reference_index = False
    index_view_class = ImportSourceIndexView
    edit_view_class = ImportSourceEditView
    inspect_view_class = ImportSourceInspectView
    delete_view_class = ImportSourceDeleteView
    inspect_view_enabled = True
    copy_view_enabled = False
    edit_template_name = "events/admin/import_source_edit.html"
    ordering = ("name",)
    list_per_page = 50
    list_display = (
        "name",
        Column("state", label="State", accessor=state_of),
        DateColumn("succeeded_at", label="Last success", sort_key="succeeded_at"),
        DateColumn("next_run_at", label="Next run", sort_key="next_run_at"),
    )
    search_fields = ("name", "address")
    list_filter = ("is_paused",)
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel("name"),
                    FieldPanel("address"),
                    FieldPanel("format"),
                    FieldPanel("credential"),
                ],
                heading="Where from",
            ),
            MultiFieldPanel(
                [
                    FieldPanel("parent"),
                    FieldPanel("publish"),
                    FieldPanel("event_type", widget=forms.Select),
                    FieldPanel("topics", widget=forms.CheckboxSelectMultiple),
                    FieldPanel("organizer"),
                    FieldRowPanel(
                        [FieldPanel("language"), FieldPanel("timezone", widget=TimezoneSelect)],
                    ),
                ],
                heading="What becomes of it",
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("include_words"), FieldPanel("exclude_words")]),
                    FieldRowPanel([FieldPanel("include_categories"), FieldPanel("exclude_categories")]),
                ],
                heading="What is wanted",
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("missing"), FieldPanel("missing_after")]),
                    FieldPanel("is_rolling"),
                    FieldRowPanel([FieldPanel("vanishing_count"), FieldPanel("vanishing_percent")]),
                ],
                heading="When something disappears",
            ),
            MultiFieldPanel(
                [FieldPanel("interval"), FieldPanel("is_paused"), FieldPanel("owner")],
                heading="Timetable",
            ),
        ],
        base_form_class=ImportSourceForm,
    )
    inspect_view_fields = (
        "name",
        "address",
        "format",
        "parent",
        "publish",
        "event_type",
        "topics",
        "organizer",
        "language",
        "timezone",
        "include_words",
        "exclude_words",
        "include_categories",
        "exclude_categories",
        "missing",
        "missing_after",
        "is_rolling",
        "vanishing_count",
        "vanishing_percent",
        "interval",
        "is_paused",
        "owner",
        "checked_at",
        "succeeded_at",
        "next_run_at",
        "failures",
    )


# Runs


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
    menu_label = "Runs"
    icon = "history"
    add_to_reference_index = False
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


class ImportViewSetGroup(ModelViewSetGroup):
    items = (ImportSourceViewSet, ImportRunViewSet)
    menu_label = "Imports"
    menu_icon = "download"
    menu_order = 600
