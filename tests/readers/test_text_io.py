"""Text files of bounded size, in UTF-8."""

from __future__ import annotations

import pytest

from emotopy.errors import InputError
from emotopy.readers.text_io import read_text


def test_a_mark_at_the_start_and_windows_line_ends_are_no_text(write):
    """The byte-order mark goes, line ends become plain; a lone carriage return is a character."""
    assert read_text(write("x.txt", b"\xef\xbb\xbfone\r\ntwo\rtwo\n")) == "one\ntwo\rtwo\n"


def test_files_that_cannot_be_read_are_named(write, tmp_path):
    """Absent, too large, and of another encoding, which names line and byte."""
    with pytest.raises(InputError, match=r"gone\.txt can't be read: No such file"):
        read_text(tmp_path / "gone.txt")
    with pytest.raises(InputError, match=r"x\.txt: wanted a file of up to 4 bytes, got a larger one"):
        read_text(write("x.txt", "fives"), most_bytes=4)
    assert read_text(write("x.txt", "four"), most_bytes=4) == "four"
    with pytest.raises(InputError, match=r"x\.txt, line 2: byte 0xe9 is not UTF-8"):
        read_text(write("x.txt", b"one\ncaf\xe9\n"))
