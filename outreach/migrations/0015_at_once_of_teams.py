from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0014_digests'),
    ]

    operations = [
        migrations.AddField(
            model_name='digestsettings',
            name='at_once_of_teams',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
