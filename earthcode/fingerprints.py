"""Short marks of what a field of a page says, by which versions of it are compared."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.db.models import Model
from wagtail.blocks import Block, ListBlock, RichTextBlock, StreamBlock, StreamValue, StructBlock
from wagtail.images.blocks import ImageBlock

MAX_SAVES = 5
"""The rich text editor's way of writing nested formatting settles after two or three."""
_BLOCK_KEY = re.compile(r' data-block-key="\w*"')


def fingerprint(value: Any, features: Iterable[str] | None = None) -> str:
    """A few letters that are the same for two values of a field if an editor would call them the same; "" for no value.

    `features` are those of the rich text editor, for a value that is rich text. Times count to the minute, as forms
    show them.
    """
    said = as_edited(value or "", tuple(features)) if features is not None else _said(value)
    if said in ("", [], {}):
        return ""
    return blake2b(json.dumps(said, sort_keys=True, default=str).encode(), digest_size=6).hexdigest()


@lru_cache(maxsize=1024)
def as_edited(html: str, features: tuple[str, ...]) -> str:
    """`html` as the rich text editor leaves it once saving it again changes nothing, without the keys of its blocks."""
    # This module is imported while Django loads models, and the converter needs them loaded.
    from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

    converter = ContentstateConverter(features=features)
    for _ in range(MAX_SAVES):
        saved = converter.to_database_format(converter.from_database_format(html))
        saved = _BLOCK_KEY.sub("", saved).replace("<p></p>", "")
        if saved == html:
            break
        html = saved
    return html


def _said(value: Any) -> Any:
    match value:
        case None | False:
            return ""
        case Model():
            return str(value.pk)
        case datetime():
            at = value.astimezone(UTC) if value.tzinfo else value
            return at.replace(second=0, microsecond=0).isoformat()
        case time():
            return value.strftime("%H:%M")
        case date():
            return value.isoformat()
        case StreamValue():
            return _said_in(value.stream_block, value)
        case str():
            return _plain(value)
        case Iterable():
            return sorted(str(_said(each)) for each in value)
    return str(value)


def _plain(text: str) -> str:
    """Browsers send other ends of lines than they were given, and forms strip."""
    return text.replace("\r\n", "\n").strip()


def _said_in(block: Block, value: Any) -> Any:
    """What `value` says, without the keys of blocks and what the editor adds."""
    if isinstance(block, StreamBlock):
        return [[child.block_type, _said_in(child.block, child.value)] for child in value]
    if isinstance(block, ListBlock):
        return [_said_in(block.child_block, each) for each in value]
    if isinstance(block, StructBlock) and not isinstance(block, ImageBlock):
        said = {name: _said_in(child, value.get(name)) for name, child in block.child_blocks.items()}
        return {name: each for name, each in said.items() if each not in ("", [], {})}
    if isinstance(block, RichTextBlock):
        return as_edited(value.source if value else "", tuple(block.field.widget.features))
    prepared = block.get_prep_value(value)
    if isinstance(prepared, str):
        return _plain(prepared)
    return "" if prepared in (None, False) else prepared
