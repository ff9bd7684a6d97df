"""What the desk reads of a year's publications stands in one index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)),
                fields=["department", "published_at"],
                include=("deadline",),
                name="record_published",
            ),
        ),
    ]
