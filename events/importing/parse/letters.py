"""Which encoding makes words of bytes that are in one of many. Pure; no format itself.

Libraries that guess take Polish for French where a text is short and mostly ASCII, as a calendar is. Here each encoding
is judged by how its letters follow each other in the languages that are written in it. How they do so is learnt from
Django's own translations.
"""

import re
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from math import log

_WESTERN = "en fr de it es pt nl da nb sv fi is ca ga et"
_CENTRAL = "pl cs sk hu ro hr sl sr_Latn sq de en"
_CYRILLIC = "ru uk bg sr mk be"
_BALTIC = "lt lv et pl en"
# The languages that are written in an encoding, and how much less likely than Windows' it is to begin with.
_ENCODINGS = {
    "cp1252": (_WESTERN, -1),
    "cp1250": (_CENTRAL, 0),
    "cp1251": (_CYRILLIC, 0),
    "cp1253": ("el", 0),
    "cp1254": ("tr", 0),
    "cp1257": (_BALTIC, 0),
    "iso8859-2": (_CENTRAL, 2),
    "iso8859-4": (_BALTIC, 2),
    "iso8859-5": (_CYRILLIC, 2),
    "iso8859-7": ("el", 2),
    "iso8859-13": (_BALTIC, 2),
    "iso8859-15": (_WESTERN, 3),
    "iso8859-16": ("ro", 2),
    "koi8-u": (_CYRILLIC, 0),
    "mac_roman": (_WESTERN, 4),
    "mac_latin2": (_CENTRAL, 4),
    "mac_cyrillic": (_CYRILLIC, 4),
    "mac_greek": ("el", 4),
    "mac_turkish": ("tr", 4),
    "cp850": (_WESTERN, 6),
    "cp852": (_CENTRAL, 6),
    "cp866": (_CYRILLIC, 6),
    "cp737": ("el", 6),
    "cp857": ("tr", 6),
    "cp775": (_BALTIC, 6),
    "cp932": ("ja", 0),
    "euc_jis_2004": ("ja", 0),
    "gb18030": ("zh_Hans", 0),
    "big5hkscs": ("zh_Hant", 0),
    "cp949": ("ko", 0),
}
_SAMPLE_BYTES = 6_000
MAX_PIECE = 300
_END_OF_PIECE = re.compile(rb"[\r\n\"<]")
_HIGH = re.compile(rb"[\x80-\xff]")
_TEXT_OF_PO = re.compile(r'^(?:msgstr(?:\[\d\])? )?"(.*)"$', re.MULTILINE)
_NO_LETTERS = re.compile(r"[\W\d_]+")
_SYMBOL = re.compile(r"[^\w\0-\x7f]|[\x80-\x9f]")
_WIDE = re.compile(r"[\u2e80-\ufaff]")
_MIXED = re.compile(
    r"[a-zß-ɏ][A-ZÀ-ÖØ-Þ]|[а-ї][А-Я]|[α-ώ][Α-Ω]|[A-Za-z][\u0370-\ufaff]|[\u0370-\u2000\uac00-\ud7a3][A-Za-z]"
)
# The logarithm of how seldom something is, below 0 for e.
_NEVER_SEEN, _LOST, _ODD, _FOREIGN = 12.0, 30.0, 14.0, 2.0


def likely_encoding(data: bytes) -> str:
    """The codec by which `data`, not all of which is ASCII, makes the most of words; judged by a sample of it."""
    return _best(tuple(_sample(data)))


def _sample(data: bytes) -> list[bytes]:
    """What stands around characters that are not ASCII, from all over a long text."""
    found: list[bytes] = []
    position, size = 0, 0
    stride = len(data) // 100 if len(data) > 50 * _SAMPLE_BYTES else 0
    while size < _SAMPLE_BYTES and (high := _HIGH.search(data, position)):
        # Before it, all is ASCII.
        before = data[max(position, high.start() - 100) : high.start()]
        start = (
            high.start()
            - len(before)
            + 1
            + max(before.rfind(mark) for mark in (b"\n", b"\r", b'"', b">", b":"))
        )
        piece = _END_OF_PIECE.split(data[start : start + MAX_PIECE], maxsplit=1)[0]
        found.append(piece)
        size += len(piece)
        # Not within a character of two bytes.
        end = _END_OF_PIECE.search(data, start + len(piece) + stride)
        position = end.end() if end else len(data)
    return found


@lru_cache(maxsize=16)
def _best(sample: tuple[bytes, ...]) -> str:
    return min(_ENCODINGS, key=lambda codec: _cost(sample, codec))


def _cost(sample: tuple[bytes, ...], codec: str) -> float:
    languages, cost = _ENCODINGS[codec]
    return cost + sum(_cost_of(piece.decode(codec, "replace"), languages.split()) for piece in sample)


def _cost_of(text: str, languages: list[str]) -> float:
    pairs = _pairs(text)
    # A German says a word of French now and then.
    foreign = [_seldom(*languages)[pair] + _FOREIGN for pair in pairs]
    letters = min(sum(map(min, map(_seldom(language).__getitem__, pairs), foreign)) for language in languages)
    symbols = sum(_cost_of_symbol(f" {text} ", found.start() + 1) for found in _SYMBOL.finditer(text))
    return letters + symbols + 4 * len(_MIXED.findall(text))


def _cost_of_symbol(text: str, place: int) -> float:
    """Of the character at `place` that is no letter: at the side of a letter most of them stand for one."""
    symbol, before, after = text[place], text[place - 1].isalpha(), text[place + 1].isalpha()
    if symbol == "\ufffd" or symbol < "\xa0":
        return _LOST
    if symbol in "’\xa0、。・ー「」（），：！？" or (symbol in "²³" and text[place - 1] in "mM"):
        return 6
    if symbol in "“”„‘–—…«»•¿¡·":
        return _ODD if before and after else 7
    if symbol in "°€£§©®×²³½¼™±":
        return _ODD + 2 if before or after else 8
    return _ODD + 3 if before or after else _ODD


def _pairs(text: str) -> list[str]:
    """The letters of `text` in lower case, each with the one before it, or with a space at both ends of a word; those
    of East Asia, which are words, by themselves."""
    text, wide = _WIDE.sub(" ", text), _WIDE.findall(text)
    words = f" {_NO_LETTERS.sub(' ', text.lower())} "
    return [pair for pair in map("".join, pairwise(words)) if pair != "  "] + wide


class _Seldom(dict[str, float]):
    def __missing__(self, pair: str) -> float:
        return _NEVER_SEEN * (2 if len(pair) == 1 else 1)


@cache
def _seldom(*languages: str) -> _Seldom:
    """The cost of each pair of letters in one of the languages, or in all of them together."""
    counted: Counter[str] = sum((_counted(language) for language in languages), Counter())
    number = counted.total()
    return _Seldom({pair: log(number / times) for pair, times in counted.items()})


@cache
def _counted(language: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for package in ("django.conf", "django.contrib.admin"):
        translated = files(package) / "locale" / language / "LC_MESSAGES" / "django.po"
        if translated.is_file():
            counted.update(_pairs(" ".join(_TEXT_OF_PO.findall(translated.read_text("utf-8")))))
    return counted
