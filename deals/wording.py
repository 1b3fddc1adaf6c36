"""How silences, spans of time and amounts are said on every page. Pure text, no markup."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from deals.standing import Standing, State

SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
THRESHOLD_AT = 62.5  # where the meter has its tick; past it is night (design of the meter)
EARLY = time(8)  # of a day that ends before, little is meant: its hour is said, too
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CENTS = Decimal("0.01")
NBSP = "\u00a0"  # between a number and its unit: no line breaks there
LARGE = ((Decimal(10**9), "B"), (Decimal(10**6), "M"))  # as on the axes of plots
SMALL = 100  # units of a currency; below, the cents of a sum are worth a word


def say_money(amount: Decimal | None, currency: str) -> str:
    """Say an amount: "€ 84,000", cents only where there are some; a dash for none."""
    if amount is None:
        return "–"
    digits = f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
    return f"{SIGNS.get(currency, currency)}{NBSP}{digits}"


def say_sum(amount: Decimal, currency: str) -> str:
    """Say what many amounts come to, to be read at a glance: "€ 1.28 M", "€ 84,000", "€ 0.50"."""
    whole = amount.quantize(Decimal(1), ROUND_HALF_UP)
    for size, name in LARGE:
        if whole >= size:
            digits = f"{(whole / size).quantize(CENTS, ROUND_HALF_UP):,}"
            return f"{SIGNS.get(currency, currency)}{NBSP}{digits}{NBSP}{name}"
    return say_money(amount if amount < SMALL else whole, currency)


def say_percent(percent: int, high: int | None = None) -> str:
    """Say a share, or from where to where it lies: "26 %", "22 to 31 %"."""
    said = f"{percent}" if high is None else f"{percent} to {high}"
    return f"{said}{NBSP}%"


def say_duration(length: timedelta, day: timedelta = timedelta(days=1)) -> str:
    """Say a length in its two largest units: "2 d 3 h", "40 min"; `day` is how long a day is."""
    if length < MINUTE:
        return "under a minute"
    days, rest = divmod(length, day)
    hours, minutes = rest // HOUR, (rest % HOUR) // MINUTE
    if days:
        return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes and hours < 3 else f"{hours} h"
    return f"{minutes} min"


def say_when(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say an instant as short as it stays clear: "14:20", "on Tuesday", "on 3 March 2027"."""
    there, today = at.astimezone(zone), now.astimezone(zone)
    apart = (there.date() - today.date()).days
    if apart == 0:
        return f"at {there:%H:%M}"
    if 0 < apart < 7:
        return f"on {there:%A}"
    year = f" {there.year}" if there.year != today.year else ""
    return f"on {there.day} {there:%B}{year}"


def say_end(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say how long something lasts or did: "until 14:20", "until 2 December", "ended at 14:20".

    Somebody who is away until 2 December where they are may be so until "3 December, 01:00" here.
    """
    last = last_moment(at, zone)
    said = say_when(last, now, zone).removeprefix("on ")
    if at <= now:
        return f"ended {said}"
    is_today = last.date() == now.astimezone(zone).date()
    if last == at and last.time() < EARLY and not is_today:
        return f"until {said}, {last:%H:%M}"
    is_midnight_next = last < at and is_today
    return f"until {'midnight' if is_midnight_next else said.removeprefix('at ')}"


def last_moment(at: datetime, zone: tzinfo) -> datetime:
    """Return an end in a zone as people name it: midnight is the end of the day before."""
    there = at.astimezone(zone)
    return there - timedelta(microseconds=1) if there.time() == time.min else there


def say_standing(standing: Standing, now: datetime, zone: tzinfo) -> str:
    """Say how a silence stands: "Dark · 2 d 3 h", "Dimming · dark at 14:20", "Our move · 5 h"."""
    so_far = say_duration(standing.elapsed, standing.day)
    when = say_when(standing.due_at, now, zone)
    match standing.state:
        case State.DARK:
            return f"Dark · {so_far}"
        case State.DIMMING:
            return f"Dimming · dark {when}"
        case State.HELD:
            assert standing.held_to is not None
            return f"On hold {say_end(standing.held_to, now, zone)}"
        case State.WAITING:
            word = "Promised" if standing.promised_at else "Waiting"
            return f"{word} · {so_far}"
        case State.OURS | State.OVERDUE:
            word = "Our move" if standing.state == State.OURS else "We owe an answer"
            return f"{word} · {so_far}"
        case _:
            return f"Nobody’s move · {so_far}"


def meter_at(standing: Standing) -> float:
    """Return where the meter stands, 0 to 100; the threshold is at 62.5."""
    return min(100.0, max(0.0, standing.share * THRESHOLD_AT))


def meter_label(standing: Standing) -> str:
    """Say the meter aloud."""
    return f"{max(standing.share, 0):.1f} times the threshold"


METER_STATES = {
    State.WAITING: "lit",
    State.DIMMING: "dimming",
    State.DARK: "dark",
    State.HELD: "held",
    State.OURS: "ours",
    State.OVERDUE: "overdue",
}


def meter_state(standing: Standing) -> str:
    """Return the name by which the look colours a standing."""
    return METER_STATES.get(standing.state, "nobody")
