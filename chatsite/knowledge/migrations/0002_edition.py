"""The articles' edition: another one after each change of an article, by triggers.

SQLite: rebuilding the articles' table, as a later migration may, drops its triggers: such a
migration has to create them again. The tests of kept answers fail otherwise.
"""

from django.db import migrations

SQLITE = """
CREATE TRIGGER knowledge_edition_{event} AFTER {event} ON knowledge_article
BEGIN
    INSERT INTO knowledge_edition (id, value) VALUES (1, lower(hex(randomblob(16))))
    ON CONFLICT (id) DO UPDATE SET value = excluded.value;
END
"""
EVENTS = ("insert", "update", "delete")

POSTGRESQL = """
CREATE FUNCTION knowledge_new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO knowledge_edition (id, value)
    VALUES (1, replace(gen_random_uuid()::text, '-', ''))
    ON CONFLICT (id) DO UPDATE SET value = excluded.value;
    RETURN NULL;
END
$$;

CREATE TRIGGER knowledge_edition
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON knowledge_article
FOR EACH STATEMENT EXECUTE FUNCTION knowledge_new_edition();
"""
POSTGRESQL_BACK = """
DROP TRIGGER knowledge_edition ON knowledge_article;

DROP FUNCTION knowledge_new_edition();
"""


def create(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
        else:
            for event in EVENTS:
                cursor.execute(SQLITE.format(event=event))
        # Articles that were there before have an edition too.
        cursor.execute("UPDATE knowledge_article SET published = published")


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_BACK)
        else:
            for event in EVENTS:
                cursor.execute(f"DROP TRIGGER knowledge_edition_{event}")


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
