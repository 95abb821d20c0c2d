"""The face of the headings: Archivo, condensed and bold, cut to what Latin scripts need and made a web font.

Until a browser has it, or if it never gets it, headings stand in a face of the visitor's machine that is scaled to the
same width and set on the same baseline, so that nothing moves.
"""

from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from io import BytesIO

from fontTools.subset import Options, Subsetter, parse_unicodes
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

PACKAGE = files("fontpkg_archivo")
SOURCE = str(PACKAGE / "files" / "Archivo[wdth,wght].ttf")
FAMILY = "Archivo Display"
AXES = {"wdth": 75, "wght": 700}
# The languages of Europe in Latin script, and the signs of good typography.
CHARACTERS = (
    "U+20-7E,U+A0-17F,U+218-21B,U+2BC,U+2C6,U+2DA,U+2DC,U+1E9E,U+2009-2011,U+2013-2014,U+2018-201A,U+201C-201E,U+2022,"
    "U+2026,U+2032-2033,U+2039-203A,U+20AC,U+2122,U+2190-2193,U+2212"
)
FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "lnum", "tnum"]

# How often a letter comes in English (per mille), and its width in Arial Bold, which is that of Helvetica Bold and
# Liberation Sans Bold (thousandths of the size).
LETTERS = {
    "a": (82, 556), "b": (15, 611), "c": (28, 556), "d": (43, 611), "e": (127, 556), "f": (22, 333), "g": (20, 611),
    "h": (61, 611), "i": (70, 278), "j": (2, 278), "k": (8, 556), "l": (40, 278), "m": (24, 889), "n": (67, 611),
    "o": (75, 611), "p": (19, 611), "q": (1, 611), "r": (60, 389), "s": (63, 556), "t": (91, 333), "u": (28, 611),
    "v": (10, 556), "w": (24, 778), "x": (2, 556), "y": (20, 556), "z": (1, 500), " ": (180, 278),
}  # fmt: skip
NARROW = 0.82  # the width of Arial Narrow, of Arial's

# By which names browsers find what is installed; the nearest first, each a face that the stylesheet names after FAMILY.
FALLBACKS = {
    f"{FAMILY} Narrow": (NARROW, ["Arial Narrow Bold", "ArialNarrow-Bold", "Liberation Sans Narrow Bold"]),
    f"{FAMILY} Wide": (
        1,
        ["Arial Bold", "Arial-BoldMT", "Liberation Sans Bold", "Helvetica Bold", "Roboto Bold"],
    ),
}


def recipe() -> str:
    """16 hexadecimal digits, others for whatever may be another font."""
    words = [version(name) for name in ("fontpkg-archivo", "fonttools", "brotli")]
    return sha256(repr([*words, AXES, CHARACTERS, FEATURES]).encode()).hexdigest()[:16]


def licence() -> bytes:
    """The SIL Open Font License, which goes with every copy of the font."""
    return (PACKAGE / "LICENSE").read_bytes()


def woff2() -> bytes:
    """The web font, made in about two seconds; the same bytes each time (W3C WOFF File Format 2.0)."""
    font = TTFont(SOURCE, recalcTimestamp=False)
    options = Options(
        layout_features=FEATURES, name_IDs=[0, 1, 2, 13, 14], hinting=False, notdef_outline=True
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=parse_unicodes(CHARACTERS))
    subsetter.subset(font)
    font = instantiateVariableFont(font, AXES)
    font.flavor = "woff2"
    file = BytesIO()
    font.save(file)
    return file.getvalue()


def font_faces(font: bytes, address: str) -> str:
    """The `@font-face` rules of `font`, which is served at `address`, and of its fallbacks (CSS Fonts 5)."""
    faces = [
        f'@font-face {{ font-family: "{FAMILY}"; src: url("{address}") format("woff2"); font-weight: 500 900; '
        "font-display: optional; }"
    ]
    table = TTFont(BytesIO(font))
    scale = table["head"].unitsPerEm
    ascent, descent = (abs(value) / scale for value in (table["hhea"].ascent, table["hhea"].descent))
    for name, (width, local_names) in FALLBACKS.items():
        size = _mean_width(table) / (_mean_width() * width)
        found = ", ".join(f'local("{each}")' for each in local_names)
        faces.append(
            f'@font-face {{ font-family: "{name}"; src: {found}; font-weight: 500 900; size-adjust: {size:.2%}; '
            f"ascent-override: {ascent / size:.2%}; descent-override: {descent / size:.2%}; line-gap-override: 0%; }}"
        )
    return "\n".join(faces)


def _mean_width(font: TTFont | None = None) -> float:
    """How wide a letter of English text is, of the size: in `font`, or in Arial Bold."""
    if font:
        names, advances, scale = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
        widths = {letter: advances[names[ord(letter)]][0] / scale for letter in LETTERS}
    else:
        widths = {letter: width / 1000 for letter, (_, width) in LETTERS.items()}
    total = sum(often for often, _ in LETTERS.values())
    return sum(often * widths[letter] for letter, (often, _) in LETTERS.items()) / total
