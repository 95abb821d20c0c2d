"""What the pages weigh and how they come, from a server that delivers as production does: hashed and compressed.

How fast they are painted is a question of time and machine: `make phone` measures that.
"""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.test.testcases import LiveServerThread

from events.models import EventPage
from tests.builders import make_image

pytestmark = pytest.mark.browser

PATHS = ["/", "/about/", "/events/", "/events/earthcode-hackathon-2026/", "/partners/", "/roadmap/"]
STATIC = Path(__file__).parent.parent / "earthcode" / "static"
BUDGETS = {
    "requests": 8,
    "bytes": 60_000,
    "script": 8_000,
    "style": 14_000,
    "styles": 1,
    "shift": 0,
    "blocked": 0,
}
# A phone with a slow connection: 150 ms and 1.6 Mbit/s, so that the font comes late.
SCREEN = {"width": 360, "height": 740}
CONNECTION = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
OBSERVE = """
window.seen = { shift: 0, tasks: [] };
const observe = (type, add) =>
  new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type, buffered: true });
observe("layout-shift", (entry) => (seen.shift += entry.value));
observe("longtask", (entry) => seen.tasks.push(entry.duration));
"""


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    """Static files as production has them, collected."""
    with override_settings(
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        STATICFILES_DIRS=[STATIC],  # the admin's files, which no visitor asks for, take long to compress
        STATICFILES_FINDERS=[
            "django.contrib.staticfiles.finders.FileSystemFinder",
            "earthcode.finders.MadeFilesFinder",
        ],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
        WHITENOISE_AUTOREFRESH=False,
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture
def portal(django_db_serialized_rollback, transactional_db, delivery, settings):
    """The address of a portal with its initial content and one picture."""
    call_command("seed_content", verbosity=0)
    event = EventPage.objects.get(slug="earthcode-hackathon-2026")
    event.image = make_image()
    event.save_revision().publish()
    server = LiveServerThread("localhost", static_handler=lambda application: application)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert not server.error
    settings.BASE_URL = f"http://localhost:{server.port}"
    yield settings.BASE_URL
    server.terminate()


def weigh(browser, url):
    """What a first visit to `url` costs, in the words of BUDGETS, and the answers it got."""
    with browser.new_context(viewport=SCREEN) as context:
        context.add_init_script(OBSERVE)
        page = context.new_page()
        network = context.new_cdp_session(page)
        answers, sizes = {}, {}
        network.on(
            "Network.responseReceived",
            lambda said: (
                answers.update({said["requestId"]: said})
                # Others are the browser's own, such as an icon of a form.
                if said["response"]["url"].startswith("http")
                else None
            ),
        )
        network.on(
            "Network.loadingFinished",
            lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}),
        )
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", CONNECTION)
        page.goto(url, wait_until="networkidle")
        seen = page.evaluate("seen")

    def bytes_of(*types):
        return sum(sizes[key] for key, said in answers.items() if said["type"] in types)

    # Where more wants to run than there are processors, a task takes longer by as much.
    busy = max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    photographs = sum(sizes[key] for key, said in answers.items() if "/media/" in said["response"]["url"])
    return {
        "requests": len(answers),
        "bytes": sum(sizes.values()) - photographs,
        "script": bytes_of("Script"),
        "style": bytes_of("Stylesheet"),
        "styles": sum(said["type"] == "Stylesheet" for said in answers.values()),
        "shift": seen["shift"],
        "blocked": sum(max(0, task / busy - 50) for task in seen["tasks"]),
    }, [said["response"] for said in answers.values()]


@pytest.fixture
def halting(portal):
    """halting(path, end): the address of that page from a server that halts for a second after the first `end`."""
    servers = []

    def serve(path, end):
        html = urlopen(portal + path).read().replace(b'="/', f'="{portal}/'.encode())
        first, _, rest = html.partition(end.encode())
        assert rest

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(first + end.encode())
                time.sleep(1)
                self.wfile.write(rest)

            def log_message(self, *args):
                pass

        servers.append(ThreadingHTTPServer(("localhost", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://localhost:{servers[-1].server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("end", ["</li>", "</h1>"], ids=["half a menu", "half a hero"])
def test_nothing_moves_while_a_page_arrives(browser, halting, end):
    with browser.new_context(viewport={"width": 1366, "height": 768}) as context:
        context.add_init_script(OBSERVE)
        page = context.new_page()
        page.goto(halting("/roadmap/", end), wait_until="networkidle")
        assert page.evaluate("seen.shift") == 0


def test_pages_keep_their_budget(browser, portal):
    beyond = {}
    for path in PATHS:
        found, answers = weigh(browser, portal + path)
        if found["blocked"]:  # a machine blocks now and then, a page that does so blocks each time
            found["blocked"] = weigh(browser, portal + path)[0]["blocked"]
        beyond[path] = {name: value for name, value in found.items() if value > BUDGETS[name]}
        assert found["styles"] == 1
        for answer in answers:
            headers = {name.lower(): value for name, value in answer["headers"].items()}
            assert answer["url"].startswith(portal)
            if "/static/" in answer["url"]:
                assert "immutable" in headers["cache-control"], answer["url"]
            if answer["mimeType"].startswith("text/") or "svg" in answer["mimeType"]:
                assert headers["content-encoding"] == "br", answer["url"]
    assert not any(beyond.values()), beyond


def test_light_and_dark_are_chosen_without_a_cookie_and_headings_keep_their_width(browser, portal):
    choose_light_and_dark(browser, portal)
    compare_faces(browser, portal)


def choose_light_and_dark(browser, portal):
    with browser.new_context(color_scheme="light") as context:
        page = context.new_page()
        ground = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
        page.goto(portal)
        light = ground()
        page.get_by_role("button", name="Colour scheme: system").click()
        page.get_by_role("button", name="Colour scheme: light").press("Enter")
        page.get_by_role("button", name="Colour scheme: dark").wait_for()
        dark = ground()
        assert dark != light
        page.goto(f"{portal}/about/")
        assert ground() == dark, "it is remembered"
        assert page.evaluate("document.querySelector('meta[name=color-scheme]').content") == "dark"
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        page.emulate_media(media="screen")
        other = context.new_page()
        other.goto(f"{portal}/events/")
        other.get_by_role("button", name="Colour scheme: dark").click()
        page.get_by_role("button", name="Colour scheme: system").wait_for()
        assert ground() == light
        assert page.evaluate("localStorage.length") == 0
        assert context.cookies() == []
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(portal)
        assert page.get_by_role("button", name="Colour scheme").count() == 0


def compare_faces(browser, portal):
    """With and without the font a line of a heading is as long, to a few per cent."""
    width = """async (family) => {
      const [, address] = (await (await fetch(document.querySelector("[rel=stylesheet]").href)).text())
        .match(/url\\("?([^")]*archivo-display[^")]*)/);
      document.fonts.add(await new FontFace("Own", `url(/static/earthcode/css/${address})`).load());
      const line = document.createElement("span");
      line.textContent = "Workshops on open science and the ocean";
      document.body.append(line);
      line.style.cssText = `position: absolute; white-space: nowrap; font: 700 100px ${family}, monospace`;
      return line.getBoundingClientRect().width;
    }"""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(portal)
        own, nothing = page.evaluate(width, "Own"), page.evaluate(width, "Nothing")
        assert own < nothing / 1.2
        for name in ("Narrow", "Wide"):
            other = page.evaluate(width, f'"Archivo Display {name}"')
            assert other == nothing or other == pytest.approx(own, rel=0.03), "or it is not installed"
