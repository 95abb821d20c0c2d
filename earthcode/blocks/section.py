"""What all sections share: a heading, an introduction, the colour of the ground."""

from wagtail import blocks
from wagtail.images.blocks import ImageBlock

INLINE_FEATURES = ["bold", "italic", "link"]
ITEM_FEATURES = [*INLINE_FEATURES, "ol", "ul", "document-link"]
TEXT_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "blockquote", "hr"]

GROUNDS = [
    ("white", "White"),
    ("paper", "Light grey"),
    ("deep", "Deep blue"),
    ("night", "Dark"),
    ("lagoon", "Bright"),
]


LOOK = {"colour", "columns", "arrangement", "side", "row_headings"}
"""The fields that change how a section looks and not what it says: the form keeps them under its settings."""


class SectionBlock(blocks.StructBlock):
    """Base of all sections."""

    heading = blocks.CharBlock(max_length=120, required=False)
    introduction = blocks.RichTextBlock(
        features=INLINE_FEATURES, required=False, help_text="One or two sentences under the heading."
    )
    colour = blocks.ChoiceBlock(
        choices=GROUNDS, default="white", search_index=False, help_text="The ground of this section."
    )

    class Meta:
        icon = "doc-full"

    def get_form_layout(self):
        names = list(self.child_blocks)
        return blocks.BlockGroup(
            children=[name for name in names if name not in LOOK],
            settings=[name for name in names if name in LOOK],
        )


def picture(required=False, **options):
    """A picture whose editor describes it for those who cannot see it, or calls it decorative."""
    return ImageBlock(required=required, search_index=False, **options)


def section_preview(heading, colour="white", **fields):
    return {"heading": heading, "introduction": "", "colour": colour, **fields}
