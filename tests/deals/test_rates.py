"""Amounts of other currencies, by the table that an admin keeps. Source: decision 112."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User, Workspace
from deals import rates, reports
from deals.drilldown import Behind
from deals.figures import Figure
from deals.models import ExchangeRate
from deals.periods import Period
from deals.report_tables import said_value
from deals.scopes import Scope
from deals.tallies import Tally
from tests.cast import Story, day, make_deal, sweep_at

PAGE = "/settings/rates/"
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), UTC)


def dark(ines: User, currency: str, amount: str = "1000", start: int = 0) -> None:
    """Let a deal wait in Demo since a day: it is dark a week later."""
    deal = make_deal(ines, "Demo", currency=currency, amount=Decimal(amount))
    Story(deal).we_write(day(start, 10))


def worth(reader: User, at: int = 20, *, is_now: bool = True) -> tuple[Decimal, dict[str, Decimal]]:
    told = reports.report(reader, Scope(MARCH, day(at), is_now))
    tally = told.tally(Figure.WENT_DARK)
    return tally.value, tally.apart


def test_without_a_rate_an_amount_stays_apart(ines: User, ada: User) -> None:
    dark(ines, "EUR")
    dark(ines, "SEK")
    sweep_at(day(20))
    assert worth(ines) == (Decimal(1000), {"SEK": Decimal(1000)})


def test_an_amount_counts_by_the_rate_of_the_day_of_its_crossing(ines: User, ada: User) -> None:
    for start in (0, 5):  # they cross on days 7 and 12: 9 and 14 March
        dark(ines, "SEK", start=start)
    dark(ines, "USD")
    dark(ines, "EUR", "0.10")
    for when, rate in ((date(2026, 3, 9), "0.10"), (date(2026, 3, 14), "0.20")):
        rates.set_rate("SEK", when, Decimal(rate), user=ada, now=day(0))
    sweep_at(day(20))
    assert worth(ines) == (Decimal("300.10"), {"USD": Decimal(1000)})
    told = reports.report(ines, Scope(MARCH, day(20))).tally(Figure.WENT_DARK)
    assert said_value(told, "EUR") == ["€\u00a0300", "$\u00a01,000"]
    behind = Behind(Figure.WENT_DARK, ines, Scope(MARCH, day(20)))
    values = sorted((line.currency, line.value) for line in behind.lines(behind.values()))
    assert values == [
        ("EUR", Decimal("0.10")), ("SEK", Decimal(100)), ("SEK", Decimal(200)), ("USD", None),
    ]  # fmt: skip


def test_before_the_first_rate_of_a_currency_there_is_none(ines: User, ada: User) -> None:
    dark(ines, "SEK")
    sweep_at(day(20))
    rates.set_rate("SEK", date(2026, 3, 10), Decimal(1), user=ada, now=day(1))
    assert worth(ines) == (Decimal(0), {"SEK": Decimal(1000)})


def test_a_day_is_the_workspaces(ines: User, ada: User) -> None:
    dark(ines, "SEK")  # crosses on 9 March at ten in UTC: the tenth on Kiritimati
    sweep_at(day(20))
    rates.set_rate("SEK", date(2026, 3, 10), Decimal(1), user=ada, now=day(1))
    Workspace.objects.update(time_zone="Pacific/Kiritimati")
    assert worth(ines) == (Decimal(1000), {})


def test_the_report_as_of_a_day_goes_by_the_table_as_it_stood_then(ines: User, ada: User) -> None:
    dark(ines, "SEK")
    sweep_at(day(20))
    first = rates.set_rate("SEK", date(2026, 1, 1), Decimal("0.1"), user=ada, now=day(15))
    rates.correct(
        first, currency="SEK", from_on=date(2026, 1, 1), rate=Decimal("0.2"), user=ada, now=day(17)
    )
    [standing] = ExchangeRate.objects.standing()
    rates.withdraw(standing, user=ada, now=day(19))
    found = [worth(ines, at, is_now=False)[0] for at in (14, 16, 18, 20)]
    assert found == [0, 100, 200, 0]
    assert ExchangeRate.objects.count() == 2


def test_the_period_before_is_told_by_the_table_of_the_present(ines: User, ada: User) -> None:
    dark(ines, "SEK")
    sweep_at(day(40))
    rates.set_rate("SEK", date(2026, 1, 1), Decimal("0.5"), user=ada, now=day(39))
    april = Period(date(2026, 4, 1), date(2026, 5, 1), UTC)
    before = reports.report(ines, Scope(april, day(40))).before
    assert before.tally(Figure.WENT_DARK).value == 500


def test_rates_into_another_currency_do_not_count(ines: User, ada: User) -> None:
    dark(ines, "SEK")
    sweep_at(day(20))
    rates.set_rate("SEK", date(2026, 1, 1), Decimal("0.1"), user=ada, now=day(1))
    Workspace.objects.update(currency="USD")
    assert worth(ines) == (Decimal(0), {"SEK": Decimal(1000)})


def test_saying_the_same_rate_again_changes_nothing(workspace: object, ada: User) -> None:
    made = [
        rates.set_rate("SEK", date(2026, 1, 1), Decimal("0.1"), user=ada, now=day(n))
        for n in (1, 2)
    ]
    assert made[0] == made[1]
    assert ExchangeRate.objects.count() == 1


def test_lines_are_rounded_once_half_up_and_add_up() -> None:
    total, lines = Tally(), [Tally(), Tally()]
    for line in lines:
        for tally in (line, total):
            tally.add(1, "SEK", Decimal("0.05"), Decimal("0.1"))
    assert [line.value for line in lines] == [Decimal("0.01")] * 2
    assert total.value == Decimal("0.02")
    whole = Tally()
    whole.add(2, "SEK", Decimal("0.10"), Decimal("0.1"))  # one line of both: added, then rounded
    assert whole.value == Decimal("0.01")


def test_an_admin_adds_corrects_and_takes_out_a_rate(client: Client, ada: User) -> None:
    client.force_login(ada)
    new = {"currency": "SEK", "rate": "0,0873", "from_on": "2026-03-01"}
    assert client.post(f"{PAGE}new/", new).status_code == 302
    [rate] = ExchangeRate.objects.all()
    assert (rate.rate, rate.into, rate.set_by) == (Decimal("0.0873"), "EUR", ada)
    again = client.post(f"{PAGE}new/", new)
    assert again.status_code == 422
    assert "That day has a rate already" in again.content.decode()
    client.post(f"{PAGE}{rate.pk}/", {**new, "rate": "0.09", "from_on": "2026-03-02"})
    [standing] = ExchangeRate.objects.standing()
    assert (standing.rate, standing.from_on) == (Decimal("0.09"), date(2026, 3, 2))
    page = client.get(PAGE).content.decode()
    assert ("0.09</td>" in page, "0.0873 EUR from 1 March 2026" in page) == (True, True)
    client.post(f"{PAGE}{standing.pk}/removal/")
    assert not ExchangeRate.objects.standing().exists()
    assert client.post(f"{PAGE}{standing.pk}/removal/").status_code == 404
    assert "shown apart" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ({"rate": "0"}, "A rate is above zero"),
        ({"rate": "-1"}, "A rate is above zero"),
        ({"rate": "much"}, "Enter a number"),
        ({"rate": "NaN"}, "Enter a number"),
        ({"rate": "0.000000001"}, "no more than 8 decimal places"),
        ({"rate": "1e400"}, "no more than 18 digits"),
        ({"rate": "1_000"}, "Enter a number"),
        ({"rate": "1.234,56"}, "Enter a number"),
        ({"currency": "EUR"}, "“EUR” is not a currency. Choose one of the list."),
        ({"currency": "XXX"}, "“XXX” is not a currency. Choose one of the list."),
        ({"currency": ""}, "This field is required"),
        ({"from_on": "lately"}, "Enter a valid date"),
        ({"from_on": "2999-01-01"}, "more than a year ahead"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(
    client: Client, ada: User, said: dict[str, str], remedy: str
) -> None:
    client.force_login(ada)
    told = {"currency": "SEK", "rate": "0.1", "from_on": "2026-03-01"}
    answer = client.post(f"{PAGE}new/", told | said)
    assert answer.status_code == 422
    assert remedy in answer.content.decode()
    assert not ExchangeRate.objects.exists()


def test_only_admins_find_the_rates(client: Client, ines: User, maud: User, ada: User) -> None:
    rate = rates.set_rate("SEK", date(2026, 1, 1), Decimal(1), user=ada, now=datetime.now(UTC))
    for user in (ines, maud):
        client.force_login(user)
        assert [client.get(url).status_code for url in (PAGE, f"{PAGE}new/")] == [404, 404]
        for url in (f"{PAGE}new/", f"{PAGE}{rate.pk}/", f"{PAGE}{rate.pk}/removal/"):
            assert client.post(url).status_code == 404
    assert ExchangeRate.objects.standing().get() == rate


def test_the_page_asks_as_often_for_three_rates_as_for_one(client: Client, ada: User) -> None:
    client.force_login(ada)
    asked = []
    for code in ("SEK", "USD", "GBP"):
        made = rates.set_rate(code, date(2026, 1, 1), Decimal(1), user=ada, now=day(1))
        gone = rates.set_rate(code, date(2026, 1, 2), Decimal(1), user=ada, now=day(1))
        rates.withdraw(gone, user=ada, now=day(2))
        assert made.pk
        with CaptureQueriesContext(connection) as found:
            client.get(PAGE)
        asked.append(len(found))
    assert asked == [asked[0]] * 3
    assert asked[0] == 9


def test_the_page_says_of_which_amounts_there_is_no_rate(
    client: Client, ines: User, ada: User
) -> None:
    for currency, amount in (("EUR", 1), ("SEK", 1), ("SEK", 2), ("USD", 1), ("GBP", None)):
        make_deal(ines, currency=currency, amount=amount)
    rates.set_rate("USD", date(2026, 1, 1), Decimal(1), user=ada, now=day(1))
    client.force_login(ada)
    assert rates.lacking("EUR") == ["SEK"]
    assert "There are amounts in SEK and no rate" in client.get(PAGE).content.decode()
    form = client.get(f"{PAGE}new/").context["form"]
    assert (form["currency"].value(), form["from_on"].value()) == ("SEK", timezone.localdate())


def test_a_rate_of_tomorrow_is_told_to_be_one(client: Client, ada: User) -> None:
    client.force_login(ada)
    for days, is_to_come in ((0, False), (1, True)):
        from_on = timezone.localdate() + timedelta(days=days)
        rates.set_rate("SEK", from_on, Decimal(1), user=ada, now=timezone.now())
        assert ("to come" in client.get(PAGE).content.decode()) is is_to_come


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_say_a_rate_at_once_leave_one(ada: User, workspace: object) -> None:
    def say(cents: int) -> None:
        try:
            rates.set_rate("SEK", date(2026, 1, 1), Decimal(cents) / 100, user=ada, now=day(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(say, range(1, 7)))
    assert ExchangeRate.objects.standing().count() == 1
    assert ExchangeRate.objects.count() == 6
