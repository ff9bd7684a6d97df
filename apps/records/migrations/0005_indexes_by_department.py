"""Numbers are searched within departments; the index of the department alone was the beginning of others."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Work goes on while the index grows.
    atomic = False

    dependencies = [("records", "0004_lean_history")]

    operations = [
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(
                fields=["department", "document_number"],
                name="record_number",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
        ),
        RemoveIndexConcurrently(model_name="record", name="record_document_number"),
        # Not by AlterField alone, which would make the foreign key anew and read the table for it.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS records_record_department_id_d23f4901",
                    "CREATE INDEX CONCURRENTLY records_record_department_id_d23f4901 ON records_record (department_id)",
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="record",
                    name="department",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="departments.department",
                        verbose_name="department",
                    ),
                ),
            ],
        ),
    ]
