"""Tell from the spells, as far as they do, what deals were before anybody wrote it down.

Batch by batch, each its own transaction, so that a live database goes on working; what a batch
has told is left alone when it runs again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction
from django.db.models import Q
from django.utils import timezone

BATCH = 1000
COLUMNS = ('pk', 'owner_id', 'amount', 'currency', 'contact__kind', 'company_id', 'contact__company_id')


class AddIndexGently(AddIndexConcurrently):
    """On PostgreSQL without locking anybody out; as any other index elsewhere."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        kind = super() if schema_editor.connection.vendor == 'postgresql' else super(AddIndexConcurrently, self)
        kind.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        kind = super() if schema_editor.connection.vendor == 'postgresql' else super(AddIndexConcurrently, self)
        kind.database_backwards(app_label, schema_editor, from_state, to_state)


def tell(apps, schema_editor):
    last = 0
    deals = apps.get_model('deals', 'Deal').objects.order_by('pk')
    while batch := list(deals.filter(pk__gt=last).values_list(*COLUMNS)[:BATCH]):
        last = batch[-1][0]
        with transaction.atomic():
            _tell(apps, batch, timezone.now())


def _tell(apps, batch, now):
    particulars = apps.get_model('deals', 'Particulars').objects
    spells = apps.get_model('deals', 'DarkSpell').objects.filter(silence__deal__in=[deal for deal, *_ in batch])
    crossings = {}
    columns = ('silence__deal', 'started_at', 'owner_id', 'amount', 'currency')
    for deal, at, *facts in spells.order_by('started_at', 'pk').values_list(*columns):
        crossings.setdefault(deal, []).append((at, facts))
    told = set(particulars.filter(deal__in=[deal for deal, *_ in batch]).values_list('deal', flat=True))
    rows = []
    for deal, owner, amount, currency, kind, *companies in batch:
        if deal in told:
            continue
        person = {'deal_id': deal, 'kind': kind, 'is_business': any(companies)}
        rows += [
            particulars.model(
                since=since, until=until, owner_id=facts[0], amount=facts[1], currency=facts[2], **person
            )
            for since, until, facts in _stretches([*crossings.get(deal, ()), (now, [owner, amount, currency])])
        ]
    particulars.bulk_create(rows, ignore_conflicts=True)
    spells.filter(silence__deal__contact__kind='customer').update(kind='customer')
    has_company = Q(silence__deal__company__isnull=False) | Q(silence__deal__contact__company__isnull=False)
    spells.filter(has_company).update(is_business=True)


def _stretches(words):
    """Turn dated words into stretches, from the beginning until now; what repeats goes on."""
    said = []
    for at, facts in words:
        if not said:
            said.append([None, None, facts])
        elif facts != said[-1][2] and at != said[-1][0]:
            said[-1][1] = at
            said.append([at, None, facts])
    return said


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('deals', '0005_particulars')]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
        AddIndexGently(
            model_name='darkspell',
            index=models.Index(fields=['ended_at'], name='spell_by_end'),
        ),
        AddIndexGently(
            model_name='outcomeentry',
            index=models.Index(fields=['outcome', 'occurred_at'], name='outcome_by_date'),
        ),
    ]
