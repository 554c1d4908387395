"""Times of texts: numbers, ISO dates and clock times, and what is said of a column that is none of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.times import read_times


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["3", " 1.5 ", "-2e1", None], "number", [3, 1.5, -20, np.nan]),
        ([3, np.float32(1.5), np.int64(7)], "number", [3, 1.5, 7]),
        (["1970-01-03", "1969-12-31T12:00", "", "nan"], "date", [2, -0.5, np.nan, np.nan]),
        (["1970-02", "1970-W01-5", "1970-01-01T06:00:00.000"], "date", [31, 1, 0.25]),
        (["1970-01-02T02:00+02:00", "1970-01-02T00:00Z"], "date", [1, 1]),
        ([pd.Timestamp("1970-01-02"), dt.date(1970, 1, 3), pd.NaT], "date", [1, 2, np.nan]),
        ([np.datetime64("1970-01-02T12", "ns")], "date", [1.5]),
        (["0:01:30", "1:00:00,5", "100:00:00.25"], "clock", [90, 3600.5, 360000.25]),
        ([pd.Timedelta(minutes=2), dt.timedelta(days=1, seconds=3), dt.time(0, 0, 9)], "clock", [120, 86403, 9]),
        (["1660-01-01"], "date", [-113225]),
    ],
)
def test_times_become_numbers(cells, kind, values):
    """Numbers stay, dates are days since 1970 (in UTC where they have a zone), clock times seconds; blanks are NaN."""
    times = read_times(cells)
    assert times.kind == kind
    np.testing.assert_allclose(times.values, values)


@given(st.datetimes(min_value=dt.datetime(1500, 1, 1), max_value=dt.datetime(2200, 1, 1)))  # noqa: DTZ001
def test_dates_come_back_to_the_second(stamp):
    """What a table shows of a date is the date."""
    times = read_times([stamp.isoformat(), "2000-01-01T00:00:00"])
    shown = times.column(times.values)
    assert abs(pd.Timestamp(shown[0]) - pd.Timestamp(stamp)) <= pd.Timedelta(seconds=0.6)
    assert shown[1] == pd.Timestamp("2000-01-01")


def test_zones_are_shown_in_utc():
    """Dates with a zone stay dates with a zone."""
    times = read_times(["2026-11-22T01:30+02:00"])
    assert times.has_zone
    assert str(times.column(times.values)[0]) == "2026-11-21 23:30:00+00:00"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["noon"], r"row 1: 'noon' can't be read as a time; wanted numbers, ISO dates such as"),
        ([None, "2", "yesterday"], "row 3: 'yesterday' can't be read as a time"),
        (["2", None, "2026-11-22"], r"row 1 holds a number \('2'\), row 3 a date \('2026-11-22'\)"),
        (["0:12:30", "12:30"], "row 2: '12:30' can't be read as a time"),
        (["2026-11-22T10:00Z", "2026-11-23T10:00"], "row 1 has a time zone, row 2 has none"),
        (["2026-11-22", "2026-13-45"], "row 2: '2026-13-45' can't be read as a time"),
        (["1", "inf"], "row 2: 'inf' can't be read as a time"),
        ([None, " ", float("nan")], "no row has a time"),
        ([], "no row has a time"),
    ],
)
def test_what_is_no_time_is_named_with_its_row(cells, message):
    """The message names row and value, and what was wanted."""
    with pytest.raises(InputError, match=message):
        read_times(cells)


def test_dates_without_hyphens_leave_a_note():
    """20261122 is a number here; a reader is told how to write a date."""
    assert "write 2026-11-22" in read_times(["20261122", "20261123"]).notes[0]
    assert read_times(["20261122", "3"]).notes == ()
