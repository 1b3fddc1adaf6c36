from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_digests'),
    ]

    operations = [
        migrations.AddField(
            model_name='workspace',
            name='worth_waiting',
            field=models.PositiveSmallIntegerField(db_default=15, default=15, help_text='A threshold is suggested where waiting as long again wins so many answers in 100.'),
        ),
    ]
