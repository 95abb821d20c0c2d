import pytest
from procrastinate.contrib.django import app

from earthcode import tasks


@pytest.mark.django_db
@pytest.mark.parametrize("task", [tasks.publish_scheduled, tasks.clear_sessions, tasks.clear_social_images])
def test_what_the_worker_does_by_the_clock_can_be_done(task):
    assert task.name in app.tasks
    task(timestamp=0)


def test_scheduled_pages_are_looked_for_every_minute():
    crons = {periodic.task.name: periodic.cron for periodic in app.periodic_registry.periodic_tasks.values()}
    assert crons["earthcode.tasks.publish_scheduled"] == "* * * * *"
