"""Tables with times: headers, units, rows without words or times; JSON of aligners."""

from __future__ import annotations

import json

import pytest

from emotopy.errors import InputError
from emotopy.readers.narratives import read_narrative

pytestmark = pytest.mark.usefixtures("flags")


@pytest.fixture
def read(write):
    """Read a story; return (text, onset, offset) of each piece, and the narrative."""

    def pieces(name, content, **options):
        narrative = read_narrative(write(name, content), **options)
        return [(word.text, word.onset_s, word.offset_s) for word in narrative.words], narrative

    return pieces


WE_CRIED = [("we", 0.5, 0.9), ("cried", 0.9, 1.4), ("then", 2.0, 2.4)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "we,0.5,0.9\ncried,0.9,1.4\nthen,2.0,2.4\n"),
        ("a.csv", "0.5,0.9,we\n0.9,1.4,cried\n2.0,2.4,then\n"),
        ("a.csv", "0.5,0.4,we\n0.9,0.5,cried\n2.0,0.4,then\n"),
        ("a.csv", "0,0.5,0.9,we\n1,0.9,1.4,cried\n2,2.0,2.4,then\n"),
        ("a.csv", "we;0.5;0.9\ncried;0.9;1.4\nthen;2.0;2.4\n"),
        ("a.tsv", "0.5\t0.9\twe\n\n0.9\t1.4\tcried\n\t\t\n2.0\t2.4\tthen\n"),
        ("a.csv", "f1,0:00:00.5,0:00:00.9,we\nf2,0:00:00.9,0:00:01.4,cried\nf3,0:00:02.0,0:00:02.4,then\n"),
        ("a.csv", "end,end,0.1,0.2\nwe,we,0.5,0.9\ncried,cried,0.9,1.4\nthen,then,2.0,2.4\n"),
    ],
)
def test_tables_without_a_header_are_read_where_their_columns_leave_no_doubt(read, name, content):
    """Text before or behind the times, ends or durations, an identifier in front; a note tells the columns."""
    said, narrative = read(name, content)
    said = [(text, round(onset, 6), round(offset, 6)) for text, onset, offset in said if text != "end"]
    assert said == WE_CRIED
    assert any("no header" in note for note in narrative.notes)


@pytest.mark.parametrize(
    "content",
    [
        "we,0.5,0.4\n",  # one row: an end or a duration
        "0.0,0.5,we\n0.5,0.9,cried\n",  # both fit
        "0.5,0.9,0.4,we\n0.9,1.4,0.5,cried\n",  # three columns of numbers
        "we,0.5\ncried,0.9\n",  # no end
        "2.0,2.4,then\n0.5,0.9,we\n",  # out of order
        "we,I,0.5,0.9,x\ncried,I,0.9,1.4,y\n",  # text on both sides
    ],
)
def test_a_missing_header_is_named_where_there_is_a_doubt(read, content):
    """The error says what is missing, not which column it isn't."""
    with pytest.raises(InputError) as caught:
        read("a.csv", content)
    assert "header" in caught.value.wanted
    assert "we" not in str(caught.value).split()


def test_a_header_with_other_names_is_a_header(read):
    """It is told which columns there are."""
    with pytest.raises(InputError) as caught:
        read("a.csv", "moment,until,said\n0,1,a\n1,2,b\n")
    assert "moment" in caught.value.got


def test_blank_rows_are_no_rows(read):
    """As spreadsheets write them; rows keep their numbers."""
    assert read("a.csv", "onset,offset,word\n0.5,0.9,we\n,,\n0.9,1.4,cried\n,,\n,,\n")[0] == WE_CRIED[:2]
    with pytest.raises(InputError) as caught:
        read("a.csv", "onset,offset,word\n0.5,0.9,we\n,,\nx,1.4,cried\n")
    assert (caught.value.row, caught.value.column) == (3, "onset")


def test_words_without_times_are_counted(read):
    """By any mark of a missing number."""
    rows = "0.5,0.9,we\n,,zyx\nNaN,n/a,xyz\n,,[noise]\n,,sp\n0.9,1.4,cried\n"
    said, narrative = read("a.csv", f"onset,offset,word\n{rows}")
    assert said == WE_CRIED[:2]
    assert "2 rows" in narrative.notes[0]
    with pytest.raises(InputError):
        read("a.csv", "onset,offset,word\n,,zyx\n")


LONG = "".join(f"{i * 2000}{{0}}{i * 2000 + 1500}{{0}}so we cried\n" for i in range(5))
HOURS = "".join(f"{i * 1000}{{0}}{i * 1000 + 1000}{{0}}{'so we cried and laughed ' * 40}\n" for i in range(5))


def test_milliseconds_are_asked_for_where_they_are_not_certain(read):
    """Three words in 1,500 s are no speech; `time_unit` settles it, either way."""
    content = "onset\toffset\tword\n" + LONG.format("\t")
    with pytest.raises(InputError) as caught:
        read("a.tsv", content)
    assert "--time-unit ms" in caught.value.advice
    assert read("a.tsv", content, time_unit="ms")[0][1] == ("so we cried", 2.0, 3.5)
    assert read("a.tsv", content, time_unit="s")[0][1] == ("so we cried", 2000.0, 3500.0)


def test_milliseconds_are_read_where_the_file_is_whispers(read):
    """Whole numbers under start and end, and only if seconds make no speech of it."""
    assert read("a.tsv", "start\tend\ttext\n" + LONG.format("\t"))[0][1] == ("so we cried", 2.0, 3.5)
    assert read("a.tsv", "start\tend\ttext\n" + HOURS.format("\t"))[1].end_s == 5000
    with pytest.raises(InputError) as caught:
        read("a.tsv", "start\tend\ttext\n" + LONG.format("\t").replace("00\t", "00.5\t"))
    assert "--time-unit ms" in caught.value.advice


def test_other_units_are_asked_for_too(read):
    """Times that are neither seconds nor milliseconds: 100 ns of HTK."""
    rows = "".join(f"{i * 20_000_000}\t{i * 20_000_000 + 15_000_000}\twe\n" for i in range(5))
    with pytest.raises(InputError) as caught:
        read("a.tsv", f"start\tend\ttext\n{rows}")
    assert "ms" not in caught.value.advice.split("--time-unit")[1].split()


def test_a_name_with_a_unit_decides(read):
    """Whatever `time_unit` says."""
    content = "start_ms,end_ms,text\n500,900,we\n900,1400,cried\n2000,2400,then\n"
    assert read("a.csv", content)[0] == WE_CRIED
    assert read("a.csv", content, time_unit="s")[0] == WE_CRIED


def test_a_unit_is_of_tables_alone(read):
    """Other forms say theirs."""
    with pytest.raises(InputError) as caught:
        read("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nhi\n", time_unit="ms")
    assert "--time-unit ms" in caught.value.got


def test_columns_of_elan(read):
    """Times twice, of the clock and in seconds; the clock's are read."""
    header = "Tier\tBegin Time - hh:mm:ss.ms\tBegin Time - ss.msec\tEnd Time - hh:mm:ss.ms\tEnd Time - ss.msec\ttext\n"
    content = (
        header + "anna\t00:00:00.500\t0.5\t00:00:00.900\t0.9\twe\nanna\t00:00:00.900\t0.9\t00:00:01.400\t1.4\tcried\n"
    )
    said, narrative = read("a.txt", content)
    assert said == WE_CRIED[:2]
    assert [word.speaker for word in narrative.words] == ["anna", "anna"]


def test_decimal_commas(read):
    """Between semicolons; where each has three decimals they may be thousands, and the error says which cell."""
    said, narrative = read("a.csv", "onset;offset;word\n0,5;0,9;we\n0,9;1,4;cried\n2;2,4;then\n")
    assert said == WE_CRIED
    assert any("comma" in note for note in narrative.notes)
    with pytest.raises(InputError) as caught:
        read("a.csv", "onset;offset;word\n1,500;1,900;we\n")
    assert (caught.value.row, caught.value.column) == (1, "onset")


def test_times_of_the_clock_that_may_be_others_are_errors(read):
    """Frames, and hours or minutes."""
    for time in ("00:00:01:12", "1:20"):
        with pytest.raises(InputError) as caught:
            read("a.csv", f"start,end,text\n{time},00:00:09.5,we\n")
        assert caught.value.column == "start"


def test_rows_of_other_kinds_are_left_out(read):
    """Phones beside words, in Praat's table too; a note counts them."""
    said, narrative = read(
        "a.tsv", "tmin\ttier\ttext\ttmax\n0.5\twords\twe\t0.9\n0.5\tphones\tW\t0.7\n0.9\twords\tcried\t1.4\n"
    )
    assert said == WE_CRIED[:2]
    assert "1 row" in narrative.notes[0]
    assert [word.speaker for word in narrative.words] == ["", ""]


def test_markers_in_tables(read):
    """A word a row with silence is an aligner's; without, and in sentences, bare labels are words."""
    said, narrative = read("a.csv", "onset,offset,word\n0,1,we\n1,2,sp\n2,3,br\n3,4,laughter\n4,5,{LG}\n")
    assert [text for text, _, _ in said] == ["we", "laughter"]
    assert "2 labels" in narrative.notes[0]
    assert [text for text, _, _ in read("a.csv", "onset,offset,word\n0,1,we\n2,3,br\n")[0]] == ["we", "br"]
    assert read("a.csv", "onset,offset,text\n0,1,[laughter] we cried\n2,3,so br it is\n")[0][0][0] == "we cried"


def test_speakers_of_a_table(read):
    """A column of names; one of numbers may count characters."""
    _, narrative = read("a.csv", "onset,offset,speaker,text\n0,1,Anna,we\n1,2,n/a,cried\n")
    assert [word.speaker for word in narrative.words] == ["Anna", ""]
    _, narrative = read("a.csv", "onset,offset,char,text\n0,1,2,we\n1,2,5,cried\n")
    assert [word.speaker for word in narrative.words] == ["", ""]


def test_a_table_of_very_many_columns_is_refused_at_once(read):
    """It holds no story."""
    with pytest.raises(InputError):
        read("a.csv", "," * 100_000)


def test_ctm(read):
    """Comments and blank lines are no words; markers are an aligner's; errors name the line."""
    assert read("a.ctm", ";; so it is\nr 1 0.5 0.4 we 0.9\n\nr 1 0.9 0.5 cried\nr 1 1.4 0.5 sil\n")[0] == WE_CRIED[:2]
    for content, line in (("r 1 0.5 0.4 we\nr 1 x 0.4 we\n", 2), ("r 1 0.5 we\n", 1)):
        with pytest.raises(InputError) as caught:
            read("a.ctm", content)
        assert caught.value.row == line
    with pytest.raises(InputError):
        read("a.ctm", "r 1 0.5 0.4 we\nq 1 0.9 0.4 we\n")


@pytest.mark.parametrize(
    "found",
    [
        [],
        {},
        3,
        {"segments": []},
        {"segments": [1]},
        {"segments": [{"start": 0, "end": 1}]},
        {"segments": [{"start": True, "end": 1, "text": "a"}]},
        {"segments": [{"start": "x", "end": 1, "text": "a"}]},
        {"words": [{"word": ["a", 1], "start": 0, "end": 1}]},
        {"tiers": {"words": {"entries": [[0, 1]]}}},
        {"tiers": {"phones": {"entries": []}}},
        {"transcription": [3]},
    ],
)
def test_json_of_another_form_is_an_error(read, found):
    """It says what was wanted, and quotes nothing."""
    with pytest.raises(InputError) as caught:
        read("a.json", json.dumps(found))
    assert caught.value.file == "a.json"


def test_json_that_is_none_is_an_error(read):
    """Broken, or nested without end."""
    for content in ('{"segments": [', "[" * 100_000):
        with pytest.raises(InputError) as caught:
            read("a.json", content)
        assert caught.value.wanted


def test_segments_are_read_where_words_have_no_times(read):
    """Words of one segment only, or without any time, are no story of words; speakers of segments are their words'."""
    segments = [
        {"start": 0, "end": 1, "text": " we", "words": [{"word": "we"}]},
        {"start": 1, "end": 2, "text": " cried"},
    ]
    assert read("a.json", json.dumps({"segments": segments}))[0] == [("we", 0, 1), ("cried", 1, 2)]
    word = {"word": "we", "start": 0.5, "end": 0.9}
    _, narrative = read(
        "a.json", json.dumps({"segments": [{"start": 0, "end": 1, "text": "we", "speaker": "A", "words": [word]}]})
    )
    assert [word.speaker for word in narrative.words] == ["A"]
