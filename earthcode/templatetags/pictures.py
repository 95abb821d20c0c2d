"""Pictures that are there or left out, never broken, and icons."""

import logging
from typing import Any, NamedTuple

from django import template
from django.db.models import prefetch_related_objects
from django.template.loader import render_to_string
from django.utils.html import format_html

from earthcode.icons import ICONS

register = template.Library()
logger = logging.getLogger(__name__)


class Shape(NamedTuple):
    """How a picture is cut and how wide it is shown."""

    filters: tuple[str, ...]
    """Wagtail's filters of one shape, the narrowest first."""
    sizes: str
    """How wide the picture is, for the browser's choice; see `sizes` in HTML."""
    is_first_seen: bool = False
    """Whether it stands at the top of a page and is to be there first."""


SHAPES = {
    "hero": Shape(("fill-800x450", "fill-1280x720", "fill-1920x1080"), "100vw", is_first_seen=True),
    "figure": Shape(("max-640x960", "max-1200x900"), "(width < 80rem) 100vw, 75rem"),
    "beside": Shape(("max-480x640", "max-960x1280"), "(width < 48rem) 100vw, 31rem"),
    "column": Shape(("fill-480x320", "fill-1080x720"), "(width < 48rem) 100vw, 36rem"),
    "card": Shape(("fill-360x240", "fill-720x480"), "(width < 40rem) 100vw, 24rem"),
    "row": Shape(("fill-360x240", "fill-720x480"), "15rem"),
    "event": Shape(("max-640x960", "max-1200x900"), "(width < 60rem) 100vw, 45rem", is_first_seen=True),
    "portrait": Shape(("fill-96x96", "fill-192x192"), "6rem"),
    "logo": Shape(("max-200x80", "max-400x160"), "12rem"),
}
FOCUS_STEPS = 4
"""Into how many steps the width of a picture is cut to say where its focal point is."""


@register.simple_tag
def rendition(image, specification):
    """The rendition of `image` that Wagtail's filter `specification` asks for, such as `fill-360x240|format-webp`;
    None without an image, or when its file is gone or cannot be read, so that the page does without it."""
    if image is None:
        return None
    try:
        found = image.get_rendition(specification)
        if found.file.storage.exists(found.file.name):
            return found
        # The row came back from a backup and its file did not.
        image.renditions.filter(pk=found.pk).delete()
        return type(image).objects.get(pk=image.pk).get_rendition(specification)
    except Exception:  # whatever a damaged file makes the libraries say, the page goes on
        logger.warning("No rendition %s of the image %s (%s)", specification, image.pk, image, exc_info=True)
        return None


@register.simple_tag(takes_context=True)
def picture(context, image, shape, *, alt=None, css_class="", placeholder=False):
    """`image` as AVIF and WebP in the sizes of `shape`, one of SHAPES; empty without an image, or when its file is
    gone. With a `placeholder`, the preview of a block shows a drawing where its picture will be.

    `alt` replaces what an editor wrote for those who cannot see the picture; "" says that it only decorates.
    """
    if image is None:
        is_preview = placeholder and "block_def" in context
        return render_to_string("components/picture_placeholder.html") if is_preview else ""
    cut = SHAPES[shape]
    prefetch_renditions([image])
    webp = _renditions(image, cut, "webp")
    if not webp:
        return ""
    values = {
        "fallback": webp[-1],
        "webp": _srcset(webp),
        "avif": _srcset(_renditions(image, cut, "avif")),
        "sizes": cut.sizes,
        "alt": alternative_text(image) if alt is None else alt,
        "is_first_seen": cut.is_first_seen,
        "focus": focus_step(webp[-1]),
        "css_class": css_class,
    }
    return render_to_string("components/picture.html", values)


@register.simple_tag
def icon(name):
    """The icon called `name` as SVG, for the eye only; nothing without a name or when there is no such icon."""
    if name not in ICONS:
        return ""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="40" height="40" aria-hidden="true"><path d="{}"/></svg>',
        ICONS[name].path,
    )


def prefetch_renditions(images):
    """Fetch all renditions of all `images` at once, where that was not done before."""
    prefetch_related_objects([image for image in images if image.pk], "renditions")


def alternative_text(image):
    """What those who cannot see `image` are told: what was written where it stands, else where it was uploaded."""
    if image.decorative:
        return ""
    return image.contextual_alt_text or image.description


def focus_step(found):
    """In which of FOCUS_STEPS from the left, counted from 0, the focal point of the rendition `found` lies; the middle
    one without a focal point."""
    point = found.focal_point
    return round(FOCUS_STEPS * point.centroid_x / found.width) if point else FOCUS_STEPS // 2


def _renditions(image, shape, file_format):
    found = (rendition(image, f"{cut}|format-{file_format}") for cut in shape.filters)
    # A small picture is not made any larger: then several filters give the same.
    by_width: dict[int, Any] = {}
    for picture in filter(None, found):
        by_width.setdefault(picture.width, picture)
    return list(by_width.values())


def _srcset(found):
    return ", ".join(f"{picture.url} {picture.width}w" for picture in found)
