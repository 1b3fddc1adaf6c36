from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0020_file_what_is_over'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='suggestion',
            index=models.Index(
                condition=models.Q(('state', 'snoozed')),
                fields=['snoozed_until'],
                name='suggestion_snoozed',
            ),
        ),
    ]
