"""Numbers of rows as addresses and forms name them."""

import pytest

from accounts.numbers import row_number


def test_digits_are_a_number():
    assert row_number("7") == 7
    assert row_number("9" * 18) == 10**18 - 1


@pytest.mark.parametrize("told", [None, "", "-1", "1.0", "x", "²", "9" * 19, "9" * 5000])
def test_what_no_row_can_have_is_none(told):
    assert row_number(told) is None
