"""Our own screens of the admin, judged by axe-core by day and by night; Wagtail's frame around them is Wagtail's."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone as clock

from events.importing import import_stored
from events.importing.check import make_link
from events.importing.models import ImportRecord, ImportRun, ImportSource, ImportUpload, PossibleDuplicate
from events.models import EventPage
from tests.builders import make_calendar, make_event, make_event_index, make_home

from .conftest import DARK_AND_NARROW, LIGHT

pytestmark = pytest.mark.browser

# Everything of the page but what is Wagtail's and the same on all of its screens: the menu and the bar with its search.
OURS = """async () => {
  const context = { include: [["main"]], exclude: [["[data-wagtail-userbar]"]] };
  const rules = { "target-size": { enabled: true } };
  const found = await axe.run(context, { resultTypes: ["violations"], rules });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
    [id, target.join(" "), `${id} (${help}): ${target.join(" ")} ${failureSummary.replaceAll("\\n", " ")}`]));
}"""

# Rule, part of the selector: what Wagtail 8.0 does wrong by itself, on its own screens as on ours.
WAGTAILS = [
    # The heading of a screen stands in the bar above `main`, so that what is in it begins with h2 or h3.
    ("heading-order", ""),
    # The editor of rich text has no name of its own beside its label, and a frame that scrolls by itself.
    ("aria-input-field-name", ".notranslate"),
    ("scrollable-region-focusable", ".DraftEditor-root"),
    # The map of a long form, folded away on narrow screens.
    ("scrollable-region-focusable", ".w-minimap__list"),
    # Advice of Wagtail's content checker, which enters its rules for pages into any axe-core it finds.
    ("empty-meta-description", ""),
]


def build(folder, events, user):
    """Something on each of our screens; their addresses, and what is there to be clicked first."""
    path = folder / "feed.ics"

    def feed(*entries):
        path.write_bytes(make_calendar(*entries))

    make_event(events, title="Without a picture", slug="bare", start_date=date(2099, 1, 1))
    feed("SUMMARY:Ice school\nLOCATION:Oslo", "SUMMARY:Snow school", "DTSTART:x")
    source = ImportSource(name="Partner", address=str(path), parent=events, format="ical", interval=60)
    source.approved = source.what_was_approved
    source.save()
    import_stored(source, trigger=ImportRun.Trigger.ADMIN)
    for record in ImportRecord.objects.filter(source=source):
        event = EventPage.objects.get(pk=record.page_id)
        event.title = f"Our {event.title}"
        event.save_revision().publish()
    feed("SUMMARY:Cold school\nLOCATION:Bergen", "SUMMARY:Frost school", "DTSTART:x")
    import_stored(ImportSource.objects.get(pk=source.pk), trigger=ImportRun.Trigger.ADMIN)
    table = ImportSource.objects.create(
        name="Table", address="events.csv", parent=events, format="table", interval=0
    )
    ImportUpload.objects.create(
        source=table,
        name="events.csv",
        content=b"Name;Kickoff\nSoil day;2027-05-04\n",
        uploaded_at=clock.now(),
    )
    one, other = EventPage.objects.order_by("pk")[:2]
    PossibleDuplicate.objects.create(one=one, other=other, likeness=0.9)
    make_link(source, user=user, at=clock.now())
    run, record = source.runs.order_by("pk").last(), ImportRecord.objects.filter(source=source).first()
    return [
        reverse("wagtailadmin_home"),
        reverse("import_inbox:index"),
        reverse("import_inbox:ignored", args=[source.pk]),
        reverse("import_sources:index"),
        reverse("import_sources:add"),
        reverse("import_sources:edit", args=[source.pk]),
        reverse("import_sources:inspect", args=[source.pk]),
        reverse("import_sources:test", args=[source.pk]),
        reverse("import_sources:progress", args=[source.pk, 1]),
        reverse("import_runs:index"),
        reverse("import_runs:inspect", args=[run.pk]),
        reverse("import_runs:undo", args=[run.pk]),
        reverse("import_upload:index"),
        reverse("import_upload:columns", args=[table.pk]),
        reverse("import_duplicates:index"),
        reverse("import_duplicates:compare") + f"?page={one.pk}&page={other.pk}",
        reverse("import_check_link:index", args=[source.pk]),
        reverse("wagtailadmin_pages:edit", args=[record.page_id]),
    ]


def complaints(page, address):
    """What is wrong with the screen at `address`, without what is Wagtail's."""
    answer = page.goto(address)
    assert answer.status == 200, (answer.status, address)
    return [
        said
        for rule, target, said in page.evaluate(OURS)
        if not any(rule == known and part in target for known, part in WAGTAILS)
    ]


@pytest.mark.parametrize("way", [LIGHT, DARK_AND_NARROW], ids=["by day", "by night at 320 px"])
def test_there_is_nothing_to_say_against_our_screens(
    look, live_server, settings, client, admin_user, tmp_path, way
):
    settings.BASE_URL = live_server.url
    make_home()
    addresses = build(tmp_path, make_event_index(), admin_user)
    client.force_login(admin_user)
    page = look(**way)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    said = {address: complaints(page, live_server.url + address) for address in addresses}
    assert {address: what for address, what in said.items() if what} == {}
