"""Uploading a table of events: the file, what its columns mean; then it is tested and imported as any feed is."""

from contextlib import nullcontext
from functools import cached_property

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone as clock
from django.views.generic import FormView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.log_actions import log
from wagtail.permissions import policy_registry

from events.importing.check import TooOften, slot
from events.importing.feed import FeedUnusable
from events.importing.fetch import MAX_BYTES, fetch_feed, host_of
from events.importing.models import UPLOAD, ImportSource
from events.importing.parse import FORMATS, table
from events.importing.parse.otherwise import what_it_is
from events.importing.sources import credential_of
from events.importing.uploads import about, keep, stored
from events.models import EventIndexPage

from .screens import SourceScreen
from .sources import asks_to_send, page_of_test

TEMPLATES = {
    "csv": ("text/csv; charset=utf-8", table.template),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        table.template_workbook,
    ),
}
SAMPLE_LENGTH = 80


def why_no_table(data: bytes) -> str:
    """Why `data` cannot be read as a table, whatever its columns mean; "" if it can."""
    if data.strip() and not table.may_be(data):
        known = (format for format in FORMATS.values() if format is not table and format.recognises(data))
        other = next(known, None)
        return (
            f"This is no table, but a feed of the kind “{other.LABEL}”. Make a source with the address it comes from, "
            "or save its events as CSV or XLSX."
            if other
            else what_it_is(data)
        )
    try:
        table.samples(data)
    except FeedUnusable as error:
        return str(error)
    return ""


def page_of_upload(source: ImportSource) -> str:
    """Where a new version of the table of `source` is uploaded."""
    return f"{reverse('import_upload:index')}?source={source.pk}"


def page_of_columns(source: ImportSource) -> str:
    return reverse("import_upload:columns", args=[source.pk])


class UploadForm(forms.Form):
    """A file for `sources`, which were uploaded to before, or for a new one if the user `may_add` one."""

    table = forms.FileField(
        help_text=f"CSV or Excel (XLSX), up to {MAX_BYTES // 1_000_000} MB. Its first row names the columns.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"empty": "The file is empty."},
    )
    source = forms.ModelChoiceField(
        ImportSource.objects.filter(address=UPLOAD),
        required=False,
        label="Whose events these are",
        empty_label="A new source",
        help_text=(
            "Choose the source that the earlier version of this table was uploaded to: its events are then brought up "
            "to date, and what editors changed stays."
        ),
    )
    name = forms.CharField(
        required=False,
        max_length=255,
        label="Name of the new source",
        help_text="Such as that of the partner who sends the table. Only for a new source.",
    )
    parent = forms.ModelChoiceField(
        EventIndexPage.objects.all(),
        required=False,
        label="Event list of the new source",
        empty_label=None,
        help_text="The page below which the events are made. Only for a new source.",
    )

    def __init__(self, *args, may_add: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.may_add = may_add
        if not may_add:
            del self.fields["name"], self.fields["parent"]
            self.fields["source"].required = True

    def clean_table(self):
        file = self.cleaned_data["table"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {MAX_BYTES // 1_000_000} MB; that is no table of events."
            )
        self.data_of_table = file.read()
        if reason := why_no_table(self.data_of_table):
            raise forms.ValidationError(reason)
        return file

    def clean(self):
        told = super().clean() or {}
        if told.get("source") or not self.may_add or "source" in self.errors:
            return told
        name = told.get("name")
        if not name:
            self.add_error("name", "Choose a source above, or give a name to a new one.")
        elif ImportSource.objects.filter(name=name).exists():
            self.add_error(
                "name", "There is a source of this name already. Choose it above, or give another name."
            )
        if not told.get("parent"):
            self.add_error("parent", "Choose an event list.")
        return told

    def source_of_it(self) -> ImportSource:
        """The chosen source, or the new one, stored."""
        told = self.cleaned_data
        return told["source"] or ImportSource.objects.create(
            name=told["name"], parent=told["parent"], address=UPLOAD, format="table"
        )


class UploadView(PermissionCheckedMixin, WagtailAdminTemplateMixin, FormView):
    model = ImportSource
    permission_required = "change"
    form_class = UploadForm
    page_title = "Upload a table"
    header_icon = "upload"
    template_name = "events/admin/import_upload.html"

    def get_breadcrumbs_items(self):
        sources = {"url": reverse("import_sources:index"), "label": "Sources of events"}
        return [*self.breadcrumbs_items, sources, {"url": "", "label": self.page_title}]

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "may_add": self.user_has_permission("add")}

    def get_initial(self):
        return {"source": self.request.GET.get("source", ""), "parent": EventIndexPage.objects.first()}

    def get_context_data(self, **kwargs):
        explained = [
            (field.name, field.example, table.EXPLANATIONS[key]) for key, field in table.FIELDS.items()
        ]
        return super().get_context_data(**kwargs, explained=explained)

    @transaction.atomic
    def form_valid(self, form):
        is_new = not form.cleaned_data["source"]
        source, user = form.source_of_it(), self.request.user
        keep(
            source,
            name=form.cleaned_data["table"].name,
            data=form.data_of_table,
            user=user,
            at=clock.now(),
        )
        log(instance=source, action="wagtail.create" if is_new else "wagtail.edit", user=user)
        return redirect(page_of_columns(source))


class ColumnsForm(forms.Form):
    """A choice for each of the columns, which are given by their names with samples of what stands in them.

    `known` is the mapping that was chosen the last time; what columns mean that are new is guessed.
    """

    def __init__(self, *args, samples: dict[str, list[str]], known: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.samples = samples
        guessed = {column: field for field, column in table.guess(samples).items()}
        taken = {known[column] for column in samples if known.get(column)}
        choices = [("", "Nothing: leave it out"), *((key, field.name) for key, field in table.FIELDS.items())]
        for number, column in enumerate(samples):
            suggested = guessed.get(column, "")
            if column in known:
                suggested = known[column]
            elif suggested in taken:
                suggested = ""
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=column, choices=choices, required=False, initial=suggested
            )

    @property
    def rows(self):
        """Each column with its samples, cut to what can be shown."""
        return [
            (self[name], [sample[:SAMPLE_LENGTH] for sample in found])
            for name, found in zip(self.fields, self.samples.values(), strict=True)
        ]

    def clean(self):
        chosen: dict[str, str] = {}
        for name, field in self.fields.items():
            meaning = self.cleaned_data.get(name)
            if not meaning:
                continue
            if meaning in chosen:
                what = table.FIELDS[meaning].name
                self.add_error(name, f"“{chosen[meaning]}” is “{what}” already; only one column can be.")
            chosen.setdefault(meaning, str(field.label))
        missing = [table.FIELDS[name].name for name in table.NEEDED if name not in chosen]
        if missing and not self.errors:
            which = " and ".join(f"“{name}”" for name in missing)
            raise forms.ValidationError(f"No column is {which}. Every event needs a title and a start date.")
        return self.cleaned_data

    @property
    def mapping(self) -> dict[str, str]:
        """As a source remembers it."""
        return {str(field.label): self.cleaned_data[name] for name, field in self.fields.items()}


class ColumnsView(SourceScreen, FormView):
    """Which column of a table is what, whether it was uploaded or is at an address."""

    form_class = ColumnsForm
    http_method_names = ("get", "head", "post", "options")
    page_title = "What the columns are"
    header_icon = "table"
    template_name = "events/admin/import_columns.html"

    def get_base_object_queryset(self):
        return super().get_base_object_queryset().filter(format="table")

    def get(self, request, *args, **kwargs):
        if not self.object.is_upload:
            # Mail programs and browsers follow links, too: nobody is asked before a button is pressed.
            self.found = {}, ""
            kwargs["is_unread"] = True
        return self.render_to_response(self.get_context_data(**kwargs))

    def post(self, request, *args, **kwargs):
        if "read" in request.POST:
            form = self.form_class(**self._columns())
            return self.render_to_response(self.get_context_data(form=form, **kwargs))
        return super().post(request, *args, **kwargs)

    def _columns(self):
        return {"samples": self.found[0], "known": self.object.mapping}

    @cached_property
    def found(self) -> tuple[dict[str, list[str]], str]:
        """The columns and samples of them, and why there are none if there are none."""
        source = self.object
        try:
            with nullcontext() if source.is_upload else slot():
                data = self._data()
                if reason := why_no_table(data):
                    return {}, reason
                return table.samples(data, source.columns.values()), ""
        except (FeedUnusable, TooOften) as error:
            return {}, str(error)

    def _data(self) -> bytes:
        if self.object.is_upload:
            return stored(self.object).body or b""
        credential = credential_of(self.object, may_try=self.user_has_permission("approve"))
        return fetch_feed(self.object.address, credential=credential).body or b""

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), **self._columns()}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **kwargs,
            source=self.object,
            upload=about(self.object) if self.object.is_upload else None,
            message=self.found[1],
            asks_to_send=asks_to_send(self.object, may_approve=self.user_has_permission("approve")),
            host=host_of(self.object.address),
            upload_url=page_of_upload(self.object) if self.object.is_upload else "",
        )

    def form_valid(self, form):
        source = self.object
        if source.mapping != form.mapping:
            source.mapping = form.mapping
            source.save(update_fields=["mapping"])
            log(instance=source, action="wagtail.edit", user=self.request.user)
        return redirect(page_of_test(source))


class TemplateDownloadView(PermissionCheckedMixin, View):
    """A table to fill in, with a row as an example."""

    model = ImportSource
    permission_required = "change"

    def get(self, request, kind):
        if kind not in TEMPLATES:
            raise Http404
        content_type, make = TEMPLATES[kind]
        headers = {"Content-Disposition": f'attachment; filename="events.{kind}"'}
        return HttpResponse(make(), content_type=content_type, headers=headers)


class UploadViewSet(ViewSet):
    name = "import_upload"
    menu_label = "Upload a table"
    icon = "upload"

    def get_menu_item(self, order=None):
        item = super().get_menu_item(order)
        item.is_shown = lambda request: policy_registry.get_by_type(ImportSource).user_has_permission(
            request.user, "change"
        )
        return item

    def get_urlpatterns(self):
        return [
            path("", UploadView.as_view(), name="index"),
            path("columns/<int:pk>/", ColumnsView.as_view(), name="columns"),
            path("template/events.<slug:kind>", TemplateDownloadView.as_view(), name="template"),
        ]
