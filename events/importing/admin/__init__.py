"""Imports in the admin."""

from wagtail.admin.viewsets.model import ModelViewSetGroup

from .inbox import InboxViewSet
from .runs import ImportRunViewSet
from .sources import ImportSourceViewSet


class ImportViewSetGroup(ModelViewSetGroup):
    items = (InboxViewSet, ImportSourceViewSet, ImportRunViewSet)
    menu_label = "Imports"
    menu_icon = "download"
    menu_order = 600
