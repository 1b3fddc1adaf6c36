from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outreach', '0018_our_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='remark',
            name='deleted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
