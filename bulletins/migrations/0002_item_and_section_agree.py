from django.db import migrations


def agreement(table: str, name: str) -> migrations.RunSQL:
    """A part's section belongs to the part's own bulletin: a foreign key over both columns."""
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ADD CONSTRAINT {name}
        FOREIGN KEY (section_id, bulletin_id) REFERENCES bulletins_section (id, bulletin_id)
        DEFERRABLE INITIALLY DEFERRED
        """,
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0001_initial")]

    operations = [
        agreement("bulletins_newsitem", "item_and_section_agree"),
        agreement("bulletins_event", "event_and_section_agree"),
    ]
