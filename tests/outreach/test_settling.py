"""A sweep looks at what is due or has changed, and passes by all that waits."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User, Workspace
from contacts.models import Contact
from deals import cards, course, merging, people
from deals.models import Outcome, Silence, Threshold
from outreach import suggest, sweeping
from outreach.models import Suggestion
from outreach.steps import Steps
from tests.cast import Story, day, make_company, make_contact, make_deal


def looked_at(now: datetime) -> list[int]:
    """Return the silences that a sweep would look at."""
    return list(suggest.due(Steps.at(now)))


def dark_ones() -> list[int]:
    return list(Silence.objects.filter(dark_at__isnull=False).values_list("pk", flat=True))


def goes_dark(owner: User, **fields: Any) -> Story:
    """A deal in Demo that has gone dark by the eighth day."""
    story = Story(make_deal(owner, "Demo", **fields))
    story.we_write(day(0, 10))
    return story


def dismissed(story: Story, at: datetime) -> Story:
    suggestion = Suggestion.objects.live().get(deal=story.deal)
    suggest.dismiss(suggestion, user=story.deal.owner, now=at)
    return story


@pytest.fixture
def colleague(ines: User) -> Contact:
    """Somebody of a company who takes part in no deal, and is suggested on one of theirs."""
    company = make_company()
    jonas = make_contact("Jonas", "Weber", company=company, owner=ines)
    make_contact("Pia", "Holm", company=company, owner=ines)
    goes_dark(ines, contact=make_contact(company=company, addresses={}))
    sweeping.run(day(8))
    assert Suggestion.objects.live().get().contact == jonas
    assert looked_at(day(8)) == []
    return jonas


def named() -> str:
    return str(Suggestion.objects.live().get().contact)


def test_a_sweep_reads_no_more_where_more_waits(ines: User) -> None:
    """Neither more queries nor more silences, be something suggested or a step awaited."""
    read = []
    for number in (1, 3):
        stories = [goes_dark(ines) for _ in range(2 * number)]
        sweeping.run(day(8))
        for story in stories[:number]:
            dismissed(story, day(8))
        sweeping.run(day(8))
        assert looked_at(day(8, 10)) == []
        with CaptureQueriesContext(connection) as queries:
            sweeping.run(day(8, 10))
        read.append(len(queries))
    assert read[0] == read[1]


def test_what_the_sweep_looks_at_is_found_by_index(workspace: Workspace) -> None:
    """Each part of either question is a range of an index that holds nothing else."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "silence_unsettled" in Silence.objects.unsettled().explain()
    with CaptureQueriesContext(connection) as queries:
        list(Steps.at(day(8)).over())
        suggest.wake(day(8))
    sent = [query["sql"] for query in queries]
    for column, index in [("waiting_step", "silence_waiting"), ("snoozed", "suggestion_snoozed")]:
        plan = plan_of(next(sql for sql in sent if column in sql))
        assert index in plan
        assert not re.search("Seq Scan|SCAN", plan)


def plan_of(sql: str) -> str:
    said = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(said + sql)
        return "\n".join(str(row) for row in cursor.fetchall())


def test_a_wait_ends_by_the_spacing_that_is_in_force(ines: User) -> None:
    story = goes_dark(ines)
    sweeping.run(day(8))
    dismissed(story, day(8))
    sweeping.run(day(8))
    assert looked_at(day(9)) == []
    Threshold.objects.filter(stage=story.deal.stage).update(spacing="1wd")
    assert looked_at(day(9)) == dark_ones()
    Threshold.objects.filter(stage=story.deal.stage).update(spacing="3wd")
    assert looked_at(day(10)) == []


def test_a_wait_ends_also_after_more_steps_than_are_told_apart(ines: User) -> None:
    story = goes_dark(ines)
    sweeping.run(day(8))
    Suggestion.objects.update(step=70)
    dismissed(story, day(8))
    sweeping.run(day(8))
    assert looked_at(day(8) + timedelta(days=8)) == []
    assert looked_at(day(8) + timedelta(days=9)) == dark_ones()
    sweeping.run(day(8) + timedelta(days=9))
    assert Suggestion.objects.live().get().step == 71


def test_what_is_written_on_a_dark_deal_is_looked_at_once(ines: User) -> None:
    story = goes_dark(ines)
    sweeping.run(day(8))
    people.join(story.deal, make_contact("Pia", "Holm"), now=day(8))
    assert looked_at(day(8)) == dark_ones()
    sweeping.run(day(8))
    assert looked_at(day(8)) == []


def test_a_colleague_who_opts_out_is_followed_by_another(colleague: Contact) -> None:
    people.opt_out(colleague, now=day(8, 10))
    sweeping.run(day(8, 11))
    assert named() == "Pia Holm"


def test_a_colleague_who_is_erased_is_followed_by_another(colleague: Contact) -> None:
    people.erase(colleague, now=day(8, 10))
    sweeping.run(day(8, 11))
    assert named() == "Pia Holm"


def test_a_colleague_whose_addresses_die_is_followed_by_another(colleague: Contact) -> None:
    for address in colleague.addresses.all():
        address.health = "dead"
        people.change_address(address)
    sweeping.run(day(8, 11))
    assert named() == "Pia Holm"


def test_a_colleague_who_went_elsewhere_is_looked_at_each_time(colleague: Contact) -> None:
    """Nobody who writes about them there locks the deal."""
    colleague.company = make_company("Osterby Ferries")
    cards.save_contact(colleague, [], [], now=day(8, 10))
    sweeping.run(day(8, 10))
    assert looked_at(day(8, 11)) == dark_ones()
    people.opt_out(colleague, now=day(8, 11))
    sweeping.run(day(8, 12))
    assert named() == "Pia Holm"


def test_a_colleague_who_is_merged_with_one_who_opted_out_is_followed_by_another(
    colleague: Contact,
) -> None:
    other = make_contact("J.", "Weber")
    people.opt_out(other, now=day(1))
    merging.merge_contacts(other, colleague, now=day(8, 10))
    sweeping.run(day(8, 11))
    assert named() == "Pia Holm"


def test_a_deal_that_closes_leaves_nothing_to_look_at(ines: User) -> None:
    story = goes_dark(ines)
    sweeping.run(day(8))
    course.close(story.deal, outcome=Outcome.WON, now=day(8, 10))
    sweeping.run(day(8, 11))
    assert Suggestion.objects.get().state == "withdrawn"
    assert looked_at(day(8, 12)) == []
