"""Who is sent the credential of a source, in whole imports: between servers on this machine, where another port is
another origin."""

import json
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone as clock

from events.importing import ImportRun, ImportSource, import_stored
from events.importing.check import make_link, token_of
from events.importing.feed import FeedUnusable
from events.models import EventPage
from tests.builders import make_calendar, make_image, the

pytestmark = pytest.mark.django_db

SECRET = "Bearer s3cr3t"


class Site:
    """A server, what it answers at each path (a function of the handler), and the requests that it got."""

    def __init__(self, serve):
        self.answers, self.asked = {}, []
        self.address = serve(self._answer).removesuffix("/feed.ics")

    def _answer(self, handler):
        self.asked.append((handler.path, handler.headers["Authorization"]))
        self.answers.get(handler.path, sends(b"", status=404))(handler)

    def secrets(self):
        return [secret for _, secret in self.asked]


def sends(body, status=200, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def leads_to(address, status=302):
    return sends(b"", status=status, Location=address)


def page_of_events(number, *, follows="", image=""):
    """A page of The Events Calendar, which says where the next one is."""
    entry = {"id": number, "title": f"Event {number}", "start_date": f"2099-05-0{number} 09:00:00",
             "end_date": f"2099-05-0{number} 10:00:00", "timezone": "Europe/Rome",
             "image": {"url": image} if image else False}  # fmt: skip
    document = {"events": [entry], "rest_url": "http://127.0.0.1/wp-json/tribe/events/v1/events"}
    return json.dumps({**document, "next_rest_url": follows} if follows else document).encode()


@pytest.fixture
def home(serve):
    return Site(serve)


@pytest.fixture
def other(serve):
    return Site(serve)


@pytest.fixture
def source(event_list, home, monkeypatch):
    """An approved source with a credential, at `home`/feed."""
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", SECRET)
    found = ImportSource(
        name="Partner",
        address=f"{home.address}/feed",
        parent=event_list,
        credential="IMPORT_CREDENTIAL_X",
        publish="publish",
        images=True,
    )
    found.approved = found.what_was_approved
    found.save()
    return found


def run(source):
    return import_stored(ImportSource.objects.get(pk=source.pk), trigger=ImportRun.Trigger.COMMAND)


def test_pages_of_the_sources_own_server_are_sent_it(source, home):
    home.answers["/feed"] = leads_to("/moved")
    home.answers["/moved"] = sends(page_of_events(1, follows=f"{home.address}/feed?page=2"))
    home.answers["/feed?page=2"] = sends(page_of_events(2))
    run(source)
    assert EventPage.objects.count() == 2
    assert home.secrets() == [SECRET] * 3


def test_no_page_that_a_redirected_server_names_is_sent_it(source, home, other):
    home.answers["/feed"] = leads_to(f"{other.address}/feed")
    other.answers["/feed"] = sends(page_of_events(1, follows=f"{other.address}/feed?page=2"))
    other.answers["/feed?page=2"] = sends(page_of_events(2))
    run(source)
    assert EventPage.objects.count() == 2
    assert home.secrets() == [SECRET]
    assert other.secrets() == [None, None]


def test_a_page_elsewhere_is_not_sent_it_and_neither_is_what_that_page_names_at_home(source, home, other):
    home.answers["/feed"] = sends(page_of_events(1, follows=f"{other.address}/feed?page=2"))
    other.answers["/feed?page=2"] = leads_to(f"{home.address}/feed?page=2")
    home.answers["/feed?page=2"] = sends(page_of_events(2, follows=f"{home.address}/feed?page=3"))
    home.answers["/feed?page=3"] = sends(page_of_events(3))
    run(source)
    assert other.secrets() == [None] * len(other.asked)
    assert [secret for path, secret in home.asked if path != "/feed"] == [None] * (len(home.asked) - 1)
    assert home.asked[0] == ("/feed", SECRET)


def test_a_later_page_that_is_redirected_elsewhere_takes_none_along(source, home, other):
    home.answers["/feed"] = sends(page_of_events(1, follows=f"{home.address}/feed?page=2"))
    home.answers["/feed?page=2"] = leads_to(f"{other.address}/feed", status=307)
    other.answers["/feed"] = sends(page_of_events(2, follows=f"{home.address}/feed?page=3"))
    home.answers["/feed?page=3"] = sends(page_of_events(3))
    run(source)
    assert other.secrets() == [None]
    assert home.secrets() == [SECRET, SECRET, None]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1."])
def test_another_name_of_the_same_server_is_another_server(source, home, host):
    port = urlsplit(home.address).port
    home.answers["/feed"] = leads_to(f"http://{host}:{port}/moved")
    home.answers["/moved"] = sends(make_calendar("SUMMARY:One"))
    run(source)
    expected = SECRET if host.strip(".") == urlsplit(home.address).hostname else None
    assert home.secrets() == [SECRET, expected]


def test_what_a_feed_says_of_a_user_is_no_credential(source, home):
    """An address with a user name in it is another way to send one."""
    home.answers["/feed"] = leads_to(home.address.replace("://", "://user:word@") + "/moved")
    with pytest.raises(FeedUnusable, match="user name or password"):
        run(source)
    assert len(home.asked) == 1


def test_pictures_are_fetched_without_it(source, home, other):
    for site in (home, other):
        with make_image().file.open("rb") as file:
            site.answers["/a.png"] = sends(file.read(), Content_Type="image/png")
    first = page_of_events(1, image=f"{home.address}/a.png", follows=f"{home.address}/feed?page=2")
    home.answers["/feed"] = sends(first)
    home.answers["/feed?page=2"] = sends(page_of_events(2, image=f"{other.address}/a.png"))
    run(source)
    assert dict(home.asked)["/a.png"] is None
    assert other.asked == [("/a.png", None)]


def test_nothing_but_the_feed_itself_is_asked_of_its_server(source, home):
    home.answers["/feed"] = sends(make_calendar("SUMMARY:One"))
    run(source)
    assert [path for path, _ in home.asked] == ["/feed"]


def test_the_next_import_is_sent_it_again(source, home, other):
    home.answers["/feed"] = leads_to(f"{other.address}/feed")
    other.answers["/feed"] = sends(page_of_events(1))
    run(source)
    run(source)
    assert home.secrets() == [SECRET, SECRET]
    assert other.secrets() == [None, None]


def test_the_partners_check_sends_it_to_the_same_servers_only(source, home, other, client):
    home.answers["/feed"] = leads_to(f"{other.address}/feed")
    other.answers["/feed"] = sends(make_calendar("SUMMARY:One"))
    link = make_link(source, user=None, at=clock.now())
    client.post(reverse("feed_check", args=[token_of(link)]), {"address": ""})
    assert set(home.secrets()) == {SECRET}
    assert set(other.secrets()) == {None}


@pytest.mark.parametrize("change", [{"address": "/else"}, {"credential": "IMPORT_CREDENTIAL_Y"}])
def test_a_source_that_was_changed_sends_nothing(source, home, monkeypatch, change):
    monkeypatch.setenv("IMPORT_CREDENTIAL_Y", "Bearer another")
    if "address" in change:
        change = {"address": home.address + change["address"]}
    ImportSource.objects.update(**change)
    with pytest.raises(FeedUnusable, match="has to test and approve it"):
        run(source)
    assert home.asked == []
    assert the(ImportRun).state == ImportRun.State.FAILED
