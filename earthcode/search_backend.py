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


class PortalIndex(PostgresIndex):
    def add_items(self, model, objs):
        """Wagtail's own, and remember the words that are new."""
        super().add_items(model, objs)
        with self.write_connection.cursor() as cursor:
            cursor.execute(NEW_WORDS, (get_content_type_pk(model), [str(item.pk) for item in objs]))


class SearchBackend(PostgresSearchBackend):
    index_class = PortalIndex

    def __init__(self, params):
        super().__init__({"SEARCH_CONFIG": STEMS, **params})
        self.autocomplete_config = WORDS
