"""Pictures of imported events (case 50): looked at, kept once, and the editor's own are left alone."""

import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone as clock
from PIL import Image

from earthcode.models import PortalImage
from events.importing import ImportSource, import_stored
from events.importing.feed import FeedUnusable
from events.importing.images import looked_at
from events.importing.models import ImportedImage, ImportRecord
from events.importing.settle import open_conflicts
from events.importing.undo import undo
from events.models import EventPage
from tests.builders import change_sources, make_calendar, make_image, the

pytestmark = pytest.mark.django_db


def picture(kind="PNG", size=(8, 8), color="teal"):
    content = BytesIO()
    Image.new("RGB", size, color).save(content, kind)
    return content.getvalue()


def png_of(width, height):
    """The head of a PNG of that size, and little more."""

    def chunk(name, data):
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def answers():
    """What is at each path of the server: the content type and the bytes."""
    return {"/one.png": ("image/png", picture())}


@pytest.fixture
def site(serve, answers):
    """The address of a server, and the paths that it was asked for."""

    def answer(handler):
        asked.append(handler.path)
        kind, body = answers.get(handler.path, ("text/plain", b""))
        handler.send_response(200 if body else 404)
        handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(body)

    asked = []
    return serve(answer).removesuffix("/feed.ics"), asked


@pytest.fixture
def run(site, event_list, tmp_path):
    """run("/one.png", …): imports an event for each path, whose picture is there; gives the summary."""
    path = tmp_path / "feed.ics"
    source = ImportSource(
        name="Partner", address=str(path), parent=event_list, publish="publish", images=True
    )
    source.approved = source.what_was_approved
    source.save()

    def imported(*paths, **options):
        entries = [
            f"UID:{n}\nSUMMARY:Event {n}\n" + (f"IMAGE;VALUE=URI:{site[0]}{path}" if path else "")
            for n, path in enumerate(paths)
        ]
        tmp_path.joinpath("feed.ics").write_bytes(make_calendar(*entries))
        return import_stored(ImportSource.objects.get(), trigger="command", **options)

    return imported


def test_case_50_a_picture_comes_with_its_event(run, site):
    summary = run("/one.png")
    image = the(PortalImage)
    page = the(EventPage)
    assert page.live
    assert page.image == image
    assert (image.title, image.credit, image.width) == ("Event 0", "127.0.0.1", 8)
    assert image.file.name.endswith(".png")
    assert summary.problems == []
    assert run("/one.png").counts["unchanged"] == 1
    assert site[1] == ["/one.png"]


def test_case_50_the_same_picture_is_stored_once(run, answers, site):
    answers["/copy.png"] = answers["/one.png"]
    run("/one.png", "/copy.png", "/one.png")
    assert {page.image for page in EventPage.objects.all()} == {the(PortalImage)}
    assert site[1] == ["/one.png", "/copy.png"]
    assert run("/one.png", "/copy.png", "/one.png").counts["unchanged"] == 3


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("image/svg+xml", SVG, "It is none of AVIF, GIF, JPEG, PNG, WEBP"),
        ("image/png", SVG, "It is none of"),
        ("image/png", b"<html>", "It is none of"),
        ("text/html", picture(), "sent no picture"),
        ("image/png", png_of(30_000, 30_000), "million pixels"),
        ("image/png", png_of(60_000, 60_000), "million pixels"),
        ("image/png", picture(size=(99, 99))[:-60], "damaged"),
        ("image/tiff", picture("TIFF"), "It is none of"),
        ("image/png", b"", "404"),
    ],
    ids=("svg", "called png", "page", "wrong type", "large", "bomb", "cut", "other format", "missing"),
)
def test_case_50_what_is_no_good_picture_is_left_out_and_told(run, answers, site, kind, body, words):
    answers["/x"] = (kind, body)
    summary = run("/x", "")
    assert EventPage.objects.live().count() == 2
    assert not PortalImage.objects.exists()
    (problem,) = summary.problems
    assert problem.reason.startswith("Its picture is left out. ")
    assert words in problem.reason
    assert run("/x", "").counts["unchanged"] == 2
    assert len(site[1]) == 1


def test_a_picture_that_was_refused_is_asked_for_again_after_a_day(run, answers, site):
    run("/later.png")
    answers["/later.png"] = ("image/png", picture())
    run("/later.png")
    assert the(EventPage).image is None
    ImportedImage.objects.update(checked_at=clock.now() - timedelta(days=2))
    assert run("/later.png").counts["updated"] == 1
    assert the(EventPage).image == the(PortalImage)


def test_another_address_is_another_picture_and_none_takes_it_away(run, answers):
    answers["/two.jpg"] = ("image/jpeg", picture("JPEG", color="red"))
    run("/one.png")
    run("/two.jpg")
    assert the(EventPage).image.file.name.endswith(".jpg")
    run("")
    assert the(EventPage).image is None


def test_the_editors_picture_stays(run, answers):
    answers["/two.png"] = ("image/png", picture(color="red"))
    run("/one.png")
    page, own = the(EventPage), make_image(title="Own")
    page.image = own
    page.save_revision().publish()
    summary = run("/two.png")
    assert the(EventPage).image == own
    assert the(ImportRecord).conflicts == ["image"]
    assert "image" in summary.problems[0].reason
    (shown,) = open_conflicts(the(ImportRecord)).values()
    assert shown.before == "Another picture of the library"
    assert shown.after.endswith("/two.png")


def test_a_picture_that_an_editor_deleted_stays_away(run):
    run("/one.png", "/one.png")
    the(PortalImage).delete()
    assert run("/one.png", "/one.png").counts["failed"] == 0
    assert not EventPage.objects.exclude(image=None).exists()
    assert not PortalImage.objects.exists()


def test_a_source_brings_pictures_only_if_it_is_to(run, site):
    change_sources(images=False)
    run("/one.png")
    assert the(EventPage).image is None
    assert site[1] == []
    change_sources(images=True)
    assert run("/one.png").counts["updated"] == 1
    change_sources(images=False)
    run("/other.png")
    assert the(EventPage).image == the(PortalImage)


def test_what_is_too_much_for_one_run_comes_with_the_next(run, monkeypatch):
    monkeypatch.setattr("events.importing.images.MAX_PICTURES", 1)
    summary = run("/one.png", "/two.png")
    assert (summary.counts["created"], summary.is_settled) == (2, False)


def test_a_test_of_a_feed_fetches_no_picture(run, site):
    assert run("/one.png", dry_run=True).counts["created"] == 1
    assert site[1] == []


def test_case_53_undoing_takes_the_picture_off_again(run, answers):
    answers["/two.png"] = ("image/png", picture(color="red"))
    run("/one.png")
    first = the(EventPage).image
    undo(run("/two.png").run, user=None)
    assert the(EventPage).image == first


def test_a_picture_is_what_it_is_whatever_it_is_called():
    assert looked_at(picture("JPEG")).name == "event.jpg"
    with pytest.raises(FeedUnusable):
        looked_at(b"")
