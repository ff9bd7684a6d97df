"""A state is listed by an index that holds the order of the list; the desk asks for what waits, and for that alone."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Work goes on while the indexes grow.
    atomic = False

    dependencies = [("records", "0006_mark_follows_cases")]

    operations = [
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(fields=["department", "state", "-id"], name="record_state"),
        ),
        AddIndexConcurrently(
            model_name="record",
            index=models.Index(
                condition=models.Q(("state__in", ["draft", "returned", "submitted"])),
                fields=["department", "deadline"],
                name="record_waiting",
            ),
        ),
        RemoveIndexConcurrently(model_name="record", name="record_desk"),
    ]
