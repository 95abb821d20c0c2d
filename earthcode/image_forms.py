"""What the admin and imports accept as a picture, beyond Wagtail's own checks."""

from typing import Any

import PIL.Image
from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

DAMAGED = "This file is damaged and cannot be read to its end. Save it anew, or ask for another copy."
TOO_DEEP = "A browser cannot show this picture: it has %(mode)s pixels. Save it with 8 bits per channel."
TOO_LARGE = "This picture has more than %(most)d million pixels. Save it smaller."
TOO_LARGE_ANIMATION = (
    "The pictures of this animation have more than %(most)d million pixels in all. Save it smaller, or with fewer "
    "pictures."
)
SHOWN_BY_BROWSERS = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}
FORMATS = ("AVIF", "GIF", "JPEG", "PNG", "WEBP")
"""As Pillow calls them; WAGTAILIMAGES_EXTENSIONS has them by default."""
BROKEN = (OSError, SyntaxError, ValueError, EOFError)
"""What Pillow raises over a file that is not what it says."""


def refuse_too_many_pixels(file: Any) -> None:
    """Raise ValidationError if `file`, open for reading in binary, has more pixels than WAGTAILIMAGES_MAX_IMAGE_PIXELS.

    Only its header is read: Wagtail counts pixels when it has decoded them, which takes four bytes of memory or more
    for each. What is no picture at all is left to Wagtail. The position in `file` is at its beginning afterwards.
    """
    most = settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS
    file.seek(0)
    try:
        with PIL.Image.open(file, formats=FORMATS) as picture:
            pixels = picture.width * picture.height
            # A photo may have a second picture for brighter screens in its file, of which nobody makes anything.
            frames = (
                1 if picture.format in {"JPEG", "MPO"} or pixels > most else getattr(picture, "n_frames", 1)
            )
    except PIL.UnidentifiedImageError:
        pixels = frames = 0
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning):
        pixels, frames = most + 1, 1
    except BROKEN as error:
        raise ValidationError(DAMAGED, code="damaged") from error
    file.seek(0)
    if pixels * frames > most:
        message = TOO_LARGE if pixels > most else TOO_LARGE_ANIMATION
        raise ValidationError(message, code="file_too_many_pixels", params={"most": most // 1_000_000})


class PortalImageField(WagtailImageField):
    """Refuses pictures that are too large to be decoded, and those of which no smaller ones can be made: cut short, or
    with 16 bits per channel."""

    def to_python(self, data):
        if hasattr(data, "seek"):
            self.check_image_file_size(data)
            refuse_too_many_pixels(data)
        try:
            file = super().to_python(data)
            if file and hasattr(file, "seek"):
                file.seek(0)
                with PIL.Image.open(file) as picture:
                    mode = picture.mode
                    # A JPEG is read to its end as well where only every eighth pixel is wanted, in less memory.
                    picture.draft(None, (picture.width // 8, picture.height // 8))
                    picture.load()
                file.seek(0)
        except BROKEN as error:
            raise ValidationError(DAMAGED, code="damaged") from error
        if file and mode not in SHOWN_BY_BROWSERS:
            raise ValidationError(TOO_DEEP, code="too_deep", params={"mode": mode})
        return file

    def check_image_pixel_size(self, f):
        """It was done before anything was decoded."""


class PortalImageForm(BaseImageForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            wagtails = self.fields["file"]
            self.fields["file"] = PortalImageField(
                label=wagtails.label, required=wagtails.required, widget=wagtails.widget
            )
