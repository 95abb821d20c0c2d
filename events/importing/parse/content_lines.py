"""Bytes to iCalendar components (RFC 5545, 3.1, 3.4 and 3.6), keeping whatever can be read. Pure.

The icalendar library reads a file as a whole: an error in one line can cost the calendar, and a feed that
breaks off is an empty one. Here each component keeps its own lines with their numbers, so that only the
broken item is lost.
"""

import quopri
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .encoding import codec_of, read_text

_LINE_BREAK = re.compile(r"\r\n|\n|\r")
# Microsoft's names of time zones have colons and ought to be, but are not always, within quotes.
_CONTENT_LINE = re.compile(
    r'([A-Za-z0-9-]+)[ \t]*((?:;(?:(?:UTC|GMT|=) ?[+-]\d{1,2}:\d\d(?=[:;)])|tzone://|[^:;"]|"[^"]*")*+)*+):(.*)',
    re.DOTALL,
)
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*(?:=((?:"[^"]*"|[^";])*))?')
# Also the line break of programs that escape theirs twice.
_ESCAPED = re.compile(r"\\(?:[rR]\\([nN])|(.))", re.DOTALL)
_LISTED = re.compile(r"(?:[^\\,]|\\.?)++", re.DOTALL)
# RFC 6868: what the value of a parameter could not hold otherwise.
_CARET = re.compile(r"\^([n'^])")
_CARETS = {"n": " ", "'": '"', "^": "^"}
# What no text goes on with after a soft line break; other words before a colon may well be text.
_PROPERTY = re.compile(
    r"(?:BEGIN|END|DT(?:START|END|STAMP)|DURATION|SUMMARY|DESCRIPTION|LOCATION|URL|UID|STATUS|CLASS|CATEGORIES"
    r"|SEQUENCE|PRIORITY|TRANSP|CREATED|LAST-MODIFIED|R(?:RULE|DATE)|EXDATE|ORGANIZER|ATTENDEE|X-[A-Z0-9-]+)[;:]"
)
_BROKEN_CLASS = re.compile(r"CLASS\b[^A-Za-z]*(.*)", re.DOTALL | re.IGNORECASE)
_TOP_LEVEL = {"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VAVAILABILITY"}


class Property(NamedTuple):
    """One unfolded content line; `value` is as written, still escaped."""

    name: str
    raw_parameters: str
    value: str
    line: int

    @property
    def parameters(self) -> dict[str, str]:
        """By upper-case name, without quotes; vCalendar 1.0 leaves out `ENCODING=`."""
        found: dict[str, str] = {}
        for name, value in _PARAMETER.findall(self.raw_parameters):
            if name.upper() in {"QUOTED-PRINTABLE", "BASE64"}:
                name, value = "ENCODING", name
            value = value.replace('"', "").strip()
            if "^" in value:
                value = _CARET.sub(lambda match: _CARETS[match[1]], value)
            found.setdefault(name.upper(), value)
        return found

    @property
    def text(self) -> str:
        """The value as TEXT (RFC 5545, 3.3.11), out of quoted-printable or base64 if it says so and is so."""
        return _unescaped(self._transferred)

    @property
    def texts(self) -> list[str]:
        """The value as a list of TEXT: a comma that is not escaped stands between two."""
        return [_unescaped(part) for part in _LISTED.findall(self._transferred)]

    @property
    def _transferred(self) -> str:
        if not self.raw_parameters:
            return self.value
        transferred = _transferred(self.value, self.parameters)
        return self.value if transferred is None else transferred

    @property
    def is_decodable(self) -> bool:
        return not self.raw_parameters or _transferred(self.value, self.parameters) is not None


@dataclass(slots=True)
class Component:
    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    components: list["Component"] = field(default_factory=list)
    closed: bool = False
    unreadable_lines: int = 0
    _by_name: dict[str, list[Property]] | None = None

    def all(self, name: str) -> list[Property]:
        """The properties called `name` that have a value. To be asked once all lines are read."""
        if self._by_name is None:
            self._by_name = {}
            for found in self.properties:
                if found.value and not found.value.isspace():
                    self._by_name.setdefault(found.name, []).append(found)
        return self._by_name.get(name, [])

    def get(self, name: str) -> Property | None:
        """The first property called `name` that has a value."""
        found = self.all(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The text of the first property called `name`; "" without one."""
        found = self.get(name)
        return found.text.strip() if found else ""


class Tree(NamedTuple):
    """`components` at the top level, normally VCALENDARs. `complete` is False when one is still open at the
    end. `unopened` are the lines that end an event where none has begun; `uids` all UIDs, wherever they stand."""

    components: list[Component]
    complete: bool
    unopened: tuple[int, ...]
    uids: tuple[str, ...]


def read_tree(data: bytes) -> Tree:
    """Read `data` in any of the encodings and line endings that calendars come in.

    A component that is not closed before the next of its kind begins has `closed` False. Lines that are no
    content lines, and those outside any component, are passed over.
    """
    roots: list[Component] = []
    stack: list[Component] = []
    open_names: Counter[str] = Counter()
    unopened: list[int] = []
    uids: list[str] = []

    def close(name: str | None, *, well: bool):
        """Close all that is open down to a component called `name`, or all."""
        while stack:
            closed = stack.pop()
            open_names[closed.name] -= 1
            if closed.name == name:
                closed.closed = well
                return

    for number, line in _logical_lines(data):
        match = _CONTENT_LINE.match(line)
        if not match:
            if stack:
                stack[-1].unreadable_lines += 1
                if broken := _BROKEN_CLASS.match(line):
                    # Whether an entry is for everybody is no line to lose.
                    stack[-1].properties.append(Property("CLASS", "", broken[1], number))
            continue
        name = match[1].upper()
        if name == "BEGIN":
            begun = match[3].strip().upper()
            if begun == "VCALENDAR":
                close(None, well=False)
            elif begun in _TOP_LEVEL:
                while stack and stack[-1].name != "VCALENDAR":
                    close(stack[-1].name, well=False)
            component = Component(begun, number)
            (stack[-1].components if stack else roots).append(component)
            stack.append(component)
            open_names[begun] += 1
        elif name == "END":
            ended = match[3].strip().upper()
            if open_names[ended]:
                close(ended, well=True)
            elif ended == "VEVENT":
                unopened.append(number)
        else:
            found = Property(name, match[2], match[3], number)
            if name == "UID":
                uids.append(found.text.strip())
            if stack:
                stack[-1].properties.append(found)
    return Tree(roots, not stack, tuple(unopened), tuple(uids))


def _logical_lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Unfolded lines with the number of their first physical line, counted from 1."""
    parts: list[str] = []
    first = 0
    soft_break = False
    text = read_text(data).text.replace("\0", "")
    for number, physical in enumerate(_LINE_BREAK.split(text), start=1):
        if not parts:
            # Nothing is there that it could go on with.
            physical = physical.lstrip()
        # Where files were put together, the mark of the second stands in the middle.
        physical = physical.removeprefix("\ufeff")
        if soft_break and physical and not _PROPERTY.match(physical):
            parts.append("\n" + physical)
        elif physical[:1] in {" ", "\t"} and parts:
            parts.append(physical[1:])
        elif physical:
            if parts:
                yield first, "".join(parts)
            parts, first = [physical], number
        soft_break = physical.endswith("=") and "QUOTED-PRINTABLE" in parts[0][:200].upper()
    if parts:
        yield first, "".join(parts)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda match: "\n" if match[1] or match[2] in "nN" else match[2], text)


def _transferred(value: str, parameters: dict[str, str]) -> str | None:
    """`value` out of its transfer encoding; None where it is not in the encoding or the charset that it names."""
    encoding = parameters.get("ENCODING", "").upper()
    try:
        if encoding == "QUOTED-PRINTABLE":
            data = quopri.decodestring(value.encode())
        elif encoding in {"BASE64", "B"}:
            data = b64decode(value, validate=False)
        else:
            return value
    except ValueError:
        return None
    charset = parameters.get("CHARSET", "utf-8")
    return read_text(data, charset).text if codec_of(charset) else None
