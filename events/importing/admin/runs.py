"""Runs in the admin: to look at, to approve and to undo; none to change."""

from django.db.models import Count, Max, Q
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.views.generic import TemplateView
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.views.generic.base import BaseObjectMixin, BaseOperationView, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import policy_registry, register_permission_policy

from events.importing.differences import Difference, differences
from events.importing.models import ImportChange, ImportRun, ImportSource
from events.tasks import start_undo, undoing_of

from .progress import RESULTS, address_of_progress
from .showing import in_words, label_of, paged
from .sources import runs_of, start


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

    def get_found_display_value(self):
        found = self.object.found
        return "Not known" if found is None else f"{found} event{'' if found == 1 else 's'}"

    def get_user_display_value(self):
        return self.object.user or "Nobody signed in"

    def get_answer_display_value(self):
        told = self.object.answer
        if not told:
            return "None: it was no web address, or gave no answer"
        size = filesizeformat(told["bytes"])
        words = [
            f"{told['status']} from {told['address']}",
            told["content_type"],
            size,
            f"{told['seconds']} s",
        ]
        words += [f"ETag {told['etag']}"] if told["etag"] else []
        words += [f"Last-Modified {told['last_modified']}"] if told["last_modified"] else []
        return ", ".join(filter(None, words))

    def get_started_at_display_value(self):
        return in_words(self.object.started_at)

    def get_finished_at_display_value(self):
        return in_words(self.object.finished_at) if self.object.finished_at else "Not yet"

    def get_undone_at_display_value(self):
        run = self.object
        return f"{in_words(run.undone_at)}, by {run.undone_by or 'somebody'}" if run.undone_at else "No"

    def get_context_data(self, **kwargs):
        run, sources = self.object, policy_registry.get_by_type(ImportSource)
        user = self.request.user
        may_approve = sources.user_has_permission(user, "approve")
        newest = run.source and run.source.runs.values_list("pk", flat=True).first()
        # What undoing left alone comes first.
        found = (
            run.changes.alias(is_back=Q(kept="")).order_by("is_back", "pk").defer("records", "left", "state")
        )
        changes = paged(self.request, found, "changes")
        undoing = status_of_undoing(run)
        return super().get_context_data(
            **kwargs,
            run=run,
            is_table=run.format == "table",
            runs_url=runs_of(run.source) if run.source else "",
            progress_url=address_of_progress(run.source, run.job) if run.source and run.job else "",
            counts=[(name, getattr(run, name)) for name in RESULTS],
            problems=paged(self.request, run.problems, "problems"),
            changes=changes,
            shown=[(change, versions_of(change)) for change in changes["page"]],
            may_test=sources.user_has_permission(user, "change"),
            can_approve=may_approve and is_held(run) and newest == run.pk,
            can_undo=may_approve and can_be_undone(run) and undoing in ("", "failed"),
            undoing=undoing,
            undone=run.changes.aggregate(
                back=Count("pk", filter=Q(is_undone=True, kept="")), kept=Count("pk", filter=~Q(kept=""))
            ),
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
    is_over = run.source is not None and run.state != ImportRun.State.RUNNING
    return is_over and run.changes.filter(is_undone=False).exists()


def status_of_undoing(run: ImportRun) -> str:
    """Of the job that undoes `run`, as procrastinate has it; "" where there is none, or a later one has done it."""
    jobs = ProcrastinateJob.objects.filter(queueing_lock=undoing_of(run)).exclude(status="succeeded")
    last = jobs.annotate(at=Max("procrastinateevent__at")).order_by("-pk").values_list("status", "at").first()
    if last is None or (last[0] == "failed" and run.undone_at and run.undone_at > last[1]):
        return ""
    return last[0]


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
            self.next_url = start(self.request, run.source, is_approved=True)
        else:
            messages.error(self.request, "This run is not held; there is nothing to approve.")

    def get_success_url(self):
        return self.next_url or self.run_address


class UndoView(RunOperation, WagtailAdminTemplateMixin, TemplateView):
    """Says what undoing does, and has the worker do it; the page of the run says how that went."""

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
        changes, made = self.object.changes.filter(is_undone=False), ImportChange.Action.CREATED
        return super().get_context_data(
            **kwargs,
            run=self.object,
            run_address=self.run_address,
            created=changes.filter(action=made).count(),
            others=changes.exclude(action=made).count(),
        )

    def post(self, request, *args, **kwargs):
        if not can_be_undone(self.object):
            text = "Nothing of this run can be undone: it is still going on, changed nothing, or was undone already."
            messages.error(request, text)
            return redirect(self.run_address)
        if not start_undo(self.object, self.object.source_id, request.user.pk):
            messages.warning(request, "It is to be undone already; nothing more was started.")
        return redirect(self.run_address)


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
        "answer",
        "found",
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
