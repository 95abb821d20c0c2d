"""A worker that is not there is noticed, and told of once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone as clock

from earthcode.models import WorkerWatch
from earthcode.worker_watch import silence, watch
from tests.builders import make_home

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def operator(django_user_model):
    return django_user_model.objects.create_superuser("operator", "operator@example.org")


def beat(at):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [at])


def stop_properly():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")


@pytest.mark.parametrize("end", [lambda: None, stop_properly], ids=["killed", "stopped"])
def test_a_silent_worker_is_told_of_once_and_when_it_is_back(operator, client, end):
    make_home()
    now = clock.now()
    beat(now - 12 * MINUTE)
    watch(now - 12 * MINUTE)
    end()
    watch(now - 3 * MINUTE)
    assert not silence(now - 3 * MINUTE)
    assert not mail.outbox
    for _ in range(3):
        watch(now)
    assert [message.to for message in mail.outbox] == [["operator@example.org"]]
    assert "not running" in mail.outbox[0].subject
    assert "run_worker" in mail.outbox[0].body
    assert client.get("/readyz").status_code == 200
    response = client.get("/readyz?full")
    assert response.status_code == 503
    assert "No worker has been running since" in response.content.decode()
    client.force_login(operator)
    assert "No worker has been running since" in client.get("/admin/").content.decode()

    beat(clock.now())
    for _ in range(2):
        watch(clock.now())
    assert [message.subject.split("] ")[1] for message in mail.outbox[1:]] == ["The worker is running again"]
    assert client.get("/readyz?full").status_code == 200
    assert "No worker has been running" not in client.get("/admin/").content.decode()

    watch(clock.now() + 20 * MINUTE)
    assert len(mail.outbox) == 3


def test_a_portal_that_never_had_a_worker_says_so_after_a_while(operator):
    now = clock.now()
    watch(now)
    watch(now + 9 * MINUTE)
    assert not mail.outbox
    watch(now + 11 * MINUTE)
    assert len(mail.outbox) == 1


def test_a_mail_that_could_not_be_sent_is_tried_again_later(operator, monkeypatch):
    def refuse(*arguments):
        raise OSError("The mail server does not answer.")

    now = clock.now()
    beat(now - 11 * MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr("earthcode.worker_watch.send_mail", refuse)
        watch(now)
    watch(now + MINUTE)
    assert not mail.outbox
    watch(now + 16 * MINUTE)
    assert len(mail.outbox) == 1
    assert WorkerWatch.objects.count() == 1
