"""The full-text index over published articles, in the way of each database.

SQLite: rebuilding a table, as a later migration may, drops its triggers: such a migration has to
create them again. The tests of searching fail otherwise.
"""

from django.db import migrations

# The trigger on update also puts an article in or takes it out when it is (un)published.
SQLITE = """
CREATE VIRTUAL TABLE knowledge_search
USING fts5 (title, body, tokenize = 'porter unicode61 remove_diacritics 2');

CREATE TRIGGER knowledge_search_insert AFTER INSERT ON knowledge_article WHEN new.published
BEGIN
    INSERT INTO knowledge_search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;

CREATE TRIGGER knowledge_search_update AFTER UPDATE ON knowledge_article
BEGIN
    DELETE FROM knowledge_search WHERE rowid = old.id;
    INSERT INTO knowledge_search (rowid, title, body)
    SELECT new.id, new.title, new.body WHERE new.published;
END;

CREATE TRIGGER knowledge_search_delete AFTER DELETE ON knowledge_article
BEGIN
    DELETE FROM knowledge_search WHERE rowid = old.id;
END;

INSERT INTO knowledge_search (rowid, title, body)
SELECT id, title, body FROM knowledge_article WHERE published;
"""

SQLITE_BACK = """
DROP TRIGGER knowledge_search_insert;
DROP TRIGGER knowledge_search_update;
DROP TRIGGER knowledge_search_delete;
DROP TABLE knowledge_search;
"""

# English without its stop words: a question is searched by pairs like "how long" too.
POSTGRESQL = """
CREATE TEXT SEARCH DICTIONARY knowledge_stem (TEMPLATE = pg_catalog.snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION knowledge (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION knowledge
ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
WITH knowledge_stem;

ALTER TABLE knowledge_article ADD COLUMN search tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('knowledge', title), 'A') || setweight(to_tsvector('knowledge', body), 'B')
) STORED;

CREATE INDEX knowledge_search ON knowledge_article USING gin (search) WHERE published;
"""

POSTGRESQL_BACK = """
ALTER TABLE knowledge_article DROP COLUMN search;
DROP TEXT SEARCH CONFIGURATION knowledge;
DROP TEXT SEARCH DICTIONARY knowledge_stem;
"""


def create(apps, schema_editor):
    connection = schema_editor.connection
    _run(connection, POSTGRESQL if connection.vendor == "postgresql" else SQLITE)


def drop(apps, schema_editor):
    connection = schema_editor.connection
    _run(connection, POSTGRESQL_BACK if connection.vendor == "postgresql" else SQLITE_BACK)


def _run(connection, script):
    """Paragraph by paragraph: a trigger's body holds semicolons, and SQLite takes one statement."""
    with connection.cursor() as cursor:
        for paragraph in script.strip().split("\n\n"):
            for statement in [paragraph] if "BEGIN" in paragraph else paragraph.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
