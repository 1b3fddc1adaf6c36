"""Of which segment a silence's deal is, also where deals come and go while it is read."""

from __future__ import annotations

import numpy as np

from accounts.models import User
from deals import segments
from deals.models import Silence
from deals.segments import Segment
from tests.cast import Story, day, make_company, make_contact, make_deal


def test_a_deal_that_has_gone_meanwhile_is_of_no_segment(ines: User) -> None:
    works = make_contact(company=make_company())
    deals = [make_deal(ines, "Demo", contact=works, amount=100), make_deal(ines, "Demo", amount=9)]
    for deal in deals:
        Story(deal).we_write(day(0, 10))
    firm, person = (deal.pk for deal in deals)
    asked = np.array([0, person, firm, person + 1, firm, person + 99])

    traits = segments.of_deals(Silence.objects.by_them(), asked)

    assert traits.among(Segment.B2B).tolist() == [False, False, True, False, True, False]
    assert traits.among(Segment.B2C).tolist() == [False, True, False, False, False, False]
    assert traits.among(Segment.CUSTOMER).tolist() == [False] * 6
    assert traits.among(Segment.PROSPECT).sum() == 3
    assert traits.among(Segment.LARGE).tolist() == [False, False, True, False, True, False]
    assert traits.among(Segment.SMALL).tolist() == [False, True, False, False, False, False]


def test_where_all_have_gone_there_is_no_segment(db: object) -> None:
    traits = segments.of_deals(Silence.objects.by_them(), np.array([1, 2]))
    assert [traits.among(each).tolist() for each in Segment] == [[False, False]] * len(Segment)
