"""Partners check their feed by a link: who may, how often, and what they are told."""

import re
import socket
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from django.conf import settings as portal_settings
from django.core import signing
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from earthcode.models import SiteSettings
from events import tasks
from events.importing import check, fetch
from events.importing.check import (
    LIFETIME,
    PER_LINK,
    PER_VISITOR,
    LinkForged,
    LinkOver,
    TooOften,
    link_of,
    make_link,
    token_of,
    turn,
)
from events.importing.check_page import visitor_of
from events.importing.models import Check, CheckLink, ImportRecord, ImportRun, ImportSource
from events.models import EventPage
from tests.builders import make_calendar, the

from .locks import held_elsewhere

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
GOOD = (
    "SUMMARY:Soil day\nDTSTART;TZID=Europe/Rome:20991130T090000\nDTEND;TZID=Europe/Rome:20991130T100000\n"
    "LOCATION:ESRIN, Frascati\nDESCRIPTION:Wet\nURL:https://example.org/soil\nIMAGE;VALUE=URI:https://example.org/a.png"
)


def page(source):
    link = CheckLink.objects.filter(source=source).first() or make_link(source, user=None, at=clock.now())
    return reverse("feed_check", args=[token_of(link)])


def ask(client, source, address="", **options):
    return client.post(page(source), {"address": address}, **options)


@pytest.fixture
def no_names(monkeypatch):
    """Addresses in figures are those they say, and no name has one."""

    def getaddrinfo(host, port, *args, **options):
        try:
            family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        except ValueError:
            raise socket.gaierror("There is no such name") from None
        return [(family, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def told(response):
    """What a page says, its spaces made single."""
    return " ".join(response.content.decode().split())


# The link


def test_a_link_works_for_thirty_days(source):
    link = make_link(source, user=None, at=AT)
    token = token_of(link)
    assert link_of(token, AT) == link
    assert link_of(token, AT + LIFETIME - timedelta(seconds=1)) == link
    with pytest.raises(LinkOver):
        link_of(token, AT + LIFETIME)
    assert timedelta(days=30) == LIFETIME


def test_a_new_link_replaces_the_old_one(source):
    old = token_of(make_link(source, user=None, at=AT))
    new = token_of(make_link(source, user=None, at=AT))
    assert old != new
    assert link_of(new, AT)
    with pytest.raises(LinkOver):
        link_of(old, AT)
    the(CheckLink).delete()
    with pytest.raises(LinkOver):
        link_of(new, AT)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1],
        lambda token: f"x{token}",
        lambda token: token.partition(".")[0],
        lambda token: "nonsense",
        lambda token: signing.Signer(sep=".", salt="other").sign_object([1, "x", 99_999_999_999]),
    ],
)
def test_a_link_that_was_tampered_with_is_forged(source, spoil):
    with pytest.raises(LinkForged):
        link_of(spoil(token_of(make_link(source, user=None, at=AT))), AT)


def test_pages_of_links_that_do_not_work_say_whom_to_ask(client, source):
    SiteSettings.objects.update_or_create(
        site=source.parent.get_site(), defaults={"contact_email": "ask@example.org"}
    )
    response = client.get(f"{page(source)[:-2]}/")
    assert response.status_code == 403
    assert "This link is not valid" in told(response)
    CheckLink.objects.all().delete()
    old = reverse("feed_check", args=[token_of(make_link(source, user=None, at=clock.now() - LIFETIME))])
    for response in (client.get(old), client.post(old)):
        assert response.status_code == 410
        assert "This link is over" in told(response)
        assert "ask@example.org" in told(response)
        assert response["Cache-Control"] == "private, no-store"
        assert "noindex" in response["X-Robots-Tag"]


# The page


def test_looking_at_the_page_checks_nothing(client, source, server):
    response = client.get(page(source))
    html = told(response)
    assert response.status_code == 200
    assert (server.asked, Check.objects.count()) == ([], 0)
    assert response.cookies == {}
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex, nofollow">' in html
    assert "<script>" not in html
    assert "style=" not in html
    assert "http://127.0.0.1" in html
    # The rest of an address may be a secret.
    assert "feed.ics" not in html


def test_a_feed_is_read_and_nothing_is_written(client, source, server):
    server.body = make_calendar(GOOD, "SUMMARY:Ice day", "DTSTART:x", "SUMMARY:Mine\nCLASS:PRIVATE")
    response = ask(client, source)
    html = told(response)
    assert response.status_code == 200
    assert response.cookies == {}
    assert "2 events found" in html
    assert "<strong>iCalendar" in html
    assert "30 November 2099, 09:00–10:00 CET" in html
    assert "ESRIN, Frascati" in html
    assert "No description (DESCRIPTION)." in html
    assert "neither an ETag nor a Last-Modified" in html
    assert re.search(r"<strong>Cannot be read, line \d+:</strong>", html)
    assert "It is marked as private in its calendar." in html
    assert "Nothing is missing." in html
    assert 'No picture (IMAGE). <span class="check__key">1 of 2 events</span>' in html
    for model in (EventPage, ImportRecord, ImportRun):
        assert not model.objects.exists()


def test_a_browser_without_a_cookie_may_ask(source):
    response = ask(Client(enforce_csrf_checks=True), source)
    assert (response.status_code, response.cookies) == (200, {})


def test_a_partner_types_an_address(client, source, serve, server):
    other = type(server)()
    other.body = make_calendar("SUMMARY:Other")
    html = told(ask(client, source, serve(other.answer)))
    assert "Other</h4>" in html
    assert server.asked == []


@pytest.mark.parametrize(
    "address", ["/etc/passwd", "file:///etc/passwd", "upload:", "../manage.py", "x\0y", "http://["]
)
def test_no_file_of_the_server_is_read(client, source, no_names, monkeypatch, address):
    monkeypatch.setattr(fetch, "_read_file", None)
    response = ask(client, source, address)
    assert response.status_code == 200
    assert "events found" not in told(response)


@pytest.mark.parametrize("private", ["http://10.0.0.1/", "http://[fd00::1]/", "169.254.169.254/latest"])
def test_case_47_private_addresses_are_not_asked(client, source, no_names, private):
    assert "not a public address" in told(ask(client, source, private))


def test_case_47_a_redirect_to_a_private_address_is_not_followed(client, source, serve, no_names):
    def elsewhere(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://10.0.0.1/")
        handler.end_headers()

    assert "http://10.0.0.1 is not a public address" in told(ask(client, source, serve(elsewhere)))


def test_a_slow_server_is_left_in_time(client, source, serve, monkeypatch):
    monkeypatch.setattr(
        check, "safe_get", lambda address, **options: fetch.safe_get(address, total_seconds=0.5)
    )
    started = time.monotonic()
    assert "took longer than 0.5 seconds" in told(ask(client, source, serve(lambda handler: time.sleep(5))))
    assert time.monotonic() - started < 4


def test_a_feed_without_end_is_left(client, source, serve):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)

    assert "larger than 10 MB" in told(ask(client, source, serve(endless)))


def test_a_feed_whose_ids_change_is_found_out(client, source, serve):
    asked = []

    def changing(handler):
        asked.append(handler)
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(make_calendar(f"UID:{len(asked)}\nSUMMARY:One", "UID:x\nSUMMARY:Two"))

    assert "1 of 2 events had another ID" in told(ask(client, source, serve(changing)))
    assert len(asked) == 2


def test_a_large_feed_is_fetched_and_read_once(client, source, server):
    server.body = make_calendar("SUMMARY:One\nDTSTART:20991130T090000", head="") + b" " * 1_000_000
    html = told(ask(client, source))
    assert "It has 1.0 MB" in html
    assert "checked for less" in html
    assert "Its times name no time zone;" not in html
    assert len(server.asked) == 1


def test_case_61_a_credential_goes_to_the_own_address_of_an_approved_source_only(
    client, source, server, monkeypatch
):
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", "Bearer abc")
    ImportSource.objects.update(credential="IMPORT_CREDENTIAL_X")
    assert "waits for somebody to approve it" in told(ask(client, source))
    assert server.asked == []
    source.refresh_from_db()
    ImportSource.objects.update(approved=source.what_was_approved)
    ask(client, source)
    assert {headers["Authorization"] for headers in server.asked} == {"Bearer abc"}
    server.asked.clear()
    ask(client, source, source.address)
    assert [headers["Authorization"] for headers in server.asked] == [None, None]
    monkeypatch.delenv("IMPORT_CREDENTIAL_X")
    html = told(ask(client, source))
    assert "needs a password" in html
    assert "IMPORT_CREDENTIAL" not in html


@pytest.mark.parametrize("address", ["/srv/feed.ics", "upload:"])
def test_a_source_without_a_web_address_wants_one(client, source, address):
    ImportSource.objects.update(address=address)
    html = told(ask(client, source))
    assert "Give the address of your calendar" in html
    assert address not in html
    assert not Check.objects.exists()


def test_what_a_feed_says_is_escaped(client, source, serve, server, no_names):
    server.body = make_calendar(
        f"SUMMARY:&lt;b&gt;{SCRIPT}x\nLOCATION:{SCRIPT}y\nUID:{SCRIPT}", f"UID:{SCRIPT}2\nDTSTART:{SCRIPT}"
    )
    html = told(ask(client, source, f"{serve(server.answer)}?{SCRIPT}"))
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;2" in html
    html = told(ask(client, source, f'"><{SCRIPT}'))
    assert SCRIPT not in html


def test_an_address_that_is_too_long_is_told(client, source):
    assert "An address this long is not fetched" in told(ask(client, source, "x" * 2001))


def test_the_page_shows_the_first_of_many_and_asks_as_often(client, source, server):
    def queries(count):
        server.body = make_calendar(*(f"SUMMARY:Event {n}" for n in range(count)), *["DTSTART:x"] * count)
        with CaptureQueriesContext(connection) as captured:
            ask(client, source)
        return len(captured)

    queries(1)
    assert queries(1) == queries(150) <= 20
    html = told(ask(client, source))
    assert html.count('class="check__event"') == 20
    assert "And 130 more events." in html
    assert "And 50 more.</p>" in html


def test_a_search_for_an_unchanged_link_costs_few_queries(client, source):
    address = page(source)
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    assert len(captured) <= 10


# How often


def test_a_link_is_good_for_so_many_checks_in_an_hour(source):
    for number in range(PER_LINK):
        with turn(source, visitor=f"{number}", at=AT + timedelta(minutes=number)):
            pass
    with (
        pytest.raises(TooOften, match="With this link") as refusal,
        turn(source, visitor="x", at=AT + timedelta(minutes=30)),
    ):
        pass
    assert refusal.value.pause == timedelta(minutes=30)
    with turn(source, visitor="x", at=AT + timedelta(hours=1)):
        assert Check.objects.count() == PER_LINK
    assert not Check.objects.filter(asked_at__lte=AT).exists()


def test_who_checked_is_forgotten_even_if_nobody_checks_again(source):
    with turn(source, visitor="x", at=AT):
        pass
    tasks.forget(AT + timedelta(minutes=59))
    assert Check.objects.exists()
    tasks.forget(AT + timedelta(hours=1))
    assert not Check.objects.exists()


def test_a_visitor_with_many_links_is_held_up_as_well(source, event_list):
    sources = [ImportSource.objects.create(name=f"{n}", address="https://x.org/") for n in range(2)]
    for number in range(PER_VISITOR):
        with turn(sources[number % 2], visitor="same", at=AT):
            pass
    with pytest.raises(TooOften, match="From your network"), turn(source, visitor="same", at=AT):
        pass
    with turn(source, visitor="another", at=AT):
        pass


def test_too_many_checks_are_told_with_the_time_to_wait(client, source, server):
    now = clock.now()
    Check.objects.bulk_create(
        Check(source=source, visitor="x", asked_at=now - timedelta(minutes=20)) for _ in range(PER_LINK)
    )
    response = ask(client, source)
    assert response.status_code == 429
    assert 2390 <= int(response["Retry-After"]) <= 2400
    assert "Try again in 40 minutes." in told(response)
    assert server.asked == []


def test_a_link_checks_one_feed_at_a_time(client, source, server):
    with held_elsewhere(f"check {source.pk}"):
        response = ask(client, source)
    assert (response.status_code, response["Retry-After"]) == (429, "30")
    assert "still going on" in told(response)
    assert server.asked == []
    assert ask(client, source).status_code == 200


def test_the_portal_checks_few_feeds_at_a_time(client, source):
    with held_elsewhere("check at once 0"):
        assert ask(client, source).status_code == 200
    with held_elsewhere("check at once 0", "check at once 1"):
        assert "Other feeds are being checked" in told(ask(client, source))


def test_an_import_goes_on_while_its_feed_is_checked(client, source):
    with held_elsewhere(f"import {source.name}"):
        assert ask(client, source).status_code == 200


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.1"}, True),
        ({"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}, False),
        ({"REMOTE_ADDR": "2001:db8::1"}, {"REMOTE_ADDR": "2001:db8::2"}, True),
        ({"REMOTE_ADDR": "2001:db8::1"}, {"REMOTE_ADDR": "2001:db8:0:1::1"}, False),
        ({"HTTP_X_FORWARDED_FOR": "1.1.1.1"}, {"HTTP_X_FORWARDED_FOR": "2.2.2.2"}, True),
    ],
)
def test_whose_address_counts(one, other, is_same):
    request = RequestFactory().get
    assert (visitor_of(request("/", **one)) == visitor_of(request("/", **other))) == is_same


def test_behind_a_proxy_the_address_that_it_saw_counts(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get
    seen = [
        visitor_of(request("/", HTTP_X_FORWARDED_FOR=told))
        for told in ("9.9.9.9, 192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]
    assert seen[0] == seen[1] != seen[2]
    assert "192" not in seen[0] or len(seen[0]) == 64


# In the admin


def test_an_editor_makes_a_link_copies_it_and_withdraws_it(as_moderator, client, source):
    address = reverse("import_check_link:index", args=[source.pk])
    assert "There is no link yet" in told(as_moderator.get(address))
    html = told(as_moderator.post(address, follow=True))
    link = re.search(r'readonly value="([^"]+)"', html)[1]
    assert link == f"{portal_settings.BASE_URL}{page(source)}"
    assert f"It works until {clock.localtime(the(CheckLink).expires_at):%-d %b %Y}" in html
    assert "mo made it" in html
    public = link.removeprefix(portal_settings.BASE_URL)
    assert client.get(public).status_code == 200
    html = told(as_moderator.post(address, {"what": "withdraw"}, follow=True))
    assert "There is no link yet" in html
    assert client.get(public).status_code == 410


def test_a_link_that_expired_is_no_longer_shown(as_moderator, source):
    make_link(source, user=None, at=clock.now() - LIFETIME)
    html = told(as_moderator.get(reverse("import_check_link:index", args=[source.pk])))
    assert "The link expired on" in html
    assert "readonly" not in html


def test_only_who_may_change_a_source_makes_a_link(as_editor, source):
    address = reverse("import_check_link:index", args=[source.pk])
    assert as_editor.get(address).status_code == 302
    as_editor.post(address)
    assert not CheckLink.objects.exists()
