from django.db import migrations, models


def tell(apps, schema_editor):
    """Let what is known of a meeting that they called be the answer of the user who told of it."""
    meetings = apps.get_model('outreach', 'Meeting').objects.filter(is_by_us=False, answers={})
    for meeting in meetings.select_related('hold').iterator():
        is_answer = meeting.state in ('accepted', 'tentative', 'declined', 'proposed')
        who = str(meeting.user_id or 0) if is_answer else ''
        source = meeting.hold.source if meeting.hold else 'calendar'
        said = [meeting.state, meeting.sequence, meeting.updated_at.isoformat(), source]
        meeting.answers = {who: said}
        meeting.save(update_fields=['answers'])


class Migration(migrations.Migration):
    """What each of us answered to a meeting that they called."""

    dependencies = [
        ('outreach', '0017_weekly_in_app'),
    ]

    operations = [
        migrations.AddField(
            model_name='meeting',
            name='answers',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
