"""Text for those who read no HTML. Pure."""

import html
import re

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"]|"[^"]*")*+)>')
_HREF = re.compile(r'\shref="(https?:[^"]*)"')
_SPACE = re.compile(r"\s+")
_BLOCKS = {"p", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "hr"}
_END_OF_BLOCK = "\0"


def printable(text: str) -> str:
    """`text` without what no page, PostgreSQL, XML or calendar can hold: control characters and lone surrogates."""
    return _FORBIDDEN.sub("", text)


def plain_text(rich_text: str) -> str:
    """What `rich_text`, the HTML that the editor of a page writes, says: an empty line between paragraphs, “- ” before
    the items of a list, and behind the text of a link the address outside of the portal that it leads to."""
    rich_text = printable(rich_text)
    out: list[str] = []
    position, href = 0, ""
    for tag in _TAG.finditer(rich_text):
        text = _SPACE.sub(" ", rich_text[position : tag.start()])
        position = tag.end()
        out.append(text)
        is_closing, name = bool(tag[1]), tag[2].lower()
        if name in _BLOCKS:
            out.append(_END_OF_BLOCK)
        elif name == "br":
            out.append("\n")
        elif name == "li" and not is_closing:
            out.append("\n- ")
        elif name == "a":
            if is_closing and href and href != text:
                out.append(f" ({href})")
            link = _HREF.search(tag[3])
            href = link[1] if link else ""
    out.append(_SPACE.sub(" ", rich_text[position:]))
    blocks = html.unescape("".join(out)).split(_END_OF_BLOCK)
    lines = (filter(None, map(str.strip, block.split("\n"))) for block in blocks)
    return "\n\n".join(filter(None, map("\n".join, lines)))
