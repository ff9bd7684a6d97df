"""An item, an author and the days of several departments are listed by indexes that hold the order of the list.

Nobody asks by the person who changed or reviewed a record, nor by the rule of its deadline: those indexes only made each
row dearer to write.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def unindexed(name: str, index: str, to: str, **options: object) -> migrations.SeparateDatabaseAndState:
    """A foreign key of records without an index of its own. Not by AlterField alone, which would make the key anew and
    read the table for it."""
    column = f"{name}_id"
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                f"CREATE INDEX CONCURRENTLY {index} ON records_record ({column})",
            ),
        ],
        state_operations=[
            migrations.AlterField(
                model_name="record",
                name=name,
                field=models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=to,
                    **options,  # type: ignore[arg-type]
                ),
            ),
        ],
    )


class Migration(migrations.Migration):
    # Work goes on while the indexes grow.
    atomic = False

    dependencies = [("records", "0007_index_by_state")]

    operations = [
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(fields=["item", "id"], name="record_item"),
        ),
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(fields=["author", "id"], name="record_author"),
        ),
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(fields=["decided_on", "id"], name="record_day"),
        ),
        unindexed(
            "item",
            "records_record_item_id_7af30639",
            "catalogue.informationitem",
            verbose_name="information item",
        ),
        unindexed("author", "records_record_author_id_40eb89e7", settings.AUTH_USER_MODEL, verbose_name="author"),
        unindexed(
            "editor",
            "records_record_editor_id_e409bfa5",
            settings.AUTH_USER_MODEL,
            blank=True,
            null=True,
            help_text="Whoever changed the content last, when it was not the author.",
            verbose_name="last changed by",
        ),
        unindexed(
            "reviewer",
            "records_record_reviewer_id_bf1a5049",
            settings.AUTH_USER_MODEL,
            blank=True,
            null=True,
            verbose_name="reviewer",
        ),
        unindexed(
            "deadline_rule",
            "records_record_deadline_rule_id_54e0d861",
            "core.rule",
            blank=True,
            null=True,
            verbose_name="deadline rule",
        ),
    ]
