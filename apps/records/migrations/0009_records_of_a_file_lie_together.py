"""The index that keeps a record from being there twice goes by numbers before subjects: the rows of a file follow one
another in it, where each had a page of its own before. And records of one item in one department are an index of theirs.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ONCE = "ON records_record (department_id, item_id, {}) WHERE NOT state = 'withdrawn'"


class Migration(migrations.Migration):
    # Work goes on while the indexes grow.
    atomic = False
    accepted = {"renaming-object": "no client names an index; the new one takes the name of the old, which is gone"}

    dependencies = [("records", "0008_index_by_item")]

    operations = [
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(fields=["department", "item", "-id"], name="record_department_item"),
        ),
        # Not by RemoveConstraint and AddConstraint: between them the same record could come twice, and they stop all work.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS record_once_new",
                    "ALTER INDEX record_once_new RENAME TO record_once",
                ),
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY record_once_new "
                    + ONCE.format("document_number, subject_id"),
                    "DROP INDEX CONCURRENTLY IF EXISTS record_once",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS record_once",
                    "CREATE UNIQUE INDEX CONCURRENTLY record_once_new "
                    + ONCE.format("subject_id, document_number"),
                ),
                migrations.RunSQL(
                    "ALTER INDEX IF EXISTS record_once_new RENAME TO record_once",
                    "DROP INDEX CONCURRENTLY IF EXISTS record_once_new",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="record", name="record_once"),
                migrations.AddConstraint(
                    model_name="record",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "withdrawn"), _negated=True),
                        fields=("department", "item", "document_number", "subject"),
                        name="record_once",
                    ),
                ),
            ],
        ),
    ]
