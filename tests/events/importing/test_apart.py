"""Feeds of strangers take no more of the processor and of memory than they are given, while somebody waits."""

import io
import json
import subprocess
import time
import zipfile
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone as clock

from events.importing import apart as module
from events.importing.apart import Here, read_apart
from events.importing.check import make_link, token_of
from events.importing.feed import FeedUnusable
from events.importing.markup import MAX_DEPTH, rich_text
from events.importing.models import ImportSource
from tests.builders import make_calendar

from .locks import held_elsewhere

NESTED = "<ul><li>" * 3_500
AT = datetime(2026, 11, 30, 9, tzinfo=UTC)


def read(data, **options):
    with read_apart() as reader:
        return reader.parse(data, default_timezone="Europe/Rome", at=AT, **options)


@pytest.fixture
def little(monkeypatch):
    """Half a second of the processor is needed to start."""
    monkeypatch.setattr(module, "CPU_SECONDS", 2)


# The process


def test_a_feed_is_read_as_in_the_portal_itself():
    data = make_calendar(
        "SUMMARY:One\nDESCRIPTION:<b>x</b> http://a.example", "DTSTART:x", "RRULE:FREQ=DAILY;COUNT=3"
    )
    with read_apart() as reader:
        for format in ("", "ical"):
            options = {
                "format": format,
                "default_timezone": "Europe/Rome",
                "at": AT,
                "address": "https://a.example/",
            }
            assert reader.parse(data, **options) == Here().parse(data, **options)
        with pytest.raises(FeedUnusable, match="web page"):
            reader.parse(b"<html><p>", default_timezone="Europe/Rome")


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", b"<workbook>" + bytes(400_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        make_calendar(*(f"SUMMARY:{number}" for number in range(60_000))),
        make_calendar(*[f"SUMMARY:x\nDESCRIPTION:{NESTED}"] * 300),
        b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script>",
        json.dumps(
            [{"@context": "https://schema.org", "@type": "Event", "name": "x" * 99}] * 60_000
        ).encode(),
        bomb(),
        make_calendar(*["RRULE:FREQ=SECONDLY\nEXDATE:" + ",".join(["20260101T000000"] * 9_000)] * 60),
    ],
    ids=("many events", "nested lists", "deep JSON", "many entries", "zip bomb", "many exceptions"),
)
def test_whatever_comes_takes_only_so_long(little, data):
    started, own = time.monotonic(), time.process_time()
    with suppress(FeedUnusable):
        read(data)
    assert time.process_time() - own < 3
    assert time.monotonic() - started < 60


def test_what_takes_too_long_is_told(little):
    with pytest.raises(FeedUnusable, match="takes longer than"):
        read(make_calendar(*(f"SUMMARY:{number}" for number in range(60_000))))


def test_nothing_of_the_portal_is_known_in_the_process(monkeypatch):
    seen = {}

    class Watched(subprocess.Popen):
        def __init__(self, *arguments, **options):
            seen.update(options)
            super().__init__(*arguments, **options)
            seen["process"] = self

    monkeypatch.setattr(module.subprocess, "Popen", Watched)
    monkeypatch.setenv("IMPORT_CREDENTIAL_X", "s3cr3t")
    read(make_calendar("SUMMARY:One"))
    assert seen["env"] == {}
    assert seen["process"].returncode is not None


# Descriptions


@pytest.mark.parametrize(
    "tags", ["<ul><li>", "<div>", "<b>", "<dl><dt>", "<blockquote>", "<b><p></b>", "<b><i></b></i>"]
)
def test_nested_tags_are_cut_before_they_are_parsed(tags):
    started = time.process_time()
    body = rich_text("Before " + (tags * 30_000)[:29_000] + " after")
    assert "Before" in body
    # A third of a second and more for lists before there was a limit.
    assert time.process_time() - started < 0.25


def test_what_people_write_is_not_cut():
    assert rich_text("<ul>" + "<li>a" * 500 + "</ul>").count("<li>") == 500
    assert rich_text("<p>a" * 500).count("<p>") == 500
    deep = "<table><tbody><tr><td>" * (MAX_DEPTH // 2 - 1)
    assert rich_text(f"{deep}<b>x</b> <a class='y' href='https://a.example/' onclick='z'>w</a>") == (
        '<p><b>x</b> <a href="https://a.example/">w</a></p>'
    )
    assert "x" in rich_text("<div>" * 500 + "x" + "</div>" * 500)


# Who waits


@pytest.mark.django_db
def test_a_check_of_a_feed_that_takes_too_long_ends(client, source, server, little):
    server.body = make_calendar(*[f"SUMMARY:x\nDESCRIPTION:{NESTED}"] * 200)
    link = make_link(source, user=None, at=clock.now())
    own = time.process_time()
    response = client.post(reverse("feed_check", args=[token_of(link)]), {"address": ""})
    assert response.status_code == 200
    assert "takes longer than" in response.content.decode()
    assert time.process_time() - own < 3


@pytest.mark.django_db
def test_a_test_of_a_feed_that_takes_too_long_ends(as_moderator, source, server, little):
    server.body = make_calendar(*(f"SUMMARY:{number}" for number in range(60_000)))
    response = as_moderator.post(reverse("import_sources:test", args=[source.pk]))
    assert "takes longer than" in response.content.decode()


@pytest.mark.django_db
def test_partners_and_editors_wait_for_each_other(client, as_moderator, source, server):
    link = make_link(source, user=None, at=clock.now())
    pages = (reverse("feed_check", args=[token_of(link)]), reverse("import_sources:test", args=[source.pk]))
    with held_elsewhere("check at once 0", "check at once 1"):
        for page in pages:
            response = as_moderator.post(page)
            assert (response.status_code, response["Retry-After"]) == (429, "30")
            assert "Try again in 30 seconds" in response.content.decode()
    assert server.asked == []
    with held_elsewhere("check at once 0"):
        assert as_moderator.post(pages[1]).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head", "options", "put"])
def test_only_pressing_the_button_asks_a_server(as_moderator, source, server, method):
    ImportSource.objects.update(format="table")
    link = make_link(source, user=None, at=clock.now())
    for page in (
        reverse("feed_check", args=[token_of(link)]),
        reverse("import_sources:test", args=[source.pk]),
        reverse("import_upload:columns", args=[source.pk]),
    ):
        assert getattr(as_moderator, method)(page).status_code in {200, 405}
    assert server.asked == []
