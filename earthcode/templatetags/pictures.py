"""Pictures that are there or left out, never broken."""

import logging

from django import template

register = template.Library()
logger = logging.getLogger(__name__)


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
