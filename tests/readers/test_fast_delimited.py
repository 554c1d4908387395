"""The fast way through Arrow gives what the strict way gives, or nothing."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers import delimited
from emotopy.readers.table_notes import read_notes

CELL = st.text(alphabet='ab",\n\r \té\u2028', max_size=4)


def written(rows, quoting, line_end):
    sheet = io.StringIO(newline="")
    csv.writer(sheet, quoting=quoting, lineterminator=line_end).writerows([["x", "y"], *rows])
    return sheet.getvalue()


PROPER = st.builds(
    written,
    st.lists(st.tuples(CELL, CELL), max_size=5),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
ODD = st.text(alphabet='ab",\n\r \t;é\x1c\x00', max_size=40).map(lambda text: "x,y\n" + text)


@settings(max_examples=1500, deadline=None)
@given(content=st.one_of(PROPER, ODD), separator=st.sampled_from(",;\t"))
@example('x,y\n,"', ",")
@example('x,y\n;","', ",")
@example('x,y\n"a"b,c\n', ",")
@example('x,y\n""a,b\n', ",")
def test_the_fast_way_gives_what_the_strict_way_gives(content, separator):
    """Quotes, line breaks in cells, ragged rows, blank rows: the same frame and notes, or the strict way's word."""
    content = content.replace(",", separator)
    try:
        fast = delimited._fast(content, separator, "a", fewest=0)
    except InputError:
        fast = None
        with pytest.raises(InputError):
            delimited.read_delimited(content, separator, "a")
    if fast is None:
        return
    rows = delimited._read_tsv(content, "a") if separator == "\t" else delimited._read(content, separator, "a")
    strict = delimited._frame(rows, separator, "a")
    assert list(fast.columns) == list(strict.columns)
    assert fast.equals(strict)
    assert read_notes(fast) == read_notes(strict)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", ["so it is", '"so, it ""is"""', '"so\nit is"'])
def test_large_tables_are_read_fast_and_a_ragged_row_is_named(end, text):
    """A table of more than 1 MB goes the fast way; one with a ragged row the strict way, which names its line."""
    n = 80_000
    content = "id,text" + end + "".join(f"p{i},{text}{end}" for i in range(n))
    assert delimited._fast(content, ",", "a") is not None
    frame = delimited.read_delimited(content, ",", "a")
    assert (len(frame), frame["id"][n - 1]) == (n, f"p{n - 1}")
    (cells,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert set(frame["text"]) == set(cells)
    with pytest.raises(InputError) as caught:
        delimited.read_delimited(content + "only one cell" + end, ",", "a")
    assert caught.value.row == content.count("\n") + 1
