"""Sections with pictures, videos, tables and code."""

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.images.blocks import ImageChooserBlock

from .links import actions, host, link_preview, validate_web_address
from .section import INLINE_FEATURES, SectionBlock, picture, section_preview


class HeroBlock(blocks.StructBlock):
    overline = blocks.CharBlock(
        max_length=60, required=False, help_text="A few words above the title; may stay empty."
    )
    title = blocks.CharBlock(
        max_length=140, help_text="The main heading of the page: one line, at most sixteen words."
    )
    introduction = blocks.RichTextBlock(features=INLINE_FEATURES, required=False)
    actions = actions()
    image = ImageChooserBlock(
        required=False, help_text="A photograph behind the words instead of the drawn Earth."
    )
    size = blocks.ChoiceBlock(
        choices=[("tall", "Tall, for the home page"), ("short", "Short, for inner pages")],
        default="short",
        search_index=False,
    )

    class Meta:
        icon = "image"
        template = "blocks/hero.html"
        description = "The opening of a page: its main heading over the view from orbit or a photograph."
        preview_value = {
            "overline": "Open Earth science",
            "title": "From data to discovery, in the open",
            "introduction": "<p>One sentence says what visitors find here.</p>",
            "actions": [link_preview("Start here")],
            "image": None,
            "size": "short",
        }


class FigureBlock(SectionBlock):
    image = picture(required=True, help_text="Credit and licence are taken from the image itself.")
    caption = blocks.CharBlock(max_length=250, required=False)

    class Meta:
        icon = "image"
        template = "blocks/figure.html"
        description = "One picture with its caption, credit and licence."
        preview_value = section_preview(
            "", image=None, caption="The caption stands here, with the credit and licence of the picture."
        )


class VideoValue(blocks.StructValue):
    @cached_property
    def host(self):
        """The site that shows the video, as visitors call it."""
        return host(self.get("address") or "")


class VideoBlock(SectionBlock):
    title = blocks.CharBlock(max_length=120, help_text="What the video is called.")
    address = blocks.CharBlock(
        max_length=500,
        search_index=False,
        validators=[validate_web_address],
        help_text="Where the video is shown, starting with https://. Nothing is loaded from there before a click.",
    )
    picture = picture(help_text="A still of the video, kept in this portal; may stay empty.")
    duration = blocks.CharBlock(max_length=20, required=False, help_text="Such as “4 minutes”.")
    text = blocks.TextBlock(
        max_length=600, required=False, help_text="What there is to see and to hear, for those who cannot."
    )

    class Meta:
        icon = "media"
        template = "blocks/video.html"
        value_class = VideoValue
        description = (
            "A picture and a link that opens a video where it is shown; no other site is asked before."
        )
        preview_value = section_preview(
            "See for yourself",
            "night",
            title="EarthCODE in four minutes",
            address="https://www.example.org/watch",
            picture=None,
            duration="4 minutes",
            text="A scientist finds a dataset, runs a workflow on it and publishes the result.",
        )


class TableBlock(SectionBlock):
    table = TypedTableBlock(
        [
            ("text", blocks.TextBlock(required=False, rows=1)),
            ("number", blocks.CharBlock(required=False, max_length=40)),
            ("rich_text", blocks.RichTextBlock(required=False, features=INLINE_FEATURES)),
        ],
        help_text="Give it a caption, and each column a heading.",
    )
    row_headings = blocks.BooleanBlock(
        required=False, default=True, help_text="The first column says what its row is about."
    )

    class Meta:
        icon = "table"
        template = "blocks/table.html"
        description = "Rows and columns with headings, for what has to be compared."

    def get_preview_value(self):
        rows = (("Ocean colour", "300 m", "2016–2026"), ("Land cover", "10 m", "2020–2025"))
        table = {
            "caption": "Datasets by resolution",
            "columns": [
                {"type": "text", "heading": "Dataset"},
                {"type": "number", "heading": "Resolution"},
                {"type": "number", "heading": "Years"},
            ],
            "rows": [{"values": list(row)} for row in rows],
        }
        return self.normalize(section_preview("What there is", table=table, row_headings=True))

    def clean(self, value):
        cleaned = super().clean(value)
        table = cleaned["table"]
        if self.is_deferred_validation:
            return cleaned
        if not (table.columns and table.row_data):
            self._refuse("Add at least one column and one row.")
        if not all(column["heading"].strip() for column in table.columns):
            self._refuse("Give each column a heading: without one nobody knows what its cells mean.")
        if not (table.caption or "").strip():
            self._refuse("Give the table a caption that says what it shows.")
        return cleaned

    def _refuse(self, message):
        raise StructBlockValidationError(block_errors={"table": ValidationError(message)})


class CodeBlock(SectionBlock):
    caption = blocks.CharBlock(
        max_length=120, help_text="What this code does, such as “Open a dataset in Python”."
    )
    code = blocks.TextBlock(rows=8, help_text="Shown exactly as it stands here.")

    class Meta:
        icon = "code"
        template = "blocks/code.html"
        description = "Lines of code to read and to copy, shown exactly as they were written."
        preview_value = section_preview(
            "",
            caption="Open a dataset in Python",
            code='import xarray as xr\n\ndataset = xr.open_zarr("https://example.org/ocean.zarr")\nprint(dataset)',
        )
