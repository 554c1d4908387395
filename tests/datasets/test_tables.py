"""The user's own tables: forms of files, columns, and what is said when they can't be used."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emotopy.datasets.corpora import as_corpus, corpus_from
from emotopy.datasets.tables import read_table
from emotopy.errors import InputError
from emotopy.records import Corpus

TEXTS = ["I am afraid of the dark.", "What a lovely day!"]


@pytest.fixture
def file(tmp_path):
    """Write bytes or text to a file of this name; return its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


# Forms of files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.ndjson", "x.json", "x.parquet", "x.TXT", "x"])
def test_the_same_texts_come_out_of_every_form(file, tmp_path, name):
    """CSV, TSV, JSON Lines, Parquet and plain text, by the file's ending, give the same corpus."""
    ending = name.lower().rpartition(".")[2]
    frame = pd.DataFrame({"text": TEXTS})
    if ending == "parquet":
        frame.to_parquet(tmp_path / name)
    elif ending in ("csv", "tsv"):
        frame.to_csv(tmp_path / name, sep="," if ending == "csv" else "\t", index=False)
    elif "js" in ending:
        frame.to_json(tmp_path / name, orient="records", lines=True)
    else:
        file(name, "\n".join(TEXTS) + "\n")
    assert list(corpus_from(read_table(tmp_path / name)).text) == TEXTS


def test_a_byte_order_mark_and_windows_line_ends_are_no_text(file):
    """Excel's "CSV UTF-8" and a text file from Windows give plain names and plain texts."""
    assert list(read_table(file("x.csv", b"\xef\xbb\xbftext,g\r\nhi there,a\r\n")).columns) == ["text", "g"]
    assert read_table(file("x.txt", b"\xef\xbb\xbfhi there\r\n\r\nbye\r\n"))["text"].tolist() == ["hi there", "", "bye"]


def test_a_plain_text_is_split_at_line_feeds_alone(file):
    """Other characters that Unicode counts as line breaks stay inside their text, as in JSON Lines."""
    assert read_table(file("x.txt", "a\u2028b\x0bc\nd"))["text"].tolist() == ["a\u2028b\x0bc", "d"]
    assert read_table(file("x.jsonl", '{"text": "a\u2028b"}\n'))["text"].tolist() == ["a\u2028b"]


@pytest.mark.parametrize("content", ["", "\n \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(file, content):
    """Nothing, white space, and a byte-order mark alone."""
    with pytest.raises(InputError, match=r"x\.csv is empty"):
        read_table(file("x.csv", content))


def test_a_file_that_is_absent_or_a_folder_is_named(tmp_path):
    """The system's word for it is passed on; a folder is told what was wanted."""
    with pytest.raises(InputError, match=r"gone\.csv can't be read: No such file"):
        read_table(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="is a folder; wanted a file"):
        read_table(tmp_path)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.txt"])
def test_bytes_that_are_not_utf8_are_named_with_their_line(file, name, start):
    """Latin-1 in line 3 is said to be in line 3, with the byte, whatever the form."""
    with pytest.raises(InputError, match=rf"{name}, line 3: byte 0xe9 is not UTF-8"):
        read_table(file(name, start + "text\nhello\ncafé crème\n".encode("latin-1")))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_told(file, encoding):
    """With a byte-order mark and without one."""
    with pytest.raises(InputError, match="UTF-16; wanted UTF-8"):
        read_table(file("x.csv", "text\nhello there\n".encode(encoding)))


@pytest.mark.parametrize(
    ("start", "what"), [(b"PK\x03\x04", "spreadsheet"), (b"\x1f\x8b", "gzip"), (b"%PDF-1.7", "a PDF")]
)
def test_files_of_other_kinds_are_recognised(file, start, what):
    """A spreadsheet, a compressed file or a PDF gets a better answer than a complaint about its bytes."""
    with pytest.raises(InputError, match=f"x.csv is .*{what}"):
        read_table(file("x.csv", start + b"\x00\xff\xfe"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}\n{"text": \n', r"x\.jsonl, line 2: wanted a JSON object on the line: Expecting value"),
        ('{"text": "a"}\n\n["b"]\n', r"""x\.jsonl, line 3: wanted an object such as .*, got '\["b"\]'"""),
        ('[{"text": "a"}]', r"x\.jsonl, line 1: wanted an object"),
        ('[\n{"text": "a"}\n]', r"line 1: .*an array, or JSON over several lines, isn't JSON Lines"),
        ("[" * 100_000, r"x\.jsonl, line 1: wanted a JSON object"),
    ],
)
def test_a_broken_line_of_json_is_named(file, content, message):
    """The line that is no JSON, no object, or nested beyond reason, is in the message."""
    with pytest.raises(InputError, match=message):
        read_table(file("x.jsonl", content))


def test_json_lines_need_not_have_the_same_keys(file):
    """A key that a line lacks is a missing cell; the columns are all keys, in the order they come."""
    corpus = corpus_from(read_table(file("x.jsonl", '{"text": "a b"}\n{"g": 1, "text": null}\n')), group="g")
    assert (corpus.text, corpus.group) == (("a b", ""), (None, "1"))


def test_half_a_surrogate_pair_becomes_a_question_mark(file):
    """JSON lets it through; no encoder does, so texts, ids and groups are cleaned of it."""
    line = json.dumps({"text": "so \ud83d sad", "g": "\ud83d", "i": "x\udc00"})
    corpus = corpus_from(read_table(file("x.jsonl", line)), group="g", id="i")
    assert (corpus.text, corpus.group, corpus.id) == (("so ? sad",), ("?",), ("x?",))
    assert as_corpus(["so \ud83d sad"]).text == ("so ? sad",)


def test_a_broken_parquet_file_is_named(file):
    """By its ending, or by how it starts."""
    with pytest.raises(InputError, match=r"x\.parquet is no Parquet file"):
        read_table(file("x.parquet", "text\nhello"))
    with pytest.raises(InputError, match=r"x\.bin is no Parquet file"):
        read_table(file("x.bin", b"PAR1 and then nothing"))


def test_parquet_columns_of_any_type_are_read(tmp_path):
    """Large strings, dictionaries, nulls, lists, large ids beside missing ones, dates, times."""
    day = dt.date(2020, 1, 2)
    table = pa.table(
        {
            "said": pa.array(["a b", None, ""], pa.large_string()),
            "who": pa.array(["w1", "w2", None]).dictionary_encode(),
            "label": pa.array([1, None, 2], pa.int8()),
            "id": pa.array([9_007_199_254_740_993, None, 3], pa.int64()),
            "day": pa.array([day, None, day], pa.date32()),
            "labels": pa.array([["x"], [], None], pa.list_(pa.string())),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    frame = read_table(tmp_path / "x.parquet")
    corpus = corpus_from(frame, text="said", group="label", unit="who", time="day", id="id")
    assert corpus.text == ("a b", "", "")
    assert corpus.group == ("1", None, "2")
    assert corpus.unit == ("w1", "w2", None)
    assert corpus.id == ("9007199254740993", "1", "3")
    assert corpus.time == ("2020-01-02", None, "2020-01-02")
    with pytest.raises(InputError, match="'labels' holds values such as"):
        corpus_from(frame, text="labels")


def test_an_index_that_pandas_stored_is_a_column(tmp_path):
    """A frame whose ids are its index keeps them on the way through Parquet."""
    pd.DataFrame({"text": TEXTS}, index=pd.Index(["p", "q"], name="who")).to_parquet(tmp_path / "x.parquet")
    assert corpus_from(read_table(tmp_path / "x.parquet"), id="who").id == ("p", "q")


# Columns ------------------------------------------------------------------------------------------------------------


def test_the_text_column_is_text_else_the_only_column_of_strings():
    """A column `text` wins; numbers, also as strings, are no strings; several strings are an error that lists them."""
    assert corpus_from(pd.DataFrame({"a": ["x y"], "text": ["t u"]})).text == ("t u",)
    assert corpus_from(pd.DataFrame({"n": ["1.5"], "m": [2], "said": ["x y"]})).text == ("x y",)
    with pytest.raises(InputError, match=r"which column .* --text; columns of strings: b, a$"):
        corpus_from(pd.DataFrame({"b": ["x"], "n": [1], "a": ["y"]}))
    with pytest.raises(InputError, match=r"no column holds text; wanted one, columns: n$"):
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
    with pytest.raises(InputError, match=r"'g' has a group called 'all'.*rename it"):
        corpus_from(pd.DataFrame({"text": ["a b", "c d"], "g": ["x", "all"]}), group="g")


def test_ids_that_stand_twice_are_named_with_their_rows():
    """The id and both rows, counted from 1, are in the message; without --id rows are numbered from 0."""
    frame = pd.DataFrame({"text": ["a b", "c d", "e f"], "i": ["p", "q", "p"]})
    with pytest.raises(InputError, match="'i': id 'p' stands in rows 1 and 3"):
        corpus_from(frame, id="i")
    assert corpus_from(frame, text="text").id == ("0", "1", "2")


def test_a_table_without_rows_names_its_columns():
    """A header alone is no text."""
    with pytest.raises(InputError, match="no rows, only columns: text, g; wanted at least one text"):
        corpus_from(pd.DataFrame({"text": [], "g": []}))


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
    with pytest.raises(InputError, match="keep: columns can be named only in a DataFrame"):
        as_corpus(TEXTS, keep=["age"])


def test_the_texts_themselves_are_never_kept():
    """Neither by the name of their column nor as a copy under another name."""
    frame = pd.DataFrame({"text": [*TEXTS, ""], "copy": [*TEXTS, "but here"], "half": [TEXTS[0], "other", ""]})
    for name in ("text", "copy"):
        with pytest.raises(InputError, match=f"keep: column '{name}' holds the texts themselves"):
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


@pytest.mark.parametrize(
    ("texts", "columns", "message"),
    [
        ("one string", {}, r"got one string; write \[text\]"),
        (["a", 3], {}, r"wanted strings, got 3 \(int\)"),
        (["a b"], {"group": "g"}, "group: columns can be named only in a DataFrame, got list"),
        ([], {}, "no rows"),
    ],
)
def test_what_is_no_collection_of_texts_is_refused(texts, columns, message):
    """A bare string, other types, names of columns that can't be, nothing at all."""
    with pytest.raises(InputError, match=message):
        as_corpus(texts, **columns)
