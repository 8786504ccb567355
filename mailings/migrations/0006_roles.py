from django.db import migrations

from publication.roles import grant

# The declaration of config.roles that this brings into the groups; a test asks for a new migration when it changes.
DECLARED = "51cadca9bb268bd9"


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('publication', '0004_log_is_kept'),
        ('resources', '0002_helplines_and_topics'),
        ('bulletins', '0003_pictures'),
        ('subscribers', '0003_sign_ups_wait_for_the_tick'),
        ('mailings', '0005_test_letters'),
    ]

    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
