"""A portal with a list of events, and ical.js: a second opinion about calendars, which Thunderbird reads them with."""

import json
import select
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from events.models import EventIndexPage
from tests.builders import make_event_index, make_home, the
from tests.tools import installed


@pytest.fixture(scope="module")
def _portal(module_db: None) -> None:
    make_home()
    make_event_index()


@pytest.fixture
def event_list(_portal: None, db: None) -> EventIndexPage:
    """The list of events, still empty, below a home page."""
    return the(EventIndexPage)


@pytest.fixture(scope="session")
def read_by_ical_js() -> Iterator[Callable[[bytes, date], dict[str, Any]]]:
    """What ical.js makes of a calendar, with the dates of series up to a day; see tests/tools/calendar_reader."""
    folder = installed("calendar_reader")
    with subprocess.Popen(
        ("node", "read.mjs"), cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        stdin, stdout = reader.stdin, reader.stdout

        def read(calendar: bytes, last: date) -> dict[str, Any]:
            stdin.write(json.dumps({"calendar": calendar.decode(), "last": last.isoformat()}) + "\n")
            stdin.flush()
            assert select.select([stdout], [], [], 60)[0], "ical.js does not come to an end"
            answer = json.loads(stdout.readline())
            assert "error" not in answer, answer["error"]
            return answer

        yield read
        stdin.close()
