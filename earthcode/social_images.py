"""Social images: what stands beside a link to the portal wherever somebody shares it.

A page whose editor has chosen none has a drawn one: its title and up to two lines on the view from orbit. It is drawn
when somebody first asks for it and kept in the default storage. Its address carries a digest of all that is drawn, so
that whoever has the image may keep it, and a page that changes has another address.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from json import dumps

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFilter
from PIL.ImageFont import FreeTypeFont

from .backdrop import (
    DEEP,
    LAGOON_LIGHT,
    LEFT,
    MARK_BASELINE,
    MARK_RIGHT,
    MIST,
    SIZE,
    WHITE,
    backdrop,
    palette,
)
from .lettering import archivo, cut, legible, wrap

logger = logging.getLogger(__name__)

# Raise it when the same words come to look different: it changes every address.
DRAWING = 1
FOLDER = "social"
KEPT = timedelta(days=30)
NAME = "EarthCODE"
PNG_END = b"IEND\xaeB`\x82"

# Pixels. The words stand between TOP and BOTTOM, under the name.
TOP, BOTTOM = 148, 574
TITLE_WIDTH, LINE_WIDTH = 980, 780
TITLE_SIZES = range(112, 47, -4)
LEADING = 1.08  # of the size


@dataclass(frozen=True)
class SocialImage:
    """What the head of a page says of its image: an absolute address, words in its place, pixels, media type."""

    url: str
    alt: str
    width: int = SIZE[0]
    height: int = SIZE[1]
    media_type: str = "image/png"


@dataclass(frozen=True)
class Card:
    """The words on a drawn image: a title and up to two lines under it."""

    title: str
    lines: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """16 hexadecimal digits, others for whatever looks different."""
        return sha256(dumps([DRAWING, self.title, *self.lines]).encode()).hexdigest()[:16]

    @property
    def alt(self) -> str:
        return ". ".join((self.title, *self.lines))

    def path(self, page_id: int) -> str:
        """The address of the image of the page that has these words."""
        return reverse("social_image", args=(page_id, self.digest))


@dataclass(frozen=True)
class Row:
    """Words in a row: `x` is where their ink begins, `baseline` what they stand on."""

    text: str
    font: FreeTypeFont
    colour: str
    baseline: float
    x: float = LEFT

    @cached_property
    def _ink(self) -> tuple[int, int, int, int]:
        mask, (x, y) = self.font.getmask2(self.text, "L", anchor="ls")
        left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
        return x + left, y + top, x + right, y + bottom

    @property
    def origin(self) -> tuple[float, float]:
        """Where the pen starts: left of the ink by what the first letter keeps free."""
        return self.x - self._ink[0], self.baseline

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the ink."""
        x, y = self.origin
        left, top, right, bottom = self._ink
        return x + left, y + top, x + right, y + bottom


@dataclass(frozen=True)
class Paragraph:
    rows: list[str]
    font: FreeTypeFont
    colour: str
    gap: float = 0

    @property
    def height(self) -> float:
        return self.gap + self.font.size * LEADING * len(self.rows)

    def placed(self, top: float) -> Iterator[Row]:
        for number, text in enumerate(self.rows):
            baseline = top + self.gap + self.font.size * (0.82 + LEADING * number)
            yield Row(text, self.font, self.colour, baseline)


def draw(card: Card) -> bytes:
    """A PNG of 1200 × 630 pixels with the words of `card`."""
    picture = backdrop().copy()
    rows = lay_out(card)
    shade = Image.new("L", SIZE)
    _write(shade, [replace(row, colour="white") for row in rows])
    shade = shade.filter(ImageFilter.GaussianBlur(8)).point(lambda value: min(230, value * 3))
    picture.paste(DEEP, mask=shade)
    _write(picture, rows)
    file = BytesIO()
    picture.quantize(palette=palette(), dither=Image.Dither.NONE).save(file, "PNG")
    return file.getvalue()


def _write(picture: Image.Image, rows: list[Row]) -> None:
    drawing = ImageDraw.Draw(picture)
    for row in rows:
        drawing.text(row.origin, row.text, row.colour, row.font, anchor="ls")


def lay_out(card: Card) -> list[Row]:
    """The portal's name beside its mark, the title as large as it fits, the lines under it."""
    title = legible(card.title) or NAME
    styles = ((archivo(40, 600, 82), LAGOON_LIGHT, 30), (archivo(34, 500, 88), MIST, 12))
    lines = [
        Paragraph(cut(wrap(line, font, LINE_WIDTH), font, LINE_WIDTH, 2), font, colour, gap)
        for line, (font, colour, gap) in zip(filter(None, map(legible, card.lines)), styles, strict=False)
    ]
    free = BOTTOM - TOP - sum(line.height for line in lines)
    heading = _heading(title, free)
    name = Row(NAME, archivo(38, 700, 82), WHITE, MARK_BASELINE, MARK_RIGHT + 18)
    rows = [] if title == NAME else [name]
    top = TOP + (free - heading.height) * 0.45
    for paragraph in (heading, *lines):
        rows += paragraph.placed(top)
        top += paragraph.height
    return rows


def _heading(title: str, height: float) -> Paragraph:
    """`title` in the largest size that has it whole in three rows; else in the smallest, cut after five."""
    for size in TITLE_SIZES:
        font = archivo(size, 680, 75)
        heading = Paragraph(wrap(title, font, TITLE_WIDTH), font, WHITE)
        whole = all(font.getlength(word) <= TITLE_WIDTH for word in title.split())
        if whole and len(heading.rows) <= (2 if size > 92 else 3) and heading.height <= height:
            return heading
    most = min(5, int(height / (font.size * LEADING)))
    return replace(heading, rows=cut(heading.rows, font, TITLE_WIDTH, most))


def drawn_image(page_id: int, card: Card) -> bytes:
    """The PNG for the page `page_id`, from the storage or drawn and stored."""
    name = f"{FOLDER}/{page_id}-{card.digest}.png"
    if content := _stored(name):
        return content
    content = draw(card)
    try:
        default_storage.delete(name)
        if (saved := default_storage.save(name, ContentFile(content))) != name:
            default_storage.delete(saved)  # another request was first
    except OSError:
        logger.exception("The social image %s is not stored", name)
    return content


def _stored(name: str) -> bytes | None:
    """The file's content; None without a file, or while its end is not written yet."""
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError:
        return None
    return content if content.endswith(PNG_END) else None


def clear_old(at: datetime) -> None:
    """Remove what was drawn a month before `at` (aware); what is still asked for will be drawn again."""
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    for name in names:
        path = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(path) < at - KEPT:
            default_storage.delete(path)
