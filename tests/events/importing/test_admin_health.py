"""The health of sources as the admin shows it: in their list, on their pages and on the dashboard."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock
from django.utils.html import strip_tags

from events.importing.models import ImportRun, ImportSource
from tests.builders import make_home

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DASHBOARD = reverse("wagtailadmin_home")
SCRIPT = "<script>alert(1)</script>"


def make_source(name="Partner", **changes):
    now = clock.now()
    fields = {"address": "https://example.org/x.ics", "interval": 60, "succeeded_at": now, **changes}
    source = ImportSource(name=name, next_run_at=now + HOUR, **fields)
    source.approved = source.what_was_approved
    source.save()
    return source


def make_runs(source, count=1, state="complete", after=0, **changes):
    """So many runs, an hour apart; the last of them `after` hours and one ago."""
    now = clock.now()
    fields = {"state": state, "address": source.address, "trigger": "timetable", "source": source, **changes}
    ImportRun.objects.bulk_create(
        ImportRun(started_at=now - HOUR * (number + after), finished_at=now, **fields)
        for number in range(count, 0, -1)
    )


def make_failing(name="Failing", message="It answered 500."):
    source = make_source(name, failures=3)
    make_runs(source, 3, "failed", message=message)
    return source


@pytest.fixture
def worker(db):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")


@pytest.fixture
def dashboard(as_editor):
    """What the dashboard says, its spaces made single."""
    make_home()
    return lambda: " ".join(as_editor.get(DASHBOARD).content.decode().split())


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_list_says_how_each_source_is(as_editor):
    make_failing()
    make_source("Fine")
    html = as_editor.get(reverse("import_sources:index")).content.decode()
    assert '<span class="imports__level imports__level--broken">Failing for 3 runs</span>' in html
    assert '<span class="imports__level imports__level--well">All well</span>' in html
    assert "Just now" not in html.split("Next run", 1)[1].split("</thead>")[0]


@pytest.mark.parametrize("where", ["import_sources:index", "wagtailadmin_home"])
def test_many_sources_cost_as_many_queries_as_few(as_editor, where, worker):
    make_home()
    make_failing("0")
    few = queries(as_editor, reverse(where))
    for number in range(1, 20):
        make_runs(make_failing(f"{number}"), 3, found=7)
    assert queries(as_editor, reverse(where)) == few <= 25


@pytest.mark.parametrize("view", ["inspect", "edit"])
def test_the_page_of_a_source_says_how_it_is_and_draws_its_counts(as_moderator, view):
    source = make_failing(message=SCRIPT)
    make_runs(source, 5, found=12, after=3)
    address = reverse(f"import_sources:{view}", args=[source.pk])
    html = " ".join(as_moderator.get(address).content.decode().split())
    assert "Failing for 3 runs</span>" in html
    assert "&lt;script&gt;alert(1)" in html
    assert SCRIPT not in html
    assert "What to do:</strong> Check the address" in html
    assert 'role="img" aria-labelledby="chart-words"' in html
    assert '<title id="chart-words">Events in the feed at the last 8 runs, the oldest first: 12, ' in html
    assert html.count('class="imports__mark--read"') == html.count("<td>12</td>") == 5
    assert html.count('class="imports__mark--failed"') == html.count("<td>Failed</td>") == 3
    chart = html.split("<svg", 2)[-1]
    assert "style=" not in chart.split("</figure>")[0]


@pytest.mark.parametrize("view", ["inspect", "edit"])
def test_the_page_of_a_source_asks_as_often_after_many_runs_as_after_few(as_moderator, view):
    source = make_source()
    make_runs(source, found=7)
    address = reverse(f"import_sources:{view}", args=[source.pk])
    few = queries(as_moderator, address)
    make_runs(source, 50, found=7)
    assert queries(as_moderator, address) == few


def test_a_source_that_never_ran_has_no_chart(as_editor):
    html = as_editor.get(reverse("import_sources:inspect", args=[make_source().pk])).content.decode()
    assert "imports__chart" not in html


# The dashboard


def test_the_dashboard_shows_what_needs_somebody_and_the_worst_first(dashboard, worker):
    held = make_source("A held one")
    make_runs(held, state="held", message="9 of 12 are gone.")
    broken = make_failing("B broken one")
    make_source("C fine one")
    html = dashboard()
    assert html.index("B broken one") < html.index("A held one")
    assert "It answered 500." in html
    assert "9 of 12 are gone." in html
    assert "C fine one" not in html
    assert reverse("import_sources:inspect", args=[broken.pk]) in html
    assert reverse("import_runs:inspect", args=[held.runs.get().pk]) in html
    assert "All well" not in html


def test_the_dashboard_says_that_all_is_well(dashboard, worker):
    make_source("One")
    make_source("Two")
    html = dashboard()
    assert "All well: 2 <a" in html
    assert "No worker" not in html


@pytest.mark.parametrize(
    ("paused", "running", "words"),
    [
        (1, 0, "Nothing is imported: the only source of events is paused."),
        (2, 0, "Nothing is imported: all 2 sources of events are paused."),
        (1, 1, "All well: 2 sources of events, 1 of them paused."),
    ],
)
def test_the_dashboard_tells_of_sources_that_are_paused(dashboard, worker, paused, running, words):
    for number in range(paused + running):
        make_source(f"Source {number}")
    ImportSource.objects.filter(name__in=[f"Source {number}" for number in range(paused)]).update(
        is_paused=True
    )
    text = " ".join(strip_tags(dashboard()).split())
    assert words in text
    assert ("All well" in text) == bool(running)


def test_a_worker_that_is_not_there_is_told_of(dashboard):
    source = make_source()
    assert "No worker is running" in dashboard()
    assert "All well" not in dashboard()
    ImportSource.objects.update(next_run_at=clock.now() - HOUR)
    assert "Overdue" in dashboard()
    source.interval = None
    source.save()
    assert "No worker is running" not in dashboard()


def test_a_worker_that_died_is_not_there(dashboard, worker):
    make_source()
    assert "No worker is running" not in dashboard()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")
    assert "No worker is running" in dashboard()


def test_the_dashboard_shows_only_the_first_of_many(dashboard, worker):
    for number in range(11):
        make_failing(f"Source {number:02}")
    html = dashboard()
    assert "Source 07" in html
    assert "Source 08" not in html
    assert "And 3 more" in html


def test_the_dashboard_is_silent_where_there_are_no_sources(dashboard):
    assert "Imports of events" not in dashboard()


def test_who_may_not_see_sources_is_told_nothing(client):
    make_home()
    make_failing()
    user = User.objects.create_user("no")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    response = client.get(DASHBOARD)
    assert response.status_code == 200
    assert "Failing" not in response.content.decode()


def test_what_a_feed_says_is_escaped_on_the_dashboard(dashboard, worker):
    make_failing(SCRIPT, message=SCRIPT)
    html = dashboard()
    assert SCRIPT not in html
    assert html.count("&lt;script&gt;alert(1)") == 2
