"""Imports in the admin."""

from wagtail.admin.menu import Menu
from wagtail.admin.viewsets.model import ModelViewSetGroup

from . import authors  # noqa: F401
from .check_links import CheckLinkViewSet
from .duplicates import DuplicatesViewSet
from .inbox import ImportsMenuItem, InboxViewSet
from .runs import ImportRunViewSet
from .sources import ImportSourceViewSet
from .uploads import UploadViewSet


class ImportViewSetGroup(ModelViewSetGroup):
    items = (InboxViewSet, ImportSourceViewSet, UploadViewSet, ImportRunViewSet, DuplicatesViewSet)
    menu_label = "Imports"
    menu_icon = "download"
    menu_order = 600

    def get_menu_item(self, order=None):
        return ImportsMenuItem(
            self.menu_label,
            Menu(items=self.get_submenu_items()),
            icon_name=self.menu_icon,
            order=self.get_menu_item_order(order),
        )


__all__ = ("CheckLinkViewSet", "ImportViewSetGroup")
