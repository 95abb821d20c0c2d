"""One browser with axe-core and measures of our own in every page, and one portal to look at."""

from pathlib import Path

import pytest

from tests.accessibility import pages
from tests.tools import installed

MEASURES = Path(__file__).with_name("measure.js")

# As the portal is seen: a screen by day, and 400 % of zoom on it by night, which is also as narrow as a phone gets.
LIGHT = {"viewport": {"width": 1280, "height": 1024}, "color_scheme": "light"}
DARK_AND_NARROW = {
    "viewport": {"width": 320, "height": 256},
    "color_scheme": "dark",
    "reduced_motion": "reduce",
}

AXE = """async (rules) => {
  const chosen = rules ? { runOnly: { type: "rule", values: rules } } : { rules: { "target-size": { enabled: true } } };
  const found = await axe.run(document, { resultTypes: ["violations", "incomplete"], ...chosen });
  const complaint = ({ id, help, nodes }) => nodes.map(
    (node) => `${id} (${help}): ${node.target.join(" ")} ${node.failureSummary.replaceAll("\\n", " ")}`);
  const unsure = found.incomplete.filter(({ id }) => id === "color-contrast");
  return {
    violations: found.violations.flatMap(complaint),
    unsure: found.incomplete.filter(({ id }) => id !== "color-contrast").flatMap(complaint),
    unsureOfContrast: unsure.flatMap(({ nodes }) => nodes.map((node) => node.target.join(" "))),
  };
}"""


@pytest.fixture(scope="session")
def axe():
    """The file of axe-core, all of whose rules are asked, best practices and the size of targets included."""
    return installed("page_checkers") / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def look(browser, axe):
    """look(**context): a page of a browser with axe-core and our measures in it. Scripts of ours come by the browser's
    own door: the policy of the pages lets nobody else's in."""
    contexts = []

    def open_page(**context):
        contexts.append(browser.new_context(**context))
        contexts[-1].add_init_script(path=axe)
        contexts[-1].add_init_script(path=MEASURES)
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def portal(live_server, settings):
    """The address of a portal with every kind of page, the pattern library and pages that fail on purpose."""
    settings.BASE_URL = live_server.url
    settings.ROOT_URLCONF = "tests.accessibility.pages"
    pages.build()
    return live_server.url
