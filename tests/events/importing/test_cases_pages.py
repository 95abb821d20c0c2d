"""Web pages and exports of Indico that others got wrong."""

import pytest

from events.importing.feed import Level
from events.importing.parse import parse

from .test_cases_tables import CASES


def test_a_status_that_is_an_object():
    feed = parse((CASES / "ld-status-object.html").read_bytes(), default_timezone="Europe/Rome")
    assert [event.event_status for event in feed.events] == ["EventCancelled"]


@pytest.mark.parametrize("told", [b'{"id": "", "name": "Nowhere"}', b'"nowhere"', b"0"])
def test_what_indico_shows_nowhere_is_left_out_and_said(told):
    data = (CASES / "indico-visibility-nowhere.json").read_bytes()
    data = data.replace(b'{"id": "", "name": "Nowhere"}', told)
    feed = parse(data, default_timezone="Europe/Rome")
    assert feed.events == ()
    assert [problem.level for problem in feed.problems] == [Level.SKIPPED]
