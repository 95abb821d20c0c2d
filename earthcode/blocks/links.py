"""Links to a page of the portal or elsewhere, alone and in groups."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError


def validate_link_address(address):
    """Accept http, https and mailto addresses; raise ValidationError for anything else."""
    if address.lower().startswith("mailto:"):
        EmailValidator("Write the e-mail address after “mailto:”.")(address[len("mailto:") :])
    else:
        validate_web_address(address)


def validate_web_address(address):
    """Accept http and https addresses; raise ValidationError for anything else."""
    URLValidator(schemes=["http", "https"], message="Start the address with https://")(address)


def host(address):
    """What visitors call the site at `address`: “www.youtube.com” is youtube.com to them."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def link_address(help_text):
    """The field of an address that may stay empty."""
    return blocks.CharBlock(
        required=False,
        max_length=500,
        search_index=False,
        validators=[validate_link_address],
        help_text=help_text,
    )


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
    address = link_address("… or an address elsewhere, starting with https:// or mailto:")

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
            self._refuse("address", "Choose either a page or an address, not both.")
        if not (has_page or has_address or self.is_deferred_validation):
            self._refuse(
                "address",
                "This link leads nowhere: the page it led to may have been deleted. "
                "Choose a page or write an address, or remove the link.",
            )
        return cleaned

    def _refuse(self, name, message):
        raise StructBlockValidationError(block_errors={name: ValidationError(message)})


class OptionalLinkBlock(LinkBlock):
    """A link that may stay empty as a whole."""

    text = blocks.CharBlock(
        required=False,
        max_length=80,
        help_text="What happens on a click, such as “Read the mission”. No words, no link.",
    )

    def clean(self, value):
        if not any(value.get(name) for name in ("text", "page", "address")):
            return value
        cleaned = super().clean(value)
        if not (cleaned.get("text") or self.is_deferred_validation):
            self._refuse("text", "Say where this link goes.")
        return cleaned


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


def link_preview(text):
    return {"text": text, "page": None, "address": "https://example.org/"}


def actions(help_text="Up to two buttons; the first is the strong one."):
    """The buttons of a section: none unless an editor adds them."""
    return blocks.ListBlock(LinkBlock(), default=[], max_num=2, help_text=help_text)
