"""One stylesheet of many small files, found wherever static files are asked for."""

import os
import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from earthcode.finders import MADE, portal_css, write
from earthcode.stylesheet import SOURCES, stylesheet

PATH = "earthcode/css/portal.css"


@pytest.fixture
def made(settings, tmp_path):
    """A folder of its own for what is made."""
    settings.MADE_FILES_DIR = tmp_path / "made"
    finders.get_finder.cache_clear()
    yield settings.MADE_FILES_DIR
    finders.get_finder.cache_clear()


def test_the_files_follow_in_their_order(tmp_path):
    for name in ("zebra", "event", "added", "tokens", "components"):
        (tmp_path / f"{name}.css").write_text(f".{name} {{ color: red }}")
    order = re.findall(r"\.(\w+)", stylesheet(tmp_path))
    assert order == ["tokens", "components", "event", "added", "zebra"]


def test_the_layers_keep_their_order():
    named = ",".join(re.findall(r"@layer ([\w,]+)", stylesheet())).split(",")
    assert list(dict.fromkeys(named)) == ["tokens", "base", "layout", "components", "print"]


def test_every_file_is_in_it():
    whole = stylesheet()
    for source in SOURCES.glob("*.css"):
        name = re.findall(r"^  \.([\w-]+)", source.read_text(), re.MULTILINE)
        assert all(f".{each}" in whole for each in name), source.name


@pytest.mark.parametrize(
    "css",
    [
        "@layer a{.b{& :is(h1,h2){color:red}&>.c{color:#00f}}}",
        "a{color:light-dark(#fff,#000)}",
        '@property --x{syntax:"<number>";inherits:false;initial-value:0}',
        "@view-transition{navigation:auto}",
        "@supports (animation-timeline:scroll()){a{animation-timeline:scroll()}}",
        "@media (width>=40rem){a{inset-inline:0}}",
        "details::details-content{block-size:0}",
        "@font-face{font-family:A;src:local(B);size-adjust:80%;ascent-override:90%}",
    ],
)
def test_what_is_new_in_css_stays_as_it_is(tmp_path, css):
    (tmp_path / "a.css").write_text(css)
    assert stylesheet(tmp_path) == css


def test_a_malformed_file_is_named(tmp_path):
    (tmp_path / "a.css").write_text("a { color: red")
    (tmp_path / "b.css").write_text("a { } }")
    with pytest.raises(ValueError, match=r"Unexpected end of input at .*/b\.css:0:8"):
        stylesheet(tmp_path)


def test_it_is_found_where_static_files_are_asked_for(made):
    found = finders.find(PATH)
    assert found == str(made / PATH)
    assert (made / PATH).read_bytes() == portal_css()
    assert finders.find(PATH, find_all=True) == [found]
    assert finders.find("earthcode/css/nothing.css") is None


def test_it_is_collected_with_the_others(made, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", interactive=False, verbosity=0, ignore=["wagtail*", "admin"])
    assert set(MADE) <= {
        str(path.relative_to(settings.STATIC_ROOT)) for path in settings.STATIC_ROOT.rglob("*")
    }


def test_a_change_of_a_source_is_seen_at_once(made, monkeypatch):
    before = finders.find(PATH)
    monkeypatch.setitem(MADE, PATH, lambda: b"a{}")
    with open(finders.find(PATH)) as file:
        assert file.read() == "a{}"
    assert before == str(made / PATH)


def test_a_file_is_written_only_when_it_changes(tmp_path):
    path = tmp_path / "folder" / "file"
    write(path, b"one")
    os.utime(path, (0, 0))
    write(path, b"one")
    assert path.stat().st_mtime == 0
    write(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path], "no draft is left"
