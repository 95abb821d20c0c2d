"""The StreamField vocabulary: sections, and the few blocks inside them.

Each section is a whole band of the page with its own ground colour. Sections that show events, partners or
the roadmap hold only words and options here; their templates ask the other apps for the rows. What no visitor reads,
such as the name of a colour, is not searched (`search_index`).
"""

from collections.abc import Iterator
from typing import Any

from wagtail import blocks
from wagtail.images.models import AbstractImage

from .entries import (
    CallToActionBlock,
    CardsBlock,
    KeyFactsBlock,
    LinkColumnsBlock,
    LogosBlock,
    NewsletterBlock,
)
from .links import LinkBlock, LinkGroupBlock, LinkListBlock, validate_link_address
from .media import CodeBlock, FigureBlock, HeroBlock, TableBlock, VideoBlock
from .rows import EventsBlock, PartnersBlock, RoadmapBlock
from .text import (
    AccordionBlock,
    CalloutBlock,
    ColumnsBlock,
    QuoteBlock,
    StatementsBlock,
    StepsBlock,
    TextBlock,
)

__all__ = [
    "LinkBlock",
    "LinkGroupBlock",
    "LinkListBlock",
    "SectionStreamBlock",
    "images_in",
    "validate_link_address",
]

TEXT, PICTURES, WAYS_ON, ROWS = "Text", "Pictures, tables and code", "Ways on", "Always current"


class SectionStreamBlock(blocks.StreamBlock):
    """The sections an editor can stack on a page."""

    hero = HeroBlock()
    text = TextBlock(group=TEXT)
    columns = ColumnsBlock(group=TEXT)
    statements = StatementsBlock(group=TEXT)
    steps = StepsBlock(group=TEXT)
    accordion = AccordionBlock(group=TEXT)
    callout = CalloutBlock(group=TEXT)
    quote = QuoteBlock(group=TEXT)
    figure = FigureBlock(group=PICTURES)
    video = VideoBlock(group=PICTURES)
    logos = LogosBlock(group=PICTURES)
    table = TableBlock(group=PICTURES)
    code = CodeBlock(group=PICTURES)
    cards = CardsBlock(group=WAYS_ON)
    link_columns = LinkColumnsBlock(group=WAYS_ON)
    key_facts = KeyFactsBlock(group=WAYS_ON)
    call_to_action = CallToActionBlock(group=WAYS_ON)
    newsletter = NewsletterBlock(group=WAYS_ON)
    events = EventsBlock(group=ROWS)
    partners = PartnersBlock(group=ROWS)
    roadmap = RoadmapBlock(group=ROWS)

    class Meta:
        block_counts = {"hero": {"max_num": 1}}


def images_in(value: Any) -> Iterator[AbstractImage]:
    """The pictures that an editor chose anywhere in the value of a block."""
    if isinstance(value, AbstractImage):
        yield value
    elif isinstance(value, blocks.StreamValue):
        for child in value:
            yield from images_in(child.value)
    elif isinstance(value, dict):
        for child in value.values():
            yield from images_in(child)
    elif isinstance(value, blocks.list_block.ListValue):
        for child in value:
            yield from images_in(child)
