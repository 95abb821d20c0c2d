import pytest

from roadmap.templatetags.roadmap_tags import current_stage, roadmap_stages
from tests.builders import make_home, make_roadmap, make_stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def roadmap():
    make_home()
    return make_roadmap()


@pytest.mark.parametrize(
    ("statuses", "current"),
    [
        ("", None),
        ("completed ongoing coming_up", 1),
        ("completed coming_up coming_up", 1),
        ("completed completed", 1),
        ("coming_up ongoing ongoing", 1),
    ],
)
def test_the_current_stage(statuses, current):
    for number, status in enumerate(statuses.split()):
        make_stage(title=str(number), status=status)
    stage = current_stage()
    assert (stage and int(stage.title)) == current


def test_stages_keep_the_order_that_editors_give_them():
    first, second = make_stage(title="first"), make_stage(title="second")
    second.move(first, pos="left")
    assert [stage.title for stage in roadmap_stages()] == ["second", "first"]


def test_objective_and_outcome_are_always_to_be_read(client, roadmap):
    stage = make_stage(objective="Build it.", outcome="It is built.", period="Year 4+", status="ongoing")
    for url in (roadmap.url, stage.url):
        html = client.get(url).content.decode()
        for words in ("Build it.", "It is built.", "Year 4+", "Ongoing"):
            assert words in html
