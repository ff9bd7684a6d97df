"""The index that keeps a record from being there twice goes by numbers before subjects: the rows of a file follow one
another in it, where each had a page of its own before. And records of one item in one department are an index of theirs.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

# Wherever it breaks off, a valid index keeps records single, and these steps can be taken once more.
NEW = (
    "CREATE UNIQUE INDEX CONCURRENTLY record_once_new ON records_record (department_id, item_id, {})"
    " WHERE NOT state = 'withdrawn'"
)
SWAP = "ALTER INDEX record_once RENAME TO record_once_old; ALTER INDEX record_once_new RENAME TO record_once"


def gone(index: str) -> migrations.RunSQL:
    """No index of this name, forwards and backwards."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {index}"
    return migrations.RunSQL(drop, drop)


class Migration(migrations.Migration):
    # Work goes on while the indexes grow.
    atomic = False
    accepted = {"renaming-object": "no client names an index; the new one takes the name of the old, which goes"}

    dependencies = [("records", "0008_index_by_item")]

    operations = [
        # Not by RemoveConstraint and AddConstraint: between them the same record could come twice, and they stop all work.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                gone("record_once_old"),
                gone("record_once_new"),
                migrations.RunSQL(NEW.format("document_number, subject_id"), SWAP),
                migrations.RunSQL(SWAP, NEW.format("subject_id, document_number")),
                gone("record_once_old"),
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
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(fields=["department", "item", "-id"], name="record_department_item"),
        ),
    ]
