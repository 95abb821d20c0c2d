"""Imports in the admin."""

from wagtail.admin.viewsets.model import ModelViewSetGroup

from .duplicates import DuplicatesViewSet
from .runs import ImportRunViewSet
from .sources import ImportSourceViewSet


class ImportViewSetGroup(ModelViewSetGroup):
    items = (ImportSourceViewSet, ImportRunViewSet, DuplicatesViewSet)
    menu_label = "Imports"
    menu_icon = "download"
    menu_order = 600
