"""Many events are put into Wagtail's indexes, for search and of references, at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from asgiref.local import Local
from modelsearch.backends import get_search_backends
from modelsearch.tasks import insert_or_update_object_task
from wagtail.models import COMMENTS_RELATION_NAME, ReferenceIndex

from events.models import EventPage

# What the indexes look at beside the page itself.
RELATIONS = (
    "topics",
    "exceptions",
    "previous_dates",
    "key_dates",
    "materials",
    "organizers",
    COMMENTS_RELATION_NAME,
)

_postponed = Local()


@contextmanager
def indexed_once() -> Iterator[list[EventPage]]:
    """Within it no event that is saved is indexed; those that were put into the list that it gives are when it ends.

    Adding to the search index reads all its entries, however few are added. To be used in a transaction, in which the
    pages and their entries are written together.
    """
    # This module is imported while Django loads models, and Wagtail's needs them loaded.
    from wagtail.signal_handlers import disable_reference_index_auto_update

    saved: list[EventPage] = []
    _postponed.value = True
    try:
        with disable_reference_index_auto_update():
            yield saved
    finally:
        del _postponed.value
    pages = list(EventPage.objects.filter(pk__in=[page.pk for page in saved]).prefetch_related(*RELATIONS))
    for backend in get_search_backends(with_auto_update=True):
        backend.add_bulk(EventPage, pages)
    for page in pages:
        ReferenceIndex.create_or_update_for_object(page)


def index_for_search(pk: int) -> None:
    """What Wagtail's search does about whatever is saved, and for events leaves to us."""
    if not getattr(_postponed, "value", False):
        insert_or_update_object_task.enqueue(EventPage._meta.app_label, EventPage._meta.model_name, str(pk))
