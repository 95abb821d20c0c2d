"""What bytes are that are no feed, in words that say where the feed may be found. Pure; no format itself."""

import re
from html import unescape
from urllib.parse import urljoin

from . import table
from .fields import decoded, head

_HTML = re.compile(
    r"(?:<\?xml[^>]{0,200}>|<!--.{0,2000}?-->|\s)*<(?:!doctype\s+)?(?:html|head|body)\b", re.DOTALL | re.I
)
_SYNDICATION = re.compile(r"<(?:rss|rdf:RDF|feed)\b", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^<>]{0,1000}>", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_XLS = b"\xd0\xcf\x11\xe0"


def what_it_is(data: bytes, address: str = "") -> str:
    """Why no format reads `data`, which came from `address`, and what to do."""
    start = head(data)
    if not start.replace("\0", "").strip():
        return "The feed is empty. Check that the address or file is the calendar's own."
    if data.startswith(_XLS):
        return "This is a workbook of an old Excel, or one with a password. Save it as XLSX or CSV without a password."
    if data.startswith(b"PK\x03\x04"):
        return "This is an archive and no workbook. Use the file that is in it, or save the table as XLSX or CSV."
    if data.startswith(b"%PDF"):
        return "This is a PDF; dates cannot be read from it. Ask for a calendar (“ICS”) or a table (CSV)."
    if _SYNDICATION.search(start):
        return (
            "This is a news feed (RSS or Atom): it says when something was written, not when an event takes place. "
            "Look for a link named “iCal”, “ICS” or “Subscribe to calendar”, or use the address of the events page."
        )
    if _HTML.match(start):
        return _of_a_page(decoded(data), address)
    if start[0] in "{[":
        return (
            "This is JSON, but neither an export of Indico, pretalx or The Events Calendar nor events in the words "
            "of schema.org. Look for an iCalendar address (“iCal”, “ICS”)."
        )
    if columns := table.columns_told(data):
        return (
            "This looks like a table, but the portal knows no column for the title or the start date in it; its "
            f"columns are {table.listed(filter(None, columns))}. Call them “Title” and “Start date”, or upload the "
            "table: then you can say which is which."
        )
    return (
        "This is no feed that the portal can read: there is no line “BEGIN:VCALENDAR” in it, and no first row with the "
        "names of columns such as “title” and “start date”."
    )


def _of_a_page(page: str, address: str) -> str:
    for link in _LINK.findall(page):
        if "text/calendar" in link.lower() and (href := _HREF.search(link)):
            try:
                found = urljoin(address, unescape(href[1]))
            except ValueError:
                continue
            where = f"It says that its calendar is at {found[:500]}: use that address."
            return f"This is a web page, not a calendar. {where}"
    return (
        "This is a web page, not a calendar, and it does not tell of events in the words of schema.org. Look on that "
        "page for a link named “iCal”, “ICS” or “Subscribe” and use its address."
    )
