from django.db import migrations


class Migration(migrations.Migration):
    """An item's section belongs to the item's own bulletin: a foreign key over both columns."""

    dependencies = [("bulletins", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE bulletins_newsitem ADD CONSTRAINT item_and_section_agree
            FOREIGN KEY (section_id, bulletin_id) REFERENCES bulletins_section (id, bulletin_id)
            DEFERRABLE INITIALLY DEFERRED
            """,
            "ALTER TABLE bulletins_newsitem DROP CONSTRAINT item_and_section_agree",
        )
    ]
