"""The pictures of imported events: fetched, looked at, and kept once each in the library of images."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha1
from io import BytesIO
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone as clock
from PIL import Image, UnidentifiedImageError
from wagtail.images import get_image_model

from earthcode.image_metadata import without_metadata

from .feed import FeedEvent, FeedUnusable, Key, Level, Problem, Values
from .fetch import fetch_image
from .markup import cut
from .models import ImportedImage, ImportSource

EXTENSIONS = {"AVIF": "avif", "GIF": "gif", "JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
# Of a name in the library.
MAX_LENGTH = 255
# Of one run; the rest is for the next ones.
MAX_PICTURES, MAX_SECONDS = 50, 60
# What could not be had is asked for again only then.
PAUSE = timedelta(days=1)


def with_pictures(
    events: Iterable[FeedEvent], held: Mapping[Key, Values], source: ImportSource, at: datetime
) -> tuple[FeedEvent, ...]:
    """`events` with the pictures that they may have at `at` (aware): none that was refused lately, or deleted by an
    editor; where the source wants none, those that they have."""
    events = tuple(events)
    if not source.images:
        return tuple(_with(event, str(held.get(event.key, {}).get("image") or "")) for event in events)
    asked = {event.image for event in events} - {""}
    without = ImportedImage.objects.filter(address__in=asked, image=None)
    refused = {
        row.address for row in (without if asked else ()) if not row.refusal or row.checked_at > at - PAUSE
    }
    return tuple(_with(event, "" if event.image in refused else event.image) for event in events)


def _with(event: FeedEvent, image: str) -> FeedEvent:
    return event if event.image == image else replace(event, image=image)


@dataclass(frozen=True, slots=True)
class Brought:
    """An event with a picture that is in the library, or none. `waits`: the next run may have more luck."""

    event: FeedEvent
    problems: tuple[Problem, ...] = ()
    waits: bool = False


class Pictures:
    """Brings pictures that are not known yet; so many and so long in one run."""

    def __init__(self, source: ImportSource):
        self.source = source
        self._left = MAX_PICTURES
        self._ends = monotonic() + MAX_SECONDS

    def brought(self, event: FeedEvent) -> Brought:
        """Not to be called in a transaction: it may take seconds."""
        if not event.image:
            return Brought(event)
        known = ImportedImage.objects.filter(address=event.image).first()
        if known and known.image_id:
            return Brought(event)
        without = replace(event, image="")
        if self._left <= 0 or monotonic() > self._ends:
            return Brought(without, waits=True)
        self._left -= 1
        image, refusal = None, ""
        try:
            image = stored(fetch_image(event.image).body or b"", event, self.source)
        except FeedUnusable as error:
            refusal = str(error)
        told = {"image": image, "refusal": refusal, "checked_at": clock.now()}
        ImportedImage.objects.update_or_create(address=event.image, defaults=told)
        if image:
            return Brought(event)
        reason = f"Its picture is left out. {refusal}"
        return Brought(without, (Problem(Level.WARNING, reason, event.key.uid, event.line),))


def stored(data: bytes, event: FeedEvent, source: ImportSource) -> Any:
    """The image of the library with these bytes, made if there is none. Raises FeedUnusable for what is no picture."""
    model = get_image_model()
    file = looked_at(data)
    # As it would be stored, so that the same picture is known again.
    data = without_metadata(data)
    known = model.objects.filter(file_hash=sha1(data, usedforsecurity=False).hexdigest()).first()
    credit = cut(urlsplit(event.image).hostname or source.name, MAX_LENGTH)
    if known:
        return known
    image = model.objects.create(title=cut(event.title, MAX_LENGTH), file=file, credit=credit)
    image.get_file_hash()  # keeps it
    return image


def looked_at(data: bytes) -> SimpleUploadedFile:
    """The picture that `data` are, as a file; raises FeedUnusable for what the admin would not accept either: anything
    that is broken, too large, or of a format that can hold scripts."""
    # This module is imported while Django loads models, and Wagtail's forms need them loaded.
    from earthcode.image_forms import PortalImageField, refuse_too_many_pixels

    try:
        refuse_too_many_pixels(BytesIO(data))
        with Image.open(BytesIO(data), formats=tuple(EXTENSIONS)) as picture:
            # Several pictures in one file (MPO), as phones take them, are a JPEG to everybody else.
            extension = EXTENSIONS[str(picture.format).replace("MPO", "JPEG")]
        file = SimpleUploadedFile(f"event.{extension}", data)
        PortalImageField().clean(file)
    except UnidentifiedImageError:
        raise FeedUnusable(f"It is none of {', '.join(EXTENSIONS)}.") from None
    except ValidationError as error:
        raise FeedUnusable(" ".join(error.messages)) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise FeedUnusable(f"It is broken: {error}.") from error
    file.seek(0)
    return file
