"""The stylesheet of all public pages: one file, made of the small ones in `static/earthcode/css/`."""

from pathlib import Path

import lightningcss

SOURCES = Path(__file__).parent / "static" / "earthcode" / "css"

# The first names the layers; in a layer, a later file wins. What is not named here follows in alphabetical order.
ORDER = [
    "tokens",
    "base",
    "layout",
    "components",
    "blocks",
    "schedule",
    "event",
    "check",
    "scheme",
    "preferences",
]


def stylesheet(folder: Path = SOURCES) -> str:
    """All CSS files of `folder` in their order, minified. Raises ValueError for one that is malformed, naming it."""
    return "".join(minified(path.read_text(), path) for path in sorted(folder.glob("*.css"), key=_place))


def _place(path: Path) -> tuple[int, str]:
    return (ORDER.index(path.stem) if path.stem in ORDER else len(ORDER)), path.stem


def minified(css: str, source: Path | str) -> str:
    """`css` in fewer bytes. Raises ValueError if it is malformed, naming its `source`."""
    # For no browser in particular: nothing is rewritten for old ones, so that what is written is what is delivered.
    flags = lightningcss.calc_parser_flags(nesting=True)
    return lightningcss.process_stylesheet(css, str(source), parser_flags=flags, minify=True)
