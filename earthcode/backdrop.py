"""The view from orbit, as the heroes of the pages have it in `limb.svg`: the ground of every drawn social image.

Points are complex numbers, in pixels from the upper left: x + y·1j.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from math import cos, radians, sin

from PIL import Image, ImageDraw

# The colours of `tokens.css`, and those that only the drawing has.
DEEP = "#003247"
MIST = "#dfe9ea"
WHITE = "#ffffff"
LAGOON = "#00ae9d"
LAGOON_LIGHT = "#5fdccf"
EMBER = "#ff8a3d"
RIM = "#7fe6dc"
SHALLOW, DEEP_SEA = "#0d5a6b", "#04202d"

SIZE = (1200, 630)
LEFT = 72  # where the mark and all words begin
MARK_SCALE = 1.7
MARK_CORNER = LEFT + 52j
MARK_RIGHT, MARK_BASELINE = LEFT + 27 * MARK_SCALE, 91
CENTRE, RADIUS = 1010 + 1216j, 800  # of the Earth: most of it is below the picture
VIEW_LATITUDE, TILT = radians(56), radians(-18)

# Pillow draws curves with steps: all is drawn so many times larger and made small.
FINE = 3

type Draw = Callable[[ImageDraw.ImageDraw], None]


@cache
def backdrop() -> Image.Image:
    """The picture without words, 1200 × 630 pixels. One for the whole process: draw on copies."""
    picture = Image.new("RGB", SIZE, DEEP)
    orbit = _curve(-30 + 560j, 300 + 300j, 700 + 92j, 1230 + 52j)
    _paint(picture, LAGOON, _air(110, fading=2.6), 0.42)
    _paint(picture, RIM, _air(17, fading=2), 0.85)
    picture.paste(_sea(), mask=_mask(lambda draw: _disc(draw, CENTRE, RADIUS)))
    _paint(picture, "#bfeee8", _lines(_graticule()), 0.17)
    _paint(picture, RIM, _areas(_swath()), 0.24)
    _paint(picture, MIST, _lines([orbit]), 0.5)
    picture.paste(DEEP, mask=_veil())
    _draw_satellite(picture, orbit[98], orbit[99])
    _draw_mark(picture)
    return picture


@cache
def palette() -> Image.Image:
    """256 colours: those of the backdrop, and the strong ones on their way into it."""
    steps = 24
    strong = [
        mix(colour, DEEP, step / steps) for colour in (WHITE, LAGOON_LIGHT, EMBER) for step in range(steps)
    ]
    ground = backdrop().quantize(256 - len(strong), dither=Image.Dither.NONE).getpalette() or []
    image = Image.new("P", (1, 1))
    image.putpalette([*ground, *(part for colour in strong for part in colour)])
    return image


def mix(one: str, other: str, share: float) -> tuple[int, ...]:
    """Red, green and blue between two colours such as `#003247`; `share` is that of the other, from 0 to 1."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return tuple(round(a + (b - a) * share) for a, b in pairs)


def _paint(picture: Image.Image, colour: str, mask: Image.Image, opacity: float = 1) -> None:
    picture.paste(colour, mask=mask.point(lambda value: round(value * opacity)))


def _mask(draw: Draw) -> Image.Image:
    large = Image.new("L", (SIZE[0] * FINE, SIZE[1] * FINE))
    draw(ImageDraw.Draw(large))
    return large.reduce(FINE)


def _lines(lines: Iterable[Iterable[complex]], width: float = 1.3) -> Image.Image:
    def draw(drawing: ImageDraw.ImageDraw) -> None:
        for line in lines:
            drawing.line(_fine(line), 255, round(width * FINE), joint="curve")

    return _mask(draw)


def _areas(areas: Iterable[Iterable[complex]]) -> Image.Image:
    def draw(drawing: ImageDraw.ImageDraw) -> None:
        for corners in areas:
            drawing.polygon(_fine(corners), 255)

    return _mask(draw)


def _fine(points: Iterable[complex]) -> list[tuple[float, float]]:
    return [(point.real * FINE, point.imag * FINE) for point in points]


def _disc(drawing: ImageDraw.ImageDraw, centre: complex, radius: float, value: int = 255) -> None:
    corner = radius * (1 + 1j)
    drawing.ellipse(_fine([centre - corner, centre + corner]), value)


def _curve(*nodes: complex, steps: int = 120) -> list[complex]:
    """Points on the cubic Bézier curve with these four nodes."""
    a, b, c, d = nodes
    shares = [step / steps for step in range(steps + 1)]
    return [a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t) + d * t**3 for t in shares]


def _air(height: float, fading: float, shells: int = 80) -> Image.Image:
    """Light over the ground that is gone at `height`; the larger `fading`, the faster."""

    def draw(drawing: ImageDraw.ImageDraw) -> None:
        for shell in range(shells):
            share = shell / shells
            _disc(drawing, CENTRE, RADIUS + (1 - share) * height, round(255 * share**fading))

    return _mask(draw)


def _sea() -> Image.Image:
    """Light along the limb, dark further down."""
    column = Image.new("RGB", (1, SIZE[1]))
    for y in range(SIZE[1]):
        depth = (y - CENTRE.imag + RADIUS) / 300
        column.putpixel((0, y), mix(SHALLOW, DEEP_SEA, min(1, max(0, depth)) ** 0.55))
    return column.resize(SIZE)


def _veil() -> Image.Image:
    """Quiet ground for words: nearly opaque at the left, gone beyond the middle."""
    row = Image.new("L", (SIZE[0], 1))
    for x in range(SIZE[0]):
        row.putpixel((x, 0), round(230 * min(1, max(0, (760 - x) / 520)) ** 1.2))
    return row.resize(SIZE)


def _place(latitude: float, longitude: float) -> complex | None:
    """Where the point of the globe (degrees) appears from far away (orthographic projection); None behind the limb."""
    north, east = radians(latitude), radians(longitude)
    towards_us = sin(VIEW_LATITUDE) * sin(north) + cos(VIEW_LATITUDE) * cos(north) * cos(east)
    right = cos(north) * sin(east)
    down = sin(VIEW_LATITUDE) * cos(north) * cos(east) - cos(VIEW_LATITUDE) * sin(north)
    return CENTRE + RADIUS * (right + 1j * down) * _turn(TILT) if towards_us >= 0 else None


def _turn(angle: float) -> complex:
    return cos(angle) + 1j * sin(angle)


def _graticule() -> Iterator[tuple[complex, complex]]:
    """Meridians and parallels every 10 degrees, in short pieces, as far as they are seen."""
    meridians = [[_place(north, east) for north in range(0, 81, 2)] for east in range(-180, 180, 10)]
    parallels = [[_place(north, east) for east in range(-180, 181, 3)] for north in range(10, 81, 10)]
    for line in meridians + parallels:
        for one, other in pairwise(line):
            if one and other:
                yield one, other


def _swath() -> Iterator[list[complex]]:
    """The pixels of an instrument along its track; some are missing, as in life."""
    for along in range(22):
        for across in range(5):
            if (along * 7 + across * 5 + along * across) % 11 >= 2 + along // 5:
                north, east = 38 + 1.7 * along, 160 + 2.6 * across + 0.4 * along
                corners = [(north, east), (north, east + 2.1), (north + 1.4, east + 2.1), (north + 1.4, east)]
                yield [point for corner in corners if (point := _place(*corner))]


def _draw_satellite(picture: Image.Image, at: complex, ahead: complex) -> None:
    """A body with two panels that flies from `at` to `ahead`."""
    direction = (ahead - at) / abs(ahead - at)

    def box(corner: complex, other: complex) -> list[complex]:
        corners = [corner, other.real + 1j * corner.imag, other, corner.real + 1j * other.imag]
        return [at + point * direction for point in corners]

    _paint(picture, MIST, _areas([box(-29 - 4j, -9 + 4j), box(9 - 4j, 29 + 4j)]), 0.8)
    _paint(picture, EMBER, _areas([box(-7.5 - 7.5j, 7.5 + 7.5j)]))


def _draw_mark(picture: Image.Image) -> None:
    """The mark of the portal, as in `components/mark.html`: an arc through brackets."""

    def scaled(*points: complex) -> list[complex]:
        return [MARK_CORNER + (point - 2.8 - 3.8j) * MARK_SCALE for point in points]

    width = 2.4 * MARK_SCALE
    brackets = [scaled(9 + 5j, 4 + 5j, 4 + 27j, 9 + 27j), scaled(23 + 5j, 28 + 5j, 28 + 27j, 23 + 27j)]
    (dot,) = scaled(24 + 9.5j)
    _paint(picture, WHITE, _lines(brackets, width))
    _paint(picture, LAGOON_LIGHT, _lines([_curve(*scaled(8.5 + 22.5j, 11 + 13j, 17 + 9j, 24 + 9.5j))], width))
    _paint(picture, EMBER, _mask(lambda draw: _disc(draw, dot, 2.2 * MARK_SCALE)))
