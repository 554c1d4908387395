"""`emotopy map` and `map_texts`: what was assumed about a file is said, stands in the results, and can be repeated."""

from __future__ import annotations

import json

import openpyxl
import pandas as pd
import pytest

import emotopy

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "reporter=tables")
TEXTS = ("I love this wonderful day", "I am terrified of the night", "What a horrible threat", "so happy and grateful")


@pytest.fixture
def workbook(tmp_path):
    """A workbook of two sheets, with texts and German dates in both."""
    book = openpyxl.Workbook()
    for number, sheet in enumerate((book.active, book.create_sheet("Later")), start=1):
        sheet.title = ("First", "Later")[number - 1]
        sheet.append(["text", "g", "day"])
        for i, text in enumerate(TEXTS):
            sheet.append([f"{text} {number}", "ab"[i % 2], f"0{i + 1}.02.24"])
    book.save(tmp_path / "x.xlsx")
    return tmp_path / "x.xlsx"


def notes_of(folder):
    return json.loads((folder / "provenance.json").read_text("utf-8"))["notes"]


def test_a_workbook_is_mapped_and_its_sheet_and_dates_are_said_and_repeated(call, workbook, tmp_path, files_in):
    """--sheet and --date-format go into the provenance, so that the run repeats itself byte by byte."""
    words = ("--group", "g", "--time", "day", "--date-format", "day-first", "--sheet", "Later", "--no-cache")
    run = call("map", workbook, "--out", "first", *words, *FAST)
    assert run.code == 0, run.err
    texts = pd.read_parquet(tmp_path / "first" / "texts.parquet")
    assert texts["time"].tolist() == [f"2024-02-0{i}T00:00:00" for i in range(1, 5)]
    again = call("map", workbook, "--from", "first", "--out", "second", "--no-cache")
    assert again.code == 0, again.err
    assert files_in(tmp_path / "first") == files_in(tmp_path / "second")


def test_what_was_assumed_is_on_stderr_and_in_the_results(call, workbook, tmp_path):
    """Another sheet that holds data; also in a dry run, which writes nothing."""
    run = call("map", workbook, "--group", "g", "--out", "out", "--no-cache", *FAST)
    assert run.code == 0, run.err
    (note,) = [note for note in notes_of(tmp_path / "out") if "Later" in note]
    assert f"note: {note}" in run.err
    dry = call("map", workbook, "--group", "g", "--out", "dry", "--dry-run")
    assert f"note: {note}" in dry.err
    assert not (tmp_path / "dry").exists()


def test_dates_that_leave_a_doubt_are_an_error_before_any_work(call, workbook, tmp_path):
    """The message says what to give; a format without a column of times is wrong usage."""
    run = call("map", workbook, "--time", "day", "--out", "out", *FAST)
    assert (run.code, run.out) == (1, "")
    assert "--date-format day-first" in run.error
    run = call("map", workbook, "--date-format", "day-first", "--out", "out")
    assert run.code == 2
    assert not (tmp_path / "out").exists()


def test_map_texts_takes_a_dict_of_columns_and_a_date_format():
    """From Python the same; what was assumed stands in the notes of the result."""
    columns = {"text": TEXTS, "g": ["A", "a", "b", "b"], "day": [45657, 45658, 45659, 45660]}
    config = {"reducer": "pca", "clusterer": "kmeans"}
    result = emotopy.map_texts(columns, group="g", time="day", date_format="excel", config=config)
    assert result.mapped.corpus.time[0] == "2024-12-31T00:00:00"
    assert any("'A' and 'a'" in note for note in result.notes)
