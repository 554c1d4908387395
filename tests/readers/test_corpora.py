"""Corpora from tables and lists of texts: columns, groups, ids, what is kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from emotopy.errors import InputError
from emotopy.readers.cell_values import as_labels
from emotopy.readers.corpora import as_corpus, corpus_from
from emotopy.readers.tables import read_table
from emotopy.records import Corpus

pytestmark = pytest.mark.usefixtures("flags")

TEXTS = ["I am afraid of the dark.", "What a lovely day!"]


def test_the_text_column_is_text_else_the_only_column_of_strings():
    """A column `text` wins; numbers, also as strings, are no strings; several strings are an error that lists them."""
    assert corpus_from(pd.DataFrame({"a": ["x y"], "text": ["t u"]})).text == ("t u",)
    assert corpus_from(pd.DataFrame({"n": ["1.5"], "m": [2], "said": ["x y"]})).text == ("x y",)
    with pytest.raises(InputError, match=r"column of texts .* --text; columns of strings: b, a$"):
        corpus_from(pd.DataFrame({"b": ["x"], "n": [1], "a": ["y"]}))
    with pytest.raises(InputError, match=r"no column contains text; wanted one, columns: n$"):
        corpus_from(pd.DataFrame({"n": [1, 2]}))


def test_a_column_text_that_holds_numbers_is_not_passed_over():
    """Whoever has a column `text` means it; another column of strings isn't taken in its place."""
    for numbers in (["1", "-2.5e3", ""], [1, 2, 3]):
        with pytest.raises(InputError, match="'text' holds numbers, not text; columns of strings: label"):
            corpus_from(pd.DataFrame({"text": numbers, "label": ["x", "y", "z"]}))


def test_numbers_among_texts_are_texts():
    """One word that is no number makes a column of text, and "nan" and "inf" are words."""
    assert corpus_from(pd.DataFrame({"text": ["42", "many"]})).text == ("42", "many")
    assert corpus_from(pd.DataFrame({"text": ["nan", "7"]})).text == ("nan", "7")


@pytest.mark.parametrize("flag", ["text", "group", "unit", "time", "id"])
def test_a_missing_column_is_named_with_those_there_are_and_the_nearest(flag):
    """The message holds the wrong name, a suggestion, and the columns in the file's order."""
    frame = pd.DataFrame({"Speaker": ["a b"], "diagnosis": ["c d"]})
    with pytest.raises(InputError) as caught:
        corpus_from(frame, **{"text": "Speaker", flag: "speakr"})
    assert str(caught.value) == (
        f"{flag}: there is no column 'speakr'. Did you mean 'Speaker'? Columns: Speaker, diagnosis"
    )


def test_a_column_that_stands_twice_can_not_be_chosen():
    """A frame may hold the same name twice; choosing it is an error, not a guess."""
    frame = pd.DataFrame([["x y", "p", "q"]], columns=["text", "g", "g"])
    assert corpus_from(frame).text == ("x y",)
    with pytest.raises(InputError, match="group: 2 columns are called 'g'"):
        corpus_from(frame, group="g")


def test_missing_cells_are_not_given():
    """None, NaN, NA, NaT, and white space in a label; a text of white space stays for `scored` to leave out."""
    frame = pd.DataFrame(
        {
            "text": pd.array(["a b", None, np.nan, pd.NA, " \t"], dtype=object),
            "g": pd.array(["x", " ", np.float32("nan"), pd.NaT, ""], dtype=object),
        }
    )
    corpus = corpus_from(frame, group="g")
    assert corpus.text == ("a b", "", "", "", " \t")
    assert corpus.group == ("x", None, None, None, None)
    assert corpus.scored.tolist() == [0]


def test_whole_numbers_read_as_whole_numbers():
    """A column of units with gaps is float in pandas; its labels are "3", not "3.0"."""
    corpus = corpus_from(pd.DataFrame({"text": ["a b"] * 3, "u": [3.0, np.nan, 2.5]}), unit="u")
    assert corpus.unit == ("3", None, "2.5")


def test_a_group_called_all_is_refused():
    """The name stands for every text in the results."""
    with pytest.raises(InputError, match=r"'g' has a group named 'all'.*rename it"):
        corpus_from(pd.DataFrame({"text": ["a b", "c d"], "g": ["x", "all"]}), group="g")


def test_ids_that_stand_twice_are_named_with_their_rows():
    """The id and both rows, counted from 1, are in the message; without --id rows are numbered from 0."""
    frame = pd.DataFrame({"text": ["a b", "c d", "e f"], "i": ["p", "q", "p"]})
    with pytest.raises(InputError, match="'i': id 'p' is in rows 1 and 3"):
        corpus_from(frame, id="i")
    assert corpus_from(frame, text="text").id == ("0", "1", "2")


def test_a_table_without_rows_names_its_columns():
    """A header alone is no text."""
    with pytest.raises(InputError, match="no rows, only columns: text, g; wanted at least one text"):
        corpus_from(pd.DataFrame({"text": [], "g": []}))


# What was assumed ----------------------------------------------------------------------------------------------------


def test_texts_that_were_taken_away_are_empty_and_counted():
    """Reddit's marks in place of a text, in tables and lists; a text that talks of them stays."""
    texts = ["[deleted]", " [Removed] ", "it was [deleted]", "[deleted by user]"]
    for corpus in (corpus_from(pd.DataFrame({"text": texts})), as_corpus(texts)):
        assert corpus.scored.tolist() == [2]
        (note,) = corpus.notes
        assert "3 of 4" in note


def test_names_are_trimmed_and_brought_to_one_form_and_both_are_told():
    """Blanks at the ends and the form of an accent make no other group; what was made one is in a note."""
    frame = pd.DataFrame(
        {"text": ["a b"] * 4, "g": ["caf\u00e9", "cafe\u0301 ", "tea", "\u00a0tea"], "u": list("abcd")}
    )
    corpus = corpus_from(frame, group="g", unit="u")
    assert corpus.group == ("café", "café", "tea", "tea")
    (note,) = corpus.notes
    assert "café, tea" in note


def test_names_that_are_nearly_equal_are_told_not_merged():
    """Case and blanks alone; other names say nothing."""
    frame = pd.DataFrame({"text": ["a b"] * 5, "g": ["Sad", "sad", "not sad", "notsad", "glad"]})
    for flag in ("group", "unit"):
        corpus = corpus_from(frame, **{flag: "g"})
        assert getattr(corpus, flag) == ("Sad", "sad", "not sad", "notsad", "glad")
        (note,) = corpus.notes
        assert "'Sad' and 'sad'; 'not sad' and 'notsad'" in note


def test_repeated_texts_are_noticed():
    """Three raters of each comment, as in the raw files of GoEmotions; short answers and single copies say nothing."""
    texts = [f"I love this so much {i}" for i in range(10)]
    (note,) = corpus_from(pd.DataFrame({"text": [text for text in texts for _ in range(3)]})).notes
    assert "30 rows" in note
    assert "3 times each" in note
    assert as_corpus([*texts, *"abcdefgh", *[f"so it goes on {i}" for i in range(20)], texts[0]]).notes == ()
    assert as_corpus(["yes"] * 10).notes == as_corpus(texts).notes == ()


@pytest.mark.parametrize("flag", ["group", "unit", "time", "id", "keep"])
@pytest.mark.parametrize("cell", [[0, 14], np.array([0, 14]), {"a": 1}, {1}, ()])
def test_a_list_in_place_of_a_name_is_an_error_that_names_the_column(flag, cell):
    """As labels of GoEmotions come: neither a group called "[ 0 14]" nor anything else is made of it."""
    frame = pd.DataFrame({"text": ["so sad", "so glad"], "labels": pd.Series(["x", cell], dtype=object)})
    with pytest.raises(InputError) as caught:
        corpus_from(frame, **{flag: ["labels"] if flag == "keep" else "labels"})
    error = caught.value
    assert (error.column, error.row, error.wanted) == ("labels", 2, "one value")
    assert "explode" in error.advice


def test_dates_become_iso_dates_and_are_told():
    """By what the column shows, or by the format that is given; a format without a column is an error."""
    frame = pd.DataFrame({"text": ["a b", "c d"], "day": ["31.12.2024", "01.02.2024"], "short": ["1.2.24", "3.4.24"]})
    corpus = corpus_from(frame, time="day")
    assert corpus.time == ("2024-12-31T00:00:00", "2024-02-01T00:00:00")
    assert len(corpus.notes) == 1
    corpus = corpus_from(frame, time="short", date_format="day-first")
    assert corpus.time == ("2024-02-01T00:00:00", "2024-04-03T00:00:00")
    assert corpus.notes == ()
    with pytest.raises(InputError) as caught:
        corpus_from(frame, time="short")
    assert caught.value.column == "short"
    with pytest.raises(InputError):
        corpus_from(frame, date_format="day-first")


def test_a_frame_of_qualtrics_with_its_header_rows_is_an_error():
    """Read with pandas, its rows are the caller's own and aren't dropped behind their back."""
    frame = pd.DataFrame({"Q1": ["How are you?", '{"ImportId":"QID1"}', "so sad"]})
    with pytest.raises(InputError) as caught:
        corpus_from(frame)
    assert caught.value.row == 2
    assert "iloc[2:]" in caught.value.advice
    assert corpus_from(frame.iloc[2:]).text == ("so sad",)


# Columns that are kept ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["31", "", "28.5", " -2e1 "], (31.0, np.nan, 28.5, -20.0)),
        ([3, None, 4.5, np.int64(2)], (3.0, np.nan, 4.5, 2.0)),
        (["007", "12"], ("007", "12")),
        (["0", "0.5", "-0.25"], (0.0, 0.5, -0.25)),
        (["12", "NA"], ("12", "NA")),
        (["nan", "inf"], ("nan", "inf")),
        ([float("inf"), 1.0], ("inf", "1")),
        ([str(2**53), "1"], (float(2**53), 1.0)),
        ([str(2**53 + 1), "1"], (str(2**53 + 1), "1")),
        ([2**60, 1], (str(2**60), "1")),
        (["1_000", "2"], ("1_000", "2")),
        (["9" * 5000], ("9" * 5000,)),
        ([True, False, None], ("True", "False", None)),
        ([dt.date(2026, 1, 2), None], ("2026-01-02", None)),
        ([None, ""], (np.nan, np.nan)),
    ],
)
def test_kept_cells_are_numbers_if_all_of_them_are(cells, kept):
    """Plain finite numbers, as such or written out, become floats; codes, huge integers, words, dates stay names."""
    frame = pd.DataFrame({"text": ["so it goes"] * len(cells), "x": pd.Series(cells, dtype=object)})
    found = corpus_from(frame, keep=["x"]).columns["x"]
    assert [type(value) for value in found] == [type(value) for value in kept]
    assert [str(value) for value in found] == [str(value) for value in kept]


def test_columns_are_kept_by_name_each_once():
    """Nothing is kept unasked; a column that isn't there is named with the nearest; a list of names is wanted."""
    frame = pd.DataFrame({"text": TEXTS, "age": ["31", "28"], "town": ["Ulm", "Bonn"]})
    assert corpus_from(frame).columns == {}
    assert corpus_from(frame, keep=["town", "age", "town"]).columns == {"town": ("Ulm", "Bonn"), "age": (31.0, 28.0)}
    assert as_corpus(frame, keep=["age"]).columns == {"age": (31.0, 28.0)}
    with pytest.raises(InputError, match=r"keep: there is no column 'agee'\. Did you mean 'age'"):
        corpus_from(frame, keep=["agee"])
    with pytest.raises(InputError, match=r"got one string; write \['age'\]"):
        corpus_from(frame, keep="age")
    with pytest.raises(InputError, match="keep: columns can be named only in a table"):
        as_corpus(TEXTS, keep=["age"])


def test_the_texts_themselves_are_never_kept():
    """Neither by the name of their column nor as a copy under another name."""
    frame = pd.DataFrame({"text": [*TEXTS, ""], "copy": [*TEXTS, "but here"], "half": [TEXTS[0], "other", ""]})
    for name in ("text", "copy"):
        with pytest.raises(InputError, match=f"keep: column '{name}' contains the texts themselves"):
            corpus_from(frame, text="text", keep=[name])
    assert corpus_from(frame, text="text", keep=["half"]).columns["half"] == (TEXTS[0], "other", None)


# From Python --------------------------------------------------------------------------------------------------------


def test_texts_come_as_a_frame_an_iterable_or_a_corpus():
    """Any iterable of strings, with None for a missing one; a corpus is passed on."""
    corpus = as_corpus(iter(["a b", None, "2"]))
    assert corpus.text == ("a b", "", "2")
    assert as_corpus(corpus) is corpus
    assert isinstance(as_corpus(pd.Series(["x y"])), Corpus)
    assert as_corpus(pd.DataFrame({"said": ["x y"]}), text="said").text == ("x y",)


def test_a_dict_of_columns_is_a_table():
    """Not a list of two texts, its keys."""
    corpus = as_corpus({"text": ["so sad", "so glad"], "group": ("a", "b")}, group="group")
    assert (corpus.text, corpus.group) == (("so sad", "so glad"), ("a", "b"))


@pytest.mark.parametrize("texts", [{"text": "so sad"}, {"text": 3}, {"text": ["a", "b"], "group": ["a"]}, {}])
def test_a_dict_of_anything_else_is_refused(texts):
    """A text for a column, and columns of several lengths."""
    with pytest.raises(InputError):
        as_corpus(texts)


def test_rows_as_dicts_are_a_table():
    """A row without a key has nothing there; a row that is no dict is named, whichever comes first."""
    rows = [{"text": "so sad", "who": "a"}, {"text": "so glad"}]
    corpus = as_corpus(iter(rows), group="who")
    assert (corpus.text, corpus.group) == (("so sad", "so glad"), ("a", None))
    for mixed in ([*rows, "so it is"], ["so it is", None, *rows]):
        with pytest.raises(InputError) as caught:
            as_corpus(mixed)
        assert (caught.value.row, caught.value.got) == (3, "str" if mixed[0] is rows[0] else "dict")


@pytest.mark.parametrize(
    ("texts", "columns", "message"),
    [
        ("one string", {}, r"got one string; write \[text\]"),
        (["a", 3], {}, r"wanted strings, got int"),
        (["a b"], {"group": "g"}, "group: columns can be named only in a table, got list"),
        ([], {}, "no rows"),
    ],
)
def test_what_is_no_collection_of_texts_is_refused(texts, columns, message):
    """A bare string, other types, names of columns that can't be, nothing at all."""
    with pytest.raises(InputError, match=message):
        as_corpus(texts, **columns)


@pytest.mark.parametrize("header", ["", "Unnamed: 0", "index", "id", "n"])
def test_a_column_that_counts_rows_is_nothing_unless_it_is_asked_for(tmp_path, header):
    """Row numbers that pandas or R wrote are neither texts nor groups; asked for by name they are what was asked."""
    path = tmp_path / "a.csv"
    path.write_text(f"{header},comment\n1,so it is\n2,and so on\n")
    frame = read_table(path)
    corpus = corpus_from(frame)
    assert (corpus.text, corpus.group, dict(corpus.columns)) == (("so it is", "and so on"), (None, None), {})
    asked = str(frame.columns[0])
    assert corpus_from(frame, group=asked).group == ("1", "2")
    assert corpus_from(frame, keep=[asked]).columns == {asked: (1.0, 2.0)}


@pytest.mark.parametrize("flag", ["text", "group", "unit", "time", "id", "keep"])
def test_a_column_is_given_by_its_name(flag):
    """Cells in place of the name, or a number that names none, are refused without a word of them."""
    frame = pd.DataFrame({"text": ["a secretive text", "another one"], "g": ["a", "b"]})
    for given in (frame["text"], frame["text"].tolist(), frame["text"].to_numpy(), pa.array(frame["text"]), 3):
        with pytest.raises(InputError) as caught:
            as_corpus(frame, **{flag: [given] if flag == "keep" else given})
        assert "secretive" not in str(caught.value)
    for keep in (None, 3, (name for name in ["g"])):
        with pytest.raises(InputError):
            as_corpus(frame, keep=keep)


def test_decimals_have_one_name_whatever_their_scale():
    """Arrow pads the decimals of a column to one number of places."""
    cells = [Decimal("0.5"), Decimal("0.50"), Decimal("2.00"), Decimal("0.0000001"), Decimal(10)]
    assert as_labels(cells) == ("0.5", "0.5", "2", "0.0000001", "10")
    padded = pa.array(cells, type=pa.decimal128(12, 8)).to_pylist()
    assert as_labels(padded) == as_labels(cells)
