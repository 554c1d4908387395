"""CSV and TSV: every cell as it stands, and a row that doesn't fit named by its line."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.table_notes import read_notes

# What a CSV file can hold in a cell: any text but halves of surrogate pairs, which UTF-8 has none of.
CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6))


def written(rows: list[list[str]], separator: str = ",") -> str:
    """Rows as Python's own writer writes them, everything quoted."""
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    return sheet.getvalue()


def without_blank(rows: list[list[str]]) -> list[list[str]]:
    """Rows that hold something: all others are none."""
    return [row for row in rows if any(cell.strip() for cell in row)]


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """The rows of a table."""
    return [list(row) for row in frame.itertuples(index=False)]


@given(rows=TABLES)
@settings(max_examples=150)
def test_what_a_csv_writer_wrote_is_read_back(rows):
    """Any cells, with separators, quotes, line breaks, null characters in them, come back as they were."""
    header = [f"c{i}" for i in range(len(rows[0]) if rows else 2)]
    frame = read_delimited(written([header, *rows]), ",", "x.csv")
    assert list(frame.columns) == header
    assert cells(frame) == without_blank(rows)


@given(rows=TABLES)
@settings(max_examples=150)
def test_what_a_tsv_writer_wrote_in_quotes_is_read_back(rows):
    """A TSV whose cells are all quoted is read as quoted."""
    header = [f"c{i}" for i in range(len(rows[0]) if rows else 2)]
    assert cells(read_delimited(written([header, *rows], "\t"), "\t", "x.tsv")) == without_blank(rows)


def test_a_cell_is_the_string_that_stands_there():
    """ "NA", "null", "007", "1e5", white space and an empty cell stay what they are."""
    frame = read_delimited("a,b\nNA,007\nnull,1e5\n ,x\n", ",", "x.csv")
    assert cells(frame) == [["NA", "007"], ["null", "1e5"], [" ", "x"]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_rows_of_blank_cells_are_no_rows(separator):
    """Spreadsheets write them below a table, of any width; they are counted in a note, and lines keep their numbers."""
    content = "a,b,c\n1,,\n,,\n2,x,y\n , ,\n,,,,,\n,,\n".replace(",", separator)
    frame = read_delimited(content, separator, "x.csv")
    assert cells(frame) == [["1", "", ""], ["2", "x", "y"]]
    (note,) = read_notes(frame)
    assert "4" in note
    with pytest.raises(InputError) as caught:
        read_delimited(content + separator.join("12") + "\n", separator, "x.csv")
    assert caught.value.row == 8
    assert not read_notes(read_delimited("a,b\n1,\n", ",", "x.csv"))


def test_windows_line_ends_are_line_ends():
    """CRLF ends a row, and stays inside a quoted cell."""
    assert cells(read_delimited('a,b\r\n"x\r\ny",1\r\n', ",", "x.csv")) == [["x\r\ny", "1"]]


def test_a_blank_line_is_a_row_only_where_there_is_one_column():
    """Beside other columns a blank line says nothing; alone it is a row without text."""
    assert len(read_delimited("a,b\n1,2\n\n3,4\n\n", ",", "x.csv")) == 2
    assert cells(read_delimited("a\nx\n\ny\n", ",", "x.csv")) == [["x"], [""], ["y"]]


def test_a_cell_longer_than_the_csv_modules_limit_is_read_and_the_limit_left_alone():
    """The limit of 128 KiB a cell, which holds for the whole process, is neither met nor changed."""
    before = csv.field_size_limit()
    frame = read_delimited(f"a,b\n{'x' * 300_000},1\n", ",", "x.csv")
    assert len(frame["a"][0]) == 300_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("content", "line", "got"),
    [
        ('id,text\n1,"two\nlines"\n2,one, two\n', 4, "3 cells"),
        ("id,text\n1,a\n2\n3,c\n", 3, "1 cell;"),
        ("id,text\n1,a,\n", 2, "3 cells"),
    ],
)
def test_a_row_that_does_not_fit_the_header_is_named_by_its_line(content, line, got):
    """Too many cells and too few are errors, with the line of the file, line breaks in cells counted."""
    with pytest.raises(InputError, match=rf"x\.csv, line {line}: wanted 2 cells as in the header, got {got}"):
        read_delimited(content, ",", "x.csv")


@pytest.mark.parametrize("content", ['id,text\n1,a\n2,"open\n3,c\n4,d\n', 'id,text\n1,a\n2,"she" said\n'])
def test_quotes_that_do_not_close_are_named_by_the_line_where_the_row_starts(content):
    """A quote that swallows the rest of the file, or that is followed by more, names the row's first line."""
    with pytest.raises(InputError, match=r"x\.csv, line 3: the quotes of the row that starts here"):
        read_delimited(content, ",", "x.csv")


@pytest.mark.parametrize(
    ("content", "separator", "hint"),
    [
        ("id;text\n1;happy, so happy\n2;sad\n", ",", r"semicolons \(';'\); save the table with commas"),
        ("id;text\n1;happy\n2;sad\n", ",", r"semicolons \(';'\)"),
        ("id\ttext\n1\thappy\n", ",", r"tabs \('\\t'\); name the file \.tsv"),
        ("id,text\n1,happy\n", "\t", r"commas \(','\); name the file \.csv"),
    ],
)
def test_another_separator_is_recognised(content, separator, hint):
    """A table that is one by another separator is refused with a hint, not read as one column."""
    with pytest.raises(InputError, match=hint):
        read_delimited(content, separator, "x")


def test_one_column_whose_name_holds_a_semicolon_is_one_column():
    """The hint needs a table of two columns in every row; a stray semicolon isn't one."""
    assert cells(read_delimited("text; as said\nhappy\nsad\n", ",", "x.csv")) == [["happy"], ["sad"]]


def test_quotes_in_tsv_are_characters_where_they_close_nothing():
    """Quotes as GoEmotions has them, open and in the middle, stay; no line is swallowed."""
    content = 'text\tlabel\n"Hello" he said\ta\nI said "yes\tb\n"unclosed\tc\nend"\td\n'
    frame = read_delimited(content, "\t", "x.tsv")
    assert list(frame["text"]) == ['"Hello" he said', 'I said "yes', '"unclosed', 'end"']


def test_tsv_with_line_breaks_in_quoted_cells_is_read_as_quoted():
    """What makes a table only if quotes are quotes, as pandas writes it, is read so."""
    frame = pd.DataFrame({"text": ["two\nlines", 'a "word"', "tab\there"], "label": ["a", "b", "c"]})
    again = read_delimited(frame.to_csv(sep="\t", index=False), "\t", "x.tsv")
    assert again["text"].tolist() == frame["text"].tolist()


def test_a_column_named_twice_is_refused():
    """Nobody could say which of the two is meant."""
    with pytest.raises(InputError, match="'text' twice"):
        read_delimited("text,id,text\na,1,b\n", ",", "x.csv")


def test_a_column_without_a_name_gets_its_number():
    """An index column, as pandas writes it, has an empty name."""
    assert list(read_delimited(",text\n0,a\n", ",", "x.csv").columns) == ["column 1", "text"]


def test_a_header_alone_is_a_table_without_rows():
    """The columns are there, to be named in an error."""
    frame = read_delimited("text,label\n", ",", "x.csv")
    assert (list(frame.columns), len(frame)) == (["text", "label"], 0)


def test_long_lists_of_columns_are_cut():
    """A message names thirty columns; of those that may be texts it holds the length alone."""
    message = named([f"c{i}" for i in range(40)] + ["x" * 100])
    assert message.endswith("c29 and 11 more")
    assert "x" not in named(["x" * 100])
    assert "afraid" not in named(["id", "I am afraid today"])
