import bulletins.models.checks
import bulletins.models.upkeep
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import publication.models
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bulletins', '0007_search'),
        ('resources', '0002_helplines_and_topics'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalSource',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('saved_at', models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False)),
                ('publisher', models.CharField(max_length=120, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z', 'Write this on one line, without control characters.')])),
                ('title', models.CharField(max_length=250, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z', 'Write this on one line, without control characters.')])),
                ('date', models.DateField(blank=True, help_text='When it was published.', null=True)),
                ('nation', models.CharField(blank=True, choices=[('England', 'England'), ('Wales', 'Wales'), ('Scotland', 'Scotland'), ('Northern Ireland', 'Northern Ireland'), ('UK', 'UK')], max_length=16, verbose_name='where it holds')),
                ('link', publication.models.WebAddressField(blank=True, max_length=500, verbose_name='address')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='0 puts a new source last.')),
                ('history_change_reason', models.TextField(null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical source',
                'verbose_name_plural': 'historical sources',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
                'default_permissions': (),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('publisher', models.CharField(max_length=120, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z', 'Write this on one line, without control characters.')])),
                ('title', models.CharField(max_length=250, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z', 'Write this on one line, without control characters.')])),
                ('date', models.DateField(blank=True, help_text='When it was published.', null=True)),
                ('nation', models.CharField(blank=True, choices=[('England', 'England'), ('Wales', 'Wales'), ('Scotland', 'Scotland'), ('Northern Ireland', 'Northern Ireland'), ('UK', 'UK')], max_length=16, verbose_name='where it holds')),
                ('link', publication.models.WebAddressField(blank=True, max_length=500, verbose_name='address')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='0 puts a new source last.')),
            ],
            options={
                'ordering': ['position', 'pk'],
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='historicalnewsitem',
            name='checked_on',
            field=models.DateField(blank=True, help_text='When somebody last made sure that it still holds; readers see it.', null=True, validators=[bulletins.models.upkeep.not_to_come], verbose_name='checked on'),
        ),
        migrations.AddField(
            model_name='historicalnewsitem',
            name='superseded_by',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='The item, of any issue, that took its place.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='bulletins.newsitem'),
        ),
        migrations.AddField(
            model_name='historicalnewsitem',
            name='superseded_elsewhere',
            field=models.CharField(blank=True, help_text='What took its place and is no item of ours, in words.', max_length=200, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z', 'Write this on one line, without control characters.')], verbose_name='superseded outside the bulletin by'),
        ),
        migrations.AddField(
            model_name='historicalnewsitem',
            name='superseded_link',
            field=publication.models.WebAddressField(blank=True, max_length=500, verbose_name='address of that'),
        ),
        migrations.AddField(
            model_name='linkcheck',
            name='issues',
            field=models.ManyToManyField(related_name='+', to='bulletins.bulletin'),
        ),
        migrations.AddField(
            model_name='linkcheck',
            name='resources',
            field=models.ManyToManyField(related_name='+', to='resources.resource'),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='superseded_by',
            field=models.ForeignKey(blank=True, help_text='The item, of any issue, that took its place.', null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='replaces', to='bulletins.newsitem'),
        ),
        migrations.AddField(
            model_name='linkcheck',
            name='in_round',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='linkcheck',
            name='since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='checked_on',
            field=models.DateField(blank=True, help_text='When somebody last made sure that it still holds; readers see it.', null=True, validators=[bulletins.models.upkeep.not_to_come], verbose_name='checked on'),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='superseded_elsewhere',
            field=models.CharField(blank=True, help_text='What took its place and is no item of ours, in words.', max_length=200, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z', 'Write this on one line, without control characters.')], verbose_name='superseded outside the bulletin by'),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='superseded_link',
            field=publication.models.WebAddressField(blank=True, max_length=500, verbose_name='address of that'),
        ),
        migrations.AddField(
            model_name='linkcheck',
            name='host',
            field=models.GeneratedField(db_persist=True, expression=bulletins.models.checks.HostOf('url', models.Value('^https?://(?:[^/?#]*@)?([^/?#]*)')), output_field=models.CharField(max_length=2000)),
        ),
        migrations.AddIndex(
            model_name='linkcheck',
            index=models.Index(fields=['host', 'looked_up_at'], name='link_check_host'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='newsitem',
            trigger=pgtrigger.compiler.Trigger(name='item_superseded_in_no_circle', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.superseded_by_id <> NEW.id)', func="\n    PERFORM pg_advisory_xact_lock(hashtext('bulletins_newsitem.superseded_by_id'));\n    IF EXISTS (\n        WITH RECURSIVE newer (id) AS (\n            SELECT NEW.superseded_by_id\n            UNION\n            SELECT item.superseded_by_id FROM bulletins_newsitem item JOIN newer ON item.id = newer.id\n             WHERE item.superseded_by_id IS NOT NULL\n        )\n        SELECT 1 FROM newer WHERE id = NEW.id\n    ) THEN\n        RAISE EXCEPTION 'what supersedes an item is not superseded by it in turn'\n              USING ERRCODE = 'check_violation', CONSTRAINT = 'item_superseded_in_no_circle';\n    END IF;\n    RETURN NEW;\n", hash='4930f8048eb13327017090f9e778cea4c68f6f89', operation='INSERT OR UPDATE OF "superseded_by_id"', pgid='pgtrigger_item_superseded_in_no_circle_cd214', table='bulletins_newsitem', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_by__isnull', True), models.Q(('superseded_by', models.F('id')), _negated=True), _connector='OR'), name='item_not_superseded_by_itself', violation_error_message='An item cannot supersede itself.'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_link', ''), models.Q(('superseded_elsewhere', ''), _negated=True), _connector='OR'), name='item_superseded_link_has_words', violation_error_message='Say in words what the address leads to.'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_link', ''), ('superseded_link__regex', '^https?://'), _connector='OR'), name='item_superseded_link_is_web_address'),
        ),
        migrations.AddField(
            model_name='historicalsource',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalsource',
            name='item',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='bulletins.newsitem'),
        ),
        migrations.AddField(
            model_name='source',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sources', to='bulletins.newsitem'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('publisher', ''), _negated=True), models.Q(('title', ''), _negated=True)), name='source_has_publisher_and_title'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('nation__in', ['', 'England', 'Wales', 'Scotland', 'Northern Ireland', 'UK'])), name='source_nation_known'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('link', ''), ('link__regex', '^https?://'), _connector='OR'), name='source_link_is_web_address'),
        ),
    ]
