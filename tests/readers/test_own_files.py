"""Chats and transcripts of one's own as tables."""

from __future__ import annotations

import pandas as pd
import pytest

from emotopy.errors import InputError
from emotopy.readers.confidential import is_confidential
from emotopy.readers.own_files import load_chat, load_transcript
from emotopy.records.dataset_info import left_out_of, notes_of


def test_a_chat_is_a_confidential_table_of_who_wrote_what_and_when(write):
    """Four columns; what was left out is counted, what was assumed noted."""
    file = write("x.txt", "31.12.24, 23:59 - Anna: so happy\n31.12.24, 23:59 - Bob: <Media omitted>\n")
    frame = load_chat(file)
    assert list(frame.columns) == ["id", "time", "speaker", "text"]
    assert frame["time"][0] == pd.Timestamp("2024-12-31 23:59")
    assert is_confidential(frame)
    assert [one.what for one in left_out_of(frame)] == ["1 media without text"]
    assert len(notes_of(frame)) == 1


def test_a_transcript_is_a_confidential_table_of_who_said_what_and_when(write):
    """Seconds as numbers; without times or speakers their column is missing all through."""
    frame = load_transcript(write("x.txt", "[0:01] Anna: so happy\n[0:02.5] Bob: (laughs)\n[1:00:00] Bob: me too\n"))
    assert list(frame.columns) == ["id", "time", "speaker", "text"]
    assert frame["time"].tolist() == [1.0, 3600.0]
    assert frame["speaker"].tolist() == ["Anna", "Bob"]
    assert is_confidential(frame)
    assert len(left_out_of(frame)) == 1
    frame = load_transcript(write("y.txt", "Anna: a\nBob: b\n"))
    assert frame["time"].isna().all()
    frame = load_transcript(write("z.srt", "1\n00:00:01,000 --> 00:00:02,000\nhello\n"))
    assert frame["speaker"].isna().all()


@pytest.mark.parametrize("load", [load_chat, load_transcript])
def test_a_file_that_is_absent_is_named(tmp_path, load):
    """The system's word for it is passed on."""
    with pytest.raises(InputError) as caught:
        load(tmp_path / "gone.txt")
    assert caught.value.file == "gone.txt"
