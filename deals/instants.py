"""Instants and amounts of time as whole microseconds, singly and by arrays. Pure."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.datetime64]
Durations = NDArray[np.timedelta64]
Micros = NDArray[np.int64]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Keeps sums of an instant and an amount far inside 64 bits: all the years a datetime can name.
LONGEST = (date.max - date.min) // MICROSECOND


def to_micros(instant: datetime) -> int:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no time zone: pass an aware datetime, for example in UTC.")
    return (instant - EPOCH) // MICROSECOND


def to_micros_many(instants: Instants | datetime) -> Micros:
    if isinstance(instants, datetime):
        return np.array(to_micros(instants), dtype=np.int64)
    array = np.asarray(instants)
    if array.dtype.kind != "M":
        raise ValueError(f"Pass instants as datetime64[us] in UTC, not as {array.dtype}.")
    if np.isnat(array).any():
        raise ValueError("An instant is missing (NaT): leave such rows out.")
    return array.astype("datetime64[us]", copy=False).view(np.int64)


def work_micros(amount: timedelta) -> int:
    work = amount // MICROSECOND
    if work < 0:
        raise ValueError(f"{amount} is negative: pass the amount, and use back() to go back.")
    if work > LONGEST:
        raise OverflowError(f"{amount} is longer than any calendar: use a shorter time.")
    return work


def work_micros_many(amount: timedelta | Durations) -> Micros:
    if isinstance(amount, timedelta):
        return np.array(work_micros(amount), dtype=np.int64)
    array = np.asarray(amount)
    if array.dtype.kind != "m":
        raise ValueError(f"Pass amounts as timedelta64[us], not as {array.dtype}.")
    if np.isnat(array).any():
        raise ValueError("An amount is missing (NaT): leave such rows out.")
    work = array.astype("timedelta64[us]", copy=False)
    if work.size:
        work_micros(work.min().item())
        work_micros(work.max().item())
    return work.view(np.int64)


def to_instant(instant: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=instant)
    except OverflowError as error:
        raise OverflowError("That is outside the years 1 to 9999: use a shorter time.") from error


def to_instants(instants: Micros) -> Instants:
    if instants.size:
        to_instant(int(instants.min()))
        to_instant(int(instants.max()))
    return instants.view("datetime64[us]")


def to_durations(micros: Micros) -> Durations:
    return micros.view("timedelta64[us]")
