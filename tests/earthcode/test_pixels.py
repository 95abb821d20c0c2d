"""Pictures of too many pixels are refused by their header, at every door by which pictures come in."""

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.models import Collection

from earthcode.image_forms import PortalImageField
from earthcode.models import PortalImage
from tests.builders import make_image

ROOT = Path(__file__).resolve().parents[2]
REFUSED = "more than 40 million pixels"

MEASURE = """
import resource, sys
import django
django.setup()
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from earthcode.image_forms import PortalImageField
data, field = sys.stdin.buffer.read(), PortalImageField()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    field.clean(SimpleUploadedFile("a.png", data))
except ValidationError as error:
    print(" ".join(error.messages))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def saved(picture, kind, **options):
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def huge():
    """A PNG of 169 million pixels, in 26 kB."""
    return saved(Image.new("1", (13_000, 13_000)), "PNG")


def upload(data, name="a.png"):
    return SimpleUploadedFile(name, data)


def test_a_picture_of_169_million_pixels_takes_no_memory(huge):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "earthcode.settings.test"}
    told = subprocess.run(
        (sys.executable, "-W", "ignore", "-c", MEASURE),
        input=huge, capture_output=True, check=True, cwd=ROOT, env=environment, timeout=120,
    ).stdout.decode().splitlines()  # fmt: skip
    assert REFUSED in told[0]
    assert int(told[1]) < 50


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.django_db
@pytest.mark.parametrize("door", ["add", "add_multiple", "chooser", "replace", "avatar"])
def test_every_door_refuses_it(admin_client, huge, door):
    collection = Collection.get_first_root_node().pk
    image = make_image() if door == "replace" else None
    address, form = {
        "add": ("wagtailimages:add", {"title": "A", "file": upload(huge), "collection": collection}),
        "add_multiple": (
            "wagtailimages:add_multiple",
            {"title": "A", "files[]": upload(huge), "collection": collection},
        ),
        "chooser": (
            "wagtailimages_chooser:create",
            {"image-chooser-upload-title": "A", "image-chooser-upload-file": upload(huge),
             "image-chooser-upload-collection": collection},
        ),
        "replace": ("wagtailimages:edit", {"title": "A", "file": upload(huge), "collection": collection}),
        "avatar": ("wagtailadmin_account", {"avatar-avatar": upload(huge)}),
    }[door]  # fmt: skip
    before = list(PortalImage.objects.values_list("file", flat=True))
    response = admin_client.post(reverse(address, args=[image.pk] if image else []), form)
    assert response.status_code == 200
    assert REFUSED in response.content.decode()
    assert list(PortalImage.objects.values_list("file", flat=True)) == before


@pytest.mark.django_db
def test_a_profile_picture_is_a_picture_of_the_web(admin_client):
    """Pillow would hand PostScript to another program."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    for data, name in ((postscript, "a.eps"), (postscript, "a.png"), (b"<svg/>", "a.svg")):
        response = admin_client.post(reverse("wagtailadmin_account"), {"avatar-avatar": upload(data, name)})
        assert '<p class="error-message">' in response.content.decode()


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_the_pictures_of_an_animation_count_together(settings, kind):
    def animation(frames):
        pictures = [Image.new("RGB", (1_000, 1_000), (number * 9, 0, 0)) for number in range(frames)]
        return saved(pictures[0], kind, save_all=True, append_images=pictures[1:])

    name = f"a.{kind.lower()}"
    assert PortalImageField().clean(upload(animation(3), name))
    settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS = 2_000_000
    with pytest.raises(ValidationError, match="animation have more than 2 million"):
        PortalImageField().clean(upload(animation(3), name))
