"""What stands before Django: slow and large requests, answers of every kind, and what never waits."""

import asyncio
import io
import threading
import time

import pytest
from django.urls import reverse

from earthcode import front
from earthcode.front import Answer, Front, limit_of
from earthcode.trouble import Trouble

MB = 1_000_000


def scope(path="/", method="GET", **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"q=1",
        "http_version": "1.1",
        "scheme": "http",
        "headers": named,
        "client": ("192.0.2.1", 5000),
        "server": ("127.0.0.1", 8000),
    }


class Client:
    """One request. It brings `pieces`, then nothing more if it `stalls`."""

    def __init__(self, *pieces, stalls=False):
        self.pieces, self.stalls, self.sent, self.asked = list(pieces), stalls, [], 0

    async def receive(self):
        self.asked += 1
        if self.pieces:
            piece = self.pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self.pieces) or self.stalls}
        if self.stalls:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [environ["wsgi.input"].read(), f" {environ.get('CONTENT_LENGTH')}".encode()]


def unavailable(trouble):
    return Answer.plain(503, trouble.value)


def portal(application=echo, threads=2):
    return Front(application, unavailable, threads=threads)


def ask(client, asked=None, application=echo):
    asyncio.run(portal(application)(asked or scope(), client.receive, client.send))
    return client


def test_django_sees_the_request():
    seen = {}

    def look(environ, start_response):
        seen.update(environ)
        return echo(environ, start_response)

    asked = scope("/événements/", "POST", content_type="a/b", cookie="a=1", x_forwarded_proto="https")
    asked["headers"] += [(b"cookie", b"b=2"), (b"x_forwarded_proto", b"http"), (b"content-length", b"9")]
    client = ask(Client(b"wo", b"rds"), asked, look)
    assert client.body == b"words 5"
    assert client.sent[0]["headers"][1:3] == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/événements/"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https", "and not what a visitor wrote with an underscore"
    assert (seen["REMOTE_ADDR"], seen["QUERY_STRING"], seen["CONTENT_TYPE"]) == ("192.0.2.1", "q=1", "a/b")


@pytest.mark.parametrize("in_chunks", [False, True])
def test_too_large_a_body_is_refused_before_it_is_taken_in(in_chunks):
    asked = scope("/admin/login/", "POST", **({} if in_chunks else {"content_length": str(400 * MB)}))
    client = ask(Client(*[b"x" * 50_000] * 8000), asked)
    assert client.status == 413
    assert client.headers["connection"] == "close"
    assert client.asked <= (3 if in_chunks else 0)


@pytest.mark.parametrize("length", ["-1", "1e9", "x", "99999999999999999999"])
def test_a_length_that_cannot_be_is_refused(length):
    assert ask(Client(b"x"), scope("/admin/", "POST", content_length=length)).status == 413


def test_who_announces_little_cannot_send_much():
    client = ask(Client(*[b"x" * MB] * 10), scope("/about/", "POST", content_length="10"))
    assert client.status == 413


def test_files_are_for_those_who_are_signed_in():
    assert limit_of("/admin/images/add/") >= 10 * MB
    assert limit_of("/admin/documents/multiple/add/") >= 100 * MB
    assert limit_of("/admin/images/add/", is_signed_in=False) <= 5 * MB
    assert limit_of("/admin/pages/3/edit/") >= 2.5 * MB
    body = [b"x" * MB] * 8
    assert ask(Client(*body), scope("/admin/images/add/", "POST", cookie="sessionid=1")).status == 200
    assert ask(Client(*body), scope("/admin/images/add/", "POST")).status == 413


def test_slow_senders_hold_no_thread(monkeypatch):
    monkeypatch.setattr(front, "SILENCE_SECONDS", 0.5)
    served = portal()

    async def many():
        slow = [Client(b"x", stalls=True) for _ in range(50)]
        asked = scope("/admin/login/", "POST", content_length="1000")
        waiting = [asyncio.create_task(served(asked, client.receive, client.send)) for client in slow]
        await asyncio.sleep(0.1)
        began, other = time.monotonic(), Client()
        await served(scope(), other.receive, other.send)
        assert other.status == 200
        assert time.monotonic() - began < 0.3
        await asyncio.gather(*waiting)
        assert {client.status for client in slow} == {408}

    asyncio.run(many())


def test_a_body_that_trickles_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(front, "SILENCE_SECONDS", 0.2)

    class Trickle(Client):
        async def receive(self):
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": b"x", "more_body": True}

    began = time.monotonic()
    assert ask(Trickle(), scope("/about/", "POST")).status == 408
    assert time.monotonic() - began < 2


def test_health_waits_for_nothing():
    stuck, served = threading.Event(), None

    def wait(environ, start_response):
        stuck.wait(5)
        return echo(environ, start_response)

    async def visit():
        nonlocal served
        served = portal(wait, threads=1)
        clients = [Client() for _ in range(5)]
        waiting = [asyncio.create_task(served(scope(), one.receive, one.send)) for one in clients]
        await asyncio.sleep(0.05)
        health = Client()
        await asyncio.wait_for(
            served(scope("/healthz", host="nobody.example"), health.receive, health.send), 1
        )
        assert (health.status, health.body) == (200, b"ok\n")
        stuck.set()
        await asyncio.gather(*waiting)
        assert {one.status for one in clients} == {200}

    asyncio.run(visit())


def test_who_waits_behind_requests_that_fail_is_told_so_in_time(monkeypatch):
    monkeypatch.setattr(front, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(front, "is_general", lambda: True)
    monkeypatch.setattr(front, "note", lambda: None)

    def fail(environ, start_response):
        time.sleep(0.3)
        start_response("503 Service Unavailable", [])
        return [b"from Django"]

    async def visit():
        served, clients = portal(fail, threads=1), [Client() for _ in range(6)]
        began = time.monotonic()
        await asyncio.gather(*(served(scope(), one.receive, one.send) for one in clients))
        assert time.monotonic() - began < 1.5
        assert [one.body for one in clients].count(Trouble.BUSY.value.encode()) >= 4

    asyncio.run(visit())


def test_more_than_can_wait_are_sent_away(monkeypatch):
    monkeypatch.setattr(front, "MOST_WAITING", 0)
    client = ask(Client())
    assert client.status == 503
    assert client.headers["retry-after"]


def test_files_are_sent_in_pieces_and_closed():
    file = io.BytesIO(b"x" * 200_000)

    def hand_out(environ, start_response):
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](file, 1)

    client = ask(Client(), application=hand_out)
    assert len(client.body) == 200_000
    assert len(client.sent) > 3
    assert file.closed


def test_what_is_made_while_it_is_sent_arrives():
    class Stream:
        streaming = True
        closed = False

        def __iter__(self):
            return iter([b"one ", b"two"])

        def close(self):
            self.closed = True

    stream = Stream()

    def hand_out(environ, start_response):
        start_response("200 OK", [])
        return stream

    assert ask(Client(), application=hand_out).body == b"one two"
    assert stream.closed


def test_an_application_that_breaks_is_answered_for():
    assert ask(Client(), application=lambda environ, start_response: 1 / 0).status == 500


def test_who_leaves_while_sending_gets_nothing():
    class Leaving(Client):
        async def receive(self):
            return {"type": "http.disconnect"}

    assert ask(Leaving(), scope("/about/", "POST")).sent == []


def test_a_full_disk_is_said_to_whoever_sends(monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(front, "SpooledTemporaryFile", lambda max_size: Full())
    assert ask(Client(b"x"), scope("/about/", "POST")).status == 507


@pytest.mark.parametrize(
    "name",
    [
        "wagtailimages:add",
        "wagtailimages:add_multiple",
        "wagtailimages_chooser:create",
        "wagtaildocs:add",
        "wagtaildocs:add_multiple",
        "wagtaildocs_chooser:create",
        "import_upload:index",
    ],
)
def test_every_form_for_files_takes_files(name):
    assert limit_of(reverse(name)) >= 12 * MB
