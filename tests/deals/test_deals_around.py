"""Which deals are locked when something is written about a person."""

from __future__ import annotations

from accounts.models import User
from deals import course, people
from deals.models import Outcome
from deals.people import deals_around
from tests.cast import day, make_company, make_contact, make_deal


def test_those_on_which_they_took_part_and_the_open_ones_of_their_company(ines: User) -> None:
    """Anybody of the company may be suggested on these."""
    company = make_company()
    mara = make_contact(company=company)
    jonas = make_contact("Jonas", "Weber", company=company)
    stranger = make_contact("Pia", "Holm", company=make_company("Osterby Ferries"))
    open_one, lost = make_deal(ines, contact=mara), make_deal(ines, contact=mara)
    elsewhere, without = make_deal(ines, contact=stranger), make_deal(ines)
    course.close(lost, outcome=Outcome.LOST, now=day(1))
    people.join(elsewhere, jonas, now=day(1))
    assert deals_around([jonas]) == {open_one.pk, elsewhere.pk}
    assert deals_around([mara.pk]) == {open_one.pk, lost.pk}
    assert deals_around([without.contact]) == {without.pk}
    assert deals_around([]) == set()
