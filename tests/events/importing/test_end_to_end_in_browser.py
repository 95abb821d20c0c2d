"""The life of a source as a person sees it: set up, looked at, imported, edited, settled and undone; with a real worker
and a real server."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from events.importing.models import ImportRun, ImportSource
from events.models import EventPage
from tests.builders import make_calendar, make_event_index, make_home, the
from tests.events.importing.test_killed_worker import start_worker
from tests.events.test_form_in_browser import sign_in

pytestmark = pytest.mark.browser

# A busy machine is no reason to fail.
PATIENCE = 60_000


@pytest.fixture
def patience(page):
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def worker():
    process = start_worker("tests.loopback_settings")
    yield process
    process.terminate()
    process.wait()


@pytest.mark.usefixtures("patience", "worker")
def test_a_source_is_set_up_imported_settled_and_undone(
    page, live_server, settings, admin_user, serve, server
):
    settings.BASE_URL = live_server.url
    make_home()
    make_event_index()
    server.body = make_calendar("SUMMARY:Ice school\nLOCATION:Oslo")
    sign_in(page, live_server.url)

    # Set up: nothing is imported before somebody has looked.
    page.goto(live_server.url + reverse("import_sources:add"))
    page.get_by_label("Name").fill("Partner")
    page.get_by_label("Address").fill(serve(server.answer))
    page.get_by_label("What is new").select_option("publish")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Test this feed").first.click()
    page.get_by_role("button", name="Test this feed").click()
    expect(page.get_by_text("Ice school").first).to_be_visible()
    assert not EventPage.objects.exists()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("[data-sentence]")).to_have_text("Complete.")
    assert the(ImportSource).is_approved

    # Visitors have it.
    event = the(EventPage)
    page.goto(live_server.url + event.get_url())
    expect(page.get_by_role("heading", name="Ice school")).to_be_visible()

    # An editor gives it another title; then the feed does, and another place.
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[event.pk]))
    page.get_by_role("textbox", name="Title").fill("Our ice school")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("published").first).to_be_visible()
    page.goto(live_server.url + reverse("wagtailadmin_home"))
    server.body = make_calendar("SUMMARY:Snow school\nLOCATION:Bergen")
    page.goto(live_server.url + reverse("import_sources:edit", args=[the(ImportSource).pk]))
    page.get_by_role("button", name="Import now").click()
    expect(page.locator("[data-sentence]")).to_have_text("Complete.")
    event.refresh_from_db()
    assert (event.title, event.venue) == ("Our ice school", "Bergen")

    # The conflict is settled for the feed.
    page.goto(live_server.url + reverse("import_inbox:index"))
    page.get_by_role("button", name="Use the partner’s: Title").click()
    expect(page.get_by_text("No decision is waiting.")).to_be_visible()
    event.refresh_from_db()
    assert event.title == "Snow school"

    # The run is undone: the place is what it was, the title was settled since and stays.
    page.goto(live_server.url + reverse("import_runs:inspect", args=[ImportRun.objects.first().pk]))
    page.get_by_role("link", name="Undo this run").click()
    page.get_by_role("button", name="Yes, undo this run").click()
    expect(page.get_by_role("heading", name="About this run")).to_be_visible()
    undone = page.get_by_text("1 page is as before the run.")
    for _ in range(100):
        if undone.is_visible():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(undone).to_be_visible()
    event.refresh_from_db()
    assert (event.title, event.venue) == ("Snow school", "Oslo")
    page.goto(live_server.url + event.get_url())
    expect(page.get_by_text("Oslo").first).to_be_visible()
