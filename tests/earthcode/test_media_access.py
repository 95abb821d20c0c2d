"""Files of pages are there when the pages are: not before, not after, and for nobody else."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as PillowImage
from wagtail.documents.models import Document
from wagtail.models import PageViewRestriction

from earthcode.models import PortalImage
from tests.builders import make_content_page, make_event, make_event_index, make_home, make_image, the
from tests.earthcode.test_image_metadata import SECRET, exif, saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def image():
    make_home()
    make_event_index()
    return make_image()


def addresses(image):
    return [image.file.url, image.get_rendition("fill-360x240|format-webp").url]


def answers(client, image):
    return {client.get(address).status_code for address in addresses(image)}


def signed_in(group):
    client = Client()
    user = User.objects.create_user(group)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def test_an_image_is_there_while_its_page_is_public(client, image):
    assert answers(client, image) == {404}
    event = make_event(image=image)
    assert answers(client, image) == {200}
    event.unpublish()
    assert answers(client, image) == {404}
    event.save_revision().publish()
    assert answers(client, image) == {200}
    PageViewRestriction.objects.create(page=event.get_parent(), restriction_type="login")
    assert answers(client, image) == {404}


def test_shared_caches_ask_again_within_a_minute_and_visitors_keep_it(client, image):
    make_event(image=image)
    response = client.get(image.file.url)
    directives = set(response["Cache-Control"].split(", "))
    assert directives == {"public", "s-maxage=60", "max-age=86400"}
    assert not response.cookies


def test_a_draft_shows_its_image_to_editors_alone(client, image):
    event = make_event()
    event.image = image
    event.save_revision()
    assert answers(client, image) == {404}
    assert answers(signed_in("Editors"), image) == {200}
    assert "no-store" in signed_in("Moderators").get(image.file.url)["Cache-Control"]


def test_an_image_that_a_public_page_does_not_use_any_more(client, image):
    event = make_event(image=image)
    event.image = None
    event.save_revision().publish()
    assert answers(client, image) == {404}


def test_an_image_in_the_sections_of_a_page(client, image):
    page = make_content_page(title="With a picture")
    name = next(
        name for name, block in page.body.stream_block.child_blocks.items() if "image" in block.child_blocks
    )
    page.body = page.body.stream_block.to_python([{"type": name, "value": {"image": image.pk}}])
    page.save_revision().publish()
    assert answers(client, image) == {200}


def test_one_private_page_and_one_public_page(client, image):
    private = make_event(title="Private", image=image)
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    assert answers(client, image) == {404}
    make_event(title="Public", image=image)
    assert answers(client, image) == {200}


def test_who_gave_the_password_of_a_page_sees_its_image(client, image):
    event = make_event(image=image)
    restriction = PageViewRestriction.objects.create(page=event, restriction_type="password", password="open")
    assert answers(client, image) == {404}
    client.post(
        reverse("wagtailcore_authenticate_with_password", args=[restriction.pk, event.pk]),
        {"password": "open", "return_url": event.url},
    )
    assert answers(client, image) == {200}
    assert answers(Client(), image) == {404}


def test_somebody_signed_in_without_the_admin_sees_no_draft(image):
    client = Client()
    client.force_login(User.objects.create_user("visitor"))
    assert answers(client, image) == {404}


def test_a_document_is_there_while_its_page_is_public(client, image):
    document = Document.objects.create(title="Slides", file=ContentFile(b"slides", "slides.pdf"))
    assert client.get(document.url).status_code == 404
    assert signed_in("Editors").get(document.url).status_code == 200
    event = make_event(body=f'<p><a linktype="document" id="{document.pk}">Slides</a></p>')
    assert client.get(document.url).status_code == 200
    event.unpublish()
    assert client.get(document.url).status_code == 404


def test_visitors_cost_few_queries(client, image, django_assert_num_queries):
    for number in range(12):
        make_event(title=f"Event {number}", image=image)
    address = addresses(image)[1]
    client.get(address)
    with django_assert_num_queries(3):
        client.get(address)


@pytest.mark.parametrize("path", ["images/none.png", "original_images/none.png", "images/%00.png"])
def test_no_file_of_ours(client, path):
    assert client.get(f"/media/{path}").status_code == 404


# What is stored


def upload(client, name="photo.jpg", data=None):
    data = data or saved("JPEG", PillowImage.new("RGB", (40, 30), "navy"), exif=exif(6))
    file = SimpleUploadedFile(name, data, "image/jpeg")
    return client.post(reverse("wagtailimages:add"), {"title": "Photo", "file": file})


def stored(image):
    with image.file.open() as file:
        return file.read()


def test_an_upload_is_stored_without_its_metadata(image):
    client = signed_in("Editors")
    upload(client)
    photo = PortalImage.objects.get(title="Photo")
    assert SECRET.encode() not in stored(photo)
    with PillowImage.open(BytesIO(stored(photo))) as picture:
        assert dict(picture.getexif()) == {0x0112: 6}
    assert photo.file_size == len(stored(photo))
    assert photo.file.name.startswith("original_images/photo")


def test_so_is_a_file_that_replaces_another_and_one_of_many(image):
    client = signed_in("Moderators")
    upload(client, "photo.png", saved("PNG", PillowImage.new("RGB", (4, 3))))
    photo = PortalImage.objects.get(title="Photo")
    file = SimpleUploadedFile("other.jpg", saved("JPEG", exif=exif()), "image/jpeg")
    client.post(reverse("wagtailimages:edit", args=[photo.pk]), {"title": "Other", "file": file})
    photo.refresh_from_db()
    assert (photo.title, SECRET.encode() in stored(photo)) == ("Other", False)
    many = SimpleUploadedFile("many.jpg", saved("JPEG", exif=exif()), "image/jpeg")
    answer = client.post(reverse("wagtailimages:add_multiple"), {"title": "Many", "files[]": many})
    assert answer.json()["success"]
    assert SECRET.encode() not in stored(PortalImage.objects.get(title="Many"))


# Who may change what is live


def test_a_file_on_a_published_page_is_changed_by_those_who_may_publish(image):
    editor, moderator = signed_in("Editors"), signed_in("Moderators")
    upload(editor)
    photo = PortalImage.objects.get(title="Photo")
    change, delete = (reverse(f"wagtailimages:{view}", args=[photo.pk]) for view in ("edit", "delete"))
    event = make_event()
    event.image = photo
    event.save_revision()
    assert editor.get(change).status_code == 200
    event.latest_revision.publish()
    for address in (change, delete):
        assert editor.post(address, {"title": "Ours"}).status_code == 302
    bulk = reverse("wagtail_bulk_action", args=["earthcode", "portalimage", "delete"])
    editor.post(f"{bulk}?id={photo.pk}")
    photo.refresh_from_db()
    assert photo.title == "Photo"
    moderator.post(change, {"title": "Theirs"})
    photo.refresh_from_db()
    assert photo.title == "Theirs"


def test_a_document_on_a_published_page_too(image):
    editor = signed_in("Editors")
    file = SimpleUploadedFile("slides.pdf", b"slides", "application/pdf")
    editor.post(reverse("wagtaildocs:add"), {"title": "Slides", "file": file})
    document = the(Document)
    make_event(body=f'<p><a linktype="document" id="{document.pk}">Slides</a></p>')
    editor.post(reverse("wagtaildocs:edit", args=[document.pk]), {"title": "Ours"})
    editor.post(reverse("wagtaildocs:delete", args=[document.pk]))
    assert the(Document).title == "Slides"
