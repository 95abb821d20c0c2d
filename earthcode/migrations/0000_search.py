"""What searching needs of the database before there is any table of ours.

Written by hand, and so apart from 0001, which is generated. As an ordinary owner of the database may: PostgreSQL
trusts both extensions.
"""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations


def text_search_configuration(name, copied, dictionary):
    """The configuration `name`: as `copied`, but blind to accents; `dictionary` makes the lexemes."""
    return migrations.RunSQL(
        f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = {copied});"
        f"ALTER TEXT SEARCH CONFIGURATION {name}"
        f" ALTER MAPPING FOR word, hword, hword_part WITH unaccent, {dictionary}",
        f"DROP TEXT SEARCH CONFIGURATION {name}",
    )


def index(name, definition):
    return migrations.RunSQL(f"CREATE INDEX {name} ON {definition}", f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("wagtailcore", "0098_apitoken"),
        ("wagtailsearch", "0010_add_text_fields"),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        text_search_configuration("earthcode", "english", "english_stem"),
        text_search_configuration("earthcode_words", "simple", "simple"),
        # What Wagtail's search asks for and makes no index of: without them each search reads all entries and pages.
        index("earthcode_indexentry_text", "wagtailsearch_indexentry USING gin ((title || body))"),
        index("earthcode_page_object_id", "wagtailcore_page ((id::varchar(50)))"),
    ]
