"""Sources, and real servers that misbehave."""

import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.auth.models import Permission, User

from events.importing.models import ImportSource
from tests.builders import make_calendar


@pytest.fixture
def allow_loopback(settings):
    settings.IMPORT_ALLOW_LOOPBACK = True
    settings.BASE_URL = "http://testserver"


@pytest.fixture
def serve(allow_loopback):
    """serve(answer): a server on this machine whose GET is answered by answer(handler); gives its address."""
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                # The other side hangs up on purpose.
                with _hanging_up():
                    answer(self)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/feed.ics"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@contextmanager
def _hanging_up():
    with suppress(OSError):
        yield


class Server:
    """What a feed's server says, and the headers of the requests it got."""

    def __init__(self):
        self.body, self.headers, self.status, self.asked = make_calendar("SUMMARY:One"), {}, 200, []

    def answer(self, handler):
        self.asked.append(handler.headers)
        tag = self.headers.get("ETag")
        known = tag and handler.headers.get("If-None-Match") == tag
        handler.send_response(304 if known else self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if not known and self.status == 200:
            handler.wfile.write(self.body)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def source(event_list, serve, server):
    """An approved source that is asked every hour."""
    found = ImportSource(name="Partner", address=serve(server.answer), parent=event_list, interval=60)
    found.approved = found.what_was_approved
    found.save()
    return found


EDITOR = ("view_importrun", "view_importsource")
MODERATOR = (*EDITOR, "add_importsource", "change_importsource", "approve_importsource")


def sign_in(client, name, codenames):
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=("access_admin", *codenames)))
    client.force_login(user)
    return client


@pytest.fixture
def as_editor(client):
    return sign_in(client, "ed", EDITOR)


@pytest.fixture
def as_moderator(client):
    return sign_in(client, "mo", MODERATOR)
