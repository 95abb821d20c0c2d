"""A session ends while somebody types, in Chromium."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from earthcode.models import ContentPage
from tests.builders import make_content_page, make_home, the
from tests.events.test_form_in_browser import sign_in

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)


def test_the_words_are_saved_after_signing_in_in_another_tab(page, live_server, settings, admin_user):
    settings.BASE_URL = live_server.url
    make_home()
    content = make_content_page(title="A page", summary="")
    sign_in(page, live_server.url)
    page.goto(live_server.url + reverse("wagtailadmin_pages:edit", args=[content.pk]))
    Session.objects.all().delete()
    message = page.get_by_text("You were signed out. Sign in in a new tab, then save again.").first
    words = page.locator("#id_summary")
    for _ in range(
        60
    ):  # Wagtail's script saves by itself some time after the page was loaded, and says why it cannot
        words.press_sequentially("More. ")
        page.wait_for_timeout(500)
        if message.is_visible():
            break
    typed = words.input_value().strip()
    assert message.is_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    sign_in(page.context.new_page(), live_server.url)
    page.get_by_role("button", name="Save again").click()
    expect(page.locator("#id_summary")).to_have_value(typed)
    assert the(ContentPage).get_latest_revision_as_object().summary == typed
