"""How the screens of imports show lists, times and formats."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from events.importing.health import in_words
from events.importing.parse import FORMATS

ROWS = 25


def paged(request: HttpRequest, found: Sequence | QuerySet, parameter: str) -> dict[str, Any]:
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


def label_of(format: str) -> str:
    """The name by which editors know a format; one that is gone by its own."""
    return FORMATS[format].LABEL if format in FORMATS else format


__all__ = ("in_words", "label_of", "paged")
