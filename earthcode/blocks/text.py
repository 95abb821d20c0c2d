"""Sections to read."""

from wagtail import blocks

from .links import OptionalLinkBlock, actions, link_preview
from .section import INLINE_FEATURES, ITEM_FEATURES, TEXT_FEATURES, SectionBlock, picture, section_preview


class TextBlock(SectionBlock):
    text = blocks.RichTextBlock(features=TEXT_FEATURES)
    picture = picture(help_text="Stands beside the text; may stay empty.")
    side = blocks.ChoiceBlock(
        choices=[("right", "Picture on the right"), ("left", "Picture on the left")],
        default="right",
        search_index=False,
    )
    actions = actions()

    class Meta:
        icon = "pilcrow"
        template = "blocks/text.html"
        description = "Running text under a heading, alone or beside a picture."
        preview_value = section_preview(
            "A heading",
            text="<p>Text in <b>paragraphs</b>, with lists, links and smaller headings.</p>",
            picture=None,
            side="right",
            actions=[link_preview("Read the documentation")],
        )


class ColumnBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80, required=False)
    text = blocks.RichTextBlock(features=ITEM_FEATURES)
    picture = picture(help_text="Stands above the text; may stay empty.")
    link = OptionalLinkBlock()

    class Meta:
        icon = "doc-full"


class ColumnsBlock(SectionBlock):
    left = ColumnBlock()
    right = ColumnBlock()

    class Meta:
        icon = "grid"
        label = "Two columns"
        template = "blocks/columns.html"
        description = "Two texts side by side, each with a title, a picture and a link if it needs them."
        preview_value = section_preview(
            "Two ways to take part",
            left={
                "title": "For scientists",
                "text": "<p>Bring your data and your methods.</p>",
                "picture": None,
                "link": link_preview("Open the workspace"),
            },
            right={
                "title": "For developers",
                "text": "<p>Bring your services and your code.</p>",
                "picture": None,
                "link": link_preview("Read the documentation"),
            },
        )


class StatementBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.RichTextBlock(features=INLINE_FEATURES)


class StatementsBlock(SectionBlock):
    statements = blocks.ListBlock(StatementBlock())

    class Meta:
        icon = "title"
        template = "blocks/statements.html"
        description = "A few strong statements side by side, such as mission, vision and goals."
        preview_value = section_preview(
            "What we stand for",
            statements=[
                {"title": "Mission", "text": "<p>What we do every day.</p>"},
                {"title": "Vision", "text": "<p>What the world looks like when we are done.</p>"},
            ],
        )


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.RichTextBlock(features=ITEM_FEATURES, required=False)


class StepsBlock(SectionBlock):
    steps = blocks.ListBlock(StepBlock(), min_num=1)

    class Meta:
        icon = "list-ol"
        label = "Numbered list"
        template = "blocks/steps.html"
        description = "What comes first and what comes next: numbered by itself, from one."
        preview_value = section_preview(
            "Publish your results in three steps",
            steps=[
                {"title": "Describe", "text": "<p>Say what your data are and who made them.</p>"},
                {"title": "Deposit", "text": "<p>Put them where others find them.</p>"},
                {"title": "Share", "text": "<p>Cite them by their identifier.</p>"},
            ],
        )


class AnswerBlock(blocks.StructBlock):
    question = blocks.CharBlock(max_length=140, help_text="Always to be seen; a click opens the answer.")
    answer = blocks.RichTextBlock(features=ITEM_FEATURES)


class AccordionBlock(SectionBlock):
    answers = blocks.ListBlock(AnswerBlock(), min_num=1)

    class Meta:
        icon = "collapse-down"
        template = "blocks/accordion.html"
        description = (
            "Questions that open to their answers. Texts that all should read stand better in the open."
        )
        preview_value = section_preview(
            "Questions and answers",
            answers=[
                {"question": "Who can take part?", "answer": "<p>Everybody who works with Earth data.</p>"},
                {"question": "What does it cost?", "answer": "<p>Nothing.</p>"},
            ],
        )


class CalloutBlock(SectionBlock):
    tone = blocks.ChoiceBlock(
        choices=[("note", "Good to know"), ("important", "Important")], default="note", search_index=False
    )
    actions = actions()

    class Meta:
        icon = "info-circle"
        template = "blocks/callout.html"
        description = "A short remark that stands out, marked as good to know or as important."
        preview_value = section_preview(
            "The workspace will be down on Monday",
            introduction="<p>From 08:00 to 10:00 UTC it cannot be reached. Your data are safe.</p>",
            tone="important",
            actions=[],
        )


class QuoteBlock(SectionBlock):
    quote = blocks.TextBlock(max_length=600, rows=3, help_text="Without quotation marks: they are drawn.")
    name = blocks.CharBlock(max_length=80, help_text="Who said it.")
    role = blocks.CharBlock(
        max_length=120, required=False, help_text="Their work, such as “Glaciologist, EOX”."
    )
    portrait = picture()
    link = OptionalLinkBlock(help_text="Where it was said; may stay empty.")

    class Meta:
        icon = "openquote"
        template = "blocks/quote.html"
        description = "What somebody said, with a name and a portrait if there is one."
        preview_value = section_preview(
            "",
            quote="We can repeat what others found, step by step, on the same data.",
            name="A scientist",
            role="Glaciologist",
            portrait=None,
            link=link_preview("Read the whole interview"),
        )
