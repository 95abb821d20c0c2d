"""Things to test with: plain functions that make one thing each; what matters to a test it names."""

from datetime import date

from wagtail.models import Page, Site

from earthcode.models import ContentPage, HomePage, MissionPage
from events.importing.feed import FeedEvent, Key
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


def make_events(count, parent=None, **changes):
    """`count` published events in a few queries: pages by the thousand are for counting queries, so they have
    no revisions and no place in the search index."""
    parent = parent or the(EventIndexPage)
    first = make_event(parent, title="Event 0", **changes)
    fields = {field.attname: getattr(first, field.attname) for field in Page._meta.concrete_fields}
    copies = [
        Page(
            **{
                **fields,
                "id": None,
                "title": f"Event {number}",
                "slug": f"event-{number}",
                "url_path": f"{parent.url_path}event-{number}/",
                "path": Page._get_path(parent.path, first.depth, number + 1),
                "translation_key": None,
                "latest_revision_id": None,
                "live_revision_id": None,
            }
        )
        for number in range(1, count)
    ]
    import uuid

    for copy in copies:
        copy.translation_key = uuid.uuid4()
    Page.objects.bulk_create(copies)
    parent.numchild = count
    parent.save(update_fields=["numchild"])
    own = {field.attname: getattr(first, field.attname) for field in EventPage._meta.local_concrete_fields}
    for copy in copies:
        EventPage(**{**own, "page_ptr_id": copy.pk}).save_base(raw=True, force_insert=True)
    occurrence = first.occurrences.get()
    EventOccurrence.objects.bulk_create(
        EventOccurrence(
            page_id=copy.pk,
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            listed_until=occurrence.listed_until,
        )
        for copy in copies
    )


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
        "DTSTART": "DTSTART;VALUE=DATE:20261130",
        "SUMMARY": "SUMMARY:Event",
    }
    missing = [line for name, line in defaults.items() if name not in names and f"-{name}" not in names]
    kept = [line for line in entry.splitlines() if not line.startswith("-")]
    return "\n".join([*missing, *kept])
