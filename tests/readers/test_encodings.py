"""Encodings of people's own files: UTF-16 and Windows-1252 where they are certain, an error else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.encodings import decode_detected

WESTERN = [
    "text\nhello\ncafé crème, l'été où tout était triste\n",
    "text;g\r\nIch fühle mich schön traurig;a\r\nüber „alles“ – groß;b\r\n",
    "text\nI don’t know what to do… she said “yes”\n",
    "text\n¿por qué está triste el niño?\n",
    "text\nnão sei, é o coração\n",
    "text\nJeg er så rædselsslagen, øv\n",
    "text\nè così triste, perché più\n",
    "text\nit cost 5 €\n",
]


@pytest.mark.parametrize("text", WESTERN)
def test_windows_1252_is_read_and_told_where_its_letters_make_western_words(text):
    """Words of one Western European language: the text is the text, and a note says how it was read."""
    decoded, notes = decode_detected(text.encode("cp1252"), "x.csv")
    assert decoded == text
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("text\nPříliš žluťoučký kůň úpěl ďábelské ódy\n", "cp1250"),
        ("text\nnie wiem, co robić\nchcę do domu\n", "cp1250"),
        ("text\nNagyon szomorú vagyok, őszintén szólva\n", "cp1250"),
        ("text\nМне очень грустно сегодня\n", "cp1251"),
        ("text\nΕίμαι πολύ λυπημένος σήμερα\n", "cp1253"),
        ("text\nBugün çok üzgünüm, ağlıyorum şimdi\n", "cp1254"),
        ("text\ncafé crème, voilà l'été\n", "mac_roman"),
        ("text\nI don’t know\n", "mac_roman"),
        ("text\nIch fühle mich schön\n", "cp850"),
        ("text\n我今天很高兴\n", "gbk"),
        ("text\n今日はとても嬉しいです\n", "shift_jis"),
    ],
)
def test_other_encodings_are_an_error_with_the_line(text, encoding):
    """They could be read as Windows-1252, and would be nonsense: nothing is guessed."""
    with pytest.raises(InputError) as caught:
        decode_detected(text.encode(encoding), "x.csv")
    assert (caught.value.file, caught.value.row, caught.value.wanted) == ("x.csv", 2, "UTF-8")


def test_a_file_of_two_encodings_is_an_error_at_the_first_byte_that_does_not_fit():
    """UTF-8 with a line of Windows-1252 in it isn't read as either."""
    with pytest.raises(InputError) as caught:
        decode_detected("text\ncafé\n".encode() + "café\n".encode("cp1252"), "x.csv")
    assert caught.value.row == 3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_read_with_its_mark_and_without(encoding):
    """A mark is no text; without one, the null bytes beside Latin letters say which."""
    text = "text\nhällo there – 好\n"
    decoded, notes = decode_detected(text.encode(encoding), "x.csv")
    assert decoded == text
    assert len(notes) == 1


def test_utf16_that_breaks_off_is_an_error():
    """Half a character at the end."""
    with pytest.raises(InputError) as caught:
        decode_detected("text\nhello\n".encode("utf-16") + b"x", "x.csv")
    assert (caught.value.file, caught.value.got) == ("x.csv", "utf-16")


@given(st.text())
def test_utf8_is_never_taken_for_anything_else(text):
    """Any text in UTF-8 with a mark comes back as it is, without a note."""
    assert decode_detected(text.encode("utf-8-sig"), "x.csv") == (text, ())


@given(st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), min_size=1))
@settings(max_examples=40)
def test_what_is_read_as_windows_1252_is_what_was_written(text):
    """Whatever was written in it is either read back or an error, unless its bytes happen to be UTF-8."""
    data = text.encode("cp1252")
    try:
        decoded, notes = decode_detected(data, "x.csv")
    except InputError:
        return
    assert not notes or decoded == text or decoded.encode("utf-16-le") == data or decoded.encode("utf-16-be") == data
