"""Bytes to text, in whatever encoding a feed comes. Pure; no format itself.

In this order: a byte order mark or UTF-16 without one, UTF-8 where the bytes are it, what the server says (RFC 9110,
8.3), what the document says of itself, and at last what makes words of the whole text. A byte that fits nowhere costs
one character.
"""

import codecs
import re
from collections import Counter
from typing import NamedTuple

from .letters import likely_encoding

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Those of UTF-32 begin as those of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is no text: archives (workbooks), old Excel, pictures.
_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_JIS = re.compile(rb"\x1b(?:\$[@B]|\([IJ]|\$\(D)")
_FOLD = re.compile(rb"(\r*\n[ \t]|\r[ \t])")
_FOLD_IN_A_CHARACTER = re.compile(rb"(?<=[\x80-\xff])(\r*\n[ \t]|\r[ \t])")
_HEAD_BYTES = 8_000
_XML = re.compile(rb"\s*<\?xml\b[^<>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
_META = re.compile(
    rb"<meta\b[^<>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE
)  # also within content="text/html; charset=…"
_PARAMETER = re.compile(rb"\n[A-Z-]{1,40};CHARSET=\"?([\w.:-]{1,40})", re.IGNORECASE)
_ENCODING = re.compile(
    r"(?:utf-(?:8|16|32)|ascii|iso8859|iso2022|cp\d|koi8|mac|gb|big5|euc|shift_jis|tis|hz)"
)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.IGNORECASE)
# What the web calls by one name and writes by another (https://encoding.spec.whatwg.org/#names-and-labels).
_MEANT = {
    "ascii": "",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "euc_jp": "euc_jis_2004",
    "iso2022_jp": "iso2022_jp_ext",
    "mac-roman": "mac_roman",
    "koi8-r": "koi8-u",
}
_LABELS = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "windows-949": "cp949",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-centraleurroman": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "logical": "iso8859-8",
    "unicode": "utf-16",
}
_NAMES = {
    "cp932": "Shift_JIS",
    "euc_jis_2004": "EUC-JP",
    "iso2022_jp_ext": "ISO-2022-JP",
    "gb18030": "GB 18030",
    "big5hkscs": "Big5",
    "cp949": "EUC-KR",
    "mac_roman": "Mac Roman",
    "mac_latin2": "Mac Central European",
    "mac_cyrillic": "Mac Cyrillic",
    "mac_greek": "Mac Greek",
    "mac_turkish": "Mac Turkish",
    "koi8-u": "KOI8",
}


class Text(NamedTuple):
    """`text` without a byte order mark, and what a person ought to know about how it was read."""

    text: str
    warnings: tuple[str, ...] = ()


def read_text(data: bytes, charset: str = "") -> Text:
    """`data` as text. `charset` is what the server says, or whoever else speaks of `data`; "" for nobody."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _damaged(data[len(mark) :], encoding)
    if wide := _without_mark(data):
        return _damaged(data, wide)
    if data.isascii():
        return _damaged(data, "iso2022_jp_ext") if _JIS.search(data) else Text(data.decode("ascii"))
    try:
        return Text(data.decode())
    except UnicodeDecodeError:
        pass
    return _not_quite_utf8(data, codec_of(charset))


def is_binary(data: bytes) -> bool:
    """Whether `data` is of a kind that is no text in any encoding."""
    return data.startswith(_BINARY)


def charset_of(content_type: str) -> str:
    """The charset that a Content-Type header names, or ""."""
    found = _CHARSET.search(content_type)
    return found[1] if found else ""


def codec_of(charset: str) -> str:
    """What Python calls the encoding of this name; "" where there is none, or none that says anything."""
    label = charset.strip().lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
        is_above_ascii = b"BEGIN:".decode(name) == "BEGIN:"
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(name, name) if is_above_ascii and _ENCODING.match(name) else ""


def _without_mark(data: bytes) -> str:
    """UTF-16 or UTF-32 by the empty bytes beside its Latin letters and punctuation, or ""."""
    start = data[:4_000]
    if len(start) < 4 or 0 not in start:
        return ""
    empty = [start[place::4].count(0) * 4 / len(start) for place in range(4)]
    if min(empty[2:]) > 0.9 and empty[0] < 0.1:
        return "utf-32-le"
    if min(empty[:2]) > 0.9 and empty[3] < 0.1:
        return "utf-32-be"
    if min(empty[1::2]) > 0.2 and max(empty[0::2]) < 0.05:
        return "utf-16-le"
    if min(empty[0::2]) > 0.2 and max(empty[1::2]) < 0.05:
        return "utf-16-be"
    return ""


def _not_quite_utf8(data: bytes, told: str) -> Text:
    """Of `data` with bytes in it that are not UTF-8; `told` is the codec that the server names, or ""."""
    text = _decoded(data, "utf-8")
    bad = _lost(text, data)
    if not bad:
        # A long line was folded within a character.
        return Text(text)
    good = _not_ascii(text) - bad
    for codec in (told, _declared(data)):
        # Who says Latin-1 of what is UTF-8 but for a byte is wrong: no words are UTF-8 by chance.
        if codec and not codec.startswith("utf") and good < 4 * bad:
            text = _decoded(data, codec)
            if _lost(text) * 10 <= _not_ascii(text):
                return Text(text, _loss(text, codec))
    if good >= bad:
        return _damaged(data, "utf-8")
    codec = likely_encoding(_FOLD.sub(b"", data))
    text = _decoded(data, codec)
    reason = (
        f"The feed is not in UTF-8 and does not say, or says wrongly, in which encoding it is; it is read as "
        f"{_name(codec)}. If its letters look wrong, ask whoever runs it to send UTF-8."
    )
    return Text(text, (reason, *_loss(text, codec)))


def _declared(data: bytes) -> str:
    """The codec that the document names for itself: in its XML declaration, in HTML, or on the lines of a calendar."""
    head = data[:_HEAD_BYTES]
    found = _XML.match(head) or _META.search(head)
    if found:
        return codec_of(found[1].decode("ascii", "replace"))
    named = Counter(name.upper() for name in _PARAMETER.findall(data))
    return codec_of(named.most_common(1)[0][0].decode("ascii", "replace")) if named else ""


def _decoded(data: bytes, codec: str) -> str:
    """`data` as text; its lines may be folded within a character (RFC 5545, 3.1), which then stands after the fold."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    if codec.startswith(("utf-16", "utf-32")):
        return decoder.decode(data, True)
    fold = _FOLD if codec.startswith(("iso2022", "hz")) else _FOLD_IN_A_CHARACTER
    parts = fold.split(data)
    unfolded = zip(parts[::2], [*parts[1::2], b""], strict=True)
    text = "".join(decoder.decode(part) + between.decode("ascii") for part, between in unfolded)
    return text + decoder.decode(b"", True)


def _damaged(data: bytes, codec: str) -> Text:
    text = _decoded(data, codec)
    return Text(text, _loss(text, codec, data))


def _loss(text: str, codec: str, data: bytes = b"") -> tuple[str, ...]:
    """In words how much of `text` could not be read."""
    lost = _lost(text, data)
    if not lost:
        return ()
    before = text[: text.index("\ufffd")]
    line = max(before.count("\n"), before.count("\r")) + 1
    what = "One character of the feed is" if lost == 1 else f"{lost} characters of the feed are"
    return (
        f"{what} damaged: no {_name(codec)} as the rest of it. “\ufffd” stands in its place, first on line {line}. "
        "Tell whoever runs it.",
    )


def _lost(text: str, data: bytes = b"") -> int:
    """How many characters of `text` could not be read. What the feed itself had lost in UTF-8 does not count."""
    return max(0, text.count("\ufffd") - data.count("\ufffd".encode()))


def _not_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _name(codec: str) -> str:
    """As people call it."""
    if codec.startswith("cp125"):
        return f"Windows-{codec[2:]}"
    return _NAMES.get(codec) or codec.upper().replace("ISO8859", "ISO 8859").replace("_", "-")
