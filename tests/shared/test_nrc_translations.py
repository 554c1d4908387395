"""NRC's translated lists, in the layouts of its downloads; words and flags are made up."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError, UnknownName
from emotopy_plugins.shared import nrc_files, nrc_translations
from emotopy_plugins.shared.nrc_layouts import AFFECTS, read_table
from emotopy_plugins.shared.nrc_translations import NAMES, UNSPACED, check_language, read_words_in

ORDER = ["anger", "anticipation", "disgust", "fear", "joy", "negative", "positive", "sadness", "surprise", "trust"]
ENTRIES = [
    ("glum", {"sadness", "negative"}, "trübe", "sombrío"),
    ("murky", {"fear"}, "Trübe", "turbio"),
    ("jolly", {"joy", "positive", "trust"}, "fröhlich", "alegre"),
    ("aboard", set(), "an Bord", "a bordo"),
    ("blank", {"surprise"}, "", "vacío"),
]


def flags(affects):
    return [str(int(affect in affects)) for affect in ORDER]


def one_language():
    """OneFilePerLanguage/German-NRC-EmoLex.txt"""
    rows = [[english, *flags(affects), german] for english, affects, german, _ in ENTRIES]
    return lines([["English Word", *ORDER, "German Word"], *rows])


def all_languages():
    """NRC-Emotion-Lexicon-ForVariousLanguages.txt"""
    rows = [[english, *flags(affects), german, spanish] for english, affects, german, spanish in ENTRIES]
    return lines([["English Word", *ORDER, "German", "Spanish"], *rows])


def lines(rows):
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def workbook():
    """NRC-Emotion-Lexicon-v0.92-In105Languages-Nov2017Translations.xlsx"""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "NRC-Lex-v0.92-word-translations"
    titles = ["Positive", "Negative", "Anger", "Anticipation", "Disgust", "Fear", "Joy", "Sadness", "Surprise", "Trust"]
    sheet.append(["English (en)", "German (de)", "Hebrew (iw)", "Spanish (es)", *titles])
    for english, affects, german, spanish in ENTRIES:
        sheet.append([english, german or None, "מילה", spanish, *(int(t.lower() in affects) for t in titles)])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def older_text():
    """The header of downloads before 2017."""
    return all_languages().replace(b"\tGerman\t", b"\tGerman Translation (Google Translate)\t", 1)


LAYOUTS = {"one language": one_language, "all": all_languages, "workbook": workbook, "older": older_text}


@pytest.fixture
def written(tmp_path):
    def write(content: bytes):
        path = tmp_path / "list.dat"  # the content says what it is, not the name
        path.write_bytes(content)
        return path

    return write


def read(path, language="de"):
    told = []
    return read_words_in(language, path, told.append), told


def affects_of(words, word):
    return {affect for affect, score in zip(words.emotions, words.scores[words.rows[word]], strict=True) if score}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_the_downloads_is_read(layout, written):
    """Words in small letters, their flags by the header; empty translations are left out; merged entries are told."""
    words, told = read(written(LAYOUTS[layout]()))
    assert (words.format, words.emotions) == ("emolex", AFFECTS)
    assert list(words.rows) == ["trübe", "fröhlich", "an bord"]
    assert affects_of(words, "fröhlich") == {"joy", "positive", "trust"}
    assert affects_of(words, "trübe") == {"sadness", "negative", "fear"}
    assert affects_of(words, "an bord") == set()
    assert len(told) == 1


def test_the_column_is_the_language_s(written):
    """Other columns of the same file give other words, English too; nothing is told where none share a translation."""
    spanish, told = read(written(all_languages()), "es")
    assert list(spanish.rows) == ["sombrío", "turbio", "alegre", "a bordo", "vacío"]
    assert not told
    english, _ = read(written(all_languages()), "en")
    assert affects_of(english, "blank") == {"surprise"}
    hebrew, _ = read(written(workbook()), "he")
    assert list(hebrew.rows) == ["מילה"]


def test_chinese_columns_are_told_apart():
    """Traditional and simplified, as the text files and the workbook call them."""
    for title in ("Chinese-Simplified", "Chinese (simplified) (zh-CN)", "Chinese-Simplified Word"):
        titles = ["English Word", "Chinese-Traditional", title]
        assert nrc_translations._column_of("list", titles, "zh") == 2
        assert nrc_translations._column_of("list", titles, "zh-tw") == 1


def test_another_layout_is_read_as_ever(written):
    """A list of one's own in the other language, word by word, is read as an English one would be."""
    words, _ = read(written("fröhlich\tjoy\t1\ntraurig\tsadness\t1\n".encode()))
    assert affects_of(words, "traurig") == {"sadness"}


@given(
    st.lists(st.tuples(st.sampled_from(["eins", "Eins", "zwei", "DREI"]), st.sets(st.sampled_from(ORDER))), min_size=1)
)
def test_a_word_has_the_strongest_score_of_its_entries(entries):
    """Whatever the order, a word's emotions are those of all its English words together."""
    header = ["English Word", *ORDER, "German Word"]
    rows = [[f"w{i}", *flags(affects), word] for i, (word, affects) in enumerate(entries)]
    found = read_table("list", list(enumerate([header, *rows], start=1)), column=lambda _, titles: len(titles) - 1)
    assert found.format == "emolex"
    for word, scores in found.scores.items():
        wanted = set().union(*(a for w, a in entries if w.lower() == word))
        assert scores == [float(affect in wanted) for affect in AFFECTS]


def test_a_language_without_a_column_is_refused(written):
    """The error names the file, what was wanted and what there is."""
    with pytest.raises(InputError) as caught:
        read(written(one_language()), "es")
    error = caught.value
    assert (error.file, error.wanted) == ("list.dat", "a column in Spanish")
    assert "German Word" in error.got
    assert error.advice


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (b"1\tfr\xc3\xb6hlich", b"2\tfr\xc3\xb6hlich", "trust"),
        (b"jolly\t0\t", b"jolly\tyes\t", "anger"),
        (b"jolly\t0\t", b"jolly\t", None),
    ],
)
def test_a_damaged_row_is_named(old, new, column, written):
    """A flag that is none, or a row of another width, is an error that says where."""
    assert old in one_language()
    with pytest.raises(InputError) as caught:
        read(written(one_language().replace(old, new)))
    assert (caught.value.file, caught.value.row, caught.value.column) == ("list.dat", 3, column)


def test_a_table_without_an_affect_is_refused(tmp_path):
    """A workbook that is another one of the download lacks columns, and the error says which."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["English (en)", "German (de)"])
    book.active.append(["glum", "trübe"])
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "other.xlsx")
    assert (caught.value.file, caught.value.column) == ("other.xlsx", AFFECTS[0])


def test_an_empty_column_is_refused(written):
    """A language that has a title and no words is an error."""
    with pytest.raises(InputError) as caught:
        read(written(lines([["English Word", *ORDER, "German Word"], ["glum", *flags(set()), ""]])))
    assert caught.value.column == "German Word"


def test_a_file_too_large_is_not_read(written, monkeypatch):
    """Reading is bounded."""
    monkeypatch.setattr(nrc_files, "MAX_BYTES", 100)
    with pytest.raises(InputError) as caught:
        read(written(one_language()))
    assert caught.value.file == "list.dat"


def test_codes_of_languages():
    """Codes come in any case, old ones count; unknown ones name the choices, unspaced scripts say why not."""
    assert [check_language(code) for code in ("DE", "iw", " es ", "nb")] == ["de", "he", "es", "no"]
    with pytest.raises(UnknownName) as unknown:
        check_language("klingon")
    assert set(unknown.value.choices) == set(NAMES)
    for code in UNSPACED:
        with pytest.raises(ConfigError) as caught:
            check_language(code)
        assert caught.value.path == "intensity_scorer.language"
