"""Imports as the admin shows them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core import checks
from django.db import IntegrityError, transaction
from django.urls import reverse

from events.checks import imports_stay_off_this_machine
from events.importing.models import ImportRun, ImportSource

pytestmark = pytest.mark.django_db

STARTED = datetime(2026, 11, 30, 9, tzinfo=UTC)


def make_run(**changes):
    source, _ = ImportSource.objects.get_or_create(name="Partner events", format="ical", address="x.ics")
    fields = {
        "source": source,
        "address": "x.ics",
        "format": "ical",
        "trigger": "command",
        "started_at": STARTED,
        "finished_at": STARTED,
        "state": "complete",
        **changes,
    }
    return ImportRun.objects.create(**fields)


@pytest.fixture
def as_superuser(client):
    client.force_login(User.objects.create_superuser("admin", "admin@example.org", "x"))
    return client


def test_the_list_is_newest_first_and_paginated(as_superuser, django_assert_max_num_queries):
    for hour in range(60):
        make_run(
            started_at=STARTED + timedelta(hours=hour),
            finished_at=STARTED + timedelta(hours=hour),
            created=hour,
        )
    with django_assert_max_num_queries(25):
        response = as_superuser.get(reverse("import_runs:index"))
    runs = list(response.context["page_obj"])
    assert [run.created for run in runs] == list(range(59, 9, -1))
    assert response.context["paginator"].num_pages == 2


def test_one_run_with_its_problems(as_superuser):
    problem = {"level": "failed", "reason": "It has <no> DTSTART.", "uid": "bad@example.org", "line": 11}
    run = make_run(failed=1, problems=[problem])
    html = as_superuser.get(reverse("import_runs:inspect", args=[run.pk])).content.decode()
    assert "It has &lt;no&gt; DTSTART." in html
    assert "bad@example.org" in html
    assert "<td>Failed</td>" in html
    assert "Partner events" in html


def test_nothing_can_be_changed(as_superuser):
    run = make_run()
    html = as_superuser.get(reverse("import_runs:index")).content.decode()
    for view, args in (("add", []), ("edit", [run.pk]), ("delete", [run.pk])):
        address = reverse(f"import_runs:{view}", args=args)
        assert f'href="{address}"' not in html
        assert as_superuser.post(address).status_code == 302
    assert ImportRun.objects.get() == run


def test_only_those_who_may(client):
    user = User.objects.create_user("editor", "", "x")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(reverse("import_runs:index")).status_code == 302
    user.user_permissions.add(Permission.objects.get(codename="view_importrun"))
    assert client.get(reverse("import_runs:index")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "failed", "message": ""},
        {"state": "complete", "message": "But why?"},
        {"state": "other", "message": "x"},
        {"finished_at": STARTED - timedelta(seconds=1)},
    ],
)
def test_a_run_says_why_it_failed_and_only_then(changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_run(**changes)


def test_production_refuses_to_reach_its_own_machine(settings):
    assert imports_stay_off_this_machine(None) == []
    settings.IMPORT_ALLOW_LOOPBACK = True
    (error,) = imports_stay_off_this_machine(None)
    assert error.level == checks.ERROR
