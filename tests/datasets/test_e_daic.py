"""E-DAIC in its official layout."""

from __future__ import annotations

import pytest

from emotopy.errors import InputError
from emotopy.readers.confidential import is_confidential
from emotopy.records.dataset_info import left_out_of, notes_of
from emotopy_plugins.datasets.e_daic import EDaicDataset

HEADER = "Start_Time,End_Time,Text,Confidence\n"
LABELS = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"


@pytest.fixture
def folder(tmp_path, write):
    """Sessions 300, 600 and 601 below data/, labels below labels/."""
    write("data/300_P/300_Transcript.csv", HEADER + '14.3,15.1,"so I\'m, well, fine",0.93\n16,17,,0.1\n')
    write("data/600_P/600_Transcript.csv", HEADER + "1,2,I can't sleep,0.8\n3,9,not at all,0.7\n")
    write("labels/train_split.csv", LABELS + "300,male,0,2,0,28.0\n")
    write("labels/test_split.csv", LABELS + "600,female,1,17,1,60.0\n601,female,0,4,0,20.0\n")
    return tmp_path


def test_a_row_per_line_with_labels(folder):
    """Text in quotes is read as CSV; groups, gender and split come from the labels; it is confidential."""
    frame = EDaicDataset().load(folder)
    assert frame[["id", "text", "group", "phq8", "gender", "split", "speaker"]].to_numpy().tolist() == [
        ["300-0001", "so I'm, well, fine", "healthy", 2, "male", "train", "participant"],
        ["600-0001", "I can't sleep", "depressed", 17, "female", "test", "participant"],
        ["600-0002", "not at all", "depressed", 17, "female", "test", "participant"],
    ]
    assert [str(one) for one in left_out_of(frame)] == ["601: no transcript"]
    assert "name no speaker" in notes_of(frame)[0]
    assert is_confidential(frame)


def test_interviews_join_all_lines(folder):
    """A row per participant, from the first start to the last end."""
    frame = EDaicDataset(unit_text="interview").load(folder)
    assert frame["text"].tolist() == ["so I'm, well, fine", "I can't sleep not at all"]
    assert frame[["start_s", "stop_s"]].to_numpy().tolist() == [[14.3, 15.1], [1.0, 9.0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "start_time\tstop_time\tspeaker\tvalue\n1\t2\tEllie\thi\n",
            r"300_Transcript\.csv: wanted columns separated by",
        ),
        (
            "a,b\n1,2\n",
            r"wanted the columns Start_Time, End_Time, Text, Confidence, missing: start_time, end_time, text",
        ),
        (HEADER + "1,late,hi,1\n", r"column 'end_time', row 1: wanted a number, got 'late'"),
    ],
)
def test_damaged_transcripts_name_the_file(folder, write, content, message):
    """Another form, and times that are none."""
    write("data/300_P/300_Transcript.csv", content)
    with pytest.raises(InputError, match=message):
        EDaicDataset().load(folder)


def test_an_empty_transcript_leaves_the_participant_out(folder, write):
    """It holds no words, which the list says."""
    write("data/300_P/300_Transcript.csv", "")
    frame = EDaicDataset().load(folder)
    assert str(left_out_of(frame)[0]) == "300: 300_Transcript.csv contains no words of the requested speakers"
    assert set(frame["participant"]) == {"600"}
