"""Words set in rows, to be drawn with Pillow: which characters, which font, how many rows."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from math import inf

from PIL.ImageFont import FreeTypeFont, Layout, truetype

FONT_FILE = str(files("fontpkg_archivo") / "files" / "Archivo[wdth,wght].ttf")
SPACE = "\N{THIN SPACE}"  # wider than Archivo's condensed space, between whose words the eye stumbles
LONGEST = 400  # characters: more than fit any picture


@cache
def archivo(size: int, weight: int, width: int) -> FreeTypeFont:
    """Archivo, a grotesque by Omnibus-Type: `size` in pixels, `weight` 100–900, `width` 62–125 per cent."""
    font = truetype(FONT_FILE, size)
    axes = {b"Weight": weight, b"Width": width}
    font.set_variation_by_axes([axes[axis["name"]] for axis in font.get_variation_axes()])
    return font


def wrap(text: str, font: FreeTypeFont, width: float) -> list[str]:
    """`text` in as few rows of `width` pixels as it needs, of about equal length; wider words are broken."""
    words = [piece for word in text.split() for piece in _pieces(word, font, width)]
    lengths = [font.getlength(word) for word in words]
    space = font.getlength(SPACE)

    def rows(width: float) -> list[str]:
        rows: list[list[str]] = []
        used = inf
        for word, length in zip(words, lengths, strict=True):
            if used + space + length > width:
                rows.append([])
                used = -space
            rows[-1].append(word)
            used += space + length
        return [SPACE.join(row) for row in rows]

    fewest = len(rows(width))
    return rows(bisect_left(range(int(width)), True, key=lambda narrow: len(rows(narrow)) <= fewest))


def _pieces(word: str, font: FreeTypeFont, width: float) -> Iterator[str]:
    while len(word) > 1 and font.getlength(word) > width:
        end = bisect_right(range(2, len(word)), width, key=lambda end: font.getlength(word[:end])) + 1
        yield word[:end]
        word = word[end:]
    yield word


def cut(rows: list[str], font: FreeTypeFont, width: float, most: int) -> list[str]:
    """The first `most` rows; an ellipsis stands for the others."""
    if len(rows) <= most:
        return rows
    last = rows[most - 1]
    while font.getlength(f"{last}…") > width:
        last = last[:-1]
    return [*rows[: most - 1], f"{last.rstrip(' ,;:–-')}…"]


def legible(text: str) -> str:
    """`text` in one line and in characters that the font has; empty if that would cost it most of its letters.

    Where the font lacks a character, what it is composed of stands for it (㎡ becomes m2) and the name for a single
    Greek letter (beta-diversity); all else is left out.
    """
    text = unicodedata.normalize("NFC", text[:LONGEST])
    text = re.sub("(?<![Α-ω])[Α-ω](?![Α-ω])", lambda letter: _drawn(letter[0]) or _name(letter[0]), text)
    drawn = [_drawn(character) for character in text]
    letters = [found for character, found in zip(text, drawn, strict=True) if character.isalpha()]
    return "" if 2 * letters.count("") > len(letters) else " ".join("".join(drawn).split())


def _name(letter: str) -> str:
    """`beta` for β: the fourth word of “GREEK SMALL LETTER BETA”."""
    return "".join(unicodedata.name(letter, "").lower().split()[3:4])


@lru_cache(4096)
def _drawn(character: str) -> str:
    if character.isspace():
        return " "
    if _has(character):
        return character
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part for part in parts if _has(part)) if parts != character else ""


def _has(character: str) -> bool:
    """Whether the font has a picture of `character`; marks pile up and controls turn text around: no to those."""
    if unicodedata.category(character)[0] in "CMZ":
        return False
    font = _plain()
    return bytes(font.getmask(character)) != bytes(font.getmask("\uffff"))


@cache
def _plain() -> FreeTypeFont:
    """Without the layout engine, which raises for some characters."""
    return truetype(FONT_FILE, 24, layout_engine=Layout.BASIC)
