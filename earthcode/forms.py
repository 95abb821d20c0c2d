"""What the admin accepts, beyond Wagtail's own checks."""

import PIL.Image
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.contrib.routable_page.models import RoutablePageMixin
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


def is_address_taken(parent, slug):
    """Whether something that is no page answers below `parent` at `slug`: the admin, a list of past events."""
    if isinstance(parent, RoutablePageMixin):
        try:
            parent.resolve_subpage(f"/{slug}/")
        except Resolver404:
            pass
        else:
            return True
    try:
        return resolve(f"{parent.url or '/'}{slug}/").url_name != "wagtail_serve"
    except Resolver404:
        return False


class BasePageForm(WagtailAdminPageForm):
    def clean(self):
        cleaned = super().clean()
        slug = cleaned.get("slug")
        if slug and self.parent_page and is_address_taken(self.parent_page.specific, slug):
            self.add_error(
                "slug", f"The portal itself uses this address. Choose another, such as “{slug}-page”."
            )
        return cleaned
