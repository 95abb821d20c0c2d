"""Things to test with: plain functions that make one thing each; what matters to a test it names."""

from copy import copy as clone
from datetime import date
from io import BytesIO
from uuid import uuid4

from django.core.files.base import ContentFile
from PIL import Image as PillowImage
from wagtail.models import Page, Site

from earthcode.models import ContentPage, HomePage, MissionPage, PortalImage
from events.models import EventIndexPage, EventOccurrence, EventPage
from partners.models import PartnerIndexPage, PartnerPage
from roadmap.models import RoadmapPage, RoadmapStagePage


def make_home(**changes):
    """The home page, as the root of the default site; Wagtail's welcome page goes."""
    Page.objects.filter(depth=2).exclude(content_type__app_label="earthcode").delete()
    root = Page.objects.get(depth=1)
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


def make_event(parent=None, **changes):
    """A published event of one day in Rome."""
    fields = {"title": "An event", "start_date": date(2026, 11, 30), "timezone": "Europe/Rome", **changes}
    return publish(parent or the(EventIndexPage), EventPage(**fields))


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
    """Add `page` below `parent` as an editor would: a page, its first revision, published."""
    parent.add_child(instance=page)
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def the(model):
    """The only page of its kind."""
    return model.objects.get()
