"""Things to test with: plain functions that make one thing each; what matters to a test it names."""

from contextlib import contextmanager
from copy import copy as clone
from datetime import date
from io import BytesIO
from unittest import mock
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone as clock
from django.utils.text import slugify
from modelsearch.index import insert_or_update_object
from PIL import Image as PillowImage
from wagtail.models import Page, ReferenceIndex, Site
from wagtail.signal_handlers import disable_reference_index_auto_update

from earthcode.models import ContentPage, HomePage, MissionPage, PortalImage
from events.importing.feed import FeedEvent, Key
from events.models import EventIndexPage, EventOccurrence, EventPage, EventTopic, EventType
from partners.models import PartnerIndexPage, PartnerPage
from roadmap.models import RoadmapPage, RoadmapStagePage


def make_home(**changes):
    """The home page, as the root of the default site; Wagtail's welcome page goes."""
    # Nothing hangs on the welcome page but the site; deleting it as pages are deleted costs forty queries.
    roots = Page.objects.filter(depth=1)
    Site.objects.update(root_page=roots.get())
    Page.objects.filter(depth=2).exclude(content_type__app_label="earthcode")._raw_delete("default")
    roots.update(numchild=Page.objects.filter(depth=2).count())
    root = roots.get()
    home = publish(root, HomePage(**{"title": "EarthCODE", "slug": "home", **changes}))
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "port": 80, "root_page": home}
    )
    return home


def make_mission(parent=None, **changes):
    return publish(parent or the(HomePage), MissionPage(**{"title": "About", "slug": "about", **changes}))


def make_content_page(parent=None, **changes):
    return publish(parent or the(HomePage), ContentPage(**{"title": "A page", **changes}))


def make_event_index(parent=None, **changes):
    return publish(
        parent or the(HomePage), EventIndexPage(**{"title": "Events", "slug": "events", **changes})
    )


def make_event(parent=None, topics=(), exceptions=(), **changes):
    """A published event of one day in Rome."""
    fields = {"title": "An event", "start_date": date(2026, 11, 30), "timezone": "Europe/Rome", **changes}
    event = EventPage(**fields)
    event.topics, event.exceptions = topics, exceptions
    return publish(parent or the(EventIndexPage), event)


def make_type(name="Workshop"):
    return EventType.objects.create(name=name, slug=slugify(name))


def make_topic(name="Cryosphere"):
    return EventTopic.objects.create(name=name, slug=slugify(name))


def make_events(count, parent=None, first=0, **changes):
    """`count` published events named “Event N” from N = `first`, in a few queries: pages by the thousand are for
    counting queries, so all but one have no revisions and no place in the search index."""
    parent = parent or the(EventIndexPage)
    model = make_event(parent, title=f"Event {first}", **changes)
    own = {field.attname: getattr(model, field.attname) for field in EventPage._meta.local_concrete_fields}
    last_step = int(model.path[-Page.steplen :], 36)
    copies = []
    for number in range(1, count):
        copy = Page.objects.get(pk=model.pk) if not copies else clone(copies[0])
        copy.pk = copy.id = copy.latest_revision_id = copy.live_revision_id = None
        copy.title = f"Event {first + number}"
        copy.slug = f"event-{first + number}"
        copy.url_path = f"{parent.url_path}{copy.slug}/"
        copy.path = Page._get_path(parent.path, model.depth, last_step + number)
        copy.translation_key = uuid4()
        copies.append(copy)
    Page.objects.bulk_create(copies)
    Page.objects.filter(pk=parent.pk).update(numchild=parent.get_children().count())
    for copy in copies:
        EventPage(**{**own, "page_ptr_id": copy.pk}).save_base(raw=True, force_insert=True)
    occurrence = model.occurrences.get()
    rows = [clone(occurrence) for _ in copies]
    for row, copy in zip(rows, copies, strict=True):
        row.pk, row.page_id = None, copy.pk
    EventOccurrence.objects.bulk_create(rows)


def make_image(**changes):
    """A small PNG."""
    content = BytesIO()
    PillowImage.new("RGB", (8, 8), "teal").save(content, "PNG")
    fields = {"title": "Teal", "description": "A teal square", **changes}
    return PortalImage.objects.create(file=ContentFile(content.getvalue(), "teal.png"), **fields)


def make_partner_index(parent=None, **changes):
    return publish(
        parent or the(HomePage), PartnerIndexPage(**{"title": "Partners", "slug": "partners", **changes})
    )


def make_partner(parent=None, **changes):
    fields = {"title": "Telespazio", "role": "Leads.", "website": "https://example.org/", **changes}
    return publish(parent or the(PartnerIndexPage), PartnerPage(**fields))


def make_roadmap(parent=None, **changes):
    return publish(parent or the(HomePage), RoadmapPage(**{"title": "Roadmap", "slug": "roadmap", **changes}))


def make_stage(parent=None, **changes):
    fields = {
        "title": "Foundations",
        "period": "Year 1",
        "objective": "Begin.",
        "outcome": "Begun.",
        **changes,
    }
    return publish(parent or the(RoadmapPage), RoadmapStagePage(**fields))


def publish(parent, page):
    """Add `page` below `parent`, with the one revision that an editor would have published; in fewer steps, validated
    as drafts are and indexed once, because most of what tests do is making pages."""
    for field in page._meta.concrete_fields:
        if not field.remote_field:
            setattr(page, field.attname, field.to_python(getattr(page, field.attname)))
    page.live, page.has_unpublished_changes = True, False
    page.first_published_at = page.last_published_at = clock.now()
    with not_indexed(), mock.patch.object(type(page), "full_clean", type(page).minimal_clean):
        parent.add_child(instance=page)
        page.live_revision = page.save_revision(changed=False, clean=False)
        changed = ["live_revision"]
        if isinstance(page, EventPage):
            page.sequence = 1
            changed.append("sequence")
        page.save(update_fields=changed, clean=False)
    insert_or_update_object(page)
    ReferenceIndex.create_or_update_for_object(page)
    page.refresh_from_db()
    return page


@contextmanager
def not_indexed():
    with (
        disable_reference_index_auto_update(),
        mock.patch("modelsearch.signal_handlers.insert_or_update_object_task"),
        mock.patch("events.importing.indexing.insert_or_update_object_task"),
    ):
        yield


def change_sources(**changes):
    """Change all sources of events, and approve them as they are then."""
    from events.importing.models import ImportSource

    ImportSource.objects.update(**changes)
    for source in ImportSource.objects.all():
        ImportSource.objects.filter(pk=source.pk).update(approved=source.what_was_approved)


def the(model):
    """The only page of its kind."""
    return model.objects.get()


def make_feed_event(uid="1@example.org", **changes):
    """What a feed says of an event of one day."""
    recurrence_id = changes.pop("recurrence_id", "")
    fields = {"title": "A conference", "start_date": date(2026, 11, 30), "timezone": "Europe/Rome", **changes}
    return FeedEvent(key=Key(uid, recurrence_id), **fields)


def make_calendar(*entries, head="X-WR-CALNAME:Partner events\nX-WR-TIMEZONE:Europe/Rome"):
    """An iCalendar file of `entries`, each the lines of a VEVENT without its UID, DTSTART or SUMMARY if those do
    not matter: `make_calendar("SUMMARY:One", "SUMMARY:Two\\nLOCATION:Rome")`."""
    vevents = "".join(
        f"BEGIN:VEVENT\n{_with_defaults(entry, number)}\nEND:VEVENT\n"
        for number, entry in enumerate(entries, 1)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//Test 1.0//EN\n{head}\n{vevents}END:VCALENDAR\n".encode()


def _with_defaults(entry, number):
    names = {line.partition(":")[0].partition(";")[0] for line in entry.splitlines()}
    defaults = {
        "UID": f"UID:{number}@example.org",
        "DTSTART": "DTSTART;VALUE=DATE:20991130",
        "SUMMARY": "SUMMARY:Event",
    }
    missing = [line for name, line in defaults.items() if name not in names and f"-{name}" not in names]
    kept = [line for line in entry.splitlines() if not line.startswith("-")]
    return "\n".join([*missing, *kept])
