"""Dates that aren't ISO dates: read where the column leaves no doubt, else asked for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.date_formats import FORMATS, iso_times
from emotopy.readers.times import read_times

pytestmark = pytest.mark.usefixtures("flags")

STAMPS = st.datetimes(min_value=dt.datetime(1970, 1, 1), max_value=dt.datetime(2068, 12, 31)).map(  # noqa: DTZ001
    lambda stamp: stamp.replace(microsecond=0)
)
PATTERNS = {
    "day-first": ["%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d-%m-%y", "%d.%m.%Y, %I:%M:%S %p"],
    "month-first": ["%m/%d/%Y", "%m/%d/%y, %I:%M:%S %p", "%m-%d-%Y %H:%M:%S"],
    "year-first": ["%Y/%m/%d", "%Y.%m.%d %H:%M:%S", "%Y-%m-%d"],
}


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["31.12.2024", "1.2.2025", None], ["2024-12-31T00:00:00", "2025-02-01T00:00:00", None]),
        (["01/02/2024 23:59", "31/12/2024 07:00"], ["2024-02-01T23:59:00", "2024-12-31T07:00:00"]),
        (["01/02/2024", "12/31/2024"], ["2024-01-02T00:00:00", "2024-12-31T00:00:00"]),
        (["2024/12/31", "2024/1/2 1:02"], ["2024-12-31T00:00:00", "2024-01-02T01:02:00"]),
        (["1548381039", "1548381040.5"], ["2019-01-25T01:50:39+00:00", "2019-01-25T01:50:40.500000+00:00"]),
        ([1548381039.0, np.nan], ["2019-01-25T01:50:39+00:00", None]),
        ([1548381039000, 1548381040000], ["2019-01-25T01:50:39+00:00", "2019-01-25T01:50:40+00:00"]),
    ],
)
def test_what_leaves_no_doubt_is_read_and_told(cells, values):
    """A day above 12 in one place and never in the other, years in front, Unix time of 1990 to 2100: one note."""
    read, notes = iso_times(cells)
    assert list(read) == values
    assert len(notes) == 1
    assert read_times(cells).kind == "date"
    assert read_times(read).notes == ()


@pytest.mark.parametrize(
    "cells",
    [
        ["01.02.2024", "03.04.2024"],  # days and months can't be told apart
        ["31.12.2024", "12.31.2024"],  # both orders
        ["31.12.24"],  # the year could be a day
        ["24/12/31"],
    ],
)
def test_an_order_that_cannot_be_told_is_asked_for(cells):
    """Nothing is guessed; the error asks for the format, which settles it."""
    with pytest.raises(InputError) as caught:
        iso_times(cells, column="when")
    error = caught.value
    assert (error.row, error.column, error.got, error.advice) == (1, "when", cells[0], "--date-format")


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-12-31", "2025-01-01T10:00"],
        ["1", "2.5", None],
        ["1548381039", "7"],  # one of them is no such time
        ["0:12:30", "1:00:00"],
        ["noon"],
        [None, ""],
        [pd.Timestamp("2024-12-31"), pd.NaT],
        ["20241231", "20250101"],
        [str(2**43)],
    ],
)
def test_what_is_clear_or_unknown_stays_as_it_is(cells):
    """ISO dates, plain numbers, clock times, words: `read_times` says what they are."""
    read, notes = iso_times(cells)
    assert [None if cell is None else str(cell) for cell in read] == [
        None if cell is None or cell is pd.NaT or cell == "" else str(cell) for cell in cells
    ]
    assert notes == ()


def test_numbers_that_may_be_serial_dates_are_numbers_and_told():
    """Only the writer knows; the note says what they would be."""
    read, notes = iso_times(["45657", "45658.5"])
    assert read == ("45657", "45658.5")
    assert "2024-12-31" in notes[0]
    assert iso_times(["45657", "45658.5"], "excel") == (("2024-12-31T00:00:00", "2025-01-01T12:00:00"), ())


@given(st.lists(STAMPS, min_size=1, max_size=5), st.sampled_from([(o, p) for o, ps in PATTERNS.items() for p in ps]))
def test_dates_in_a_format_that_is_given_come_back(stamps, form):
    """Written day, month or year first, with and without a time of day, they are the dates they were."""
    order, pattern = form
    if "%H" not in pattern and "%I" not in pattern:
        stamps = [stamp.replace(hour=0, minute=0, second=0) for stamp in stamps]
    cells = [stamp.strftime(pattern) for stamp in stamps]
    for date_format in (order, pattern):
        read, notes = iso_times(cells, date_format)
        assert [dt.datetime.fromisoformat(cell) for cell in read] == stamps
        assert notes == ()


@given(st.lists(STAMPS, min_size=1, max_size=5), st.sampled_from(["day-first", "month-first"]))
def test_what_is_detected_is_never_wrong(stamps, order):
    """Either the dates that were written, or an error that asks."""
    cells = [stamp.strftime("%d/%m/%Y" if order == "day-first" else "%m/%d/%Y") for stamp in stamps]
    try:
        read, _ = iso_times(cells)
    except InputError:
        return
    assert [cell[:10] for cell in read] == [stamp.date().isoformat() for stamp in stamps]


@given(STAMPS)
def test_spreadsheet_and_unix_times_come_back(stamp):
    """Serial dates, Unix seconds and milliseconds."""
    serial = (stamp - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001
    assert iso_times([serial], "excel")[0] == (stamp.isoformat(),)
    seconds = stamp.replace(tzinfo=dt.UTC).timestamp()
    for cells, form in (([seconds], "unix"), ([int(seconds) * 1000], "unix-ms")):
        assert iso_times(cells, form)[0] == (stamp.isoformat() + "+00:00",)


@pytest.mark.parametrize(
    ("cells", "date_format", "row"),
    [
        (["31.12.2024", "13.13.2024"], "day-first", 2),
        (["31.12.2024"], "month-first", 1),
        (["31.12.2024", "2024-12-31"], "%d.%m.%Y", 2),
        (["45657", "many"], "excel", 2),
        (["45657", "0"], "excel", 2),
        (["1e40"], "unix", 1),
        (["nan", "13:00 pm 1.2.2024"], "day-first", 2),
        (["1.2.024"], "day-first", 1),
        (["1.2.2024 13:00 pm"], "day-first", 1),
    ],
)
def test_a_cell_that_is_not_of_the_format_is_named(cells, date_format, row):
    """The row, and what stands there."""
    with pytest.raises(InputError) as caught:
        iso_times(cells, date_format)
    assert (caught.value.row, caught.value.got) == (row, cells[row - 1])


def test_an_unknown_format_names_those_there_are():
    """All of them are in the message."""
    with pytest.raises(InputError) as caught:
        iso_times(["1.2.2024"], "european")
    assert all(name in caught.value.wanted for name in FORMATS)


def test_dates_of_the_tables_own_beside_text_are_an_error():
    """Where a spreadsheet took some for dates, in its own order, and left the rest as text, the former may be wrong."""
    with pytest.raises(InputError) as caught:
        iso_times([dt.datetime(2024, 2, 1), "31/12/2024"])  # noqa: DTZ001
    assert (caught.value.row, caught.value.got) == (2, "31/12/2024")
    assert iso_times([dt.date(2024, 2, 1)], "month-first")[0] == ("2024-02-01",)


def test_seconds_and_milliseconds_in_one_column_are_an_error():
    """One reading of both would put a thousandth of the texts' times elsewhere."""
    with pytest.raises(InputError) as caught:
        iso_times([1548381039, 1548381039000])
    assert (caught.value.row, caught.value.got) == (2, "1548381039000")


def test_numbers_stay_numbers_where_that_is_said():
    """`number` settles what might be Unix time."""
    assert iso_times(["1548381039"], "number") == (("1548381039",), ())
