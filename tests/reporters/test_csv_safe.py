"""CSV that no spreadsheet runs and every reader reads."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emotopy.storage.csv_safe import csv_text, safe_text, write_csv

NASTY = st.text(alphabet=st.sampled_from("=+-@\t\r\n '\"“＝＠;,\0\u200b\xa0a1|")) | st.text()
OPENING_QUOTES_AND_SPACES = " '\"“\u200b\xa0"


def read_cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=8))
@example([("\r=1+1", "\ud800"), ("＝1", " '=1")])
def test_every_text_comes_back_as_text_from_csv_and_pandas(cells):
    """Both readers give back what safe_text made, cell by cell, and that is the text but for a leading apostrophe."""
    frame = pd.DataFrame(cells, columns=["a", "b"], dtype=object)
    sheet = csv_text(frame)
    by_csv = read_cells(sheet)[1:]
    by_pandas = pd.read_csv(io.StringIO(sheet, newline=""), dtype=str, keep_default_na=False, skip_blank_lines=False)
    for row, (given_row, read_row) in enumerate(zip(cells, by_csv, strict=True)):
        assert by_pandas.iloc[row].tolist() == read_row
        for text, cell in zip(given_row, read_row, strict=True):
            wanted = text.replace("\0", "").encode("utf-8", "replace").decode()
            wanted = wanted.replace("\r\n", "\n").replace("\r", "\n")
            assert cell in (wanted, f"'{wanted}")


@given(NASTY)
def test_no_cell_starts_a_formula(text):
    """Behind spaces and quotes of any kind, no cell starts with a formula character, unless an apostrophe leads."""
    cell = safe_text(text)
    if not cell.startswith("'"):
        assert cell.lstrip(OPENING_QUOTES_AND_SPACES)[:1] not in set("=+-@＝＋－＠\t\r\n")
    assert "\0" not in cell


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", "  =1", '"=1', " “-1"]
)
def test_a_formula_gets_an_apostrophe(text):
    """Every form of a formula's start is disarmed, and nothing else of the text changes."""
    assert safe_text(text) == "'" + text.replace("\r", "\n")


@pytest.mark.parametrize("text", ["", "fine", "a=b", "so-so", "x@example.org", "'tis", "7 + 1", "“quoted”"])
def test_plain_text_stays_as_it_is(text):
    """A formula character further on is no formula."""
    assert safe_text(text) == text


def test_numbers_keep_their_sign():
    """Negative numbers are no formulas: numeric columns, nullable ones too, get no apostrophe."""
    frame = pd.DataFrame(
        {
            "float": [-1.5, np.nan, -0.0],
            "int": [-3, 0, 7],
            "nullable": pd.array([-1, None, 2], dtype="Int64"),
            "bool": [True, False, True],
            "mixed": pd.Series([-2.0, "-2", None], dtype=object),
        }
    )
    assert csv_text(frame) == ("float,int,nullable,bool,mixed\n-1.5,-3,-1,True,-2\n,0,,False,'-2\n0,7,2,True,\n")


@given(st.lists(st.floats(-1e300, 1e300), min_size=1), st.sampled_from([3, 6, 17]))
def test_floats_come_back_to_the_digits_asked_for(values, digits):
    """Reading a float back gives it to the significant digits asked for, and exactly at 17."""
    read = [float(row[0]) for row in read_cells(csv_text(pd.DataFrame({"x": values}), digits=digits))[1:]]
    if digits == 17:
        assert read == values
    else:
        np.testing.assert_allclose(read, values, rtol=0.51 * 10 ** (1 - digits), atol=1e-307)


def test_column_names_are_cells_too():
    """A header from outside is disarmed like any text."""
    assert csv_text(pd.DataFrame({"=emotion": [1], "b": [2]})).startswith("'=emotion,b\n")


def test_line_breaks_inside_a_cell_stay_inside(tmp_path):
    """A text of two lines is one quoted cell; the file is UTF-8 with line feeds alone, whatever the platform."""
    path = write_csv(pd.DataFrame({"text": ["one\r\ntwo, “ä”"], "n": [1]}), tmp_path / "x.csv")
    assert path.read_bytes() == 'text,n\n"one\ntwo, “ä”",1\n'.encode()


def test_an_empty_table_has_its_header():
    """No rows leave the names of the columns."""
    assert csv_text(pd.DataFrame({"cluster": pd.array([], dtype="Int64"), "words": []})) == "cluster,words\n"
