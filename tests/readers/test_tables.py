"""The user's own tables: forms of files, and what is said when they can't be read."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.corpora import as_corpus, corpus_from
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import read_table

TEXTS = ["I am afraid of the dark.", "What a lovely day!"]


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.ndjson", "x.json", "x.parquet", "x.TXT", "x"])
def test_the_same_texts_come_out_of_every_form(write, tmp_path, name):
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
        write(name, "\n".join(TEXTS) + "\n")
    assert list(corpus_from(read_table(tmp_path / name)).text) == TEXTS


def test_a_byte_order_mark_and_windows_line_ends_are_no_text(write):
    """Excel's "CSV UTF-8" and a text file from Windows give plain names and plain texts."""
    assert list(read_table(write("x.csv", b"\xef\xbb\xbftext,g\r\nhi there,a\r\n")).columns) == ["text", "g"]
    plain = read_table(write("x.txt", b"\xef\xbb\xbfhi there\r\n\r\nbye\r\n"))
    assert plain["text"].tolist() == ["hi there", "", "bye"]


def test_a_plain_text_is_split_at_line_feeds_alone(write):
    """Other characters that Unicode counts as line breaks stay inside their text, as in JSON Lines."""
    assert read_table(write("x.txt", "a\u2028b\x0bc\nd"))["text"].tolist() == ["a\u2028b\x0bc", "d"]
    assert read_table(write("x.jsonl", '{"text": "a\u2028b"}\n'))["text"].tolist() == ["a\u2028b"]


@pytest.mark.parametrize("content", ["", "\n \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(write, content):
    """Nothing, white space, and a byte-order mark alone."""
    with pytest.raises(InputError, match=r"x\.csv is empty"):
        read_table(write("x.csv", content))


def test_a_file_that_is_absent_or_a_folder_is_named(tmp_path):
    """The system's word for it is passed on; a folder is told what was wanted."""
    with pytest.raises(InputError, match=r"gone\.csv can't be read: No such file"):
        read_table(tmp_path / "gone.csv")
    with pytest.raises(InputError) as error:
        read_table(tmp_path)
    assert error.value.file == tmp_path.name


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.jsonl", "x.txt"])
def test_bytes_of_no_encoding_are_named_with_their_line(write, name, start):
    """A byte in line 3 that can't be decided is said to be in line 3, whatever the form."""
    with pytest.raises(InputError) as caught:
        read_table(write(name, start + b"text\nhello\nnot \xff fine\n"))
    error = caught.value
    assert (error.file, error.row, error.wanted, error.got) == (name, 3, "UTF-8", "byte 0xff")
    assert error.advice


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04", "zip archive"),
        (b"\xd0\xcf\x11\xe0", "old spreadsheet"),
        (b"\x1f\x8b", "gzip"),
        (b"%PDF-1.7", "a PDF"),
        (b"$FL2", "SPSS"),
    ],
)
def test_files_of_other_kinds_are_recognised(write, start, what):
    """An archive, a compressed file or a PDF gets a better answer than a complaint about its bytes."""
    with pytest.raises(InputError) as caught:
        read_table(write("x.csv", start + b"\x00\xff\xfe"))
    assert what in caught.value.got
    assert caught.value.advice


# Separators ---------------------------------------------------------------------------------------------------------

ROWS = [["id", "text"], ["1", "happy, so happy"], ["2", "sad"], ["3", "fine"]]


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_a_table_by_another_separator_is_read_and_told(write, name, separator):
    """The only separator that makes a table of all rows is taken, and a note names it."""
    rows = [[cell.replace(",", "") for cell in row] for row in ROWS] if separator == "," else ROWS
    frame = read_table(write(name, "".join(separator.join(row) + "\n" for row in rows)))
    assert [list(frame.columns), *frame.to_numpy().tolist()] == rows
    is_named = separator == {"x.csv": ",", "x.tsv": "\t"}[name]
    assert len(read_notes(frame)) == (0 if is_named else 1)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_table_in_a_plain_text_file_is_read_as_one_where_its_header_is_known(write, separator):
    """A first line with a name such as `text`, and rows of its width, is a table; without such a name, texts."""
    table = "".join(separator.join(row) + "\n" for row in ROWS)
    frame = read_table(write("x.txt", table))
    assert frame["text"].tolist() == ["happy, so happy", "sad", "fine"]
    assert len(read_notes(frame)) == 1
    nameless = read_table(write("y.txt", table.replace("id", "Anna").replace("text", "Hello")))
    assert nameless["text"].tolist()[0] == f"Anna{separator}Hello"
    assert len(read_notes(nameless)) == 1


def test_texts_with_a_semicolon_each_are_texts(write):
    """Sentences are no header."""
    texts = read_table(write("x.txt", "I was sad; so sad\nI am glad; so glad\n"))["text"]
    assert texts.tolist()[1] == "I am glad; so glad"


def test_two_separators_that_both_make_a_table_are_an_error_or_told(write):
    """Where the promised one doesn't fit and two others do, nothing is guessed; where it fits too, a note says so."""
    with pytest.raises(InputError) as caught:
        read_table(write("x.csv", "a;b|c\n1;2|3\n"))
    assert set(caught.value.got) == {";", "|"}
    frame = read_table(write("y.csv", "text,a;b\nso sad,1;2\n"))
    assert list(frame.columns) == ["text", "a;b"]
    assert len(read_notes(frame)) == 1


def test_the_line_by_which_spreadsheets_name_the_separator_is_no_row(write):
    """`sep=;` says which; errors still name the file's own lines."""
    frame = read_table(write("x.csv", "sep=;\r\ntext;n\r\nso, so sad;1\r\n"))
    assert frame.to_dict("list") == {"text": ["so, so sad"], "n": ["1"]}
    with pytest.raises(InputError) as caught:
        read_table(write("y.csv", "sep=;\ntext;n\nsad;1\nsad\n"))
    assert caught.value.row == 4


# Talk ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "command"),
    [
        ("x.txt", "31/12/2024, 23:59 - Anna: so happy\n31/12/2024, 23:59 - Bob: me too\nand you?\n", "data chat"),
        ("x.csv", "[31.12.24, 23:59:00] Anna: so happy\r\n", "data chat"),
        ("x.srt", "1\r\n00:00:01,000 --> 00:00:02,000\r\nso happy\r\n", "data transcript"),
        ("x.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nso happy\n", "data transcript"),
        ("x.json", '{\n "name": "a",\n "messages": [{"from_id": "user1", "text": "so happy"}]\n}', "data chat"),
    ],
)
def test_chats_and_captions_are_told_what_makes_a_table_of_them(write, name, content, command):
    """Their times and names would be texts, and private ones not marked as such."""
    with pytest.raises(InputError) as caught:
        read_table(write(name, content))
    assert caught.value.file == name
    assert caught.value.advice.startswith(f"`emotopy {command} {name}")


def test_texts_that_begin_with_a_date_now_and_then_are_texts(write):
    """A diary isn't a chat."""
    assert len(read_table(write("x.txt", "so sad\n31/12/2024, 23:59 - now it ends\n"))) == 2


# Exports of Qualtrics -----------------------------------------------------------------------------------------------

QUALTRICS = [
    ["StartDate", "Q1"],
    ["Start Date", "How do you feel?\nTell us"],
    ['{"ImportId":"startDate","timeZone":"America/Denver"}', '{"ImportId":"QID1_TEXT"}'],
    ["2024-12-31 23:59:00", "I feel sad"],
    ["2025-01-01 10:00:00", "I am glad"],
]


@pytest.mark.parametrize(("name", "encoding"), [("x.csv", "utf-8-sig"), ("x.tsv", "utf-16")])
def test_the_header_rows_of_qualtrics_are_no_answers(tmp_path, name, encoding):
    """Texts of the questions and import ids are left out and told, in CSV and in its UTF-16 TSV."""
    with (tmp_path / name).open("w", encoding=encoding, newline="") as sheet:
        csv.writer(sheet, delimiter="," if name == "x.csv" else "\t").writerows(QUALTRICS)
    frame = read_table(tmp_path / name)
    assert frame["Q1"].tolist() == ["I feel sad", "I am glad"]
    assert frame.index.tolist() == [0, 1]
    assert any("Qualtrics" in note for note in read_notes(frame))


def test_the_import_ids_of_qualtrics_alone_are_left_out_too(write):
    """Where somebody has deleted the questions, one row goes."""
    sheet = io.StringIO()
    csv.writer(sheet).writerows([QUALTRICS[0], *QUALTRICS[2:]])
    assert read_table(write("x.csv", sheet.getvalue()))["Q1"].tolist() == ["I feel sad", "I am glad"]


@pytest.mark.parametrize("cell", ["{}", '{"ImportId"', "ImportId", '["ImportId"]', '{"id": "ImportId"}'])
def test_answers_that_look_a_little_like_import_ids_stay(write, cell):
    """Only JSON with the key makes the row one of import ids, and every cell has to be so."""
    sheet = io.StringIO()
    csv.writer(sheet).writerows([["text", "b"], ["so sad", '{"ImportId":"x"}'], [cell, '{"ImportId":"x"}']])
    assert len(read_table(write("x.csv", sheet.getvalue()))) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}\n{"text": \n', r"x\.jsonl, line 2: wanted a JSON object on the line: Expecting value"),
        ('{"text": "a"}\n\n["b"]\n', r"""x\.jsonl, line 3: wanted an object such as .*, got a list"""),
        ('[{"text": "a"}]', r"x\.jsonl, line 1: wanted an object"),
        ('[\n{"text": "a"}\n]', r"line 1: .*an array, or JSON over several lines, isn't JSON Lines"),
        ("[" * 100_000, r"x\.jsonl, line 1: wanted a JSON object"),
    ],
)
def test_a_broken_line_of_json_is_named(write, content, message):
    """The line that is no JSON, no object, or nested beyond reason, is in the message."""
    with pytest.raises(InputError, match=message):
        read_table(write("x.jsonl", content))


def test_json_lines_need_not_have_the_same_keys(write):
    """A key that a line lacks is a missing cell; the columns are all keys, in the order they come."""
    corpus = corpus_from(read_table(write("x.jsonl", '{"text": "a b"}\n{"g": 1, "text": null}\n')), group="g")
    assert (corpus.text, corpus.group) == (("a b", ""), (None, "1"))


def test_half_a_surrogate_pair_becomes_a_question_mark(write):
    """JSON lets it through; no encoder does, so texts, ids and groups are cleaned of it."""
    line = json.dumps({"text": "so \ud83d sad", "g": "\ud83d", "i": "x\udc00"})
    corpus = corpus_from(read_table(write("x.jsonl", line)), group="g", id="i")
    assert (corpus.text, corpus.group, corpus.id) == (("so ? sad",), ("?",), ("x?",))
    assert as_corpus(["so \ud83d sad"]).text == ("so ? sad",)


def test_a_broken_parquet_file_is_named(write):
    """By its ending, or by how it starts."""
    with pytest.raises(InputError, match=r"x\.parquet can't be read as a Parquet file"):
        read_table(write("x.parquet", "text\nhello"))
    with pytest.raises(InputError, match=r"x\.bin can't be read as a Parquet file"):
        read_table(write("x.bin", b"PAR1 and then nothing"))


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
    with pytest.raises(InputError, match="'labels' holds values of type ndarray"):
        corpus_from(frame, text="labels")


def test_an_index_that_pandas_stored_is_a_column(tmp_path):
    """A frame whose ids are its index keeps them on the way through Parquet."""
    pd.DataFrame({"text": TEXTS}, index=pd.Index(["p", "q"], name="who")).to_parquet(tmp_path / "x.parquet")
    assert corpus_from(read_table(tmp_path / "x.parquet"), id="who").id == ("p", "q")


# Written in each way --------------------------------------------------------------------------------------------------

CELLS = st.text(alphabet="ab é,;\t\"'n7", max_size=8).filter(lambda cell: cell == cell.strip())
ROWS_OF_TEXTS = st.lists(
    st.tuples(st.integers(1, 99).map(str), CELLS.map("so {}".format), CELLS), min_size=1, max_size=5
)


def quoted(rows, separator):
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return sheet.getvalue()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS_OF_TEXTS,
    separator=st.sampled_from([(",", "csv"), (";", "csv"), ("\t", "tsv"), ("|", "csv")]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    is_told=st.booleans(),
    n_blank=st.integers(0, 2),
)
def test_a_table_is_the_same_however_it_is_written(tmp_path, rows, separator, encoding, newline, is_told, n_blank):
    """Separator, encoding, line ends, Excel's `sep=` and rows of blank cells say nothing about the texts."""
    cut, ending = separator
    header = ("id", "text", "group")
    blank = [("", "", "")] * n_blank
    content = f"sep={cut}\n" * is_told + quoted([header, *rows[:1], *blank, *rows[1:], *blank], cut)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content.replace("\n", newline).encode(encoding))
    frame = read_table(path)
    assert tuple(frame.columns) == header
    assert [tuple(row) for row in frame.itertuples(index=False)] == rows
    lines = "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows)
    (tmp_path / "a.jsonl").write_text(lines)
    assert read_table(tmp_path / "a.jsonl").equals(frame)
