from django.db import migrations, models


class Migration(migrations.Migration):
    """What a mail told of meetings, and the appointments to come of a series."""

    dependencies = [
        ('outreach', '0012_notices_of_endpoints'),
    ]

    operations = [
        migrations.AddField(
            model_name='mail',
            name='calendars',
            field=models.JSONField(blank=True, default=list, db_default=[]),
        ),
        migrations.AddField(
            model_name='mail',
            name='meetings',
            field=models.ManyToManyField(blank=True, related_name='mails', to='outreach.meeting'),
        ),
        migrations.AddField(
            model_name='meeting',
            name='series',
            field=models.JSONField(blank=True, default=list, db_default=[]),
        ),
    ]
