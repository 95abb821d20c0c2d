"""Whoever was signed out while typing saves all the same."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import QueryDict
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from earthcode.models import ContentPage
from earthcode.signed_out import SIGNED_IN_AGAIN, SIGNED_OUT
from tests.builders import make_content_page, make_home, the
from tests.editing import open_form

pytestmark = pytest.mark.django_db

TYPED = "Half an hour's work,\r\nin two lines & a </textarea>."
HOST = {"headers": {"origin": "http://testserver"}}


@pytest.fixture
def form():
    """A form that an editor has open, in a browser that is asked for tokens."""
    make_home()
    page = make_content_page(title="A page", summary="Before.")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("ann", password="a good password"))
    form = open_form(client, page).fill(summary=TYPED)
    return form.fill(csrfmiddlewaretoken=token_in(form.response))


def sign_out(form):
    Session.objects.all().delete()


def sign_in_elsewhere(form):
    token = token_in(form.client.get("/admin/login/"))
    answer = form.client.post(
        "/admin/login/",
        {"username": "ann", "password": "a good password", "csrfmiddlewaretoken": token, "next": "/admin/"},
    )
    assert answer.status_code == 302


def press(form, data, **options):
    return form.client.post(form.action, dict(data.lists()), **options)


def token_in(response):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.content.decode())[1]


def kept(response):
    """What the form that keeps the words sends, as a browser reads it."""
    html = response.content.decode().partition('<form method="post"')[2]
    data = QueryDict(mutable=True)
    for name, value in re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', html, re.DOTALL):
        data.appendlist(unescape(name), unescape(value))
    data["csrfmiddlewaretoken"] = token_in(response)
    return data


def test_the_words_stay_in_the_tab_and_are_saved_after_signing_in(form):
    sign_out(form)
    response = press(form, form.data)
    assert (response.status_code, SIGNED_OUT in unescape(response.content.decode())) == (403, True)
    sent = kept(response)
    assert sent["summary"] == TYPED
    sign_in_elsewhere(form)
    # Without a script its token is the one from before signing in.
    response = press(form, sent, **HOST)
    assert SIGNED_IN_AGAIN in unescape(response.content.decode())
    assert press(form, kept(response)).status_code == 302
    assert the(ContentPage).get_latest_revision_as_object().summary == TYPED


def test_publishing_goes_on_to_publish(form):
    sign_out(form)
    form.fill(**{"action-publish": "1"})
    sent = kept(press(form, form.data))
    sign_in_elsewhere(form)
    press(form, kept(press(form, sent, **HOST)))
    assert the(ContentPage).summary == TYPED


def test_nothing_is_saved_for_somebody_who_is_signed_out(form):
    sign_out(form)
    press(form, kept(press(form, form.data)))
    assert the(ContentPage).get_latest_revision_as_object().summary == "Before."


@pytest.mark.parametrize(("is_back", "message"), [(False, SIGNED_OUT), (True, SIGNED_IN_AGAIN)])
def test_saving_by_itself_says_what_to_do(form, is_back, message):
    sign_out(form)
    if is_back:
        sign_in_elsewhere(form)
    headers = {"accept": "application/json", "origin": "http://testserver"}
    response = press(form, form.data, headers=headers)
    assert response.json() == {
        "success": False,
        "error_code": "validation_error",
        "error_message": message,
    }


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_a_form_of_another_site_is_not_offered_for_sending(form, origin):
    form.data["csrfmiddlewaretoken"] = _get_new_csrf_string()
    response = press(form, form.data, headers={"origin": origin} if origin else {})
    assert response.status_code == 403
    assert "Half an hour" not in response.content.decode()
    assert "Nothing was saved." in response.content.decode()


def test_no_password_is_kept(form):
    sign_out(form)
    form.action = "/admin/account/"
    form.data["password-new_password1"] = "a better password"
    response = press(form, form.data)
    assert "a better password" not in response.content.decode()
    assert "Half an hour" in response.content.decode()


def test_signing_in_wrongly_keeps_nothing(client):
    make_home()
    response = client.post("/admin/login/", {"username": "ann", "password": "wrong"})
    assert response.status_code == 200
    response = client.post("/admin/logout/")
    assert response.status_code == 302
