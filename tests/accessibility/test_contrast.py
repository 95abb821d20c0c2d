"""Text over drawings and photographs, which axe-core cannot judge: measured on what the browser has drawn."""

from io import BytesIO

import pytest
from PIL import Image

from .conftest import AXE, LIGHT

pytestmark = pytest.mark.browser

PAGES = ["/", "/about/", "/events/", "/events/series/", "/roadmap/", "/partners/", "/403/", "/search/"]
PAGES += ["/styleguide/components/page-heroes/", "/styleguide/sections/hero/"]


LINEAR = [
    part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    for part in (n / 255 for n in range(256))
]


def luminance(colour):
    red, green, blue = colour
    return 0.2126 * LINEAR[red] + 0.7152 * LINEAR[green] + 0.0722 * LINEAR[blue]


def contrast(one, other):
    """By WCAG 2.2, from 1 to 21."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_says():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_over_pictures_is_readable(look, portal, scheme):
    page, faint, seen = look(**{**LIGHT, "color_scheme": scheme}), [], 0
    for path in PAGES:
        page.goto(portal + path)
        unsure = page.evaluate(AXE, ["color-contrast"])["unsureOfContrast"]
        texts = page.evaluate("selectors => measure.texts(selectors)", unsure)
        page.evaluate("measure.hideText()")
        drawn = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
        for text in texts:
            left, top, right, bottom = text["box"]
            if not (0 <= left < right <= drawn.width and 0 <= top < bottom <= drawn.height):
                continue  # scrolled out of sight; the same component stands on the pattern library's own page
            seen += 1
            part = drawn.crop((left, top, right, bottom))
            behind = {colour for _, colour in part.getcolors(part.width * part.height)}
            ends = min(behind, key=luminance), max(behind, key=luminance)
            worst = min(contrast(text["colour"], colour) for colour in ends)
            if worst < text["wanted"]:
                faint.append(f"{path}: {worst:.1f}:1 of {text['wanted']}:1, {text['what']}")
    assert faint == []
    assert seen > len(PAGES)
