from django.db import migrations


def unsettle(apps, schema_editor):
    """The sweep looks at dark silences of itself; at others only where something is left on them."""
    silences = apps.get_model('deals', 'Silence').objects.filter(dark_at=None)
    left = apps.get_model('outreach', 'Suggestion').objects.filter(state__in=['queued', 'snoozed'])
    silences.filter(pk__in=left.order_by().values('silence')).update(is_settled=False)


class Migration(migrations.Migration):

    dependencies = [
        ('deals', '0009_silences_settle'),
        ('outreach', '0019_remark_deleted_at'),
    ]

    operations = [
        migrations.RunPython(unsettle, migrations.RunPython.noop),
    ]
