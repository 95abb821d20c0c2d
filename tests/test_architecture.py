"""Who may import whom; see the design."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = {"earthcode", "events", "partners", "roadmap", "styleguide"}
ALLOWED = {
    "earthcode": set(),
    "events": {"earthcode"},
    "partners": {"earthcode"},
    "roadmap": {"earthcode"},
    "styleguide": {"earthcode", "events", "partners", "roadmap"},
}
MODULES = [
    path
    for app in sorted(APPS)
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]


def imported_apps(source: str) -> set[str]:
    """The first names of everything that `source` imports absolutely."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names & APPS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_app_imports_only_the_floor(path):
    app = path.relative_to(ROOT).parts[0]
    assert imported_apps(path.read_text()) <= ALLOWED[app] | {app}


def test_the_rule_sees_every_way_to_import():
    assert imported_apps("import events.models") == {"events"}
    assert imported_apps("def late():\n    from roadmap import models") == {"roadmap"}
    assert imported_apps("from .models import EventPage") == set()
