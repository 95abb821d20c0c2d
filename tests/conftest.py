"""What every test stands on: a database, no network, and a browser for those that ask for one."""

import contextlib
import gc
import ipaddress
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from django.db import connections, transaction
from django.test import override_settings

from earthcode.command_line import database
from earthcode.local_database import LocalDatabaseError
from earthcode.settings.environment import ConfigurationError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A busy machine is no reason to fail; what must not hang says so itself, generously.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

USUAL_COLLECTIONS = gc.get_threshold()

_database = contextlib.ExitStack()


def pytest_configure() -> None:
    sys.addaudithook(refuse_network)
    # Playwright leaves an event loop running in this thread, under which asgiref's storage would hand out other
    # connections than before it: ones that know nothing of the test database.
    connections._connections = threading.local()  # type: ignore[attr-defined]
    # Under xdist its controller comes here first and leaves last: the workers find the server running.
    try:
        _database.enter_context(database())
    except (ConfigurationError, LocalDatabaseError) as refusal:
        pytest.exit(str(refusal), returncode=1)


def pytest_collection_finish() -> None:
    # A third of the time went into looking through the same modules, classes and templates for garbage.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_unconfigure() -> None:
    _database.close()


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Let tests talk to this machine only (an audit hook: it hears of every Python socket)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and arguments[0].family != socket.AF_UNIX:
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    raise RuntimeError(f"a test tried to reach {host}: tests have no network")


@pytest.fixture(scope="session", autouse=True)
def _media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Uploads of tests go where tests' files go."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield


@pytest.fixture
def usual_collections() -> Iterator[None]:
    """Garbage is looked for as often as in the portal, for a test of the memory in use."""
    rare = gc.get_threshold()
    gc.set_threshold(*USUAL_COLLECTIONS)
    yield
    gc.set_threshold(*rare)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not CHROMIUM:
        how = "no Chromium: `apt-get install chromium` runs the browser tests"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(how, pytrace=False)
        pytest.skip(how)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium, started once; tests that use it are marked `browser`."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, for which Django would refuse to use the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page of a browser that has been nowhere yet."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database, for fixtures of a module: what they make stands before each of its tests, and goes after the last.
    Not for modules whose tests commit, as those with a live server do."""
    outermost = transaction.atomic()
    outermost._from_testcase = (
        True  # as of Django's own: code that asks for the outermost transaction may have it
    )
    with django_db_blocker.unblock(), outermost:
        yield
        transaction.set_rollback(True)


@pytest.fixture
def live_server(django_db_serialized_rollback: None, live_server: Any) -> Any:
    """pytest-django's. Its tests empty the tables at the end; the next one gets back what the migrations wrote."""
    return live_server
