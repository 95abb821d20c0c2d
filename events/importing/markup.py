"""Words from strangers, made safe: one line of plain text, or the HTML that an event's body may hold. Pure."""

import html
import re

import nh3

from events.text import printable

MAX_LENGTH = 30_000
"""Characters of one description that are read."""
MAX_DEPTH = 50
"""So many tags within each other are read: a parser of HTML takes quadratic time over more. A newsletter that is made
of tables has some 30."""
MAX_TAGS = 2_000
"""So many tags of one description are read: those that are closed in the wrong order cost much more than others. A page
of text has a hundred."""
MAX_LINE_LENGTH = 2_000
"""The same for what ends up on one line."""

INLINE = {"a": "a", "b": "b", "strong": "b", "i": "i", "em": "i"}
HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
LISTS = {"ul", "ol"}
BREAKS = {"p", "div", "section", "article", "table", "tr", "td", "th", "dl", "dt", "dd", "pre"}
KNOWN_TAGS = {*INLINE, *HEADINGS, *LISTS, *BREAKS, "li", "br", "hr", "blockquote"}

OTHER_TAGS = {
    *(
        "html",
        "head",
        "body",
        "title",
        "meta",
        "link",
        "base",
        "style",
        "script",
        "noscript",
        "template",
        "svg",
    ),
    *(
        "main",
        "header",
        "footer",
        "nav",
        "aside",
        "figure",
        "figcaption",
        "center",
        "address",
        "form",
        "input",
    ),
    *(
        "button",
        "label",
        "tbody",
        "thead",
        "tfoot",
        "caption",
        "col",
        "colgroup",
        "span",
        "font",
        "img",
        "u",
        "s",
    ),
    *("strike", "del", "ins", "small", "big", "sup", "sub", "code", "tt", "kbd", "abbr", "cite", "q", "wbr"),
    *("picture", "source", "video", "audio", "iframe", "object", "embed", "path", r"[ovw]:\w+"),
}
# `a<b then c>d`, `Vec<T>` and `<john@example.org>` are text: of a tag the name is known, and attributes have values.
_KNOWN_TAG = (
    r"/?(?=[a-z])(?:" + "|".join(sorted({*KNOWN_TAGS, *OTHER_TAGS}, key=len, reverse=True)) + r")"
    r"(?:\s++(?:nowrap|noshade|compact|reversed|hidden))*+(?:\s[^<>=]*+=[^<>]*+)?+\s*+/?>"
)
_MARKUP = re.compile(f"<{_KNOWN_TAG}", re.IGNORECASE)
_NOT_MARKUP = re.compile(rf"<(?!{_KNOWN_TAG}|!--|!doctype\b|\?xml\b|!\[)", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<title\b[^<>]*>[^<>]{0,500}</title\s*>",
    re.IGNORECASE | re.DOTALL,
)
_AUTOLINK = re.compile(r"<(https?://[^\s<>\"]+)>", re.IGNORECASE)
# `<a href="https://example.org>Text</a>`: without its closing quote the tag swallows all that follows.
_UNCLOSED_HREF = re.compile(r"(<a\s[^<>\"]{0,200}?href=\")([^\"<>\s]*)>", re.IGNORECASE)
_TOKEN = re.compile(r"(<(?:[^<>\"]|\"[^\"]*\")*>)")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_ANY_TAG = re.compile(r"<(/?)([a-z][a-z0-9:]*)([^<>]*)>", re.IGNORECASE)
# A new one ends the one before it, or there is nothing in it.
_WITHOUT_END = {
    "p",
    "li",
    "dt",
    "dd",
    "tr",
    "td",
    "th",
    "br",
    "hr",
    "img",
    "input",
    "meta",
    "link",
    "base",
    "col",
}
_WITHOUT_END |= {"wbr", "source", "embed"}
_HREF = re.compile(r"href=\"([^\"]*)\"")
_URL = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_WHOLE_ADDRESS = re.compile(r"https?://[^\s/\\?#]|mailto:\S", re.IGNORECASE)
_LOGIN = re.compile(r"^(https?://)[^/?#\\]*@", re.IGNORECASE)
_EMPTY = re.compile(r"<(p|a|b|i|h3|h4|li|ul|ol|blockquote)(?: [^<>]*)?>(?:\s|<br/>)*</\1>")


def plain_line(text: str) -> str:
    """`text` on one line: markup removed, entities resolved, white space collapsed."""
    text = text[:MAX_LINE_LENGTH]
    # Twice, because exports often escape what was escaped already.
    for _ in range(2):
        if "<" not in text and "&" not in text:
            break
        text = html.unescape(_MARKUP.sub("", _UNSEEN.sub("", text)))
    return " ".join(printable(text).split())


def cut(text: str, length: int) -> str:
    """`text`, ended with an ellipsis where it is longer than `length`."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def rich_text(text: str, *, is_plain: bool = False) -> str:
    """The HTML for a page's body out of HTML, plain text or the mixture that calendars export.

    Out come only p, h3, h4, blockquote, ul, ol, li, hr, br, b, i and a with an http, https or mailto address.
    Bare web addresses become links. Line breaks count unless the text has paragraphs of its own. In text that
    `is_plain` nothing is markup.
    """
    text = printable(text[:MAX_LENGTH]).replace("\r\n", "\n").replace("\r", "\n")
    if is_plain:
        return _without_empty(_Blocks().of(_paragraphs(html.escape(text, quote=False))))
    if not _MARKUP.search(text) and "&" in text:
        text = html.unescape(text)
    text = _AUTOLINK.sub(r"\1", text)
    if _MARKUP.search(text):
        text = _clean(_UNCLOSED_HREF.sub(r'\1\2">', _NOT_MARKUP.sub("&lt;", _UNSEEN.sub("", text))))
    else:
        text = html.escape(text, quote=False)
    # The line that goes on after a tag for a new line is the same one.
    text = re.sub(r"(<br>)[ \t]*\n", r"\1", text)
    if not re.search(r"<(?:p|div|table|ul|ol|h[1-6]|blockquote)\b", text):
        text = _paragraphs(text)
    return _without_empty(_Blocks().of(text))


def _paragraphs(text: str) -> str:
    return re.sub(r"\n\s*\n", "<p>", text.strip()).replace("\n", "<br>")


def canonical(body: str) -> str:
    """A form in which two bodies are equal when an editor would call them the same.

    The rich text editor writes keys into blocks, and spells and spaces tags its own way.
    """
    cleaned = nh3.clean(
        body,
        tags=KNOWN_TAGS,
        attributes={"a": {"href", "linktype", "id"}},
        link_rel=None,
    )
    return re.sub(r"\s*(</?(?:p|h3|h4|blockquote|ul|ol|li|hr|br)[^>]*>)\s*", r"\1", cleaned).strip()


def links(body: str) -> list[str]:
    """The distinct web addresses that `body` (out of `rich_text`) links to, in their order."""
    found = (html.unescape(address) for address in _HREF.findall(body))
    return list(dict.fromkeys(address for address in found if address.lower().startswith("http")))


def _shallow(text: str) -> str:
    """`text` without the tags that are deeper than MAX_DEPTH or beyond MAX_TAGS, and without attributes but those of
    links: a tag that a parser keeps repeating is repeated with them."""
    depth = count = 0

    def tag(match: re.Match) -> str:
        nonlocal depth, count
        closing, name, attributes = match[1], match[2].lower(), match[3]
        count += 1
        is_kept = count <= MAX_TAGS
        if name not in _WITHOUT_END:
            depth += 0 if closing else 1
            is_kept = is_kept and depth <= MAX_DEPTH
            depth -= 1 if closing and depth else 0
        if not is_kept:
            return " "
        return f"<{closing}{name}{attributes if name == 'a' else ''}>"

    return _ANY_TAG.sub(tag, text)


def _clean(text: str) -> str:
    return nh3.clean(
        _shallow(text),
        tags=KNOWN_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        attribute_filter=lambda tag, attribute, value: _href(value.strip()),
    )


def _href(address: str) -> str | None:
    """What a link may lead to: a whole address. One that is relative would lead to a page of the portal."""
    return without_login(address) if _WHOLE_ADDRESS.match(address) else None


def without_login(address: str) -> str:
    """`address` without a user name and password, which are nobody's to publish."""
    return _LOGIN.sub(r"\1", address)


def _without_empty(body: str) -> str:
    for _ in range(3):
        body = _EMPTY.sub("", body)
    return body


class _Blocks:
    """Puts the clean but arbitrarily nested HTML of nh3 into the flat blocks that the page's editor knows.

    A list within a list goes on as the outer one; a paragraph within a list item or a quotation is a new
    line.
    """

    def __init__(self):
        self.out: list[str] = []
        self.block = ""
        self.list = ""
        self.list_depth = 0
        self.inline: list[tuple[str, str]] = []
        self.skipped = {"a": 0, "b": 0, "i": 0}

    def of(self, text: str) -> str:
        for token in _TOKEN.split(text):
            if match := _TAG.match(token):
                name, closing = match[2], bool(match[1])
                if name in INLINE:
                    self._inline(INLINE[name], closing, token)
                else:
                    self._block(name, closing)
            elif token:
                self._text(token)
        self._close_list()
        return "".join(self.out)

    def _text(self, text: str):
        if not self.block:
            text = text.lstrip()
            if not text:
                return
            self._open("li" if self.list else "p")
        self.out.append(text if any(name == "a" for name, _ in self.inline) else _linked(text))

    def _block(self, name: str, closing: bool):
        if name in LISTS:
            self._list(name, closing)
        elif name == "li":
            self._close()
        elif name == "br":
            self._new_line()
        elif name == "blockquote":
            self._close()
            if not closing and not self.list:
                self._open("blockquote")
        elif self.block in {"li", "blockquote"}:
            if not closing and not self.out[-1].startswith(("<li", "<blockquote")):
                self._new_line()
        else:
            self._close()
            if name == "hr" and not self.list:
                self.out.append("<hr/>")
            elif name in HEADINGS and not closing and not self.list:
                self._open(HEADINGS[name])

    def _list(self, name: str, closing: bool):
        self._close()
        self.list_depth += -1 if closing else 1
        if closing and self.list_depth == 0:
            self._close_list()
        elif not closing and not self.list:
            self.list = name
            self.out.append(f"<{name}>")

    def _inline(self, name: str, closing: bool, token: str):
        is_open = any(name == other for other, _ in self.inline)
        if not closing:
            href = _HREF.search(token)
            if is_open or (name == "a" and not href):
                self.skipped[name] += 1
                return
            tag = f'<a href="{href[1]}">' if name == "a" and href else f"<{name}>"
            self.inline.append((name, tag))
            if self.block:
                self.out.append(tag)
        elif self.skipped[name]:
            self.skipped[name] -= 1
        elif is_open:
            while self.inline:
                other, _ = self.inline.pop()
                if self.block:
                    self.out.append(f"</{other}>")
                if other == name:
                    break

    def _new_line(self):
        if self.block:
            self.out.append("<br/>")

    def _open(self, block: str):
        self.block = block
        self.out.append(f"<{block}>")
        self.out.extend(tag for _, tag in self.inline)

    def _close(self):
        if self.block:
            self.out.extend(f"</{name}>" for name, _ in reversed(self.inline))
            self.out.append(f"</{self.block}>")
            self.block = ""

    def _close_list(self):
        self._close()
        if self.list:
            self.out.append(f"</{self.list}>")
            self.list = ""


def _linked(text: str) -> str:
    """Escaped `text` with its bare web addresses as links; what ends a sentence is not part of an address."""

    def link(match: re.Match) -> str:
        address = re.split(r"&(?:lt|gt|quot|nbsp);", match[0])[0]
        address = address.rstrip(".,;:!?*")
        surplus = address.count(")") - address.count("(")
        while surplus > 0 and address.endswith(")"):
            address, surplus = address[:-1].rstrip(".,;:!?*"), surplus - 1
        rest = match[0][len(address) :]
        address = without_login(address)
        return f'<a href="{address}">{address}</a>{rest}'

    return _URL.sub(link, text) if "://" in text else text
