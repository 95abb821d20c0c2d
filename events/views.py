"""What the addresses of events answer to programs: a calendar to subscribe to, a calendar file, an Atom feed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import batched

from django.conf import settings
from django.db.models import F, Prefetch
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import content_disposition_header

from . import feeds, ical
from .filters import EventFilterForm
from .models import EventIndexPage, EventPage
from .querysets import EventPageQuerySet

CALENDAR = "text/calendar; charset=utf-8"
# So long after an event its calendar still has it.
GOES_BACK = timedelta(days=365)
# So many events are fetched, and held in memory, at once.
CHUNK = 200
MAX_ENTRIES = 100


def calendar_feed(request: HttpRequest, index: EventIndexPage, at: datetime) -> StreamingHttpResponse:
    """The events below `index` that the filters in the address choose, as a calendar to subscribe to: those that are
    to come at `at` (aware) and those that are past since GOES_BACK. It is written while it is sent.

    The ETag is made of the state of the events, not of the answer, so that nothing is written for whoever has it
    already. There is no Last-Modified: no date tells that an event was withdrawn, and a program that asks by date
    alone would keep it.
    """
    form = EventFilterForm(request.GET)
    events = form.filtered(_below(index).dated_after(at - GOES_BACK), at)
    zones = events.first_days_by_zone()
    name, address, source = _name(index, form), *_addresses(index, "feed.ics", form)
    head = ical.head(name, address, source, zones)
    state = f"{ical.FORMAT} {events.fingerprint()}".encode()
    # Not even an answer whose content nobody gets asks for the events.
    content = _calendar(head, events, index.full_url) if request.method == "GET" else ()
    response = StreamingHttpResponse(content, content_type=CALENDAR)
    response["ETag"] = f'W/"{sha256(head + state).hexdigest()[:32]}"'
    response["Content-Disposition"] = _disposition(index, as_attachment=False)
    return response


def _calendar(head: bytes, events: EventPageQuerySet, parent: str) -> Iterator[bytes]:
    yield head
    rows = (
        events.select_related("event_type")
        .prefetch_related(
            "topics", "exceptions", Prefetch("super_event", EventPage.objects.only("translation_key"))
        )
        .order_by("pk")
        .iterator(chunk_size=CHUNK)
    )
    for batch in batched(rows, 50):
        yield b"".join(ical.entries(event, f"{parent}{event.slug}/") for event in batch)
        for event in batch:
            # Until the garbage collector comes, an event and what was fetched for it keep each other in memory.
            event._prefetched_objects_cache.clear()
    yield ical.CLOSING


def event_calendar(event: EventPage) -> HttpResponse:
    """The calendar file of one event. Raises Http404 while its date is to be determined."""
    if event.schedule is None:
        raise Http404
    head = ical.head(event.title, event.full_url, "", ical.zones(event))
    response = HttpResponse(head + ical.entries(event, event.full_url) + ical.CLOSING, content_type=CALENDAR)
    response["Content-Disposition"] = _disposition(event, as_attachment=True)
    return response


def atom_feed(request: HttpRequest, index: EventIndexPage, at: datetime) -> HttpResponse:
    """Those of the events below `index` that were published last, of all that the filters in the address choose at
    `at` (aware), whenever they take place."""
    form = EventFilterForm(request.GET)
    events = (
        form.filtered(_below(index), at)
        .select_related("event_type")
        .prefetch_related("topics", "exceptions", "organizers__partner")
        .order_by(F("last_published_at").desc(nulls_last=True), "-pk")[:MAX_ENTRIES]
    )
    entries = ((event, f"{index.full_url}{event.slug}/") for event in events)
    content = feeds.atom(_name(index, form), *_addresses(index, "feed.atom", form), entries)
    return HttpResponse(content, content_type=Atom1Feed.content_type)


def _below(index: EventIndexPage) -> EventPageQuerySet:
    return EventPage.objects.published().child_of(index)


def _disposition(page: EventIndexPage | EventPage, as_attachment: bool) -> str:
    return content_disposition_header(as_attachment, f"{page.slug}.ics") or ""


def _name(index: EventIndexPage, form: EventFilterForm) -> str:
    """`EarthCODE: Events (Workshop, Online)`"""
    labels = ", ".join(chosen.label for chosen in form.active)
    return f"{settings.WAGTAIL_SITE_NAME}: {index.title}" + (f" ({labels})" if labels else "")


def _addresses(index: EventIndexPage, file: str, form: EventFilterForm) -> tuple[str, str]:
    """Of the listing and of `file` beside it, both with the filters."""
    filters = f"?{form.query_string}" if form.query_string else ""
    return f"{index.full_url}{filters}", f"{index.full_url}{file}{filters}"
