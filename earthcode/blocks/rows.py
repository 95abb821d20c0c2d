"""Sections that show pages of other apps as they are today."""

from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from .section import SectionBlock, section_preview


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
        preview_value = section_preview(
            "Upcoming events",
            "paper",
            count=3,
            type=None,
            topic=None,
            heading_without_upcoming="Recent events",
        )


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
        preview_value = section_preview("Our partners", style="cards")


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
        preview_value = section_preview("Roadmap", "night", extent="all")
