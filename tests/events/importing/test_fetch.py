"""Fetching from files and from servers that fail in every way that servers fail."""

import gzip
import os
import socket
import threading
import time
import tracemalloc
import zlib
from datetime import timedelta

import brotli
import pytest
import requests

from events.importing.feed import FeedUnusable
from events.importing.fetch import (
    Credential,
    FeedBusy,
    FeedGone,
    Validators,
    fetch_feed,
    fetch_image,
    loopback_is_allowed,
    safe_get,
)
from tests.builders import make_calendar


def fetch(address):
    """The bytes that are there."""
    return fetch_feed(address).body


CALENDAR = make_calendar("SUMMARY:One")


def answer(status=200, body=b"", **headers):
    def send(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def refusal(address, **limits):
    with pytest.raises(FeedUnusable) as error:
        safe_get(address, **limits)
    return str(error.value)


def test_a_calendar(serve):
    assert fetch(serve(answer(body=CALENDAR))) == CALENDAR


def test_a_refused_address_is_told_once(caplog):
    assert "not a public address" in refusal("http://127.0.0.1/")
    assert caplog.messages == []


def test_compressed(serve):
    assert fetch(serve(answer(body=gzip.compress(CALENDAR), Content_Encoding="gzip"))) == CALENDAR


def test_who_asks(serve):
    seen = {}

    def look(handler):
        seen.update(handler.headers)
        answer(body=CALENDAR)(handler)

    fetch(serve(look))
    assert "EarthCODE" in seen["User-Agent"]
    assert "http://testserver" in seen["User-Agent"]


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "open to everybody"), (403, "open to everybody"), (404, "Check the address"), (410, "gone"),
     (429, "too often"), (500, "error of its own"), (503, "error of its own"), (204, "did not send")],
)  # fmt: skip
def test_answers_that_are_no_feed(serve, status, words):
    message = refusal(serve(answer(status)))
    assert str(status) in message
    assert words in message


def test_nobody_answers(allow_loopback):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert "cannot be reached" in refusal(f"http://127.0.0.1:{unused.getsockname()[1]}/")


def dripping(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def dripping_headers(handler):
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    while True:
        handler.wfile.write(b"X")
        handler.wfile.flush()
        time.sleep(0.05)


def silent(handler):
    time.sleep(5)


@pytest.mark.parametrize("slow", [dripping, dripping_headers, silent])
def test_a_slow_server_is_left_in_time(serve, slow):
    started = time.monotonic()
    assert "longer than 0.5 seconds" in refusal(serve(slow), total_seconds=0.5)
    assert time.monotonic() - started < 4


def test_an_endless_body(serve):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)

    assert "larger than 1 MB" in refusal(serve(endless), max_bytes=1_000_000)


def test_a_gzip_bomb(serve):
    bomb = gzip.compress(bytes(100_000_000))
    assert "larger than 10 MB" in refusal(serve(answer(body=bomb, Content_Encoding="gzip")))


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("br", brotli.compress), ("deflate", zlib.compress)]
)
def test_case_48_a_bomb_takes_no_memory(serve, encoding, compress):
    address = serve(answer(body=compress(bytes(100_000_000)), Content_Encoding=encoding))
    tracemalloc.start()
    try:
        assert "larger than 10 MB" in refusal(address)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000


def test_broken_compression(serve):
    assert "decompressed" in refusal(serve(answer(body=b"not gzip", Content_Encoding="gzip")))


def test_a_body_cut_short(serve):
    assert "broke off" in refusal(serve(answer(body=CALENDAR[:50], Content_Length=str(len(CALENDAR)))))


def test_redirects_are_followed(serve):
    target = serve(answer(body=CALENDAR))
    assert fetch(serve(answer(302, Location=target))) == CALENDAR


def test_a_redirect_loop(serve):
    assert "more than 5 times" in refusal(serve(answer(302, Location="/feed.ics")))


def test_the_body_of_a_redirect_is_not_read(serve):
    target = serve(answer(body=CALENDAR))

    def endless_redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)

    assert safe_get(serve(endless_redirect), total_seconds=5).body == CALENDAR


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://[::1", "http:///x"]
)
def test_redirects_elsewhere_are_refused(serve, location):
    assert refusal(serve(answer(302, Location=location)))


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://example.org/x", "data://x", "http://", "http://user:secret@127.0.0.1/"],
)
def test_addresses_that_are_not_fetched(address):
    assert "secret" not in refusal(address)


def test_loopback_is_refused_without_the_setting(serve, settings):
    address = serve(answer(body=CALENDAR))
    settings.IMPORT_ALLOW_LOOPBACK = False
    settings.IMPORT_PORTS = [int(address.split(":")[2].split("/")[0])]
    assert "public" in refusal(address)


def test_loopback_is_refused_to_a_portal_with_a_public_address(settings):
    settings.IMPORT_ALLOW_LOOPBACK = True
    settings.BASE_URL = "https://earthcode.example.org"
    assert not loopback_is_allowed()


@pytest.mark.parametrize(
    "private",
    ["10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::ffff:169.254.169.254", "fd00::1", "fe80::1"],
)  # fmt: skip
def test_case_47_private_addresses_are_refused_even_with_loopback_allowed(
    allow_loopback, monkeypatch, private
):
    resolve_to(monkeypatch, private)
    assert "public" in refusal("http://calendar.example.org/")


def test_case_47_a_redirect_to_a_private_address(serve, monkeypatch):
    address = serve(answer(302, Location="http://calendar.example.org/"))
    resolve_to(monkeypatch, "10.0.0.1", but={"127.0.0.1"})
    assert "public" in refusal(address)


def test_case_47_the_checked_address_is_the_one_connected_to(serve, monkeypatch):
    """A name that answers differently the second time (rebinding) has only one chance."""
    port = serve(answer(body=CALENDAR)).split(":")[2].split("/")[0]
    answers = ["127.0.0.1", "10.0.0.1"]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *args, **options: [
            (
                socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (answers.pop(0) if host == "rebinding.example" else host, port),
            )
        ],
    )
    assert safe_get(f"http://rebinding.example:{port}/").body == CALENDAR
    assert answers == ["10.0.0.1"]


def resolve_to(monkeypatch, address, but=()):
    def getaddrinfo(host, port, *args, **options):
        found = host if host in but else address
        family = socket.AF_INET6 if ":" in found else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_webcal_is_https(monkeypatch):
    asked = []

    def refuse(session, address, **options):
        asked.append(address)
        raise requests.ConnectionError

    monkeypatch.setattr("requests.Session.get", refuse)
    refusal("webcal://calendar.example.org/a.ics")
    assert asked == ["https://calendar.example.org/a.ics"]


def test_no_thread_or_connection_is_left(serve):
    address = serve(answer(body=CALENDAR))
    fetch(address)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_files(tmp_path):
    feed = tmp_path / "feed.ics"
    feed.write_bytes(CALENDAR)
    assert fetch(str(feed)) == CALENDAR
    for address, words in [
        (str(tmp_path / "none.ics"), "no file"),
        (str(tmp_path), "folder"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ]:
        with pytest.raises(FeedUnusable, match=words):
            fetch(address)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path):
    feed = tmp_path / "feed.ics"
    feed.write_bytes(CALENDAR)
    feed.chmod(0)
    with pytest.raises(FeedUnusable, match="may not be read"):
        fetch(str(feed))


def test_a_huge_file(tmp_path):
    feed = tmp_path / "feed.ics"
    feed.write_bytes(bytes(10_000_001))
    with pytest.raises(FeedUnusable, match="larger than 10 MB"):
        fetch(str(feed))


# Asking for news only


def versioned(handler):
    """A server that knows its versions."""
    is_known = handler.headers["If-None-Match"] == '"v1"'
    answer(304 if is_known else 200, b"" if is_known else CALENDAR, ETag='"v1"', Last_Modified="yesterday")(
        handler
    )


def test_case_31_a_feed_that_has_not_changed_is_not_sent_again(serve):
    address = serve(versioned)
    first = fetch_feed(address)
    assert (first.body, first.status, first.bytes_read) == (CALENDAR, 200, len(CALENDAR))
    assert first.validators == Validators('"v1"', "yesterday")
    again = fetch_feed(address, known=first.validators)
    assert (again.body, again.status, again.bytes_read) == (None, 304, 0)
    assert again.validators == first.validators
    assert fetch_feed(address, known=Validators('"v0"')).body == CALENDAR


def test_case_31_an_answer_that_nothing_is_new_need_not_repeat_the_version(serve):
    known = Validators("", "Fri, 01 May 2026 09:00:00 GMT")
    seen = []

    def unchanged(handler):
        seen.append((handler.headers["If-Modified-Since"], handler.headers["If-None-Match"]))
        answer(304)(handler)

    found = fetch_feed(serve(unchanged), known=known)
    assert (found.body, found.validators) == (None, known)
    assert seen == [("Fri, 01 May 2026 09:00:00 GMT", None)]


def test_an_answer_that_nothing_is_new_without_having_been_asked_is_no_feed(serve):
    assert "304" in refusal(serve(answer(304)))
    assert "304" in refusal(serve(answer(304)), known=Validators())


@pytest.mark.parametrize("etag", ["x" * 256, "\x80"])
def test_versions_that_cannot_be_repeated_are_forgotten(serve, etag):
    found = fetch_feed(serve(answer(body=CALENDAR, ETag=etag, Content_Type="Text/Calendar; charset=utf-8")))
    assert found.validators == Validators()
    assert found.content_type == "text/calendar; charset=utf-8"


def test_what_came_of_redirects_and_of_files(serve, tmp_path):
    target = serve(answer(body=CALENDAR))
    found = fetch_feed(serve(answer(302, Location=target)))
    assert (found.address, found.body) == (target, CALENDAR)
    assert 0 < found.seconds < 10
    file = tmp_path / "feed.ics"
    file.write_bytes(CALENDAR)
    assert fetch_feed(str(file), known=Validators("x")).body == CALENDAR


# Being told to wait


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("told", "pause"),
    [
        ({"Retry_After": "120"}, timedelta(minutes=2)),
        ({"Retry_After": "0"}, timedelta(0)),
        ({"Retry_After": "9999999999999"}, timedelta(days=1)),
        ({"Retry_After": "Fri, 01 May 2026 09:05:00 GMT"}, timedelta(minutes=5)),
        ({"Retry_After": "Fri, 01 May 2026 08:00:00 GMT"}, timedelta(0)),
        ({"Retry_After": "Sat, 01 May 2027 08:00:00 GMT"}, timedelta(days=1)),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "Fri, 99 May 2026 09:05:00 GMT"}, None),
        ({}, None),
    ],
)
def test_case_49_a_server_says_when_to_come_again(serve, status, told, pause):
    def busy(handler):
        handler.date_time_string = lambda timestamp=None: "Fri, 01 May 2026 09:00:00 GMT"
        answer(status, **told)(handler)

    with pytest.raises(FeedBusy) as error:
        fetch_feed(serve(busy))
    assert (error.value.status, error.value.retry_after) == (status, pause)


def test_case_49_what_is_gone_for_good_is_told_from_what_is_not_found(serve):
    with pytest.raises(FeedGone):
        fetch_feed(serve(answer(410)))
    for status in (404, 500):
        with pytest.raises(FeedUnusable) as error:
            fetch_feed(serve(answer(status)))
        assert not isinstance(error.value, FeedGone | FeedBusy)
        assert error.value.status == status


# Credentials

SECRET = "Bearer s3cr3t"


@pytest.fixture
def who_asks():
    """(answer, seen): an answer of a feed, and the credentials it was asked with."""
    seen = []

    def look(handler):
        seen.append(handler.headers["Authorization"])
        answer(body=CALENDAR)(handler)

    return look, seen


def test_case_61_a_credential_reaches_the_sources_own_host(serve, who_asks):
    look, seen = who_asks
    address = serve(look)
    secret = Credential(SECRET, address)
    fetch_feed(address, credential=secret)
    fetch_feed(address)
    fetch_feed(f"{address}?page=2", credential=secret)
    assert seen == [SECRET, None, SECRET]


def test_case_61_a_credential_follows_a_redirect_on_the_same_host_only(serve, who_asks):
    look, seen = who_asks

    def here(handler):
        seen.append(handler.headers["Authorization"])
        answer(302, Location="/b.ics")(handler) if handler.path != "/b.ics" else look(handler)

    address = serve(here)
    fetch_feed(address, credential=Credential(SECRET, address))
    assert seen == [SECRET, SECRET, SECRET]


def test_case_61_a_credential_is_never_sent_after_a_redirect_to_another_host(serve, who_asks):
    look, seen = who_asks
    home, asked_at_home = [], []

    def back(handler):
        seen.append(handler.headers["Authorization"])
        answer(302, Location=f"{home[0]}?again")(handler)

    other = serve(back)

    def away(handler):
        asked_at_home.append(handler.headers["Authorization"])
        (look if "again" in handler.path else answer(302, Location=other))(handler)

    home.append(serve(away))
    assert fetch_feed(home[0], credential=Credential(SECRET, home[0])).body == CALENDAR
    assert asked_at_home == [SECRET, None]
    assert seen == [None, None]


def test_case_61_a_page_of_another_host_that_the_feed_names_gets_no_credential(serve, who_asks):
    look, seen = who_asks
    fetch_feed(serve(look), credential=Credential(SECRET, serve(answer(body=CALENDAR))))
    assert seen == [None]


@pytest.mark.parametrize("credential", ["Bearer s3cr3t\r\nHost: x", "Bearer s3cr3t\0", "Bearer €s3cr3t"])
def test_case_61_a_credential_is_in_no_message(credential):
    with pytest.raises(FeedUnusable, match="cannot be sent") as error:
        Credential(credential, "https://example.org/")
    assert "s3cr3t" not in str(error.value)


def test_case_61_a_credential_that_is_not_accepted_is_told(serve):
    address = serve(answer(401))
    message = refusal(address, credential=Credential(SECRET, address))
    assert "does not accept the credential" in message
    assert "s3cr3t" not in message


# Pictures


def test_case_50_a_picture_is_one_by_its_type_and_its_size(serve):
    found = fetch_image(serve(answer(body=b"GIF89a", Content_Type="image/gif")))
    assert (found.body, found.content_type) == (b"GIF89a", "image/gif")
    for kind in ("text/html", "application/octet-stream", ""):
        with pytest.raises(FeedUnusable, match="no picture"):
            fetch_image(serve(answer(body=b"GIF89a", Content_Type=kind)))
    with pytest.raises(FeedUnusable, match="larger than 5 MB"):
        fetch_image(serve(answer(body=bytes(5_000_001), Content_Type="image/gif")))


@pytest.mark.parametrize("address", ["http://x.example:99999/", "http://x.example:port/"])
def test_ports_that_do_not_exist(address):
    assert "not a web address" in refusal(address)
