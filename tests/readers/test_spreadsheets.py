"""Workbooks: one sheet as a table, and what was assumed about it."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import emotopy.readers.spreadsheets
from emotopy.errors import InputError
from emotopy.readers.corpora import corpus_from
from emotopy.readers.spreadsheets import read_spreadsheet
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import read_table


def workbook(*sheets, hidden=()) -> bytes:
    """Return a workbook of sheets, each a list of rows; a cell that is a 1-tuple is a text whatever it looks like."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        sheet.sheet_state = "hidden" if number in hidden else "visible"
        for i, row in enumerate(rows, start=1):
            for j, value in enumerate(row, start=1):
                if isinstance(value, tuple):
                    cell = sheet.cell(i, j, "")
                    cell.value, cell.data_type = value[0], "s"
                elif value is not None:
                    sheet.cell(i, j, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rewritten(data: bytes, member: str, change) -> bytes:
    """Return an archive with one member changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            new.writestr(one, change(content) if one == member else content)
    return file.getvalue()


# What XML can hold, without the escapes of Excel itself.
CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=12
)
CELL = CELL.filter(lambda text: text.strip() and "_x" not in text)


@given(st.lists(st.tuples(CELL, st.integers(-(2**53), 2**53)), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_what_a_spreadsheet_writer_wrote_is_read_back(rows):
    """Texts come back as texts, also such as "=1+1" and "#N/A", and whole numbers as they were, without a note."""
    data = workbook([["text", "n"], *(((text,), number) for text, number in rows)])
    frame = read_spreadsheet(data, "x.xlsx")
    assert list(zip(frame["text"], frame["n"], strict=True)) == rows
    assert read_notes(frame) == ()


def test_a_workbook_is_read_by_what_it_is(tmp_path):
    """By its ending, or by its content under another name; dates are dates, spans clock times, blanks missing."""
    rows = [
        ["text", "day", "at"],
        ["I am sad", dt.date(2024, 12, 31), dt.timedelta(minutes=90)],
        ["so glad", None, None],
    ]
    for name in ("x.xlsx", "x.bin"):
        (tmp_path / name).write_bytes(workbook(rows))
        corpus = corpus_from(read_table(tmp_path / name), time="day", keep=["at"])
        assert corpus.text == ("I am sad", "so glad")
        assert corpus.time[0].startswith("2024-12-31")
        assert corpus.time[1] is None


def test_the_only_sheet_with_data_is_read_wherever_it_is():
    """Blank sheets before and after it say nothing, and nothing has to be told."""
    frame = read_spreadsheet(workbook([], [["text"], ["so sad"]], []), "x.xlsx")
    assert frame["text"].tolist() == ["so sad"]
    assert read_notes(frame) == ()


def test_of_several_sheets_with_data_the_first_is_read_and_told():
    """The note names both; a sheet can be asked for, and a wrong name is told with those there are."""
    data = workbook([["text"], ["first"]], [["text"], ["second"]])
    frame = read_spreadsheet(data, "x.xlsx")
    assert frame["text"].tolist() == ["first"]
    (note,) = read_notes(frame)
    assert "'Sheet 1'" in note
    assert "Sheet 2" in note
    again = read_spreadsheet(data, "x.xlsx", "Sheet 2")
    assert (again["text"].tolist(), read_notes(again)) == (["second"], ())
    with pytest.raises(InputError) as caught:
        read_spreadsheet(data, "x.xlsx", "Sheet2")
    assert (caught.value.got, caught.value.wanted) == ("Sheet2", "Sheet 1, Sheet 2")


def test_a_hidden_sheet_that_is_read_is_told():
    """Somebody may not know that it is there."""
    frame = read_spreadsheet(workbook([], [["text"], ["so sad"]], hidden=[2]), "x.xlsx")
    assert len(read_notes(frame)) == 1


def test_errors_and_formulas_without_a_value_are_missing_and_told():
    """`#N/A` is nobody's text; a formula that no spreadsheet has calculated has no value."""
    data = workbook([["text", "n"], ["so sad", 1], ["#N/A", 2], ["=A2", 3]])
    frame = read_spreadsheet(data, "x.xlsx")
    assert frame["text"].tolist() == ["so sad", None, None]
    assert len(read_notes(frame)) == 2


def test_a_formula_is_the_value_that_was_saved_with_it():
    """As a spreadsheet shows it."""
    data = workbook([["text", "n"], ["so sad", "=1+1"]])
    data = rewritten(
        data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v />", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>")
    )
    frame = read_spreadsheet(data, "x.xlsx")
    assert frame["n"].tolist() == [2]
    assert read_notes(frame) == ()


def test_blank_rows_and_columns_are_nothing_and_a_stray_cell_is_a_column():
    """The header is the first row that holds something; far away cells cost no memory."""
    data = workbook([[], ["text", None, "n"], ["so sad", None, 1], [], ["so glad", None, 2]])
    frame = read_spreadsheet(data, "x.xlsx")
    assert frame.to_dict("list") == {"text": ["so sad", "so glad"], "n": [1, 2]}
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.active["XFD1048576"] = "stray"
    file = io.BytesIO()
    book.save(file)
    frame = read_spreadsheet(file.getvalue(), "x.xlsx")
    assert list(frame.columns) == ["text", "n", "column 16384"]
    assert len(frame) == 3


def test_a_wrong_size_in_the_file_is_not_believed():
    """Some writers say A1 of a whole table."""
    data = workbook([["text"], ["so sad"], ["so glad"]])
    data = rewritten(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:A3"', b'ref="A1"'))
    assert read_spreadsheet(data, "x.xlsx")["text"].tolist() == ["so sad", "so glad"]


def test_excels_escapes_and_line_ends_are_characters():
    """`_x000D_` is a carriage return, and CRLF in a cell a line break."""
    frame = read_spreadsheet(workbook([["text"], ["two_x000D_\nlines"]]), "x.xlsx")
    assert frame["text"].tolist() == ["two\nlines"]


def test_a_name_that_stands_twice_is_an_error_that_names_it():
    """Nobody could say which of the two is meant."""
    with pytest.raises(InputError) as caught:
        read_spreadsheet(workbook([["text", "n", "text"], ["a", 1, "b"]]), "x.xlsx")
    assert (caught.value.file, caught.value.column) == ("x.xlsx", "text")


@pytest.mark.parametrize("sheets", [[], [[], []]])
def test_a_workbook_without_data_is_said_to_be_empty(tmp_path, sheets):
    """No cell holds anything."""
    (tmp_path / "x.xlsx").write_bytes(workbook(*(sheets or [[]])))
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "x.xlsx")
    assert caught.value.file == "x.xlsx"


def test_damaged_workbooks_are_an_error(tmp_path):
    """Cut off, another archive, XML that is none, bytes changed: the file is named, and what to do."""
    good = workbook([["text"], ["so sad"]])
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    broken = rewritten(good, "xl/workbook.xml", lambda xml: b"<no")
    changed = good[:60] + b"\xff" * 40 + good[100:]
    for data in (good[: len(good) // 2], other.getvalue(), broken, changed):
        (tmp_path / "x.xlsx").write_bytes(data)
        with pytest.raises(InputError) as caught:
            read_table(tmp_path / "x.xlsx")
        assert caught.value.file == "x.xlsx"
        assert caught.value.advice


def test_a_workbook_that_unpacks_to_more_than_the_bound_is_an_error(monkeypatch):
    """A small archive can hold a huge sheet; it is counted, not believed."""
    monkeypatch.setattr(emotopy.readers.spreadsheets, "MOST_UNPACKED", 10_000)
    data = workbook([["text"], ["a" * 20_000]])
    assert len(data) < 10_000
    with pytest.raises(InputError) as caught:
        read_spreadsheet(data, "x.xlsx")
    assert caught.value.wanted == "up to 10,000 bytes unpacked"


def test_what_pandas_writes_is_read(tmp_path):
    """The most common writer there is."""
    pd.DataFrame({"text": ["so sad", "so glad"], "n": [1.5, None]}).to_excel(tmp_path / "x.xlsx", index=False)
    frame = read_table(tmp_path / "x.xlsx")
    assert frame["text"].tolist() == ["so sad", "so glad"]
    assert frame["n"].tolist() == [1.5, None]


def test_a_sheet_of_a_file_without_sheets_is_an_error(tmp_path):
    """Only workbooks have them."""
    (tmp_path / "x.csv").write_text("text\nso sad\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "x.csv", sheet="one")
    assert caught.value.wanted == ".xlsx"
