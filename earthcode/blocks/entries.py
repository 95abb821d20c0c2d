"""Sections that lead on: cards, links, figures, logos, and calls to do something."""

from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from earthcode.icons import ICON_CHOICES

from .links import LinkBlock, LinkGroupBlock, OptionalLinkBlock, actions, link_address, link_preview
from .section import INLINE_FEATURES, SectionBlock, picture, section_preview


class CardBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(max_length=300, help_text="One or two sentences.")
    tag = blocks.CharBlock(
        max_length=30, required=False, help_text="One or two words, such as “Dataset”; may stay empty."
    )
    icon = blocks.ChoiceBlock(
        choices=ICON_CHOICES,
        required=False,
        search_index=False,
        help_text="A small drawing above the title …",
    )
    picture = picture(help_text="… or a picture in its place; both may stay empty.")
    link = OptionalLinkBlock()


class CardsBlock(SectionBlock):
    columns = blocks.ChoiceBlock(
        choices=[("", "As many as fit"), ("2", "Two"), ("3", "Three"), ("4", "Four")],
        required=False,
        search_index=False,
        help_text="Side by side on a wide screen; on a phone they stand below each other.",
    )
    arrangement = blocks.ChoiceBlock(
        choices=[("grid", "All at once"), ("carousel", "In one row, to scroll through")],
        default="grid",
        search_index=False,
    )
    cards = blocks.ListBlock(CardBlock())

    class Meta:
        icon = "grip"
        template = "blocks/cards.html"
        description = (
            "Entries into other places: a title and a sentence each, with an icon or picture, tag and link."
        )
        preview_value = section_preview(
            "Where to go from here",
            "paper",
            columns="3",
            arrangement="grid",
            cards=[
                {
                    "title": title,
                    "text": "A sentence that says what waits there.",
                    "tag": "",
                    "icon": icon,
                    "picture": None,
                    "link": link_preview(f"Open the {title.lower()}"),
                }
                for title, icon in (("Catalogue", "layers"), ("Documentation", "book"), ("Forum", "speech"))
            ],
        )


class LinkColumnsBlock(SectionBlock):
    groups = blocks.ListBlock(LinkGroupBlock(), min_num=1, max_num=6)

    class Meta:
        icon = "list-ul"
        template = "blocks/link_columns.html"
        description = "Many links in a few columns, each under a heading of its own."
        preview_value = section_preview(
            "All resources",
            groups=[
                {"heading": heading, "links": [link_preview(text) for text in texts]}
                for heading, texts in (
                    ("Learn", ("Tutorials", "Webinars")),
                    ("Discover", ("Catalogue", "Data viewer")),
                    ("Meet", ("Forum", "Newsletter")),
                )
            ],
        )


class KeyFactBlock(blocks.StructBlock):
    figure = blocks.CharBlock(max_length=20, help_text="Such as “2.4 PB” or “1,200”.")
    label = blocks.CharBlock(max_length=80, help_text="What there is so much of.")
    link = OptionalLinkBlock(help_text="Where this is shown in full; may stay empty.")


class KeyFactsBlock(SectionBlock):
    facts = blocks.ListBlock(KeyFactBlock(), min_num=1, max_num=8)

    class Meta:
        icon = "decimal"
        template = "blocks/key_facts.html"
        description = "Figures set large, each with the words that give it its meaning."
        preview_value = section_preview(
            "EarthCODE in figures",
            "deep",
            facts=[
                {"figure": figure, "label": label, "link": {"text": "", "page": None, "address": ""}}
                for figure, label in (("6", "partners"), ("1,200", "open datasets"), ("24", "workflows"))
            ],
        )


class LogoBlock(blocks.StructBlock):
    name = blocks.CharBlock(
        max_length=80, help_text="Shown where there is no logo, and read to those who cannot see it."
    )
    logo = ImageChooserBlock(required=False)
    address = link_address("Where it leads, starting with https:// or mailto:; may stay empty.")

    class Meta:
        icon = "image"


class LogosBlock(SectionBlock):
    logos = blocks.ListBlock(LogoBlock(), min_num=1)

    class Meta:
        icon = "group"
        template = "blocks/logos.html"
        description = "Logos of equal weight, of projects for instance. Partners have a section of their own."
        preview_value = section_preview(
            "In good company",
            logos=[
                {"name": name, "logo": None, "address": "https://example.org/"}
                for name in ("Open Science Cluster", "Ocean Project", "Polar Community")
            ],
        )


class CallToActionBlock(SectionBlock):
    actions = actions()

    class Meta:
        icon = "pick"
        template = "blocks/call_to_action.html"
        description = "One sentence and one or two buttons: what a visitor should do now."
        preview_value = section_preview(
            "Bring your research to EarthCODE",
            "lagoon",
            introduction="<p>Tell us what you work on, and we will find you a place to start.</p>",
            actions=[link_preview("Write to the team"), link_preview("Read the documentation")],
        )


class NewsletterBlock(SectionBlock):
    link = LinkBlock()
    small_print = blocks.RichTextBlock(
        features=INLINE_FEATURES,
        required=False,
        help_text="What subscribers should know: how often it comes, who keeps their address.",
    )

    class Meta:
        icon = "mail"
        template = "blocks/newsletter.html"
        description = (
            "An invitation to the newsletter. The form itself stays where the newsletter is sent from."
        )
        preview_value = section_preview(
            "News by e-mail",
            "lagoon",
            introduction="<p>New datasets, tutorials and events, four times a year.</p>",
            link=link_preview("Subscribe to the newsletter"),
            small_print="<p>The form is on the site that sends the newsletter, which keeps your address.</p>",
        )
