"""DAIC-WOZ in its official layout: whose words, which groups, what is left out."""

from __future__ import annotations

import pytest

from emotopy.errors import ConfigError, InputError
from emotopy.readers.confidential import is_confidential
from emotopy.records.dataset_info import left_out_of, notes_of
from emotopy_plugins.datasets.daic_woz import DaicWozDataset

TRANSCRIPT = "start_time\tstop_time\tspeaker\tvalue\n"


def test_a_row_per_turn_of_the_participant(woz):
    """Words without comments, groups by PHQ-8 ≥ 10, splits by file; the interviewer isn't there; it is confidential."""
    frame = DaicWozDataset().load(woz)
    assert frame[["id", "participant", "text", "group", "phq8", "gender", "split"]].to_numpy().tolist() == [
        ["300-0001", "300", "good", "depressed", 20, "1", "test"],
        ["300-0002", "300", "atlanta georgia people say its nice", "depressed", 20, "1", "test"],
        ["302-0001", "302", "i feel fine", "healthy", 4, "1", "dev"],
        ["303-0001", "303", "i was so scared", "healthy", 0, "0", "train"],
        ["409-0001", "409", "not so well", "depressed", 10, "1", "train"],
    ]
    assert set(frame["speaker"]) == {"participant"}
    assert frame["start_s"].tolist() == [62.3, 70.0, 4.1, 1.0, 2.5]
    assert frame["stop_s"].tolist() == [63.1, 72.5, 5.2, 2.0, 4.0]
    assert frame["n_words"].tolist() == [1, 6, 3, 4, 3]
    assert is_confidential(frame)


def test_a_binary_label_that_contradicts_the_score_is_told(woz):
    """Participant 409 has PHQ8_Binary 0 and a score of 10 in the published file: depressed, and a note says so."""
    frame = DaicWozDataset().load(woz)
    assert frame.set_index("participant").loc["409", "group"] == "depressed"
    (note,) = [note for note in notes_of(frame) if "409" in note]
    assert "PHQ8_Binary 0 but a PHQ-8 of 10 (a known error of the published file); the score is used" in note
    assert "2 turns contain only transcribers' comments and are left out." in notes_of(frame)


def test_missing_transcripts_and_labels_are_listed(woz, write):
    """Who lacks a transcript, a label or a score stands in the list with the reason; the others are there."""
    (woz / "302_P" / "302_TRANSCRIPT.csv").unlink()
    write("305_P/305_TRANSCRIPT.csv", TRANSCRIPT + "1\t2\tParticipant\thello\n")
    write("306_P/306_TRANSCRIPT.csv", "")
    (woz / "full_test_split.csv").unlink()
    with (woz / "train_split_Depression_AVEC2017.csv").open("a") as file:
        file.write("306,0,1,0,0,0\n")
    frame = DaicWozDataset().load(woz)
    files = "train_split_Depression_AVEC2017.csv, dev_split_Depression_AVEC2017.csv, "
    assert [str(one) for one in left_out_of(frame)] == [
        "300: no PHQ-8 score in test_split_Depression_AVEC2017.csv",
        "302: no transcript",
        f"305: not in the label files ({files}test_split_Depression_AVEC2017.csv)",
        "306: 306_TRANSCRIPT.csv contains no words of the requested speakers",
    ]
    assert sorted(set(frame["participant"])) == ["303", "409"]


def test_nobody_left_is_an_error(woz):
    """Labels and transcripts that don't meet: the first participant left out is named."""
    for name in ("302", "303", "409"):
        (woz / f"{name}_P" / f"{name}_TRANSCRIPT.csv").unlink()
    (woz / "full_test_split.csv").unlink()
    with pytest.raises(InputError, match="DAIC-WOZ: no participant has both words and a PHQ-8 score; the first: 300"):
        DaicWozDataset().load(woz)


def test_both_speakers_and_the_interviewer_only_on_request(woz):
    """Prompts lose their names, a note warns of them; asked for alone, who has none is listed."""
    both = DaicWozDataset(speakers="both").load(woz)
    asked = both[both["speaker"] == "interviewer"]
    assert asked["text"].tolist()[-1] == "so how are you doing today"
    assert len(both) == len(DaicWozDataset().load(woz)) + 3
    assert any("whose questions depend on the diagnosis" in note for note in notes_of(both))
    alone = DaicWozDataset(speakers="interviewer").load(woz)
    assert alone["participant"].tolist() == ["300", "300", "409"]
    assert [one.what for one in left_out_of(alone)] == ["302", "303"]
    assert both["id"].is_unique


@pytest.mark.parametrize(("unit_text", "n_rows"), [("turn", 5), ("chunk", 4), ("interview", 4)])
def test_rows_are_turns_chunks_or_interviews(woz, unit_text, n_rows):
    """Nothing is lost between the units: all words of a participant stand in each, in order."""
    frame = DaicWozDataset(unit_text=unit_text).load(woz)
    assert len(frame) == n_rows
    words = frame.groupby("participant")["text"].agg(" ".join)
    assert words["300"] == "good atlanta georgia people say its nice"
    assert frame["id"].is_unique


def test_interruptions_and_known_sessions_are_told(woz, write):
    """Turns within a documented interruption are left out and counted; mistimed and silent sessions have a note."""
    write(
        "373_P/373_TRANSCRIPT.csv",
        TRANSCRIPT
        + "340\t351\tParticipant\tbefore\n345\t353\tParticipant\tinto it\n400\t410\tParticipant\tduring\n"
        + "421\t425\tParticipant\tafter\n",
    )
    write("451_P/451_TRANSCRIPT.csv", TRANSCRIPT + "1\t2\tParticipant\tyes\n")
    write("318_P/318_TRANSCRIPT.csv", TRANSCRIPT + "1\t2\tParticipant\tno\n")
    with (woz / "dev_split_Depression_AVEC2017.csv").open("a") as file:
        file.write("373,0,2,1,0,0\n451,0,3,1,0,0\n318,0,1,0,0,0\n")
    frame = DaicWozDataset(speakers="both").load(woz)
    assert frame.loc[frame["participant"] == "373", "text"].tolist() == ["before", "after"]
    (one,) = left_out_of(frame)
    assert str(one) == "373, 2 turns: within the documented interruption from 352 to 420 s"
    notes = " ".join(notes_of(frame))
    assert "The transcripts of 451 lack the interviewer's turns (documentation)." in notes
    assert "start_s and stop_s of 318 are known not to match the audio" in notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\n", r"300_TRANSCRIPT\.csv: wanted the columns start_time, stop_time, speaker, value"),
        ("Start_Time,End_Time,Text,Confidence\n1,2,hi,0.9\n", "if this is E-DAIC"),
        (TRANSCRIPT + "x\t2\tParticipant\thi\n", r"column 'start_time', row 1: wanted a number, got 'x'"),
        (TRANSCRIPT + "1\t2\tEllie\thi\n1\t2\tBob\thi\n", r"row 2: wanted the speaker Ellie or Participant, got 'Bob'"),
        (TRANSCRIPT + "1\t2\n", r"300_TRANSCRIPT\.csv, line 2: wanted 4 cells"),
        (TRANSCRIPT.encode() + b"1\t2\tEllie\t\xff\n", r"300_TRANSCRIPT\.csv, line 2: byte 0xff is not UTF-8"),
    ],
)
def test_damaged_transcripts_name_file_and_place(woz, write, content, message):
    """Wrong columns, times, speakers, cells, bytes: an error with file and row, never a guess."""
    write("300_P/300_TRANSCRIPT.csv", content)
    with pytest.raises(InputError, match=message):
        DaicWozDataset().load(woz)


def test_an_empty_last_cell_may_lack_its_tab(woz, write):
    """Some transcripts end a row without words after the speaker; Windows line ends are read too."""
    write("302_P/302_TRANSCRIPT.csv", (TRANSCRIPT + "1\t2\tParticipant\n3\t4\tParticipant\tok\n").replace("\n", "\r\n"))
    frame = DaicWozDataset().load(woz)
    assert frame.loc[frame["participant"] == "302", "text"].tolist() == ["ok"]


@pytest.mark.parametrize("option", [{"speakers": "Ellie"}, {"unit_text": "word"}])
def test_unknown_choices_are_errors(option):
    """Speakers and units of text are those that the docstring lists."""
    with pytest.raises(ConfigError) as caught:
        DaicWozDataset(**option)
    assert caught.value.path == next(iter(option))
