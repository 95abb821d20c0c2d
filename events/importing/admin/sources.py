"""Sources in the admin: to set up, to test, to approve and to start."""

import math

from django import forms
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest
from django.urls import path, reverse
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import CreateView, DeleteView, EditView, IndexView, InspectView
from wagtail.admin.views.generic.base import BaseOperationView
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button, HeaderButton

from events.importing import import_stored
from events.importing.check import TooOften, slot
from events.importing.check_page import wait_in_words
from events.importing.differences import Row, counts, rows
from events.importing.feed import FIELDS, FeedUnusable, Level
from events.importing.fetch import host_of, is_on_the_web
from events.importing.models import ImportRun, ImportSource
from events.importing.pages import set_values
from events.importing.parse import FORMATS
from events.importing.report import Summary
from events.importing.uploads import about
from events.models import EventIndexPage, EventPage, languages
from events.tasks import start_import
from events.widgets import TimezoneSelect

from .health import HealthColumn, shown_health, with_health
from .progress import ProgressView, address_of_progress, job_that_waits
from .screens import SourceScreen
from .showing import in_words, label_of, paged

PREVIEW = "events.importing.preview"
A_DAY = 24 * 60 * 60


def start(request: HttpRequest, source: ImportSource, *, is_approved: bool = False) -> str:
    """Have `source` imported, and give the address of the page that shows how far that is."""
    trigger = ImportRun.Trigger.ADMIN
    job = start_import(source.pk, trigger=trigger, user=request.user.pk, is_approved=is_approved)
    if job is None:
        messages.warning(request, f"“{source}” waits to be imported already; nothing more was started.")
        job = job_that_waits(source)
    return address_of_progress(source, job) if job else runs_of(source)


def runs_of(source: ImportSource) -> str:
    return f"{reverse('import_runs:index')}?source={source.pk}"


def next_run_of(source: ImportSource) -> str:
    """Wagtail's column of dates calls whatever is to come “just now”."""
    return "" if source.is_paused or source.next_run_at is None else in_words(source.next_run_at)


def page_of_test(source: ImportSource) -> str:
    return reverse("import_sources:test", args=[source.pk])


def asks_to_send(source: ImportSource, *, may_approve: bool) -> bool:
    """Whether somebody is about to have a secret sent to an address that nobody has approved."""
    return may_approve and bool(source.credential) and not source.is_approved


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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.is_upload:
            # Where it comes from and when is decided by whoever uploads it.
            for name in ("address", "format", "credential", "interval"):
                self.fields.pop(name, None)

    def clean_address(self):
        """Files of the server are not everybody's to read."""
        address = self.cleaned_data["address"].strip()
        is_new = address != self.initial.get("address")
        may = self.for_user is None or self.for_user.is_superuser
        if is_new and not may and not is_on_the_web(address):
            raise forms.ValidationError("Give a web address; it begins with https://, http:// or webcal://.")
        return address

    def save(self, commit=True):
        """What was to be done next by other settings is due now; and what was gone for good may be elsewhere."""
        if {"address", "interval", "is_paused"} & set(self.changed_data):
            self.instance.next_run_at, self.instance.is_gone = None, False
        return super().save(commit)


class ImportSourceIndexView(IndexView):
    def get_table(self, object_list):
        return super().get_table(with_health(object_list))

    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        if self.user_has_permission("change"):
            buttons.append(Button("Test this feed", url=page_of_test(instance), icon_name="view", priority=5))
            link = reverse("import_check_link:index", args=[instance.pk])
            buttons.append(Button("Link for the partner", url=link, icon_name="link", priority=27))
        away = reverse("import_inbox:ignored", args=[instance.pk])
        return [
            *buttons,
            Button("Runs", url=runs_of(instance), icon_name="history", priority=25),
            Button("Events that stay away", url=away, icon_name="cross", priority=26),
        ]


class ImportSourceCreateView(CreateView):
    def get_initial_form_instance(self):
        # Most portals have one list.
        return self.model(parent=EventIndexPage.objects.first())

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
        more = {"runs_url": runs_of(source), "upload": about(source) if source.is_upload else None}
        return super().get_context_data(**kwargs, **shown_health(source), **more)


class ImportSourceInspectView(InspectView):
    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs, **shown_health(self.object), runs_url=runs_of(self.object))

    def get_format_display_value(self):
        return label_of(self.object.format) or "Recognise it"


class ImportSourceDeleteView(DeleteView):
    @property
    def confirmation_message(self):
        return (
            f"Delete the source “{self.object}”? The pages of its events stay as they are, but nothing brings them up "
            "to date any more, and the history of its runs is deleted with it: they can no longer be undone."
        )


class TestView(SourceScreen, TemplateView):
    """What an import would do now; nothing is written. Looking at the page asks nobody for anything: mail programs and
    browsers follow links, too."""

    page_title = "Test this feed"
    header_icon = "view"
    template_name = "events/admin/import_test.html"
    seconds = 0
    """How long somebody has to wait, while others test feeds."""

    def post(self, request, *args, **kwargs):
        source, what = self.object, self.object.what_was_approved
        may_approve = self.user_has_permission("approve")
        is_sent = may_approve and request.POST.get("send") == what
        if asks_to_send(source, may_approve=may_approve) and not is_sent:
            # Where a secret goes is said first.
            return self.get(request, *args, **kwargs)
        summary, message = self._tried(may_try=is_sent)
        found = rows(summary.plan, source) if summary.plan else []
        events = paged(request, found, "events")
        context = self.get_context_data(
            **kwargs,
            is_tested=True,
            is_sent=is_sent,
            message=message,
            format=label_of(summary.format),
            is_table=summary.format == "table",
            counts=counts(found),
            failed=sum(problem.level == Level.FAILED for problem in summary.problems),
            events=events,
            shown=[(row, signed(row, source)) for row in events["page"]],
            problems=paged(request, summary.problems, "problems"),
        )
        response = self.render_to_response({**context, "what": what}, status=429 if self.seconds else 200)
        if self.seconds:
            response["Retry-After"] = str(self.seconds)
        return response

    def get_context_data(self, **kwargs):
        source, may_approve = self.object, self.user_has_permission("approve")
        return super().get_context_data(
            source=source,
            may_approve=may_approve,
            asks_to_send=asks_to_send(source, may_approve=may_approve),
            host=host_of(source.address),
            what=source.what_was_approved,
            runs_url=runs_of(source),
            upload=about(source) if source.is_upload else None,
            **kwargs,
        )

    def _tried(self, *, may_try: bool) -> tuple[Summary, str]:
        """What an import would do, and why it cannot be done if it cannot."""
        summary, trigger = Summary(), ImportRun.Trigger.ADMIN
        try:
            with slot():
                import_stored(self.object, trigger=trigger, dry_run=True, may_try=may_try, summary=summary)
        except FeedUnusable as error:
            return summary, str(error)
        except TooOften as refusal:
            self.seconds = math.ceil(refusal.pause.total_seconds())
            return summary, f"{refusal} Try again in {wait_in_words(self.seconds)}."
        return summary, ""


def signed(row: Row, source: ImportSource) -> str:
    """What it takes to show an event as its page would be, for the browser to keep; "" where there will be none."""
    if row.changes is None:
        return ""
    told = {"source": source.pk, "key": [row.key.uid, row.key.recurrence_id], "changes": row.changes}
    return signing.dumps(told, salt=PREVIEW, compress=True)


class PreviewView(PermissionCheckedMixin, View):
    """An event as its page would be. The browser tells of it what it was given with a signature."""

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
        uid, recurrence_id = told["key"]
        record = source.records.filter(uid=uid, recurrence_id=recurrence_id).select_related("page").first()
        if record and record.page:
            page = record.page.get_latest_revision_as_object()
            if not page.permissions_for_user(request.user).can_edit():
                raise PermissionDenied
        elif set(told["changes"]) == set(FIELDS):
            page = unsaved_page(source.parent)
        else:
            raise BadRequest("The page of this event was deleted meanwhile; test the feed again.")
        set_values(page, told["changes"])
        return page.make_preview_request(request, page.default_preview_mode)


def unsaved_page(parent: EventIndexPage) -> EventPage:
    """A page below `parent` that no database has; it stands in the tree as Wagtail's previews of new pages do."""
    last = parent.get_last_child()
    page = EventPage(slug="preview", live=False, depth=parent.depth + 1)
    page.path = last._inc_path() if last else page._get_path(parent.path, page.depth, 1)
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
        self.next_url = start(self.request, self.object)


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
        self.next_url = start(self.request, source)


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
    index_template_name = "events/admin/import_sources.html"
    inspect_template_name = "events/admin/import_source.html"
    edit_template_name = "events/admin/import_source_edit.html"
    ordering = ("name",)
    list_per_page = 50
    list_display = (
        "name",
        HealthColumn("health", label="Health"),
        DateColumn("succeeded_at", label="Last success", sort_key="succeeded_at"),
        Column("next_run_at", label="Next run", accessor=next_run_of, sort_key="next_run_at"),
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
                    FieldPanel("images"),
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
        "images",
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
            path("progress/<int:pk>/<int:job>/", ProgressView.as_view(), name="progress"),
        ]
