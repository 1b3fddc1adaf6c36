from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0015_at_once_of_teams'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='suggestion',
            index=models.Index(
                condition=models.Q(('state__in', ['done', 'withdrawn'])),
                fields=['acted_at'],
                name='suggestion_tried',
            ),
        ),
    ]
