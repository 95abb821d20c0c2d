"""The sections that editors stack, each with the values of its own preview: a new one is here by itself."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from wagtail.blocks import Block, ChoiceBlock

from earthcode.blocks import SectionStreamBlock


@dataclass(frozen=True)
class Section:
    name: str
    block: Block

    @property
    def title(self) -> str:
        return str(self.block.label)

    @property
    def words(self) -> str:
        return str(self.block.get_description())

    @property
    def has_own_heading(self) -> bool:
        """Whether it brings the main heading of its page."""
        return self.name == "hero"

    is_band = True

    def surroundings(self) -> dict[str, Any]:
        return {"has_grounds": bool(self.grounds)}

    @property
    def grounds(self) -> dict[str, str]:
        """The names of the colours to choose from, by their values."""
        colour = getattr(self.block, "child_blocks", {}).get("colour")
        return dict(colour.field.choices) if isinstance(colour, ChoiceBlock) else {}

    def examples(
        self, request: HttpRequest, grounds: dict[str, str] | None = None
    ) -> list[tuple[str, str, str]]:
        """Words for it, its ground and its HTML: as previewed or, if some are given, on each of `grounds`."""
        value = self.block.get_preview_value()
        context = {"request": request}
        if not grounds:
            return [("", "", self.block.render(value, context))]
        html = []
        for ground, name in grounds.items():
            value["colour"] = ground
            html.append((name, ground, self.block.render(value, context)))
        return html


SECTIONS = {name: Section(name, block) for name, block in SectionStreamBlock().child_blocks.items()}
