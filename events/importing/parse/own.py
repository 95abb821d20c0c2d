"""What the portal's own calendars (events.ical) say in words only, taken out of the words again. Pure."""

import re
from typing import NamedTuple

from .content_lines import Component

_PRODUCT = "-//EarthCODE//Portal//"
_STATUSES = {
    "Rescheduled": "EventRescheduled",
    "Postponed": "EventPostponed",
    "Cancelled": "EventCancelled",
    "Moved online": "EventMovedOnline",
}
_STATUS = re.compile(rf"({'|'.join(_STATUSES)})\.(?: (.*))?", re.DOTALL)
_REGISTRATION = re.compile(r"Registration: (\S+)( \((?:opens|closes) [^()]*\))?")


class Said(NamedTuple):
    """Title and text of an entry, and what else was in them; "" for what was not."""

    title: str
    body: str
    event_status: str = ""
    online_url: str = ""
    registration_url: str = ""
    website: str = ""


def is_own(product: str) -> bool:
    return product.startswith(_PRODUCT)


def said(title: str, text: str, component: Component) -> Said:
    """Of an entry as events.ical writes it."""
    paragraphs = text.split("\n\n") if text else []
    website = _last(paragraphs, "Website: ")
    registration = _REGISTRATION.fullmatch(paragraphs[-1]) if paragraphs else None
    if registration:
        paragraphs.pop()
    online_url = _last(paragraphs, "Take part online: ")
    status = ""
    # Before it stands the note on a date of a series.
    for number, paragraph in enumerate(paragraphs[: 2 if component.get("RECURRENCE-ID") else 1]):
        if match := _STATUS.fullmatch(paragraph):
            status = _STATUSES[match[1]]
            paragraphs[number : number + 1] = [match[2]] if match[2] else []
            break
    if status == "EventPostponed":
        title = title.removeprefix("Postponed: ")
    # The page of an import has no dates of registration: they stay among the words.
    if registration and registration[2]:
        paragraphs.append(registration[0])
    registration_url = registration[1] if registration else ""
    return Said(title, "\n\n".join(paragraphs), status, online_url, registration_url, website)


def _last(paragraphs: list[str], label: str) -> str:
    """The address behind `label` in the last of `paragraphs`, which goes; "" where there is none."""
    if not (paragraphs and paragraphs[-1].startswith(label)) or " " in paragraphs[-1].removeprefix(label):
        return ""
    return paragraphs.pop().removeprefix(label)
