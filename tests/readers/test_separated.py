"""Separated values without a limit: what the csv module reads, and cells that are longer than it takes."""

from __future__ import annotations

import csv
import io
import sys
import threading

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emotopy.readers.delimited import read_delimited
from emotopy.readers.headerless import read_headerless
from emotopy.readers.matrices import read_matrix
from emotopy.readers.separated import DamagedRow, cells_of, rows_of_any_length, separated_rows

CONTENTS = st.text(alphabet='ab "",,\t;\n\r\x00\u2028é', max_size=24)
BELOW = csv.field_size_limit()


def by_the_module(content, separator, *, quoted, strict, skip_blanks):
    """Return the csv module's rows and lines, and the line at which it stopped, or None."""
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(
        io.StringIO(content, newline=""),
        delimiter=separator,
        quoting=quoting,
        strict=strict,
        skipinitialspace=skip_blanks,
    )
    found, line = [], 1
    try:
        for row in reader:
            found.append((row, reader.line_num))
            line = reader.line_num + 1
    except csv.Error:
        return found, line
    return found, None


def ours(content, separator, *, rows_of=rows_of_any_length, **how):
    """Return our rows and lines, and the line of the row that is refused, or None."""
    found = []
    try:
        for row in rows_of(content, separator, **how):
            found.append(row)  # noqa: PERF402 (those before the damage count)
    except DamagedRow as error:
        return found, error.line
    return found, None


@settings(max_examples=1500)
@given(CONTENTS, st.sampled_from(",\t;"), st.booleans(), st.booleans(), st.booleans())
@example('a,"b\r\n1"\r\n\r\n"",', ",", True, True, False)
@example('"a"b"c,d\n', ",", True, False, False)
@example(' "a, b" ,c', ",", True, False, True)
@example('"a\n', ",", True, False, False)
def test_rows_are_those_of_the_csv_module(content, separator, quoted, strict, skip_blanks):
    """Cells, lines, and the line of what is refused; of any nonsense, in every dialect that readers use."""
    how = {"quoted": quoted, "strict": strict, "skip_blanks": skip_blanks}
    wanted = by_the_module(content, separator, **how)
    assert ours(content, separator, **how) == wanted
    assert ours(content, separator, rows_of=separated_rows, **how) == wanted


@given(CONTENTS, st.sampled_from(",\t;"), st.booleans(), st.integers(0, 5))
def test_a_host_may_have_any_limit(content, separator, strict, limit):
    """Rows are the same under a limit of a few characters, which stays as it is."""
    wanted = ours(content, separator, strict=strict)
    csv.field_size_limit(limit)
    try:
        found = ours(content, separator, rows_of=separated_rows, strict=strict)
        assert csv.field_size_limit() == limit
    finally:
        csv.field_size_limit(BELOW)
    assert found == wanted


def test_one_line():
    """The cells of a line, however long one is."""
    long = "x" * (BELOW + 1)
    assert cells_of(f'1,"{long}, y",2', ",") == ["1", f"{long}, y", "2"]
    assert cells_of("", ",") == []


def long_cells(tmp_path):
    """Read long cells by each reader that meets them; return the longest that came back."""
    long = "word " * (BELOW // 5 + 1)
    table = read_delimited(f'id,text\n1,"{long}"\n', ",", "a.csv")
    tabbed = read_delimited(f"id\ttext\n1\t{long}\n", "\t", "a.tsv")
    headerless = read_headerless(f"10.5,11.5,{long}\n11.6,12.0,b\n12.5,14.0,c\n", ",", "a.csv")
    path = tmp_path / f"{threading.get_ident()}.csv"
    path.write_text(f'"a{"b" * BELOW}",c\n1,2\n3,4\n')
    matrix = read_matrix(path)
    assert headerless is not None
    return [len(table["text"][0]), len(tabbed["text"][0]), len(headerless[0]["text"][0]), len(matrix.columns[0])]


def test_the_modules_limit_is_never_changed(tmp_path):
    """Eight threads read long cells, a ninth looks at the limit all the while; no reader fails, the limit stands."""
    seen, failed, done = set(), [], threading.Event()

    def watch():
        while not done.is_set():
            seen.add(csv.field_size_limit())

    def read():
        try:
            for _ in range(3):
                assert min(long_cells(tmp_path)) > BELOW
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        watcher = threading.Thread(target=watch)
        watcher.start()
        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        done.set()
        watcher.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert not failed
    assert seen == {BELOW}


def test_damage_is_told_where_the_row_starts():
    """A quote that doesn't close, behind a row of two lines."""
    with pytest.raises(DamagedRow) as caught:
        list(separated_rows('a,"b\nc"\n\n1,"2', ",", strict=True))
    assert caught.value.line == 4
