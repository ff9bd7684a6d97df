
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import apps.audit.triggers


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0001_initial'),
        ('departments', '0002_one_administrator_role'),
        ('records', '0001_initial'),
        ('subjects', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uploaded_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded at')),
                ('original_name', models.CharField(max_length=255, verbose_name='file name')),
                ('stored_name', models.CharField(editable=False, max_length=100, verbose_name='stored as')),
                ('data_key', models.BinaryField(verbose_name='data key')),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('state', models.CharField(choices=[('uploaded', 'uploaded'), ('checking', 'being checked'), ('checked', 'checked'), ('loading', 'being loaded'), ('loaded', 'loaded'), ('undone', 'undone'), ('discarded', 'discarded'), ('failed', 'failed')], default='uploaded', max_length=16, verbose_name='state')),
                ('mode', models.CharField(choices=[('all', 'all rows or none'), ('partial', 'only the right rows')], default='all', max_length=16, verbose_name='acceptance')),
                ('edition', models.CharField(blank=True, max_length=32, verbose_name='edition of the columns')),
                ('failure', models.TextField(blank=True, verbose_name='why the file was not taken')),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('accepted', models.PositiveIntegerField(default=0, verbose_name='right rows')),
                ('rejected', models.PositiveIntegerField(default=0, verbose_name='wrong rows')),
                ('duplicates', models.PositiveIntegerField(default=0, verbose_name='already on record')),
                ('subjects_created', models.PositiveIntegerField(default=0, verbose_name='new subjects')),
                ('seconds', models.FloatField(default=0, verbose_name='seconds')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='checked at')),
                ('loaded_at', models.DateTimeField(blank=True, null=True, verbose_name='loaded at')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone at')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.department', verbose_name='department')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.informationitem', verbose_name='information item')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'import batch',
                'verbose_name_plural': 'import batches',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BatchPreview',
            fields=[
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preview', serialize=False, to='exchange.batch', verbose_name='import batch')),
                ('headers', models.JSONField(default=list, verbose_name='headers')),
                ('rows', models.JSONField(default=list, verbose_name='rows')),
            ],
            options={
                'verbose_name': 'preview of a batch',
                'verbose_name_plural': 'previews of batches',
            },
        ),
        migrations.CreateModel(
            name='BatchProgress',
            fields=[
                ('batch', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='progress', serialize=False, to='exchange.batch', verbose_name='import batch')),
                ('phase', models.CharField(max_length=16, verbose_name='phase')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='rows done')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='rows in all')),
                ('started_at', models.DateTimeField(verbose_name='started at')),
                ('beat_at', models.DateTimeField(verbose_name='last sign of life')),
            ],
            options={
                'verbose_name': 'progress of a batch',
                'verbose_name_plural': 'progress of batches',
            },
        ),
        migrations.CreateModel(
            name='BatchEntry',
            fields=[
                ('record', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='batch_entry', serialize=False, to='records.record', verbose_name='credit record')),
                ('row', models.PositiveIntegerField(verbose_name='row')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='exchange.batch', verbose_name='import batch')),
            ],
            options={
                'verbose_name': 'row of a batch',
                'verbose_name_plural': 'rows of a batch',
                'ordering': ['batch', 'row'],
            },
        ),
        migrations.CreateModel(
            name='BatchError',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField(verbose_name='row')),
                ('position', models.IntegerField(blank=True, null=True, verbose_name='position of the column')),
                ('column', models.CharField(blank=True, max_length=200, verbose_name='column')),
                ('field', models.CharField(blank=True, max_length=64, verbose_name='field')),
                ('value', models.TextField(blank=True, verbose_name='cell value')),
                ('code', models.CharField(max_length=64, verbose_name='kind of error')),
                ('params', models.JSONField(blank=True, default=dict, verbose_name='details')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='errors', to='exchange.batch', verbose_name='import batch')),
            ],
            options={
                'verbose_name': 'error',
                'verbose_name_plural': 'errors',
                'ordering': ['row', 'position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='BatchKey',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='batch_entry', serialize=False, to='subjects.personkey', verbose_name='person key')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='exchange.batch', verbose_name='import batch')),
            ],
            options={
                'verbose_name': 'person key of a batch',
                'verbose_name_plural': 'person keys of a batch',
            },
        ),
        migrations.CreateModel(
            name='BatchSubject',
            fields=[
                ('subject', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='batch_entry', serialize=False, to='subjects.subject', verbose_name='subject')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subjects', to='exchange.batch', verbose_name='import batch')),
            ],
            options={
                'verbose_name': 'subject of a batch',
                'verbose_name_plural': 'subjects of a batch',
            },
        ),
        migrations.CreateModel(
            name='HistoricalBatch',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('history_channel', models.CharField(choices=[('admin', 'admin page'), ('file', 'file'), ('command', 'command'), ('api', 'API'), ('system', 'system'), ('sql', 'database session')], default='sql', max_length=16)),
                ('history_request_id', models.CharField(blank=True, default='', max_length=64)),
                ('history_database_user', models.CharField(blank=True, default='', max_length=64)),
                ('uploaded_at', models.DateTimeField(blank=True, editable=False, verbose_name='uploaded at')),
                ('original_name', models.CharField(max_length=255, verbose_name='file name')),
                ('stored_name', models.CharField(editable=False, max_length=100, verbose_name='stored as')),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('state', models.CharField(choices=[('uploaded', 'uploaded'), ('checking', 'being checked'), ('checked', 'checked'), ('loading', 'being loaded'), ('loaded', 'loaded'), ('undone', 'undone'), ('discarded', 'discarded'), ('failed', 'failed')], default='uploaded', max_length=16, verbose_name='state')),
                ('mode', models.CharField(choices=[('all', 'all rows or none'), ('partial', 'only the right rows')], default='all', max_length=16, verbose_name='acceptance')),
                ('edition', models.CharField(blank=True, max_length=32, verbose_name='edition of the columns')),
                ('failure', models.TextField(blank=True, verbose_name='why the file was not taken')),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('accepted', models.PositiveIntegerField(default=0, verbose_name='right rows')),
                ('rejected', models.PositiveIntegerField(default=0, verbose_name='wrong rows')),
                ('duplicates', models.PositiveIntegerField(default=0, verbose_name='already on record')),
                ('subjects_created', models.PositiveIntegerField(default=0, verbose_name='new subjects')),
                ('seconds', models.FloatField(default=0, verbose_name='seconds')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='checked at')),
                ('loaded_at', models.DateTimeField(blank=True, null=True, verbose_name='loaded at')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone at')),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('department', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='departments.department', verbose_name='department')),
                ('history_user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalogue.informationitem', verbose_name='information item')),
                ('uploaded_by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'historical import batch',
                'verbose_name_plural': 'historical import batches',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['department', '-id'], name='batch_department'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['state'], name='batch_state'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='history_insert', sql=apps.audit.triggers.HistoryTriggerSql(func='\n            INSERT INTO "exchange_historicalbatch" ("id", "department_id", "item_id", "uploaded_by_id", "uploaded_at", "original_name", "stored_name", "size", "sha256", "state", "mode", "edition", "failure", "rows", "accepted", "rejected", "duplicates", "subjects_created", "seconds", "checked_at", "loaded_at", "undone_at", history_date, history_type, history_user_id, history_change_reason, history_channel, history_request_id, history_database_user)\n            SELECT r."id", r."department_id", r."item_id", r."uploaded_by_id", r."uploaded_at", r."original_name", r."stored_name", r."size", r."sha256", r."state", r."mode", r."edition", r."failure", r."rows", r."accepted", r."rejected", r."duplicates", r."subjects_created", r."seconds", r."checked_at", r."loaded_at", r."undone_at", clock_timestamp(), \'+\',\n                nullif(current_setting(\'app.user_id\', true), \'\')::bigint,\n                nullif(current_setting(\'app.reason\', true), \'\'),\n                coalesce(nullif(current_setting(\'app.channel\', true), \'\'), \'sql\'),\n                coalesce(current_setting(\'app.request_id\', true), \'\'),\n                session_user\n            FROM new_rows AS r;\n        ', hash='3bd4714f24a9a389ea16da58bd5a531a19f9569e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_insert_60ef8', referencing='REFERENCING NEW TABLE AS new_rows ', table='exchange_batch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='history_update', sql=apps.audit.triggers.HistoryTriggerSql(func='\n            INSERT INTO "exchange_historicalbatch" ("id", "department_id", "item_id", "uploaded_by_id", "uploaded_at", "original_name", "stored_name", "size", "sha256", "state", "mode", "edition", "failure", "rows", "accepted", "rejected", "duplicates", "subjects_created", "seconds", "checked_at", "loaded_at", "undone_at", history_date, history_type, history_user_id, history_change_reason, history_channel, history_request_id, history_database_user)\n            SELECT r."id", r."department_id", r."item_id", r."uploaded_by_id", r."uploaded_at", r."original_name", r."stored_name", r."size", r."sha256", r."state", r."mode", r."edition", r."failure", r."rows", r."accepted", r."rejected", r."duplicates", r."subjects_created", r."seconds", r."checked_at", r."loaded_at", r."undone_at", clock_timestamp(), \'~\',\n                nullif(current_setting(\'app.user_id\', true), \'\')::bigint,\n                nullif(current_setting(\'app.reason\', true), \'\'),\n                coalesce(nullif(current_setting(\'app.channel\', true), \'\'), \'sql\'),\n                coalesce(current_setting(\'app.request_id\', true), \'\'),\n                session_user\n            FROM new_rows AS r JOIN old_rows AS o ON o."id" = r."id" WHERE (r."id", r."department_id", r."item_id", r."uploaded_by_id", r."uploaded_at", r."original_name", r."stored_name", r."size", r."sha256", r."state", r."mode", r."edition", r."failure", r."rows", r."accepted", r."rejected", r."duplicates", r."subjects_created", r."seconds", r."checked_at", r."loaded_at", r."undone_at") IS DISTINCT FROM (o."id", o."department_id", o."item_id", o."uploaded_by_id", o."uploaded_at", o."original_name", o."stored_name", o."size", o."sha256", o."state", o."mode", o."edition", o."failure", o."rows", o."accepted", o."rejected", o."duplicates", o."subjects_created", o."seconds", o."checked_at", o."loaded_at", o."undone_at");\n        ', hash='32894e9e7e0e400d131b8e7fa20030a0ec0c8154', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_update_d08cc', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='exchange_batch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='batch',
            trigger=pgtrigger.compiler.Trigger(name='history_delete', sql=apps.audit.triggers.HistoryTriggerSql(func='\n            INSERT INTO "exchange_historicalbatch" ("id", "department_id", "item_id", "uploaded_by_id", "uploaded_at", "original_name", "stored_name", "size", "sha256", "state", "mode", "edition", "failure", "rows", "accepted", "rejected", "duplicates", "subjects_created", "seconds", "checked_at", "loaded_at", "undone_at", history_date, history_type, history_user_id, history_change_reason, history_channel, history_request_id, history_database_user)\n            SELECT r."id", r."department_id", r."item_id", r."uploaded_by_id", r."uploaded_at", r."original_name", r."stored_name", r."size", r."sha256", r."state", r."mode", r."edition", r."failure", r."rows", r."accepted", r."rejected", r."duplicates", r."subjects_created", r."seconds", r."checked_at", r."loaded_at", r."undone_at", clock_timestamp(), \'-\',\n                nullif(current_setting(\'app.user_id\', true), \'\')::bigint,\n                nullif(current_setting(\'app.reason\', true), \'\'),\n                coalesce(nullif(current_setting(\'app.channel\', true), \'\'), \'sql\'),\n                coalesce(current_setting(\'app.request_id\', true), \'\'),\n                session_user\n            FROM old_rows AS r;\n        ', hash='53a8dc789a2f69173a12c97ca0b6c42d977ce7c6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_delete_ddafa', referencing='REFERENCING OLD TABLE AS old_rows ', table='exchange_batch', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='batchentry',
            index=models.Index(fields=['batch', 'row'], name='batch_entry_row'),
        ),
        migrations.AddIndex(
            model_name='batcherror',
            index=models.Index(fields=['batch', 'row'], name='batch_error_row'),
        ),
    ]
