"""What Wagtail's content checker looks for in a page while an editor writes it.

The rules are axe-core's (https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md) and one of ours:
links say where they go. What that rule does stands in `content_checks.js`, which has to be loaded wherever the checker
runs: in the editor, and in the page beside its user bar.
"""

from typing import ClassVar

from django.forms import Media
from wagtail.admin.userbar import ContentCheckerItem

SCRIPT = "earthcode/js/content_checks.js"

VAGUE_WORDS = [
    "click",
    "click here",
    "continue",
    "details",
    "find out more",
    "go",
    "here",
    "info",
    "learn more",
    "link",
    "more",
    "more info",
    "more information",
    "read more",
    "see more",
    "this",
    "this link",
    "this page",
    "view more",
    "website",
]
"""What tells nobody where a link leads, least of all those who hear a page's links one after the other."""


class PortalChecksItem(ContentCheckerItem):
    # What surrounds the page is the same everywhere and written elsewhere.
    axe_exclude: ClassVar[list[str]] = [".site-header", ".site-footer"]
    axe_run_only = (*ContentCheckerItem.axe_run_only, "image-alt", "link-text")
    axe_custom_rules = (
        *ContentCheckerItem.axe_custom_rules,
        {
            "id": "link-text",
            "impact": "serious",
            "selector": "a[href]",
            "tags": ["best-practice"],
            "any": ["check-link-text"],
            "enabled": True,
        },
    )
    axe_custom_checks = (
        *ContentCheckerItem.axe_custom_checks,
        {"id": "check-link-text", "options": {"vague": VAGUE_WORDS}},
    )
    axe_messages = {
        **ContentCheckerItem.axe_messages,
        "image-alt": {
            "error_name": "Image without alternative text",
            "help_text": "Describe the image, or mark it as decorative",
        },
        "link-text": {
            "error_name": "Link text does not say where it goes",
            "help_text": "Name what waits there: “Read the roadmap” rather than “Read more”",
        },
    }

    @property
    def media(self):
        return Media(js=[SCRIPT])


def use_portal_checks(request, items, page):
    """A hook for Wagtail's user bar: our checks in the place of Wagtail's."""
    items[:] = [
        PortalChecksItem(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item
        for item in items
    ]
