"""The index of what was said: messages that are whole, and summaries by the negative of their keys.

Beside the messages, not on them: PostgreSQL writes every index of a row when one of its columns
changes, and a reply's text changes while it is written.

SQLite: rebuilding a table, as a later migration may, drops its triggers: such a migration has to
create them again. The tests of searching fail otherwise.
"""

from django.db import migrations

SQLITE = """
CREATE VIRTUAL TABLE chat_said USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 0');

INSERT INTO chat_said (rowid, text)
SELECT id, text FROM chat_message WHERE state NOT IN ('pending', 'writing') AND text <> '';

INSERT INTO chat_said (rowid, text) SELECT -id, text FROM chat_summary;

CREATE TRIGGER chat_said_insert AFTER INSERT ON chat_message
WHEN new.state NOT IN ('pending', 'writing') AND new.text <> ''
BEGIN
    INSERT INTO chat_said (rowid, text) VALUES (new.id, new.text);
END;

CREATE TRIGGER chat_said_update AFTER UPDATE OF text, state ON chat_message
WHEN old.state NOT IN ('pending', 'writing') OR new.state NOT IN ('pending', 'writing')
BEGIN
    INSERT INTO chat_said (chat_said, rowid, text) SELECT 'delete', old.id, old.text
    WHERE old.state NOT IN ('pending', 'writing') AND old.text <> '';
    INSERT INTO chat_said (rowid, text) SELECT new.id, new.text
    WHERE new.state NOT IN ('pending', 'writing') AND new.text <> '';
END;

CREATE TRIGGER chat_said_delete AFTER DELETE ON chat_message
WHEN old.state NOT IN ('pending', 'writing') AND old.text <> ''
BEGIN
    INSERT INTO chat_said (chat_said, rowid, text) VALUES ('delete', old.id, old.text);
END;

CREATE TRIGGER chat_said_summary_insert AFTER INSERT ON chat_summary
BEGIN
    INSERT INTO chat_said (rowid, text) VALUES (-new.id, new.text);
END;

CREATE TRIGGER chat_said_summary_update AFTER UPDATE OF text ON chat_summary
BEGIN
    INSERT INTO chat_said (chat_said, rowid, text) VALUES ('delete', -old.id, old.text);
    INSERT INTO chat_said (rowid, text) VALUES (-new.id, new.text);
END;

CREATE TRIGGER chat_said_summary_delete AFTER DELETE ON chat_summary
BEGIN
    INSERT INTO chat_said (chat_said, rowid, text) VALUES ('delete', -old.id, old.text);
END;
"""

SQLITE_BACK = """
DROP TRIGGER chat_said_insert;

DROP TRIGGER chat_said_update;

DROP TRIGGER chat_said_delete;

DROP TRIGGER chat_said_summary_insert;

DROP TRIGGER chat_said_summary_update;

DROP TRIGGER chat_said_summary_delete;

DROP TABLE chat_said;
"""

# Words are what stands between signs, as on SQLite: PostgreSQL's parser takes an address or a
# number with its sign for one. More than so many characters a tsvector may not hold.
POSTGRESQL = """
CREATE TABLE chat_said (id bigint PRIMARY KEY, conversation bigint NOT NULL, words tsvector NOT NULL);

CREATE FUNCTION chat_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT TO_TSVECTOR('simple', REGEXP_REPLACE(LEFT($1, 100000), '[\\x01-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7f]+', ' ', 'g'))
$$;

INSERT INTO chat_said
SELECT id, conversation_id, chat_words(text) FROM chat_message
WHERE state NOT IN ('pending', 'writing') AND text <> ''
UNION ALL SELECT -id, conversation_id, chat_words(text) FROM chat_summary;

CREATE INDEX chat_said_words ON chat_said USING gin (words);

CREATE FUNCTION chat_say() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chat_said VALUES (TG_ARGV[0]::int * NEW.id, NEW.conversation_id, chat_words(NEW.text));
    RETURN NULL;
END
$$;

CREATE FUNCTION chat_unsay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM chat_said WHERE id = TG_ARGV[0]::int * OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER chat_said_insert AFTER INSERT ON chat_message FOR EACH ROW
WHEN (new.state NOT IN ('pending', 'writing') AND new.text <> '') EXECUTE FUNCTION chat_say('1');

CREATE TRIGGER chat_said_update_1 AFTER UPDATE OF text, state ON chat_message FOR EACH ROW
WHEN (old.state NOT IN ('pending', 'writing')) EXECUTE FUNCTION chat_unsay('1');

CREATE TRIGGER chat_said_update_2 AFTER UPDATE OF text, state ON chat_message FOR EACH ROW
WHEN (new.state NOT IN ('pending', 'writing') AND new.text <> '') EXECUTE FUNCTION chat_say('1');

CREATE TRIGGER chat_said_delete AFTER DELETE ON chat_message FOR EACH ROW
WHEN (old.state NOT IN ('pending', 'writing')) EXECUTE FUNCTION chat_unsay('1');

CREATE TRIGGER chat_said_insert AFTER INSERT ON chat_summary FOR EACH ROW EXECUTE FUNCTION chat_say('-1');

CREATE TRIGGER chat_said_update_1 AFTER UPDATE OF text ON chat_summary FOR EACH ROW EXECUTE FUNCTION chat_unsay('-1');

CREATE TRIGGER chat_said_update_2 AFTER UPDATE OF text ON chat_summary FOR EACH ROW EXECUTE FUNCTION chat_say('-1');

CREATE TRIGGER chat_said_delete AFTER DELETE ON chat_summary FOR EACH ROW EXECUTE FUNCTION chat_unsay('-1');
"""

POSTGRESQL_BACK = """
DROP FUNCTION chat_say CASCADE;

DROP FUNCTION chat_unsay CASCADE;

DROP TABLE chat_said;

DROP FUNCTION chat_words;
"""


def create(apps, schema_editor):
    connection = schema_editor.connection
    _run(connection, POSTGRESQL if connection.vendor == "postgresql" else SQLITE)


def drop(apps, schema_editor):
    connection = schema_editor.connection
    _run(connection, POSTGRESQL_BACK if connection.vendor == "postgresql" else SQLITE_BACK)


def _run(connection, script):
    """Paragraph by paragraph: a body holds semicolons, and SQLite takes one statement."""
    with connection.cursor() as cursor:
        for statement in script.strip().split("\n\n"):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
