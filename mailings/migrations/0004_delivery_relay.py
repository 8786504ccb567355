from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mailings", "0003_unsent_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="relay",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="The relay it was last given to: its log may tell of it.",
                max_length=200,
            ),
        ),
    ]
