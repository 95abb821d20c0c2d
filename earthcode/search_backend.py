"""Wagtail's search in PostgreSQL, blind to accents everywhere, which also keeps the words it meets."""

from modelsearch.backends.database.postgres.postgres import IndexEntry, PostgresIndex, PostgresSearchBackend
from modelsearch.utils import get_content_type_pk

from .models import SearchWord

# Text search configurations that migration 0000 makes: English stems, and words as they are.
STEMS = "earthcode"
WORDS = "earthcode_words"

# The letters that typing errors are made of: no numbers, no addresses, nothing longer than `SearchWord` holds.
NEW_WORDS = f"""
INSERT INTO {SearchWord._meta.db_table} (text)
SELECT DISTINCT found.word
FROM {IndexEntry._meta.db_table} entry,
    unnest(tsvector_to_array(to_tsvector('{WORDS}', entry.title_text || ' ' || entry.body_text))) AS found (word)
WHERE entry.content_type_id = %s AND entry.object_id = ANY(%s) AND found.word ~ '^[[:alpha:]]{{3,40}}$'
    AND NOT EXISTS (SELECT FROM {SearchWord._meta.db_table} known WHERE known.text = found.word)
"""  # noqa: S608 - the names are our own

# How much the words of a title count, the less the more there are: by the average that the entries were measured by
# before, that reading one is enough. Building the index anew takes the average anew.
TITLE_NORMS = f"""
UPDATE {IndexEntry._meta.db_table} SET title_norm = coalesce(
    (SELECT title_norm * length(title) FROM {IndexEntry._meta.db_table} WHERE title_norm <> 1 AND title <> '' LIMIT 1),
    (SELECT avg(length(title)) FROM {IndexEntry._meta.db_table} WHERE title <> '')
) / length(title)
WHERE content_type_id = %s AND object_id = ANY(%s) AND title <> ''
"""  # noqa: S608


class PortalIndex(PostgresIndex):
    def add_items(self, model, objs):
        """Wagtail's own, and remember the words that are new."""
        super().add_items(model, objs)
        with self.write_connection.cursor() as cursor:
            for statement in (TITLE_NORMS, NEW_WORDS):
                cursor.execute(statement, (get_content_type_pk(model), [str(item.pk) for item in objs]))

    def _refresh_title_norms(self, full=False):
        """Wagtail's reads all entries for every one that is added."""
        if full:
            super()._refresh_title_norms(full=True)


class SearchBackend(PostgresSearchBackend):
    index_class = PortalIndex

    def __init__(self, params):
        super().__init__({"SEARCH_CONFIG": STEMS, **params})
        self.autocomplete_config = WORDS
