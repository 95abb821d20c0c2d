"""Tables that were uploaded: what a source has in place of an address."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from .feed import FeedUnusable
from .fetch import Fetched
from .markup import cut, printable
from .models import UPLOAD, ImportSource, ImportUpload

NAME_LENGTH = 255


@transaction.atomic
def keep(source: ImportSource, *, name: str, data: bytes, user: Any, at: datetime) -> None:
    """Have `data`, of a file that was called `name` and uploaded by `user` at `at`, stand in place of what `source`
    had before."""
    told = {
        "name": cut(printable(name), NAME_LENGTH),
        "content": data,
        "uploaded_at": at,
        "uploaded_by": user,
    }
    ImportUpload.objects.update_or_create(source=source, defaults=told)
    # What is in a table is approved like an address.
    source.upload_digest = sha256(data).hexdigest()
    source.save(update_fields=["upload_digest"])


def about(source: ImportSource) -> ImportUpload | None:
    """What was uploaded last for `source`, and by whom, without the bytes."""
    return ImportUpload.objects.defer("content").select_related("uploaded_by").filter(source=source).first()


def address_of(source: ImportSource) -> str:
    """As runs of `source` tell it: with the name of the file."""
    upload = about(source)
    return f"{UPLOAD}{upload.name if upload else ''}"


def stored(source: ImportSource) -> Fetched:
    """The table of `source`, as if it had been fetched; raises FeedUnusable where there is none, or another than
    `source` says: it was replaced since that was read, and nobody has approved the new one."""
    upload = ImportUpload.objects.filter(source=source).first()
    if upload is None:
        raise FeedUnusable(f"No table was uploaded for “{source}” yet; upload one.")
    content = bytes(upload.content)
    if sha256(content).hexdigest() != source.upload_digest:
        raise FeedUnusable(f"A new version of the table of “{source}” was just uploaded; try again.")
    return Fetched(body=content, address=f"{UPLOAD}{upload.name}")
