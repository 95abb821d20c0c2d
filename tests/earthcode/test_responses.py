"""What leaves the server: headers, caching, cookies, errors."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.views.defaults import permission_denied, server_error
from wagtail.models import PageViewRestriction

from earthcode import views
from earthcode.models import HomePage
from tests.builders import make_content_page, make_event, make_event_index, make_home, make_mission, the

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home():
    return make_home()


def policy(response):
    return dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))


def test_the_policy_of_public_pages(client):
    directives = policy(client.get("/"))
    assert directives["default-src"] == "'self'"
    assert directives["object-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in str(directives)


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/readyz", "/nothing/", "/admin/login/"])
def test_headers_of_every_answer(client, path):
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in response["Permissions-Policy"]
    assert response["Content-Security-Policy"]


def test_the_admin_has_its_own_policy(client, admin_client):
    assert "'unsafe-inline'" in policy(admin_client.get("/admin/"))["script-src"]
    assert policy(admin_client.get("/admin/"))["object-src"] == "'none'"


def test_public_pages_are_for_shared_caches_and_set_no_cookie(client):
    response = client.get("/")
    for directive in ("public", "max-age=0", "s-maxage=60", "stale-while-revalidate=600"):
        assert directive in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize("path", ["/", "/nothing/", "/search/?q=earth"])
def test_staff_have_the_user_bar_and_their_pages_are_kept_by_nobody(client, admin_client, path):
    before = client.get(path)
    staff = admin_client.get(path, headers={"Accept-Encoding": "br"})
    assert "<wagtail-userbar>" in staff.content.decode()
    assert staff["Cache-Control"] == "private, no-store"
    assert staff["Content-Security-Policy"] == before["Content-Security-Policy"]
    assert not staff.has_header("ETag")
    assert not staff.has_header("Content-Encoding"), "a token of the bar is nobody's to guess"
    after = client.get(path)
    assert after.content == before.content
    assert after.headers == before.headers


def test_who_may_not_enter_the_admin_gets_the_page_of_all(client, django_user_model):
    page = client.get("/")
    client.force_login(django_user_model.objects.create_user("reader"))
    assert client.get("/").content == page.content
    assert "public" in client.get("/")["Cache-Control"]


def test_no_session_is_looked_for_where_there_is_none(client):
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert not [query for query in queries if "session" in query["sql"]]


def test_a_page_that_did_not_change_is_not_sent_again(client):
    etag = client.get("/")["ETag"]
    again = client.get("/", headers={"if-none-match": etag})
    assert again.status_code == 304
    assert not again.content
    the(HomePage).save_revision()
    assert client.get("/", headers={"if-none-match": etag}).status_code == 304, "a draft changes nothing"
    page = the(HomePage)
    page.title = "Another title"
    page.save_revision().publish()
    assert client.get("/", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("path", ["/nothing/", "/admin/login/", "/admin/", "/healthz", "/readyz"])
def test_nothing_else_is_stored(client, path):
    assert client.get(path)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("restriction", ["password", "login"])
def test_a_private_page_is_not_stored(client, admin_client, restriction):
    page = make_content_page(title="Secret")
    PageViewRestriction.objects.create(page=page, restriction_type=restriction, password="open sesame")
    for visitor in (client, admin_client):
        assert visitor.get(page.url)["Cache-Control"] == "private, no-store"
    if restriction == "login":
        assert "Secret" in admin_client.get(page.url).content.decode()


def test_a_password_opens_a_private_page(client):
    page = make_content_page(title="Secret")
    restriction = PageViewRestriction.objects.create(
        page=page, restriction_type="password", password="sesame"
    )
    asked = client.get(page.url).content.decode()
    assert "Password required" in asked
    client.post(
        f"/_util/authenticate_with_password/{restriction.pk}/{page.pk}/",
        {"password": "sesame", "return_url": page.url},
    )
    opened = client.get(page.url)
    assert "Password required" not in opened.content.decode()
    assert opened["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/", "/about/"])
def test_a_preview_may_be_framed_by_the_admin_and_is_not_stored(admin_client, home, path):
    page = home if path == "/" else make_mission()
    response = page.make_preview_request()
    assert response.status_code == 200
    assert policy(response)["frame-ancestors"] == "'self'"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Cache-Control"] == "private, no-store"


def test_a_missing_page(client):
    response = client.get("/nothing/")
    assert response.status_code == 404
    html = response.content.decode()
    assert html.count("<h1>") == 1
    assert "Page not found" in html
    assert 'content="noindex"' in html


def test_what_is_not_for_everybody(rf):
    response = permission_denied(rf.get("/"), PermissionDenied())
    assert response.status_code == 403
    assert "Not for everybody" in response.content.decode()


def test_an_expired_form():
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_a_failure_is_said_without_the_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def test_health_and_readiness(client, monkeypatch, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200

    class Gone:
        def cursor(self):
            raise OperationalError("the database is gone")

    monkeypatch.setattr(views, "connection", Gone())
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_robots_and_sitemap(client, settings):
    settings.BASE_URL = "https://portal.example.org"
    make_event_index()
    event = make_event(title="Hackathon")
    draft = make_event(title="Draft")
    draft.unpublish()
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: https://portal.example.org/sitemap.xml" in robots
    assert "Disallow: /admin/" in robots
    response = client.get("/sitemap.xml")
    sitemap = response.content.decode()
    for path in ("/", "/events/", "/events/past/", event.url):
        assert f"<loc>https://portal.example.org{path}</loc>" in sitemap
    assert draft.url not in sitemap
    assert "public" in response["Cache-Control"]


def test_media(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.txt").write_text("no image of the library")
    (tmp_path / "secret.txt").write_text("secret")
    for path in (
        "/media/images/a.txt",
        "/media/",
        "/media/images/",
        "/media/images/nothing.txt",
        "/media/secret.txt",
        "/media/images/../secret.txt",
        "/media/images/%2e%2e/secret.txt",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get("/media/images/..").status_code in (400, 404)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_small_addresses_answer_reading_only(client, method):
    assert getattr(client, method)("/robots.txt").status_code == 405
