"""Imports in the admin: sources to set up, to test and to start; runs to look at and to undo, none to change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone as clock
from django.utils.formats import date_format
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import CreateView, DeleteView, EditView, IndexView, InspectView
from wagtail.admin.views.generic.base import BaseObjectMixin, BaseOperationView, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import policy_registry, register_permission_policy

from events.models import EventIndexPage, EventPage, languages
from events.tasks import start_import
from events.widgets import TimezoneSelect

from . import import_stored
from .differences import Difference, Kind, Row, counts, differences, rows
from .feed import FeedUnusable, Level, Values
from .fetch import is_on_the_web
from .models import ImportChange, ImportRun, ImportSource
from .pages import set_values
from .parse import FORMATS
from .report import Summary
from .undo import undo

ROWS = 25
PREVIEW = "events.importing.preview"
A_DAY = 24 * 60 * 60
RESULTS = ("created", "updated", "unchanged", "skipped", "failed", "withdrawn")


def paged(request: HttpRequest, found: Sequence, parameter: str) -> dict[str, Any]:
    """One page of what is `found`, and the addresses of the pages around it, by this `parameter` of the address."""
    page = Paginator(found, ROWS).get_page(request.GET.get(parameter))

    def address(number: int) -> str:
        query = request.GET.copy()
        query[parameter] = str(number)
        return f"?{query.urlencode()}#{parameter}"

    return {
        "page": page,
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
    }


def start(request: HttpRequest, source: ImportSource, *, is_approved: bool = False) -> None:
    """Have `source` imported, and tell whoever asked for it."""
    runs = [messages.button(runs_of(source), "See its runs")]
    trigger = ImportRun.Trigger.ADMIN
    if start_import(source.pk, trigger=trigger, user=request.user.pk, is_approved=is_approved):
        text = f"“{source}” is being imported in the background; it usually takes less than a minute."
        if not source.is_approved:
            text += " The source is not approved, so nothing of it is written."
        messages.success(request, text, buttons=runs)
    else:
        text = f"“{source}” waits to be imported already; nothing more was started."
        messages.warning(request, text, buttons=runs)


def runs_of(source: ImportSource) -> str:
    return f"{reverse('import_runs:index')}?source={source.pk}"


def page_of_test(source: ImportSource) -> str:
    return reverse("import_sources:test", args=[source.pk])


def label_of(format: str) -> str:
    """The name by which editors know a format; one that is gone by its own."""
    return FORMATS[format].LABEL if format in FORMATS else format


def in_words(at: datetime) -> str:
    return date_format(clock.localtime(at), "j M Y, H:i")


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


class ImportSourceIndexView(IndexView):
    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        if self.user_has_permission("change"):
            buttons.append(Button("Test this feed", url=page_of_test(instance), icon_name="view", priority=5))
        return [*buttons, Button("Runs", url=runs_of(instance), icon_name="history", priority=25)]


class ImportSourceCreateView(CreateView):
    def get_success_buttons(self):
        test = messages.button(page_of_test(self.object), "Test this feed")
        return [test, *super().get_success_buttons()]


class ImportSourceEditView(EditView):
    template_name = "events/admin/import_source_edit.html"

    @property
    def header_buttons(self):
        return [HeaderButton("Test this feed", url=page_of_test(self.object), icon_name="view")]

    def get_success_buttons(self):
        test = messages.button(page_of_test(self.object), "Test this feed")
        return [test, *super().get_success_buttons()]

    def get_context_data(self, **kwargs):
        # As it was saved, without what was typed since.
        source = ImportSource.objects.get(pk=self.object.pk)
        more = {"source": source, "state": state_of(source), "runs_url": runs_of(source)}
        return super().get_context_data(**kwargs, **more)


class ImportSourceInspectView(InspectView):
    def get_format_display_value(self):
        return label_of(self.object.format) or "Recognise it"


class ImportSourceDeleteView(DeleteView):
    @property
    def confirmation_message(self):
        return (
            f"Delete the source “{self.object}”? The pages of its events stay as they are, but nothing brings them up "
            "to date any more, and the history of its runs is deleted with it: they can no longer be undone."
        )


class TestView(PermissionCheckedMixin, BaseObjectMixin, WagtailAdminTemplateMixin, TemplateView):
    """What an import would do now; nothing is written."""

    model = ImportSource
    permission_required = "change"
    page_title = "Test this feed"
    header_icon = "view"
    template_name = "events/admin/import_test.html"

    def get_page_subtitle(self):
        return str(self.object)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("import_sources:index"), "label": "Sources of events"},
            {"url": reverse("import_sources:edit", args=[self.object.pk]), "label": str(self.object)},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        source = self.object
        may_approve = self.user_has_permission("approve")
        summary, message = self._tried(may_use_credential=may_approve or source.is_approved)
        found = rows(summary.plan, source) if summary.plan else []
        events = paged(self.request, found, "events")
        return super().get_context_data(
            **kwargs,
            source=source,
            message=message,
            format=label_of(summary.format),
            counts=counts(found),
            failed=sum(problem.level == Level.FAILED for problem in summary.problems),
            events=events,
            shown=[(row, signed(row, source)) for row in events["page"]],
            problems=paged(self.request, summary.problems, "problems"),
            may_approve=may_approve,
            what=source.what_was_approved,
            runs_url=runs_of(source),
        )

    def _tried(self, *, may_use_credential: bool) -> tuple[Summary, str]:
        """What an import would do, and why it cannot be done if it cannot."""
        summary = Summary()
        if self.object.credential and not may_use_credential:
            # Else whoever writes an address would be sent the secret.
            return summary, (
                "This feed is read with a credential, and its source is not approved. Somebody who may approve "
                "sources of events has to test it."
            )
        try:
            import_stored(self.object, trigger=ImportRun.Trigger.ADMIN, dry_run=True, summary=summary)
        except FeedUnusable as error:
            return summary, str(error)
        return summary, ""


def signed(row: Row, source: ImportSource) -> str:
    """What it takes to show a new event as a page, for the browser to keep; "" for any other row."""
    if row.kind != Kind.CREATED or row.event is None:
        return ""
    return signing.dumps({"source": source.pk, "values": row.event.values}, salt=PREVIEW, compress=True)


class PreviewView(PermissionCheckedMixin, View):
    """A new event as its page would be. The browser tells of it what it was given with a signature."""

    model = ImportSource
    permission_required = "change"
    http_method_names = ("post",)

    def post(self, request):
        try:
            told = signing.loads(request.POST.get("event", ""), salt=PREVIEW, max_age=A_DAY)
        except signing.BadSignature:
            raise BadRequest("The preview is too old or was tampered with; test the feed again.") from None
        source = ImportSource.objects.select_related("parent").filter(pk=told["source"]).first()
        if source is None or source.parent is None:
            raise BadRequest("The source or its list of events was deleted.")
        page = unsaved_page(told["values"], source.parent)
        return page.make_preview_request(request, page.default_preview_mode)


def unsaved_page(values: Values, parent: EventIndexPage) -> EventPage:
    """A page below `parent` that no database has; it stands in the tree as Wagtail's previews of new pages do."""
    last = parent.get_last_child()
    page = EventPage(slug="preview", live=False, depth=parent.depth + 1)
    page.path = last._inc_path() if last else page._get_path(parent.path, page.depth, 1)
    set_values(page, values)
    page.set_url_path(parent)
    return page


class Operation(PermissionCheckedMixin, BaseOperationView):
    """Something that is done to a source when a button is pressed."""

    model = ImportSource
    http_method_names = ("post",)

    def get_success_url(self):
        return self.next_url or runs_of(self.object)


class ImportNowView(Operation):
    permission_required = "change"

    def perform_operation(self):
        start(self.request, self.object)


class ApproveView(Operation):
    """What is approved is what was looked at, and not what somebody made of it meanwhile."""

    permission_required = "approve"

    def perform_operation(self):
        source = self.object
        if self.request.POST.get("what") != source.what_was_approved:
            text = (
                f"The settings of “{source}” were changed since you tested it. Look again before you approve."
            )
            messages.error(self.request, text)
            self.next_url = page_of_test(source)
            return
        source.approved = source.what_was_approved
        source.save(update_fields=["approved"])
        start(self.request, source)


class ImportSourceViewSet(ModelViewSet):
    model = ImportSource
    name = "import_sources"
    menu_label = "Sources"
    icon = "calendar-alt"
    add_to_reference_index = False
    index_view_class = ImportSourceIndexView
    add_view_class = ImportSourceCreateView
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

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("test/<int:pk>/", TestView.as_view(), name="test"),
            path("preview/", PreviewView.as_view(), name="preview"),
            path("approve/<int:pk>/", ApproveView.as_view(), name="approve"),
            path("import/<int:pk>/", ImportNowView.as_view(), name="import_now"),
        ]


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


class ImportRunView(InspectView):
    """All that is known of a run."""

    template_name = "events/admin/import_run.html"
    page_title = "Run"

    def get_source_display_value(self):
        return self.object.source or "Not known"

    def get_format_display_value(self):
        return label_of(self.object.format) or "Not known"

    def get_user_display_value(self):
        return self.object.user or "Nobody signed in"

    def get_undone_at_display_value(self):
        run = self.object
        return f"{in_words(run.undone_at)}, by {run.undone_by or 'somebody'}" if run.undone_at else "No"

    def get_context_data(self, **kwargs):
        run, sources = self.object, policy_registry.get_by_type(ImportSource)
        user = self.request.user
        may_approve = sources.user_has_permission(user, "approve")
        newest = run.source and run.source.runs.values_list("pk", flat=True).first()
        changes = paged(self.request, run.changes.defer("record"), "changes")
        return super().get_context_data(
            **kwargs,
            run=run,
            runs_url=runs_of(run.source) if run.source else "",
            counts=[(name, getattr(run, name)) for name in RESULTS],
            problems=paged(self.request, run.problems, "problems"),
            changes=changes,
            shown=[(change, versions_of(change)) for change in changes["page"]],
            may_test=sources.user_has_permission(user, "change"),
            can_approve=may_approve and is_held(run) and newest == run.pk,
            can_undo=may_approve and can_be_undone(run) and changes["page"].paginator.count,
        )


def versions_of(change: ImportChange) -> list[tuple[str, tuple[Difference, ...]]]:
    """The versions of its page that an import changed, and how."""
    names = ("In the published version", change.live), ("In the draft", change.draft)
    return [(name, differences(fields)) for name, fields in names if fields]


def state_of_run(run: ImportRun) -> str:
    return f"{run.get_state_display()}{', undone' if run.undone_at else ''}"


def is_held(run: ImportRun) -> bool:
    return run.source is not None and run.state == ImportRun.State.HELD


def can_be_undone(run: ImportRun) -> bool:
    return run.source is not None and run.state != ImportRun.State.RUNNING


class RunOperation(PermissionCheckedMixin, BaseObjectMixin):
    """Something that is done about a run by those who may approve its source."""

    model = ImportRun
    permission_required = "approve"

    @property
    def permission_policy(self):
        return policy_registry.get_by_type(ImportSource)

    @property
    def run_address(self):
        return reverse("import_runs:inspect", args=[self.object.pk])


class ApproveRunView(RunOperation, BaseOperationView):
    http_method_names = ("post",)

    def perform_operation(self):
        run = self.object
        if is_held(run):
            start(self.request, run.source, is_approved=True)
        else:
            messages.error(self.request, "This run is not held; there is nothing to approve.")

    def get_success_url(self):
        return self.run_address


class UndoView(RunOperation, WagtailAdminTemplateMixin, TemplateView):
    """Says what undoing does; does it; says what it left alone and why."""

    template_name = "events/admin/import_undo.html"
    page_title = "Undo this run"
    header_icon = "rotate"

    def get_page_subtitle(self):
        return str(self.object)

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("import_runs:index"), "label": "Import runs"},
            {"url": self.run_address, "label": str(self.object)},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs):
        changes, made = self.object.changes, ImportChange.Action.CREATED
        return super().get_context_data(
            **kwargs,
            run=self.object,
            run_address=self.run_address,
            created=changes.filter(action=made).count(),
            others=changes.exclude(action=made).count(),
        )

    def post(self, request, *args, **kwargs):
        if not can_be_undone(self.object):
            text = "This run cannot be undone: it is still going on, or its source is not known."
            messages.error(request, text)
            return redirect(self.run_address)
        try:
            undone = undo(self.object, user=request.user)
        except FeedUnusable as error:
            messages.error(request, str(error))
            return redirect(self.run_address)
        return self.render_to_response(self.get_context_data(undone=undone))


class ImportRunViewSet(ModelViewSet):
    model = ImportRun
    name = "import_runs"
    menu_label = "Runs"
    icon = "history"
    add_to_reference_index = False
    index_view_class = ImportRunIndexView
    inspect_view_class = ImportRunView
    inspect_view_enabled = True
    copy_view_enabled = False
    ordering = ("-started_at", "-pk")
    list_per_page = 50
    list_display = (
        TitleColumn("started_at", label="Started", url_name="import_runs:inspect", accessor="__str__"),
        Column("state", label="State", accessor=state_of_run, sort_key="state"),
        "created",
        "updated",
        "unchanged",
        "skipped",
        "failed",
        "withdrawn",
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
        "undone_at",
    )
    # A view set wants a form even where nobody gets to see it.
    panels = (FieldPanel("message"),)

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("approve/<int:pk>/", ApproveRunView.as_view(), name="approve"),
            path("undo/<int:pk>/", UndoView.as_view(), name="undo"),
        ]


register_permission_policy(ImportRun, ViewOnlyPermissionPolicy(ImportRun))


class ImportViewSetGroup(ModelViewSetGroup):
    items = (ImportSourceViewSet, ImportRunViewSet)
    menu_label = "Imports"
    menu_icon = "download"
    menu_order = 600
