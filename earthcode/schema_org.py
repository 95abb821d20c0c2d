"""What search engines read about any page, in the words of schema.org. Pure."""

from collections.abc import Iterable
from typing import Any


def filled(properties: dict[str, Any]) -> dict[str, Any]:
    """`properties` without those that say nothing: a value of None, "" or an empty list is no statement."""
    return {name: value for name, value in properties.items() if value not in (None, "", [])}


def breadcrumb_list(pages: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The way to a page as (name, absolute address), from the home page to the page itself."""
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": address}
        for position, (name, address) in enumerate(pages, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def web_site(name: str, address: str, description: str) -> dict[str, Any]:
    """The portal itself, as its home page says."""
    return filled(
        {
            "@type": "WebSite",
            "name": name,
            "url": address,
            "description": description,
            "publisher": {
                "@type": "Organization",
                "name": "European Space Agency",
                "url": "https://www.esa.int/",
            },
        }
    )
