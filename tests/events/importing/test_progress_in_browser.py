"""“Import now” as a person sees it, with a real worker and a server that takes its time."""

import threading

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from events.importing.models import ImportRun, ImportSource
from events.models import EventPage
from tests.builders import make_calendar, make_event_index, make_home, the
from tests.events.importing.test_killed_worker import start_worker
from tests.events.test_form_in_browser import sign_in

pytestmark = pytest.mark.browser

EVENTS = 80
# A busy machine is no reason to fail.
PATIENCE = 60_000


@pytest.fixture
def complaints(page):
    """What the browser complains about, such as a script that the page forbids."""
    found = []
    page.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_import_now_shows_how_far_it_is_without_a_reload(
    page, live_server, settings, admin_user, serve, complaints
):
    settings.BASE_URL = live_server.url
    asked, may_answer = threading.Event(), threading.Event()
    body = make_calendar(*(f"UID:{number}\nSUMMARY:Event {number}" for number in range(EVENTS)))

    def answer(handler):
        asked.set()
        may_answer.wait(PATIENCE)
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    make_home()
    source = ImportSource(name="Partner", address=serve(answer), parent=make_event_index(), publish="publish")
    source.approved = source.what_was_approved
    source.save()
    sign_in(page, live_server.url)
    page.goto(live_server.url + reverse("import_sources:edit", args=[source.pk]))
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_text("Waiting for the worker.", exact=True)).to_be_visible(timeout=PATIENCE)
    page.wait_for_load_state()
    loads = []
    page.on("load", lambda page: loads.append(page.url))
    expect(page.get_by_text("No worker is running, so nothing is imported.")).to_be_visible(timeout=PATIENCE)
    worker = start_worker("tests.loopback_settings")
    try:
        assert asked.wait(60)
        reading = "Fetching and reading the feed."
        expect(page.locator("[data-sentence]")).to_have_text(reading, timeout=PATIENCE)
        expect(page.locator("[data-import-said]")).to_have_text(reading, timeout=PATIENCE)
        assert the(ImportRun).state == "running"
        may_answer.set()
        some = page.locator(f"progress[max='{EVENTS}']:not([value='0'])")
        expect(some).to_be_visible(timeout=PATIENCE)
        assert the(ImportRun).state == "running"
        expect(page.locator("[data-sentence]")).to_have_text("Complete.", timeout=PATIENCE)
    finally:
        may_answer.set()
        worker.terminate()
        worker.wait()
    assert loads == []
    expect(page.get_by_role("listitem").filter(has_text="created")).to_have_text(f"{EVENTS} created")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.get_by_role("link", name="See the run").click()
    expect(page.get_by_role("heading", name="Changes")).to_be_visible(timeout=PATIENCE)
    assert EventPage.objects.live().count() == EVENTS
    assert complaints == []
