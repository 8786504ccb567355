from django.db import migrations


class Migration(migrations.Migration):
    """Erasing a person takes their consent along, in the database itself."""

    dependencies = [("subscribers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE subscribers_consentevent ADD CONSTRAINT consent_of_a_subscriber
            FOREIGN KEY (subscriber_id) REFERENCES subscribers_subscriber (id) ON DELETE CASCADE
            """,
            "ALTER TABLE subscribers_consentevent DROP CONSTRAINT consent_of_a_subscriber",
        )
    ]
