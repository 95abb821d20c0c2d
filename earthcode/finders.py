"""Static files that are made of others, for everything that asks Django for static files.

That is `collectstatic`, the development server, the live server of tests, and whoever else uses finders.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

from . import display_face
from .stylesheet import minified, stylesheet

FONT = "archivo-display.woff2"


def portal_css() -> bytes:
    return (stylesheet() + _font_faces()).encode()


@cache
def font() -> bytes:
    """The web font of the headings. It takes seconds to make, so it is kept beside what else is made."""
    kept = Path(settings.MADE_FILES_DIR) / f"{display_face.recipe()}-{FONT}"
    if not kept.is_file():
        write(kept, display_face.woff2())
    return kept.read_bytes()


@cache
def _font_faces() -> str:
    return minified(display_face.font_faces(font(), f"../fonts/{FONT}"), "the font faces")


# Address below STATIC_URL -> what makes its content, each time that it is asked for.
MADE: dict[str, Callable[[], bytes]] = {
    "earthcode/css/portal.css": portal_css,
    f"earthcode/fonts/{FONT}": font,
    "earthcode/fonts/OFL.txt": display_face.licence,
}


class MadeFilesFinder(BaseFinder):
    """Finds the files of `MADE`, written to MADE_FILES_DIR when their content is another than what is there."""

    def __init__(self, app_names: object = None) -> None:
        self.storage = FileSystemStorage(location=settings.MADE_FILES_DIR)

    def find(self, path: str, find_all: bool = False) -> Any:
        if path not in MADE:
            return []
        write(Path(self.storage.path(path)), MADE[path]())
        found = self.storage.path(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in MADE:
            if not matches_patterns(path, ignore_patterns or ()):
                self.find(path)
                yield path, self.storage


def write(path: Path, content: bytes) -> None:
    """Have `path` hold `content`: left alone if it does, else replaced as a whole, for whoever reads it meanwhile."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
    Path(draft.name).replace(path)
