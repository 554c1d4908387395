"""Reading a file up to a bound: what it claims of memory follows the file, not the bound."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import pytest

from emotopy.errors import InputError
from emotopy.readers.text_io import read_bounded


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_files_up_to_the_bound_are_read_whole(tmp_path, size):
    file = tmp_path / "x"
    file.write_bytes(b"a" * size)
    assert read_bounded(file, 10) == b"a" * size


def test_a_larger_file_is_refused(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"a" * 11)
    with pytest.raises(InputError):
        read_bounded(file, 10)


def test_a_pipe_is_read_to_its_end(tmp_path):
    """Its size says nothing."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"ab" * 1_500_000,))
    writer.start()
    assert read_bounded(pipe, 1 << 30) == b"ab" * 1_500_000
    writer.join()


def test_a_small_file_is_read_with_little_memory_left(tmp_path):
    """A limit of the process below the bound is no reason to fail."""
    file = tmp_path / "x"
    file.write_bytes(b"few")
    usual = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (256 << 20), usual[1]))
    try:
        assert read_bounded(file, 1 << 40) == b"few"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, usual)
