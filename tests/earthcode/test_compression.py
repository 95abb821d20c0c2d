"""What the portal writes, compressed for whoever can read it, where no secret is in it."""

import gzip
from random import Random

import brotli
import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from earthcode.compression import SHORTEST, best_coding, compressed
from tests.builders import make_content_page, make_event, make_event_index, make_home

DECODE = {"br": brotli.decompress, "gzip": gzip.decompress}
CHROMIUM = "gzip, deflate, br, zstd"
HTML = b"<p>" + b"the view from orbit " * 100


def answer(rf, response, accepted=CHROMIUM, *, method="get", cookies=()):
    request = getattr(rf, method)("/", headers={"Accept-Encoding": accepted})
    request.COOKIES.update(cookies)
    return compressed(lambda request: response)(request)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (CHROMIUM, "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0.1, br;q=0", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=nonsense", None),
        ("identity", None),
        ("deflate, zstd", None),
        ("", None),
        (",;=,q=1" * 1000, None),
    ],
)
def test_a_client_gets_what_it_reads_best(accepted, coding):
    assert best_coding(accepted) == coding


@pytest.mark.parametrize("coding", DECODE)
def test_what_is_sent_says_the_same(rf, coding):
    response = HttpResponse(HTML, headers={"Content-Length": len(HTML)})
    answer(rf, response, coding)
    assert DECODE[coding](response.content) == HTML
    assert response["Content-Encoding"] == coding
    assert int(response["Content-Length"]) == len(response.content) < len(HTML)


@pytest.mark.parametrize("coding", DECODE)
def test_a_stream_is_compressed_while_it_is_written(rf, coding):
    random = Random(1)
    pieces = [random.randbytes(1000).hex().encode() for _ in range(2000)]
    written = []

    def write():
        for piece in pieces:
            written.append(piece)
            yield piece

    sent = iter(answer(rf, StreamingHttpResponse(write(), content_type="text/calendar"), coding))
    first = next(sent)
    assert len(written) < 100
    assert DECODE[coding](first + b"".join(sent)) == b"".join(pieces)


def test_a_head_has_the_headers_and_no_body(rf):
    response = answer(rf, StreamingHttpResponse([], content_type="text/calendar"), method="head")
    assert b"".join(response) == b"", "not even the few bytes of an empty stream"
    assert response["Content-Encoding"] == "br"
    assert response["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("cache_control", "came", "goes", "expected"),
    [
        ("public, max-age=0", {}, False, "br"),
        ("public, max-age=0", {"of_another": "site"}, False, "br"),
        ("private, no-store", {}, False, "br"),
        ("private, no-store", {"sessionid": "secret"}, False, None),
        ("private, no-store", {}, True, None),
    ],
)
def test_what_may_hold_a_secret_is_not_compressed(rf, cache_control, came, goes, expected):
    response = HttpResponse(HTML, headers={"Cache-Control": cache_control})
    if goes:
        response.set_cookie("csrftoken", "secret")
    assert answer(rf, response, cookies=came).get("Content-Encoding") == expected


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(HTML, content_type="image/png"),
        HttpResponse(HTML, headers={"Content-Encoding": "zstd"}),
        HttpResponse(b"x" * (SHORTEST - 1)),
        HttpResponse(HTML, status=304, content_type=""),
    ],
    ids=["picture", "compressed already", "short", "not modified"],
)
def test_what_gains_nothing_stays_as_it_is(rf, response):
    before = response.content, response.get("Content-Encoding")
    answer(rf, response)
    assert (response.content, response.get("Content-Encoding")) == before


def test_a_file_stays_a_file(rf, tmp_path):
    (tmp_path / "a.txt").write_bytes(HTML)
    response = answer(rf, FileResponse((tmp_path / "a.txt").open("rb")))
    assert not response.has_header("Content-Encoding")
    assert b"".join(response) == HTML


@pytest.mark.parametrize("accepted", [CHROMIUM, ""])
def test_caches_keep_one_of_each_coding(rf, accepted):
    response = answer(rf, HttpResponse(HTML, headers={"Vary": "Cookie"}), accepted)
    assert response["Vary"] == "Cookie, Accept-Encoding"


def test_an_etag_of_a_view_becomes_weak(rf):
    assert answer(rf, HttpResponse(HTML, headers={"ETag": '"a"'}))["ETag"] == 'W/"a"'
    assert answer(rf, HttpResponse(HTML, headers={"ETag": 'W/"a"'}))["ETag"] == 'W/"a"'


@pytest.mark.django_db
def test_pages_feeds_and_errors_come_compressed_and_are_not_sent_twice(client):
    make_home()
    make_event_index()
    make_event(title="Hackathon")
    make_content_page(title="About")
    for path in (
        "/",
        "/events/",
        "/events/feed.ics",
        "/events/feed.atom",
        "/sitemap.xml",
        "/search/?q=hackathon",
    ):
        plain = client.get(path)
        body, etags = plain.getvalue(), {plain["ETag"]}
        for coding in DECODE:
            response = client.get(path, headers={"Accept-Encoding": coding})
            assert response["Content-Encoding"] == coding, path
            assert DECODE[coding](response.getvalue()) == body, path
            assert "Accept-Encoding" in response["Vary"]
            etags.add(response["ETag"])
            again = client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": response["ETag"]})
            assert again.status_code == 304, path
            assert not again.getvalue()
            assert again["ETag"] == response["ETag"]
            assert again["Vary"] == response["Vary"]
            assert not again.has_header("Content-Encoding")
        assert len(etags) == 3 or plain["ETag"].startswith("W/"), "one for each sequence of bytes"
        head = client.head(path, headers={"Accept-Encoding": "br"})
        assert head["Content-Encoding"] == "br"
        assert head["Vary"] == plain["Vary"]
    assert client.get("/nothing/", headers={"Accept-Encoding": "br"})["Content-Encoding"] == "br"
    assert not client.get("/admin/login/", headers={"Accept-Encoding": "br"}).has_header("Content-Encoding")
