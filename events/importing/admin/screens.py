"""What the screens of imports have in common."""

from django.urls import reverse
from wagtail.admin.views.generic.base import BaseObjectMixin, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from events.importing.models import ImportSource


class SourceScreen(PermissionCheckedMixin, BaseObjectMixin, WagtailAdminTemplateMixin):
    """A screen about one source, for those who may change it, or at least see it where `is_for_all`."""

    model = ImportSource
    is_for_all = False

    @property
    def any_permission_required(self):
        return ("view", "change") if self.is_for_all else ("change",)

    def get_page_subtitle(self):
        return str(self.object)

    def get_breadcrumbs_items(self):
        above = "inspect" if self.is_for_all else "edit"
        return [
            *self.breadcrumbs_items,
            {"url": reverse("import_sources:index"), "label": "Sources of events"},
            {"url": reverse(f"import_sources:{above}", args=[self.object.pk]), "label": str(self.object)},
            {"url": "", "label": self.page_title},
        ]
