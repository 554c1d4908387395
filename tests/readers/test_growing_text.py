"""Lines of a text that grows: each once it is complete."""

from __future__ import annotations

import itertools
import os
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.growing_text import CompleteLines, check_can_grow, file_chunks, stream_chunks


@given(text=st.text(st.characters(codec="utf-8"), max_size=60), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_chunks_may_be_cut_anywhere(text, cuts):
    """Within a character too: the lines are those of the whole."""
    data = text.encode()
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    lines = CompleteLines("x", [data[a:b] for a, b in itertools.pairwise(places)])
    *wanted, rest = text.split("\n")
    wanted = [line.removesuffix("\r") for line in wanted]
    if wanted:
        wanted[0] = wanted[0].removeprefix("\ufeff")
    assert list(lines) == list(enumerate(wanted, start=1))
    assert lines.rest.decode() == rest


def test_bytes_that_are_no_text_name_the_line():
    """And lines without an end are refused."""
    with pytest.raises(InputError) as caught:
        list(CompleteLines("x.txt", [b"1\n2\n\xff\n"]))
    assert (caught.value.file, caught.value.row) == ("x.txt", 3)
    with pytest.raises(InputError) as caught:
        list(CompleteLines("x.txt", (b"7" * (1 << 20) for _ in range(99))))
    assert caught.value.row == 1


def test_a_file_is_read_to_where_it_grows_to(tmp_path):
    """A thread adds to it; reading ends when nothing came for a while."""
    path = tmp_path / "x.txt"
    path.write_bytes(b"0\n")

    def grow():
        for i in range(1, 6):
            time.sleep(0.03)
            with path.open("ab") as file:
                file.write(f"{i}\n".encode())

    writer = threading.Thread(target=grow)
    writer.start()
    found = b"".join(file_chunks(path, idle_s=1.0))
    writer.join()
    assert found == b"0\n1\n2\n3\n4\n5\n"
    assert b"".join(file_chunks(path, idle_s=0)) == found


def test_a_pipe_ends_with_its_writer(tmp_path):
    """A named one, and an open descriptor."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"1\n2\n"))
    writer.start()
    assert b"".join(file_chunks(tmp_path / "pipe")) == b"1\n2\n"
    writer.join()
    reading, writing = os.pipe()
    os.write(writing, b"3\n")
    os.close(writing)
    assert b"".join(stream_chunks(reading)) == b"3\n"
    os.close(reading)


def cut(path):
    path.write_bytes(b"")


def replaced(path):
    path.with_suffix(".new").write_bytes(b"9\n" * 99)
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize("change", [cut, replaced])
def test_a_file_that_does_not_only_grow_is_refused(tmp_path, change):
    """What was read no longer stands there."""
    path = tmp_path / "x.txt"
    path.write_bytes(b"1\n2\n")
    chunks = file_chunks(path, idle_s=5)
    next(chunks)
    change(path)
    with pytest.raises(InputError) as caught:
        next(chunks)
    assert caught.value.file == "x.txt"


def test_what_is_not_there_is_refused(tmp_path):
    """So is a folder."""
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(InputError):
            check_can_grow(path)
    with pytest.raises(InputError):
        list(file_chunks(tmp_path / "absent"))
