"""The views in which pages are edited: Wagtail's, one at a time for each page and with what others saved meanwhile
merged in."""

from django.db import transaction
from django.http import JsonResponse
from wagtail.admin import messages
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.revisions import RevisionsRevertView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page, TaskState

from .merging import BASE


def locked(page_id):
    """Let nobody else who locks it, an import or another request of an editor, write to the page until the transaction
    ends."""
    page = Page.objects.filter(pk=page_id).first()
    if page and page.specific_class:
        # As imports lock it: the row of its own model.
        rows = page.specific_class._base_manager.select_for_update(of=("self",))
        rows.only("pk").filter(pk=page_id).first()


class MergingEditView(EditView):
    """Wagtail's, which would let a form that was opened before somebody else saved put the old values back."""

    def dispatch(self, request, page_id, **kwargs):
        if request.method != "POST":
            return super().dispatch(request, page_id, **kwargs)
        # One click on "Approve" or "Publish" can send the form and an autosave at once, and so can two clicks. Of two
        # requests that read the page before either wrote it, the later takes the page that the earlier has published
        # for a draft, and makes it one again: “approved” and not live. Open in Wagtail 8.0.1:
        # https://github.com/wagtail/wagtail/pull/14460 and https://github.com/wagtail/wagtail/pull/13749.
        with transaction.atomic():
            locked(page_id)
            response = super().dispatch(request, page_id, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response

    @property
    def is_out_of_date(self):
        """No reason to refuse an autosave: it is merged, as any form that brings its base along."""
        return BASE not in self.request.POST and super().is_out_of_date

    def post(self, request, *args, **kwargs):
        data = request.POST.copy()
        if self.expects_json_response:
            # An autosave only saves. A click on a button puts what it does into the form, and the script, which takes
            # that for a change, sends it along; it stays there if a question stops the click.
            for name in [name for name in data if name.startswith("action-")]:
                del data[name]
        overwritten = data.get("overwrite_revision_id")
        if overwritten and BASE in data and not self._may_be_overwritten(overwritten):
            del data["overwrite_revision_id"]
        request.POST = data
        return super().post(request, *args, **kwargs)

    def _may_be_overwritten(self, revision_id):
        """Whether an autosave may write over what an earlier one of the same form stored: not if it was published,
        scheduled or sent for approval since, or if somebody saved after it."""
        latest = self.latest_revision
        return (
            latest is not None
            and str(latest.pk) == revision_id
            and latest.user_id == self.request.user.pk
            and latest.pk != self.real_page_record.live_revision_id
            and latest.approved_go_live_at is None
            and not TaskState.objects.filter(revision=latest).exists()
        )

    def form_valid(self, form):
        self.has_content_changes = form.has_changed()
        if not self.has_content_changes and self._has_nothing_to_do():
            return self._unchanged()
        response = super().form_valid(form)
        if form.merge_message and not self.expects_json_response:
            messages.info(self.request, form.merge_message)
        return response

    def _has_nothing_to_do(self):
        """Whether the page says already what was sent, and nothing but that was asked for.

        So it is with an autosave that arrives after the page was published or approved, and with the second of two
        clicks on "Approve": a draft that says the same as the live page helps nobody.
        """
        if self.action_name != "save" or self.is_reverting or not self.latest_revision:
            return False
        return self.expects_json_response or "action-workflow-action" in self.request.POST

    def _unchanged(self):
        if self.expects_json_response:
            answer = {"success": True, "pk": self.page.pk, "field_updates": {}, "html": ""}
            return JsonResponse(answer)
        if self.page.live and not self.page.has_unpublished_changes:
            messages.info(self.request, "This was done already: the page is live.")
        else:
            messages.info(
                self.request, "This step of the approval was done already; nothing was left to save."
            )
        return self.redirect_away()

    def form_invalid(self, form):
        if form.conflict_message and not self.expects_json_response and not self.locked_for_user:
            messages.warning(
                self.request,
                f"{form.conflict_message}. Nothing was saved or published yet, and nothing that you typed is lost: "
                "choose below which to keep, then save again.",
            )
        return super().form_invalid(form)

    def json_error_response(self, error_code, error_message):
        """What the indicator of the autosave says; see AutosaveController.ts in Wagtail."""
        form = getattr(self, "form", None)
        if error_code == "validation_error" and form and form.conflict_message:
            error_message = f"{form.conflict_message}. Save to see both and choose."
        return super().json_error_response(error_code, error_message)


class MergingRevertView(MergingEditView, RevisionsRevertView):
    """The form shows an old revision; all in which that differs from the page is a change by the editor, who chose to
    restore it. What others save while the form is open is merged as ever."""

    def get_object(self):
        if self.request.method == "POST":
            return self.real_page_record.get_latest_revision_as_object()
        return super().get_object()

    def get_context_data(self, **kwargs):
        if not self.form.is_bound:
            self.form.open_over(self.real_page_record.get_latest_revision_as_object())
        return super().get_context_data(**kwargs)


class MergingPageViewSet(PageViewSet):
    """For pages of all kinds."""

    edit_view_class = MergingEditView
    revisions_revert_view_class = MergingRevertView
