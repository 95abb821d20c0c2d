"""Every page is valid HTML, by the checker of the W3C (“Nu”), which reads pages as browsers do."""

import json
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.accessibility import pages
from tests.tools import installed, unavailable

# What the checker advises against, and why we do it.
ACCEPTED = [
    # VoiceOver reads no list that shows no bullets, unless told.
    r"The “list” role is unnecessary for element “[uo]l”\.",
    # An editor may leave a section without a heading.
    r"Section lacks heading\..*",
]


def checked(folder):
    """What is said against the files of `folder`, by their names."""
    jar = installed("page_checkers") / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not shutil.which("java"):
        unavailable("no Java: `apt-get install default-jre-headless` runs the HTML checker")
    command = ("java", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(folder))
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return [
        f"{urlsplit(said['url']).path.rpartition('/')[2]}, line {said.get('lastLine')}: {said['message']}"
        for said in json.loads(run.stderr)["messages"]
        if not any(re.fullmatch(accepted, said["message"], re.DOTALL) for accepted in ACCEPTED)
    ]


pytestmark = pytest.mark.browser


@pytest.mark.django_db
def test_every_page_is_valid_html(settings, tmp_path):
    settings.ROOT_URLCONF = "tests.accessibility.pages"
    pages.build()
    client = Client(raise_request_exception=False)
    addresses = (*pages.PAGES, *pages.ERRORS, *pages.COMPONENT_PAGES, *pages.GROUND_PAGES, pages.check_link())
    for number, address in enumerate(addresses):
        answer = client.get(address, follow=True)
        name = re.sub(r"\W+", "_", address)
        (tmp_path / f"{number}{name}.html").write_bytes(answer.content)
    assert checked(tmp_path) == []


def test_the_checker_sees_what_is_wrong(tmp_path):
    (tmp_path / "wrong.html").write_text("<!doctype html><html lang=en><title>A</title><p><div></p>")
    assert any("p" in said for said in checked(tmp_path))
