"""The StreamField vocabulary: sections, and the few blocks inside them.

Each section is a whole band of the page with its own ground colour. Sections that show events, partners or
the roadmap hold only words and options here; their templates ask the other apps for the rows. What no visitor reads,
such as the name of a colour, is not searched (`search_index`).
"""

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

INLINE_FEATURES = ["bold", "italic", "link"]
TEXT_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "blockquote", "hr"]

GROUNDS = [
    ("white", "White"),
    ("paper", "Light grey"),
    ("deep", "Deep blue"),
    ("night", "Dark"),
]


def validate_link_address(address):
    """Accept http, https and mailto addresses; raise ValidationError for anything else."""
    if address.lower().startswith("mailto:"):
        EmailValidator("Write the e-mail address after “mailto:”.")(address[len("mailto:") :])
    else:
        URLValidator(schemes=["http", "https"], message="Start the address with https://")(address)


class LinkValue(blocks.StructValue):
    @property
    def href(self):
        """Where the link leads; empty when its page was deleted or is not published."""
        page = self.get("page")
        if page:
            return page.url if page.live else ""
        return self.get("address") or ""


class LinkBlock(blocks.StructBlock):
    text = blocks.CharBlock(max_length=80, help_text="What happens on a click, such as “Read the mission”.")
    page = blocks.PageChooserBlock(required=False, help_text="A page of this portal …")
    address = blocks.CharBlock(
        required=False,
        max_length=500,
        search_index=False,
        validators=[validate_link_address],
        help_text="… or an address elsewhere, starting with https:// or mailto:",
    )

    class Meta:
        icon = "link"
        value_class = LinkValue
        description = "Words that lead to a page of this portal or to another site."
        template = "blocks/link.html"
        preview_value = {"text": "Read the documentation", "page": None, "address": "https://example.org/"}

    def clean(self, value):
        cleaned = super().clean(value)
        has_page, has_address = bool(cleaned.get("page")), bool(cleaned.get("address"))
        if has_page and has_address:
            self._refuse("Choose either a page or an address, not both.")
        if not (has_page or has_address or self.is_deferred_validation):
            self._refuse(
                "This link leads nowhere: the page it led to may have been deleted. "
                "Choose a page or write an address, or remove the link."
            )
        return cleaned

    def _refuse(self, message):
        raise StructBlockValidationError(block_errors={"address": ValidationError(message)})


class LinkListBlock(blocks.StreamBlock):
    link = LinkBlock()


class LinkGroupBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=60)
    links = blocks.ListBlock(LinkBlock())

    class Meta:
        icon = "list-ul"
        template = "blocks/link_group.html"
        description = "A column of links in the footer under one heading."
        preview_value = {
            "heading": "Explore",
            "links": [{"text": "Documentation", "page": None, "address": "https://example.org/"}],
        }


class SectionBlock(blocks.StructBlock):
    """Base of all sections: a heading, an introduction, the colour of the ground."""

    heading = blocks.CharBlock(max_length=120, required=False)
    introduction = blocks.RichTextBlock(
        features=INLINE_FEATURES, required=False, help_text="One or two sentences under the heading."
    )
    colour = blocks.ChoiceBlock(
        choices=GROUNDS, default="white", search_index=False, help_text="The ground of this section."
    )

    class Meta:
        icon = "doc-full"


class HeroBlock(blocks.StructBlock):
    overline = blocks.CharBlock(
        max_length=60, required=False, help_text="A few words above the title; may stay empty."
    )
    title = blocks.CharBlock(
        max_length=140, help_text="The main heading of the page: one line, at most sixteen words."
    )
    introduction = blocks.RichTextBlock(features=INLINE_FEATURES, required=False)
    actions = blocks.ListBlock(
        LinkBlock(), default=[], max_num=2, help_text="Up to two buttons; the first is the strong one."
    )
    image = ImageChooserBlock(required=False, help_text="A photograph instead of the drawn Earth.")
    size = blocks.ChoiceBlock(
        choices=[("tall", "Tall, for the home page"), ("short", "Short, for inner pages")],
        default="short",
        search_index=False,
    )

    class Meta:
        icon = "image"
        template = "blocks/hero.html"
        description = "The opening of a page: its main heading over the view from orbit."
        preview_value = {
            "overline": "Open Earth science",
            "title": "From data to discovery, in the open",
            "introduction": "<p>One sentence says what visitors find here.</p>",
            "actions": [{"text": "Start here", "page": None, "address": "https://example.org/"}],
            "image": None,
            "size": "short",
        }


class TextBlock(SectionBlock):
    text = blocks.RichTextBlock(features=TEXT_FEATURES)

    class Meta:
        icon = "pilcrow"
        template = "blocks/text.html"
        description = "Running text under a heading."
        preview_value = {
            "heading": "A heading",
            "introduction": "",
            "colour": "white",
            "text": "<p>Text in <b>paragraphs</b>, with lists, links and smaller headings.</p>",
        }


class StatementBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.RichTextBlock(features=INLINE_FEATURES)


class StatementsBlock(SectionBlock):
    statements = blocks.ListBlock(StatementBlock())

    class Meta:
        icon = "openquote"
        template = "blocks/statements.html"
        description = "A few strong statements side by side, such as mission, vision and goals."
        preview_value = {
            "heading": "What we stand for",
            "introduction": "",
            "colour": "white",
            "statements": [
                {"title": "Mission", "text": "<p>What we do every day.</p>"},
                {"title": "Vision", "text": "<p>What the world looks like when we are done.</p>"},
            ],
        }


class CardBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(max_length=300, help_text="One or two sentences.")
    link = LinkBlock()


class CardsBlock(SectionBlock):
    cards = blocks.ListBlock(CardBlock())

    class Meta:
        icon = "grip"
        template = "blocks/cards.html"
        description = "Entries into other places: a title, a sentence and a link each."
        preview_value = {
            "heading": "Where to go from here",
            "introduction": "",
            "colour": "paper",
            "cards": [
                {
                    "title": title,
                    "text": "A sentence that says what waits there.",
                    "link": {
                        "text": f"Open the {title.lower()}",
                        "page": None,
                        "address": "https://example.org/",
                    },
                }
                for title in ("Catalogue", "Documentation", "Forum")
            ],
        }


class FigureBlock(SectionBlock):
    image = ImageChooserBlock(help_text="Credit and licence are taken from the image itself.")
    caption = blocks.CharBlock(max_length=250, required=False)

    class Meta:
        icon = "image"
        template = "blocks/figure.html"
        description = "One picture with its caption, credit and licence."
        preview_value = {
            "heading": "",
            "introduction": "",
            "colour": "white",
            "image": None,
            "caption": "The caption stands here; choose a picture to see it above.",
        }


class EventsBlock(SectionBlock):
    count = blocks.IntegerBlock(min_value=1, max_value=12, default=3, help_text="How many events at most.")
    type = SnippetChooserBlock("events.EventType", required=False, help_text="Only events of this type.")
    topic = SnippetChooserBlock("events.EventTopic", required=False, help_text="Only events on this topic.")
    heading_without_upcoming = blocks.CharBlock(
        max_length=120,
        default="Recent events",
        search_index=False,
        help_text="The heading when no event is coming up: then the most recent ones are shown.",
    )

    class Meta:
        icon = "date"
        template = "blocks/events.html"
        description = "The next events, always current; when there are none, the most recent ones."
        preview_value = {
            "heading": "Upcoming events",
            "introduction": "",
            "colour": "paper",
            "count": 3,
            "type": None,
            "topic": None,
            "heading_without_upcoming": "Recent events",
        }


class PartnersBlock(SectionBlock):
    style = blocks.ChoiceBlock(
        choices=[("cards", "With each partner's role"), ("strip", "A strip of logos")],
        default="cards",
        search_index=False,
    )

    class Meta:
        icon = "group"
        template = "blocks/partners.html"
        description = "All partners in the order of the partner pages."
        preview_value = {"heading": "Our partners", "introduction": "", "colour": "white", "style": "cards"}


class RoadmapBlock(SectionBlock):
    extent = blocks.ChoiceBlock(
        choices=[("all", "All stages, to scroll through"), ("current", "Only the current stage")],
        default="all",
        search_index=False,
    )

    class Meta:
        icon = "list-ol"
        template = "blocks/roadmap.html"
        description = "The stages of the roadmap as they stand today."
        preview_value = {"heading": "Roadmap", "introduction": "", "colour": "night", "extent": "all"}


class SectionStreamBlock(blocks.StreamBlock):
    """The sections an editor can stack on a page."""

    hero = HeroBlock()
    text = TextBlock()
    statements = StatementsBlock()
    cards = CardsBlock()
    figure = FigureBlock()
    events = EventsBlock()
    partners = PartnersBlock()
    roadmap = RoadmapBlock()

    class Meta:
        block_counts = {"hero": {"max_num": 1}}
