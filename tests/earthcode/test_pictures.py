"""Pictures are there, or left out, or refused in words; never broken and never the end of a page."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.documents.models import Document

from earthcode.models import PortalImage
from tests.builders import (
    make_event,
    make_event_index,
    make_home,
    make_image,
    make_partner,
    make_partner_index,
)

pytestmark = pytest.mark.django_db


def picture(mode="RGB", file_format="PNG"):
    content = BytesIO()
    Image.new(mode, (40, 40)).save(content, file_format)
    return content.getvalue()


def upload(admin_client, content, name="picture.png"):
    return admin_client.post(
        reverse("wagtailimages:add"), {"title": "A picture", "file": SimpleUploadedFile(name, content)}
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (picture(), "a.png"),
        (picture("L"), "a.png"),
        (picture("RGBA"), "a.png"),
        (picture(file_format="JPEG"), "a.jpg"),
    ],
)
def test_a_sound_picture_is_taken(admin_client, content, name):
    assert upload(admin_client, content, name).status_code == 302
    assert PortalImage.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (picture("I;16"), "a.png", "8 bits per channel"),
        (picture()[:50], "a.png", "damaged"),
        (picture(file_format="JPEG")[:-300], "a.jpg", "damaged"),
        (b"no picture at all", "a.png", "either not an image or a corrupted image"),
    ],
)
def test_another_is_refused_in_words(admin_client, content, name, words):
    response = upload(admin_client, content, name)
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not PortalImage.objects.exists()


def damage(image):
    Path(image.file.path).write_bytes(picture()[:50])


def lose(image):
    Path(image.file.path).unlink()


def keep_only_the_row_of_its_rendition(image):
    Path(image.get_rendition("fill-360x240|format-webp").file.path).unlink()


@pytest.mark.parametrize("harm", [damage, lose])
def test_a_page_does_without_a_picture_that_is_gone(client, harm):
    make_home()
    index = make_event_index()
    image = make_image()
    event = make_event(image=image, social_image=image, start_date="2099-01-01")
    make_partner_index()
    make_partner(title="Brockmann Consult", logo=image)
    harm(image)
    for path in (index.url, event.url, "/partners/"):
        html = client.get(path).content.decode()
        assert "<img" not in html
        assert "/media/" not in html
    assert "BC" in client.get("/partners/").content.decode()


def test_a_rendition_whose_file_is_gone_is_made_again(client):
    make_home()
    index = make_event_index()
    image = make_image()
    make_event(image=image, start_date="2099-01-01")
    keep_only_the_row_of_its_rendition(image)
    html = client.get(index.url).content.decode()
    source = re.search(r'<img class="[^"]*event-row__image" src="([^"]*)"', html)[1]
    assert "fill-360x240" in source
    assert client.get(source).status_code == 200


def test_documents_are_not_handed_out_beside_their_own_view(client):
    document = Document.objects.create(title="Secret", file=ContentFile(b"secret", "secret.pdf"))
    assert client.get(f"/media/{document.file.name}").status_code == 404
