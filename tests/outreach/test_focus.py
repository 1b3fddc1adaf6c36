"""Which deals stand in the focus list, and what is left for the groups below."""

from __future__ import annotations

import pytest

from accounts.models import User
from outreach import sweeping
from outreach.focus import pick
from outreach.today import Group, Scope, Today
from tests.cast import Story, day, make_contact, make_deal

NOW = day(30)


@pytest.mark.parametrize(
    ("dark", "overdue", "size", "picked"),
    [
        ("abcdefghij", "xyz", 7, "xyzabcd"),
        ("abcdefghij", "uvwxyz", 7, "uvwabcd"),  # at most half of it are answers we owe
        ("ab", "uvwxyz", 7, "uvwxyab"),  # unless there is nothing else
        ("abcdefghij", "", 7, "abcdefg"),
        ("ab", "x", 7, "xab"),
        ("ab", "x", 1, "a"),
        ("", "x", 1, "x"),
        ("ab", "x", 0, ""),
    ],
)
def test_answers_we_owe_come_first_and_leave_room_for_the_dark(
    dark: str, overdue: str, size: int, picked: str
) -> None:
    assert "".join(pick(dark, overdue, size)) == picked


def groups(user: User, focus: int) -> dict[str, list[str]]:
    def titles(group: Group) -> list[str]:
        return [row.flat.deal__title for row in group.rows]

    found = Today.at(NOW, Scope(user)).groups({}, focus)
    return {group.key: titles(group) for group in found}


def test_no_deal_stands_in_two_groups(ines: User) -> None:
    for number in range(4):
        amount = 1000 * (9 - number)
        Story(make_deal(ines, "Demo", title=f"Dark {number}", amount=amount)).we_write(day(0))
    Story(make_deal(ines, "Demo", title="Owed")).they_write(day(1))
    Story(make_deal(ines, "Demo", title="Heard just now")).they_write(NOW)
    sweeping.run(NOW)
    assert groups(ines, 3) == {
        "focus": ["Owed", "Dark 0", "Dark 1"],
        "dark": ["Dark 2", "Dark 3"],
        "ours": ["Heard just now"],
    }


def test_what_comes_after_another_deal_of_the_contact_is_not_in_focus(ines: User) -> None:
    contact = make_contact()
    for title, amount in (("First", 900), ("Later", 800)):
        deal = make_deal(ines, "Demo", title=title, contact=contact, amount=amount)
        Story(deal).we_write(day(0))
    Story(make_deal(ines, "Demo", title="Small", amount=10)).we_write(day(0))
    sweeping.run(NOW)
    assert groups(ines, 7) == {"focus": ["First", "Small"], "dark": ["Later"]}
