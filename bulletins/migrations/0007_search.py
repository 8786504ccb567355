import bulletins.models.finding
import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

import publication.models
from bulletins.models.people import SAME_NAME
from bulletins.models.slugs import free_slug


def give_slugs(apps, schema_editor):
    """Give each author the address that a new one of that name would get."""
    taken = set()
    for author in apps.get_model("bulletins", "Author").objects.order_by("pk"):
        author.slug = free_slug(author.name, taken, "author")
        taken.add(author.slug)
        author.save(update_fields=["slug"])


SLUG = {
    "blank": True,
    "help_text": "The end of their page's address; made of the name, and kept when that is corrected.",
    "max_length": 100,
    "verbose_name": "address",
}


# A vector hardly gets smaller by compression, and is read in a third of the time without it.
UNCOMPRESSED = """
    ALTER TABLE bulletins_newsitem ALTER COLUMN words SET STORAGE EXTERNAL;
    UPDATE bulletins_newsitem SET headline = headline;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bulletins', '0006_special'),
    ]

    operations = [
        migrations.AddField(
            model_name='author',
            name='slug',
            field=models.SlugField(**SLUG, null=True, db_index=False),
        ),
        migrations.RunPython(give_slugs, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='author',
            name='slug',
            field=models.SlugField(**SLUG, unique=True),
        ),
        migrations.AddConstraint(
            model_name='author',
            constraint=models.CheckConstraint(condition=models.Q(('slug', ''), _negated=True), name='author_has_a_slug'),
        ),
        migrations.AlterField(
            model_name='author',
            name='name',
            field=models.CharField(error_messages={'unique': SAME_NAME}, max_length=100, unique=True, validators=[publication.models.one_line]),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='words',
            field=bulletins.models.finding.WordsField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector(bulletins.models.finding.Parted('headline'), config='english', weight='A'), '||', django.contrib.postgres.search.SearchVector(bulletins.models.finding.Parted(bulletins.models.finding.WithoutTags('body')), config='english', weight='B'), django.contrib.postgres.search.SearchConfig('english')), output_field=bulletins.models.finding.UnreadVectorField()),
        ),
        migrations.RunSQL(UNCOMPRESSED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='newsitem',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='item_words'),
        ),
    ]
