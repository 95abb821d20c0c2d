"""Whoever guesses has to wait, and nobody learns who has an account."""

import logging
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from earthcode.models import Attempts
from earthcode.settings.environment import mail_settings
from earthcode.settings.logs import LineFormatter, without_secret_links
from earthcode.tasks import send_password_reset
from earthcode.throttling import attempt, forget_attempt, forget_old_attempts
from tests.builders import make_event, make_event_index, make_home

pytestmark = pytest.mark.django_db

AT = datetime.fromisoformat("2027-05-04T12:00:00+00:00")
HOUR = timedelta(hours=1)
RESET = "/admin/password_reset/"


def tries(number, at=AT, who="somebody"):
    return [attempt("door", who, limit=3, period=HOUR, at=at) for _ in range(number)]


def test_so_many_in_a_period():
    assert tries(5) == [None, None, None, HOUR, HOUR]
    assert tries(1, AT + timedelta(minutes=20)) == [timedelta(minutes=40)]
    assert tries(1, who="somebody else") == [None]
    assert tries(4, AT + HOUR) == [None, None, None, HOUR]


def test_a_success_costs_nothing():
    for _ in range(10):
        assert tries(1) == [None]
        forget_attempt("door", "somebody")
    forget_attempt("door", "nobody")


def test_nothing_is_kept_that_says_who_it_was_and_nothing_for_long():
    tries(1, who="jane@example.org")
    assert "jane" not in str(Attempts.objects.values())
    forget_old_attempts(AT + timedelta(hours=23))
    assert Attempts.objects.exists()
    forget_old_attempts(AT + timedelta(hours=24))
    assert not Attempts.objects.exists()


# Passwords of pages


@pytest.fixture
def private(client):
    """Tries the password of a private page, from an address; gives the status of the answer."""
    make_home()
    make_event_index()
    event = make_event()
    restriction = PageViewRestriction.objects.create(page=event, restriction_type="password", password="open")
    door = reverse("wagtailcore_authenticate_with_password", args=[restriction.pk, event.pk])

    def send(password, address="203.0.113.7"):
        data = {"password": password, "return_url": event.url}
        return client.post(door, data, REMOTE_ADDR=address)

    return send


def test_the_password_of_a_page_cannot_be_guessed(private):
    assert [private("wrong").status_code for _ in range(12)] == [200] * 10 + [429] * 2
    refused = private("open")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= 15 * 60
    assert "try again in 15 minutes" in refused.content.decode()
    assert private("open", "203.0.113.8").status_code == 302


def test_a_class_behind_one_address_is_let_in(private):
    assert {private("open").status_code for _ in range(30)} == {302}


def test_a_household_has_many_addresses(private):
    for number in range(10):
        private("wrong", f"2001:db8::{number}")
    assert private("open", "2001:db8::ffff").status_code == 429
    assert private("open", "2001:db8:0:1::1").status_code == 302


def test_the_password_of_a_collection_cannot_be_guessed(client):
    restriction = CollectionViewRestriction.objects.create(
        collection=Collection.get_first_root_node(), restriction_type="password", password="open"
    )
    door = reverse("wagtaildocs_authenticate_with_password", args=[restriction.pk])
    statuses = [client.post(door, {"password": "x", "return_url": "/"}).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


# Links to set a new password


@pytest.fixture
def jane():
    user = User.objects.create_user("jane", "jane@example.org", "a good password")
    user.user_permissions.set(Permission.objects.filter(codename="access_admin"))
    return user


def test_known_and_unknown_addresses_cost_the_same_and_look_the_same(client, jane):
    client.post(RESET, {"email": "warm@example.org"})
    seen = []
    for email in ("jane@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            response = client.post(RESET, {"email": email})
        statements = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]
        seen.append((response.status_code, response["Location"], statements))
    assert seen[0] == seen[1]
    assert mail.outbox == []


def send_mails():
    for job in ProcrastinateJob.objects.filter(task_name="send_password_reset"):
        send_password_reset(**job.args)


def test_the_worker_sends_the_link_and_it_works_for_an_hour(client, jane, settings):
    client.post(RESET, {"email": "jane@example.org"})
    client.post(RESET, {"email": "nobody@example.org"})
    assert "confirm" not in str(list(ProcrastinateJob.objects.values()))
    send_mails()
    (sent,) = mail.outbox
    assert sent.to == ["jane@example.org"]
    link = re.search(r"https://\S+", sent.body)[0]
    assert link.startswith(f"{settings.BASE_URL}/admin/password_reset/confirm/")
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    page = client.get(urlsplit(link).path, follow=True)
    new = {"new_password1": "an even better one", "new_password2": "an even better one"}
    client.post(page.redirect_chain[-1][0], new)
    jane.refresh_from_db()
    assert jane.check_password("an even better one")


def test_nobody_gets_more_than_three_such_mails_an_hour(client, jane):
    for _ in range(5):
        response = client.post(RESET, {"email": "Jane@example.org"})
        assert response["Location"].endswith("/done/")
    send_mails()
    assert len(mail.outbox) == 3


def test_nobody_asks_for_links_of_many_addresses(client):
    statuses = [client.post(RESET, {"email": f"p{n}@example.org"}).status_code for n in range(12)]
    assert statuses == [302] * 10 + [429] * 2


LINK = "https://portal.example.org/admin/password_reset/confirm/MQ/c6ntl1-0123456789abcdef/"


@pytest.mark.parametrize("link", [LINK, "/feeds/check/eyJh.bGci:OiJI-_x/"])
def test_no_secret_link_reaches_the_log(link):
    record = logging.LogRecord("django.request", 30, "", 1, "Not Found: %s", (link,), None)
    line = LineFormatter("{message}", style="{").format(record)
    assert (
        line == f"Not Found: {link[: link.index('confirm/') + 8] if 'confirm' in link else '/feeds/check/'}…"
    )


def test_mail_that_is_printed_lets_nobody_in(client, jane, settings, capsys):
    settings.EMAIL_BACKEND = mail_settings("consolemail://")["EMAIL_BACKEND"]
    client.post(RESET, {"email": "jane@example.org"})
    send_mails()
    printed = capsys.readouterr().out
    assert "To: jane@example.org" in printed
    assert "/admin/password_reset/confirm/…" in printed
    assert not re.search(r"confirm/\w", printed)


def test_a_link_that_mail_breaks_into_lines_is_left_out_whole():
    broken = LINK.replace("0123", "0123=\n")
    assert without_secret_links(f"Follow\n\n{broken}\n\nBye").endswith("confirm/…\n\nBye")


# The mail address of an account


@pytest.fixture
def account(client, jane):
    client.force_login(jane)

    def save(**changes):
        form = {
            "name_email-first_name": "Jane",
            "name_email-last_name": "Doe",
            "email-email": "jane@example.org",
            "email-current_password": "",
            "theme-theme": "system",
            "theme-contrast": "system",
            "theme-density": "default",
            "theme-keyboard_shortcuts": "on",
            **changes,
        }
        response = client.post("/admin/account/", form)
        jane.refresh_from_db()
        return response

    return save


def test_changing_the_mail_address_asks_for_the_password(account, jane):
    new = {"email-email": "thief@example.org"}
    assert "Enter your password to change the email address." in account(**new).content.decode()
    response = account(**new, **{"email-current_password": "guessed"})
    assert "This is not your password. Your email address was not changed." in response.content.decode()
    assert jane.email == "jane@example.org"
    assert account(**new, **{"email-current_password": "a good password"}).status_code == 302
    assert jane.email == "thief@example.org"


def test_the_rest_of_the_account_does_not(account, jane):
    assert account(**{"name_email-first_name": "Janet"}).status_code == 302
    assert (jane.first_name, jane.email) == ("Janet", "jane@example.org")


def test_nor_is_the_address_among_the_name(account, jane):
    account(**{"name_email-email": "thief@example.org"})
    assert jane.email == "jane@example.org"


def test_the_password_cannot_be_guessed_there(account, jane):
    new = {"email-email": "thief@example.org"}
    for _ in range(10):
        account(**new, **{"email-current_password": "guessed"})
    response = account(**new, **{"email-current_password": "a good password"})
    assert "The password was wrong too often." in response.content.decode()
    assert jane.email == "jane@example.org"


def test_links_of_partners_cannot_be_guessed(client):
    make_home()
    statuses = [client.get(f"/feeds/check/guess{number}/").status_code for number in range(32)]
    assert statuses == [403] * 30 + [429] * 2
