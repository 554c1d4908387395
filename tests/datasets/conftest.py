"""Small folders in the official layouts."""

from __future__ import annotations

import pytest

HEADER = "start_time\tstop_time\tspeaker\tvalue"
TRAIN = "train_split_Depression_AVEC2017.csv"
DEV = "dev_split_Depression_AVEC2017.csv"
ITEMS = "PHQ8_NoInterest,PHQ8_Depressed"


def transcript(*turns: tuple[object, ...]) -> str:
    """Lines of a DAIC-WOZ transcript: (start, stop, speaker, value)."""
    return "\n".join([HEADER, *("\t".join(map(str, turn)) for turn in turns)]) + "\n"


@pytest.fixture
def woz(tmp_path, write):
    """A folder of DAIC-WOZ: sessions 300, 302, 303, 409 with labels in train, dev and full_test."""
    write(
        "300_P/300_TRANSCRIPT.csv",
        transcript(
            (36.5, 39.6, "Ellie", "hi i'm ellie thanks for coming in today"),
            (39.8, 41.2, "Participant", "<synch>"),
            (62.3, 63.1, "Participant", "good <laughter>"),
            (68.9, 69.4, "Ellie", "where are you from originally"),
            (70.0, 72.5, "Participant", "atlanta georgia people <peop> say xxx its nice"),
            (73.0, 74.0, "Participant", ""),
        ),
    )
    write("302_P/302_TRANSCRIPT.csv", transcript((4.1, 5.2, "Participant", "i feel fine")))
    write("303_P/303_TRANSCRIPT.csv", transcript((1.0, 2.0, "Participant", "i was so scared [scrubbed_entry]")))
    write(
        "409_P/409_TRANSCRIPT.csv",
        transcript(
            (1.0, 2.0, "Ellie", "how_doingV (so how are you doing today)"),
            (2.5, 4.0, "Participant", "not so well"),
        ),
    )
    write(TRAIN, f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,{ITEMS}\n303,0,0,0,0,0\n409,0,10,1,2,1\n")
    write(DEV, f"Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,{ITEMS}\n302,0,4,1,0,1\n")
    write("full_test_split.csv", "Participant_ID,PHQ_Binary,PHQ_Score,Gender\n300,1,20,1\n")
    write("test_split_Depression_AVEC2017.csv", "participant_ID,Gender\n300,1\n")
    return tmp_path
