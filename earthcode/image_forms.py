"""What the admin accepts as a picture, beyond Wagtail's own checks."""

import PIL.Image
from django.core.exceptions import ValidationError
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

DAMAGED = "This file is damaged and cannot be read to its end. Save it anew, or ask for another copy."
TOO_DEEP = "A browser cannot show this picture: it has %(mode)s pixels. Save it with 8 bits per channel."
SHOWN_BY_BROWSERS = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}


class PortalImageField(WagtailImageField):
    """Refuses pictures of which no smaller ones can be made: cut short, or with 16 bits per channel."""

    def to_python(self, data):
        try:
            file = super().to_python(data)
            if file and hasattr(file, "seek"):
                file.seek(0)
                with PIL.Image.open(file) as picture:
                    mode = picture.mode
                    picture.load()
                file.seek(0)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise ValidationError(DAMAGED, code="damaged") from error
        if file and mode not in SHOWN_BY_BROWSERS:
            raise ValidationError(TOO_DEEP, code="too_deep", params={"mode": mode})
        return file


class PortalImageForm(BaseImageForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            wagtails = self.fields["file"]
            self.fields["file"] = PortalImageField(
                label=wagtails.label, required=wagtails.required, widget=wagtails.widget
            )
