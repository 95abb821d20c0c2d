"""Every kind of page that a visitor can meet, of one portal."""

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.urls import path, reverse
from django.utils import timezone as clock
from wagtail.models import PageViewRestriction

from earthcode import urls_development
from events.importing.check import make_link, token_of
from events.importing.models import ImportSource
from events.models import EventException, EventIndexPage, EventPage
from partners.models import PartnerPage
from styleguide.components import COMPONENTS
from styleguide.sections import SECTIONS
from tests.builders import make_content_page, make_event, make_events, make_image, make_topic, make_type, the

LONG_WORD = "Datenschutzgrundverordnungsbeauftragtenversammlung"


def refuse(request):
    raise PermissionDenied


def fail(request):
    raise RuntimeError("on purpose")


urlpatterns = [path("403/", refuse), path("500/", fail), *urls_development.urlpatterns]


def build():
    """A portal with its initial content, a picture, events of many kinds, a private page and a page that is gone."""
    call_command("seed_content", verbosity=0)
    today = clock.localdate()
    event = EventPage.objects.get(slug="earthcode-hackathon-2026")
    event.image = event.social_image = make_image(credit="ESA", licence="CC BY-SA 3.0 IGO")
    event.save_revision().publish()
    partner = PartnerPage.objects.first()
    partner.logo = event.image
    partner.save_revision().publish()
    make_event(
        title=LONG_WORD,
        slug="long",
        start_date=date(2099, 1, 1),
        end_date=date(2099, 1, 9),
        summary=LONG_WORD,
        city=LONG_WORD,
        event_type=make_type("Assembly"),
        topics=[make_topic("Everything under the sun")],
    )
    make_event(
        title="Ice talks",
        slug="series",
        start_date=today + timedelta(days=3),
        recurrence_rule="FREQ=WEEKLY;COUNT=80",
        registration_url="https://example.org/",
        attendance_mode="MixedEventAttendanceMode",
        exceptions=[EventException(original_date=today + timedelta(days=10), is_cancelled=True)],
    )
    make_event(title="Off", slug="off", event_status="EventCancelled", start_date=today + timedelta(days=5))
    make_events(25, start_date=date(2098, 1, 1))
    make_event(title="Gone", slug="gone").delete()
    private = make_content_page(title="For the team", slug="team")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    secret = make_content_page(title="Secret", slug="secret")
    PageViewRestriction.objects.create(
        page=secret, restriction_type=PageViewRestriction.PASSWORD, password="x"
    )


def check_link():
    """The address of a page where a partner checks a feed."""
    source = ImportSource.objects.create(
        name="Partner", address="https://example.org/feed.ics", parent=the(EventIndexPage)
    )
    return reverse("feed_check", args=[token_of(make_link(source, user=None, at=clock.now()))])


PAGES = [
    "/",
    "/about/",
    "/accessibility/",
    "/privacy/",
    "/events/",
    "/events/?page=2",
    "/events/?q=event&where=online&type=nothing",
    "/events/?q=nothing+at+all",
    "/events/past/",
    "/events/past/2025/",
    "/events/calendar/2099/01/",
    "/events/earthcode-hackathon-2026/",
    "/events/long/",
    "/events/series/",
    "/events/off/",
    "/partners/",
    "/partners/telespazio/",
    "/roadmap/",
    "/roadmap/foundational-development/",
    "/search/",
    "/search/?q=earthcode",
    "/search/?q=hackaton",
    "/search/?q=xyzzy",
    "/team/",
    "/secret/",
]
ERRORS = {"/403/": 403, "/there-is-nothing/": 404, "/events/gone/": 410, "/500/": 500, "/feeds/check/x/": 403}
COMPONENT_PAGES = ["/styleguide/"]
COMPONENT_PAGES += [f"/styleguide/components/{slug}/" for slug in COMPONENTS]
COMPONENT_PAGES += [f"/styleguide/sections/{name}/" for name in SECTIONS]
GROUND_PAGES = [f"/styleguide/sections/{name}/grounds/" for name in SECTIONS if SECTIONS[name].grounds]
