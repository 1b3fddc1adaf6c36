from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0016_suggestion_tried'),
    ]

    operations = [
        migrations.AddField(
            model_name='digestsettings',
            name='weekly_in_app',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
