"""Whose changes a form meets that was opened before an import."""

from wagtail import hooks

from events.importing.feed import FIELDS
from events.importing.models import ImportRecord
from events.importing.pages import draft_values
from events.models import EventPage

PARTNER = "The partner"


@hooks.register("authors_of_changes")
def name_the_partner(page, names):
    """Of the fields and rows `names` of `page`, those that say what a feed said last, each with the word for its
    author."""
    if not isinstance(page, EventPage):
        return {}
    found: dict[str, str] = {}
    for record in ImportRecord.objects.filter(page=page.pk):
        imported = {name: name.partition(" ")[0] for name in names}
        fields = {field for field in imported.values() if field in FIELDS and field in record.values}
        now = draft_values(page, record.values, names=fields)
        same = {field for field in fields if now[field] == record.values[field]}
        found |= {name: PARTNER for name, field in imported.items() if field in same}
    return found
