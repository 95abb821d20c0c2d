"""Imports in the admin."""

from wagtail.admin.viewsets.model import ModelViewSetGroup

from .check_links import CheckLinkViewSet
from .duplicates import DuplicatesViewSet
from .inbox import InboxViewSet
from .runs import ImportRunViewSet
from .sources import ImportSourceViewSet
from .uploads import UploadViewSet


class ImportViewSetGroup(ModelViewSetGroup):
    items = (InboxViewSet, ImportSourceViewSet, UploadViewSet, ImportRunViewSet, DuplicatesViewSet)
    menu_label = "Imports"
    menu_icon = "download"
    menu_order = 600


__all__ = ("CheckLinkViewSet", "ImportViewSetGroup")
